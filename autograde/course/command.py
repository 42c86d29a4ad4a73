"""The command line: `autograde VERB ASSIGNMENT`. A table of verbs, and the page that names them.

Nothing heavy is imported before a verb is chosen, so that help comes at once.
"""

import importlib
import os
import sys
import threading

VERBS = {  # verb: what it does, and the class that does it
    "grade": ("mark what is new or changed in submitted/", "autograde.course.verbs:Grade"),
    "report": ("write a page about the class: which mistakes, how many, who",
               "autograde.course.verbs:Report"),
    "collect": ("bring a download of Canvas or Moodle into submitted/",
                "autograde.course.verbs:Collect"),
    "return": ("zip the feedback pages as Canvas or Moodle takes them",
               "autograde.course.verbs:Return"),
    "adopt": ("add the assignment to the nbgrader course in this folder",
              "autograde.course.verbs:Adopt"),
    "check-exercise": ("say all that is wrong with exercises of your own",
                       "autograde.course.verbs:CheckExercise"),
    "prove": ("try the solution, changes of it and known mistakes: what passes?",
              "autograde.course.verbs:Prove"),
}  # fmt: skip
STOPPED = 130
SOON = 1  # second, for an orderly end after Ctrl-C
EXIT_CODES = (
    "Exit code 0: nothing needs a person; 1: something does, and it is listed;\n"
    "2: could not begin; 130: stopped."
)


def help_text() -> str:
    verbs = "\n".join(
        f"  autograde {verb} lstm".ljust(33) + does for verb, (does, _) in VERBS.items()
    )
    return (
        "Marks the notebooks of an nbgrader course.\n\n"
        f"{verbs}\n\n"
        "lstm stands for the name of an assignment. Run it in the course's folder, where\n"
        "nbgrader_config.py is. `autograde VERB --help` lists the options of a verb.\n\n"
        f"{EXIT_CODES}"
    )


def main(words: list[str] | None = None) -> int:
    """The process's exit code."""
    verb, *rest = (sys.argv[1:] if words is None else words) or [""]
    if verb in ("-h", "--help", "help"):
        print(help_text())
        return 0
    if not verb:
        print(help_text())
        return 2
    if verb not in VERBS:
        there_are = ", ".join(VERBS)
        print(
            f"autograde has no verb {verb}. There are: {there_are}; as in `autograde grade lstm`.",
            file=sys.stderr,
        )
        return 2
    module, _, name = VERBS[verb][1].partition(":")
    try:
        code = getattr(importlib.import_module(module), name).run(verb, rest)
    except KeyboardInterrupt:
        print("Stopped. The same command goes on.", file=sys.stderr)
        code = STOPPED
    if code == STOPPED:
        leave()
    return code


def leave():
    """End soon, whatever Python waits for: workers in the middle of a notebook end by themselves
    when this process is gone.
    """
    sys.stdout.flush()
    timer = threading.Timer(SOON, os._exit, [STOPPED])
    timer.daemon = True
    timer.start()
