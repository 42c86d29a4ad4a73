"""A demonstration of a student's class: shown, or the real cause why there is nothing to show."""

import sys
import textwrap

import torch

from ..student.telling import describe
from .check import endless
from .ladder import validates
from .notebook import namespace
from .prints import few
from .watch import at_line_of, in_words, within
from .written import needed_by, unwritten

SECONDS = 300.0  # that a demonstration may take, training and all


class Interrupted(KeyboardInterrupt):
    """Notebooks show its message without a traceback, and run nothing that waits."""

    def __init__(self, stop: KeyboardInterrupt):
        super().__init__(f"Stopped by you{at_line_of(stop)}.")

    def _render_traceback_(self):
        return [str(self)]


def demonstrate(draw, seconds: float = SECONDS, of_class: bool = True):
    """Call `draw`; where it raises, print in a line what is the matter with the class that it
    shows. of_class: whether there is one."""
    if validates():
        return  # nothing of it is checked there, and it takes time
    if stuck := of_class and endless():
        return say(f"Nothing to show: {stuck} did not come to an end in its check.")
    try:
        with few(), torch.device("cpu"):
            _, place = within(seconds, draw)
    except Exception as error:
        return say(why(draw, error))
    except KeyboardInterrupt as stop:
        raise Interrupted(stop) from None
    finally:
        tidy()
    if place:
        say(f"{'This demonstration' if of_class else 'It'} was {in_words(place, seconds)}")


def why(draw, error: Exception) -> str:
    """What is the matter."""
    if blank := unwritten(draw, namespace()):
        return f"Nothing to show yet. Not written: {', '.join(blank)}."
    if isinstance(error, NameError) and error.name in needed_by(draw, namespace()):
        if error.name not in namespace():
            return f"Nothing to show yet: {error.name} is not there. Run its cell, then this one."
    told = describe(error)
    place = told.get("place")
    where = f"\n  in your line {place['line']}: {place['text']}" if place else ""
    return (
        f"This demonstration stopped: {told['error']}{where}\n"
        "Run the check of your class; where that passes, the demonstration may ask for something "
        "that a right class need not have."
    )


def tidy():
    """No half a plot shows below."""
    if pyplot := sys.modules.get("matplotlib.pyplot"):
        pyplot.close("all")


def say(text: str):
    for line in text.splitlines():
        print(textwrap.fill(line, 100, subsequent_indent="  "))
