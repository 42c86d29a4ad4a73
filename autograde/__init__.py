"""The judge behind the notebooks: rules as data, a box for students' code, and thin adapters to nbgrader.

Where to look for what:

rules, points, sentences for mistakes   lstm.py (tables), wiring.py (of stacks), diagnose.py (which mistake the numbers show)
what is asked, answered and judged      questions.py, respond.py, judge.py with cells.py, stacks.py and purity.py
the box and its limits                  box.py (what can be seen; memory, folder), kernel.py (`LIMITS` of a process), process.py (`Limits`: seconds)
from a submission to a mark             submission.py, grade.py, gradebook.py; plugin.py for nbgrader, command.py and farm.py for a class
what people read                        feedback.py, pictures.py, report.py, summary.py, exporters.py
"""


def ask(name: str):
    """What a hidden test cell calls: judges the class or variable `name` on the spot, where an author runs a source notebook.

    When submissions are graded, the hidden cell does not run at all: the mark is decided outside of the notebook's process.
    """
    from .course.desk import ask_here

    return ask_here(name)
