"""A student's desk without a browser: cells run in a shell of IPython's, as a kernel runs them, and
what they show is kept."""

import contextlib
import io
import re
import sys
from collections.abc import Iterator

from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from autograde.exercise.declared import Exercise


class Desk:
    """One kernel. `check` is in its names."""

    def __init__(self, shell: InteractiveShell):
        self.shell = shell

    def run(self, cell: str, cell_id: str | None = None) -> str:
        """All that a cell prints, its error among it."""
        with contextlib.redirect_stdout(io.StringIO()) as said, contextlib.redirect_stderr(said):
            self.shell.run_cell(cell, store_history=True, cell_id=cell_id)
        return said.getvalue()


@contextlib.contextmanager
def desk(names: dict) -> Iterator[Desk]:
    """A desk at which these names are known; this process has one at a time. `names` may hold
    functions that make what listens to the shell."""
    config, main = Config(), sys.modules["__main__"]
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    shell = InteractiveShell.instance(config=config)
    try:
        shell.user_ns.update({name: make() for name, make in names.items()})
        yield Desk(shell)
    finally:
        InteractiveShell.clear_instance()
        sys.modules["__main__"] = main


def met_in(said: str, exercise: Exercise) -> dict[str, bool]:
    """Which criteria `check(…, all=True)` says are met, by key; nothing where it does not say it of
    each."""
    marks = re.findall(r"(?m)^  (met |lost)", said)
    told = len(marks) == len(exercise.keys)
    return {key: mark == "met " for key, mark in zip(exercise.keys, marks)} if told else {}
