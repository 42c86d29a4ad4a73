"""What a student's class prints while it is called a hundred times: a few lines of it."""

import contextlib
import io
import sys

KEPT = 5  # lines, and things that are displayed
WIDE = 1000  # characters of a line


class FewLines(io.TextIOBase):
    """A stream that lets through a few lines and counts the rest."""

    def __init__(self, stream):
        self.stream, self.lines, self.width = stream, 0, 0

    def write(self, text: str) -> int:
        for line in text.splitlines(keepends=True):
            words = line.removesuffix("\n")
            if self.lines < KEPT and self.width <= WIDE:
                room = WIDE - self.width
                self.stream.write(words[:room] + "…" * (len(words) > room))
            self.width += len(words)
            if line.endswith("\n"):
                self.stream.write("\n" * (self.lines < KEPT))
                self.lines, self.width = self.lines + 1, 0
        return len(text)

    def flush(self):
        self.stream.flush()

    def end_line(self):
        """What is printed next by others begins a line of its own."""
        if self.width:
            self.write("\n")

    def say_rest(self):
        self.end_line()
        if rest := max(self.lines - KEPT, 0):
            print(f"… and {more(rest, 'line')} that your code prints.", file=self.stream)


class FewDisplays:
    """Lets through a few pictures and other things that code displays in a notebook, and counts
    the rest."""

    def __init__(self, publisher):
        self.publisher, self.count = publisher, 0

    def __call__(self, message):
        self.count += 1
        return message if self.count <= KEPT else None

    @contextlib.contextmanager
    def at_work(self):
        """While a notebook's publisher asks this one first; others are as they were."""
        if not hasattr(self.publisher, "register_hook"):
            yield
            return
        self.publisher.register_hook(self)
        try:
            yield
        finally:
            self.publisher.unregister_hook(self)

    def say_rest(self):
        if rest := max(self.count - KEPT, 0):
            print(f"… and {more(rest, 'thing')} that your code displays.")


def more(count: int, what: str) -> str:
    return f"{count} more {what}" + "s" * (count != 1)


@contextlib.contextmanager
def few():
    """Prints inside come to a few lines, and one that says how many more there were."""
    kept = FewLines(sys.stdout)
    try:
        with contextlib.redirect_stdout(kept):
            yield kept
    finally:
        kept.say_rest()
