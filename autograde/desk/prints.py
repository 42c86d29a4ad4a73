"""What a student's class prints while it is called a hundred times: a few lines of it."""

import contextlib
import io
import sys

KEPT = 5  # lines


class FewLines(io.TextIOBase):
    """A stream that lets through a few lines and counts the rest."""

    def __init__(self, stream):
        self.stream, self.lines = stream, 0

    def write(self, text: str) -> int:
        for line in text.splitlines(keepends=True):
            if self.lines < KEPT:
                self.stream.write(line)
            self.lines += line.endswith("\n")
        return len(text)

    def flush(self):
        self.stream.flush()

    def say_rest(self):
        if self.lines > KEPT:
            rest = self.lines - KEPT
            print(f"… and {rest} more lines that your code prints.", file=self.stream)


@contextlib.contextmanager
def few():
    """Prints inside come to a few lines, and one that says how many more there were."""
    kept = FewLines(sys.stdout)
    try:
        with contextlib.redirect_stdout(kept):
            yield kept
    finally:
        kept.say_rest()
