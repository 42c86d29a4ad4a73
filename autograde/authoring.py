"""Keeps `lstm_kit/stack.py` in step with the worked solution of notebook 02: `python -m autograde.authoring`."""
import base64
import json
import re
import textwrap
import zlib
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent / "source" / "lstm"
STACK = SOURCE / "lstm_kit" / "stack.py"
TEMPLATE = '''"""A working LSTM, so that notebooks 03 and 04 do not depend on your answer to notebook 02. It runs cells of any kind.

Its text is the answer to notebook 02, so it is packed. That keeps it out of sight and out of a search, and no more:
who unpacks it reads the answer, and learns less than who writes it. `python -m autograde.authoring` makes this file.
"""
import base64
import zlib

import torch
from torch import nn

from .cell import LSTMCell

PACKED = (
{lines}
)
exec(compile(zlib.decompress(base64.b85decode(PACKED)), "lstm_kit/stack.py (packed)", "exec"))
'''


def solution(notebook: str, grade_id: str) -> str:
    """The worked solution in one cell of a source notebook, without its markers. Raises KeyError if there is no such cell."""
    cells = json.loads((SOURCE / f"{notebook}.ipynb").read_text(encoding="utf-8"))["cells"]
    for cell in cells:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == grade_id:
            return re.sub(r"^ *### (BEGIN|END) SOLUTION\n", "", "".join(cell["source"]) + "\n", flags=re.MULTILINE)
    raise KeyError(f"{notebook}.ipynb has no cell {grade_id}")


def packed(source: str) -> str:
    """The text of stack.py for the solution `source`."""
    data = base64.b85encode(zlib.compress(source.encode(), 9)).decode()
    return TEMPLATE.format(lines="\n".join(f'    "{line}"' for line in textwrap.wrap(data, 100, break_on_hyphens=False)))


def unpacked(module: str) -> str:
    """The solution inside the text of stack.py."""
    return zlib.decompress(base64.b85decode("".join(re.findall(r'^    "(.*)"$', module, flags=re.MULTILINE)))).decode()


def main():
    STACK.write_text(packed(solution("02_stacking", "LSTM")), encoding="utf-8")
    print(f"{STACK.relative_to(SOURCE.parent.parent)} written.")


if __name__ == "__main__":
    main()
