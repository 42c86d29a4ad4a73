"""Where chance comes from: the same bytes in the same course get the same questions, so that a
second run never changes a mark; and nobody knows them beforehand.
"""

import hmac
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from .state import FOLDER

SECRET_BYTES = 32
SEED_BYTES = 7  # torch, NumPy and Python take as much


@dataclass(frozen=True)
class Chance:
    """What is drawn for one notebook. key: made from the course's secret and what was handed in."""

    key: bytes

    def seed(self, *what) -> int:
        """A number for one use, named by `what`; it tells nothing about those of other uses."""
        return int.from_bytes(mixed(self.key, repr(what).encode())[:SEED_BYTES], "big")


def chance(secret: bytes, texts: list[str]) -> Chance:
    """Of the texts of a notebook's cells."""
    return Chance(mixed(secret, repr(texts).encode("utf-8", "backslashreplace")))


def mixed(key: bytes, text: bytes) -> bytes:
    return hmac.digest(key, text, "sha256")


def secret_of_course(root: Path) -> bytes:
    """Drawn once, and kept beside what is graded; for the course's own people to read, and for
    nobody else. Raises OSError."""
    place = root / FOLDER / "secret"
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        draft = place.with_name(f"secret.{secrets.token_hex(8)}")
        draft.write_bytes(secrets.token_bytes(SECRET_BYTES))
        draft.chmod(0o440)
        with suppress(FileExistsError):  # another run was first
            os.link(draft, place)
        draft.unlink()
    return place.read_bytes()
