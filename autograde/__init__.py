"""The judge behind the notebooks: rules as data, a box for students' code, and thin adapters to nbgrader."""


def ask(name: str):
    """What a hidden test cell calls: judges the class or variable `name` on the spot, where an author runs a source notebook.

    When submissions are graded, the hidden cell does not run at all: the mark is decided outside of the notebook's process.
    """
    from .desk import ask_here

    return ask_here(name)
