"""The judge behind the notebooks, in rooms. A room imports only what stands below it.

course     nbgrader in and out: release, submission, the one path to a mark, gradebook, commands
desk       what a student meets at the desk: the check of a class, by the same judge
pages      what people read: feedback, report, pictures, files for a learning platform
box        a process for students' code, and the sandbox around it with its limits
judge      pure: draws questions, compares answers, finds the mistake, says it
lstm       the exercise of these notebooks: rules, points, sentences
exercise   what an author declares, how stacks may be wired, and what a verdict is
student    what runs beside a student's code, in the box

Each room's first lines say what it is for; each module's first line says what it does.
"""


def ask(name: str):
    """What a hidden test cell calls: judges the class or variable `name` on the spot, where an
    author runs a source notebook.

    When submissions are graded, the hidden cell does not run at all: the mark is decided outside of
    the notebook's process.
    """
    from .course.desk import ask_here

    return ask_here(name)


def __getattr__(name: str):
    """`check` and `demonstrate`, as a file in the folder of a source imports them. The release has
    that file with the judge inside, and without this package."""
    if name == "check":
        from .course.desk import check_here

        return check_here()
    if name == "demonstrate":
        from .desk.demonstrate import demonstrate

        return demonstrate
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
