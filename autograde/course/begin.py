"""The source of an assignment of one's own, to begin with: notebooks with the cells that its
exercises need, and in these what is declared. The text around them is the author's.
"""

import ast
import inspect
import re
from textwrap import dedent, indent

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from ..exercise.declared import Computed, Exercise, Module, Value

CLASSES = re.compile(r"\b(Module|Recurrence|Stack)\b")
CHECKS = '"""The checks at the desk."""\n\nfrom autograde import check\n\n__all__ = ["check"]\n'
TEST = "### BEGIN HIDDEN TESTS\nfrom autograde import ask\n\nask({!r})\n### END HIDDEN TESTS"
MARKS = {"schema_version": 3, "grade": False, "solution": False, "locked": False, "task": False}
CLASS = """\
class {name}(nn.Module):
    def __init__(self, {sizes}):
        super().__init__()
{made}

    def forward(self, {inputs}):
{forward}"""


def files(exercises: dict[str, Exercise], module: str) -> dict[str, str]:
    """Path in the folder of the source to text. module: the text of what declares the exercises."""
    cells: dict[str, list] = {}
    for exercise in exercises.values():
        cells.setdefault(exercise.notebook, setup(module)).extend(cells_of(exercise))
    written = {name: nbformat.writes(new_notebook(cells=of)) for name, of in cells.items()}
    return {f"{name}.ipynb": text for name, text in written.items()} | {"checks.py": CHECKS}


def setup(module: str) -> list[NotebookNode]:
    """What every notebook begins with: the imports and constants of the module, and the check."""
    kept = [node for node in ast.parse(module).body if is_setup(node)]
    lines = [line for line in map(ast.unparse, kept) if "autograde" not in line]
    lines += ["import torch", "from torch import nn"] if CLASSES.search(module) else []
    return [
        new_code_cell("\n".join([*dict.fromkeys(lines), "from checks import check"]), id="setup")
    ]


def is_setup(node: ast.stmt) -> bool:
    constant = isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
    return constant or isinstance(node, ast.Import | ast.ImportFrom)


def cells_of(exercise: Exercise) -> list[NotebookNode]:
    name, points = exercise.name, 0 if exercise.bonus else exercise.points
    asked = repr(name) if isinstance(exercise, Value) else name
    lines = [
        f"- {one.title}: {one.asks}" + (f": ${one.equation}$" if one.equation else "")
        for one in exercise.criteria
    ]
    graded = lambda text, key, **marks: new_code_cell(
        text, id=key, metadata={"nbgrader": MARKS | {"grade_id": key} | marks}
    )
    return [
        new_markdown_cell("\n".join([f"## {name}", "", *lines]), id=f"about_{name}"),
        graded(solution(exercise), name, solution=True),
        new_code_cell(f"check({asked})", id=f"check_{name}"),
        graded(TEST.format(name), exercise.test_id, grade=True, locked=True, points=points),
    ]


def solution(exercise: Exercise) -> str:
    """What the right reference does, as a student would write it; or a place for it."""
    if isinstance(exercise, Value):
        return between(f"{exercise.name} = {exercise.answer!r}")
    if not isinstance(exercise, Computed):
        return between(f"class {exercise.name}(nn.Module):\n    ...  # the worked solution")
    head, body = parts_of(exercise.right, exercise.name)
    if not isinstance(exercise, Module):
        return f"{head}\n{indent(between(body), ' ' * 4)}"
    shapes = {name: ", ".join(of.split()) for name, of in exercise.parameters.items()}
    made = [f"self.{name} = nn.Parameter(torch.zeros({of}))" for name, of in shapes.items()]
    held = [f"{name} = self.{name}" for name in shapes]
    return CLASS.format(
        name=exercise.name,
        sizes=", ".join(size for size in exercise.made_with if isinstance(size, str)),
        made=indent(between("\n".join(made)), " " * 8),
        inputs=", ".join(exercise.inputs),
        forward=indent(between("\n".join([*held, body])), " " * 8),
    )


def parts_of(right, name: str) -> tuple[str, str]:
    """A function's text under another name: what stands above its body, and its body."""
    text = dedent(inspect.getsource(right))
    node, lines = ast.parse(text).body[0], text.splitlines()
    first = node.body[bool(ast.get_docstring(node)) and len(node.body) > 1].lineno - 1
    head = "\n".join(lines[node.lineno - 1 : first])
    return head.replace(f"def {node.name}(", f"def {name}(", 1), dedent("\n".join(lines[first:]))


def between(text: str) -> str:
    return f"### BEGIN SOLUTION\n{text}\n### END SOLUTION"
