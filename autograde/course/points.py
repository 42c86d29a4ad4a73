"""What the cells of a notebook are worth, in the notebook itself: the points of its test cells, and
the two places of its text that say so:

    **Points:** 10        (or **Bonus:** 4) the whole notebook
    ## A heading (9 points)    (or 9 bonus points) the test cells up to the next such heading
"""

import re

from nbformat import NotebookNode

from ..exercise.declared import Exercise
from ..pages.graded import grade_id

NUMBER = r"\d+(?:\.\d+)?"
WHOLE = re.compile(rf"(\*\*(?:Points|Bonus):\*\* ){NUMBER}")
SECTION = re.compile(rf"^(#.*\(){NUMBER}( bonus)? points?\)[ ]*$", re.MULTILINE)


def give_points(notebook: NotebookNode, exercises: list[Exercise]):
    """Into the notebook's test cells and texts. exercises: those of this notebook. Other graded
    cells keep their points, and count in the texts.
    """
    ours = {exercise.test_id: exercise for exercise in exercises}
    whole = below = 0.0
    for cell in reversed(notebook.cells):
        if exercise := ours.get(grade_id(cell)):
            worth = 0 if exercise.bonus else exercise.points
            if cell.metadata.nbgrader.get("points") != worth:
                cell.metadata.nbgrader.points = int(worth) if worth == int(worth) else worth
            below += exercise.points
        elif cell.metadata.get("nbgrader", {}).get("grade"):
            below += float(cell.metadata.nbgrader.get("points") or 0)
        if ours and cell.cell_type == "markdown" and SECTION.search(cell.source):
            cell.source = SECTION.sub(lambda found, worth=below: heading(found, worth), cell.source)
            whole, below = whole + below, 0.0
    for cell in notebook.cells if ours else ():
        if cell.cell_type == "markdown":
            cell.source = WHOLE.sub(lambda found: f"{found[1]}{whole + below:g}", cell.source)


def differing(notebook: NotebookNode, exercises: list[Exercise], usual: dict[str, Exercise]):
    """(test cell, its points, those of the exercise) where somebody has given the cell points that
    are neither the exercise's usual ones nor the course's own, and that will not count.
    """
    ours = {exercise.test_id: exercise for exercise in exercises}
    for cell in notebook.cells:
        if exercise := ours.get(grade_id(cell)):
            there = cell.metadata.nbgrader.get("points")
            fitting = [exercise.points, usual[exercise.name].points]
            if there not in ([0] if exercise.bonus else fitting):
                yield exercise.test_id, there, exercise.points


def heading(found: re.Match, worth: float) -> str:
    return f"{found[1]}{worth:g}{found[2] or ''} point{'' if worth == 1 else 's'})"
