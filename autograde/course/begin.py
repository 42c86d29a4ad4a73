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

from ..exercise.declared import SIZES, Exercise, Module, Recurrence, Stack, Value
from ..exercise.shapes import SIZE

CLASSES = re.compile(r"\b(Module|Recurrence|Stack)\b")
TABLES = re.compile(r"\bTable\b")
CHECKS = '"""The checks at the desk."""\n\nfrom autograde import check\n\n__all__ = ["check"]\n'
TEST = "### BEGIN HIDDEN TESTS\nfrom autograde import ask\n\nask({!r})\n### END HIDDEN TESTS"
MARKS = {"schema_version": 3, "grade": False, "solution": False, "locked": False, "task": False}
IN_TORCH = {  # what a formula names
    **{n: f"torch.{n}" for n in ("sigmoid", "tanh", "exp", "sin", "relu", "dot", "diagonal")},
    **{"total": "torch.sum", "average": "torch.mean", "softplus": "nn.functional.softplus"},
    **{"hard_sigmoid": "nn.functional.hardsigmoid", "softmax": "nn.functional.softmax"},
    **{"zero": "0", "one": "1"},
}
CLASS = """\
class {name}({base}):
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
    lines += ["import pandas as pd"] if TABLES.search(module) else []
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
    if isinstance(exercise, Stack):
        return stack(exercise)
    if isinstance(exercise, Recurrence):
        body = [f"{part.name} = {in_torch(part.right)}" for part in exercise.rule.parts]
        body = [*body, f"return {', '.join(exercise.rule.outputs.values())}"]
        sizes, inputs = tuple(SIZES.values()), exercise.rule.inputs
        shapes = {name: [SIZES[n] for n in of] for name, of in exercise.parameters.items()}
    else:
        head, *body = parts_of(exercise.right, exercise.name)
        beside = (dedent(inspect.getsource(one)).rstrip() for one in helpers(exercise.right))
        body = [*(f"{text}\n" for text in beside), *body]
        if not isinstance(exercise, Module):
            return f"{head}\n{indent(between(*body), ' ' * 4)}"
        sizes, inputs = exercise.made_with, exercise.inputs
        shapes = {name: map(product, of.split()) for name, of in exercise.parameters.items()}
    made = [f"self.{n} = nn.Parameter(torch.zeros({', '.join(of)}))" for n, of in shapes.items()]
    held = [f"{name} = self.{name}" for name in shapes]
    return class_of(exercise, sizes, made, inputs, [*held, *body])


def class_of(exercise: Exercise, sizes, made: list[str], inputs, forward: list[str]) -> str:
    return CLASS.format(
        name=exercise.name,
        base=exercise.base or "nn.Module",
        sizes=", ".join(size for size in sizes if isinstance(size, str)),
        made=indent(between(*made), " " * 8),
        inputs=", ".join(inputs),
        forward=indent(between(*forward), " " * 8),
    )


def stack(exercise: Stack) -> str:
    """Every layer reads the last state of the one below it; its own are kept from step to step."""
    x, states = exercise.of.sequence_input, exercise.states
    each = lambda text: ", ".join(text.format(state) for state in states)
    local = lambda name: name + "_" * (name in (x, *states))  # which may be called as they like
    k, layer, outputs, x_t = map(local, ("k", "layer", "outputs", f"{x}_t"))
    final = each("torch.stack({})")
    made = [
        "sizes = [input_dim] + [hidden_dim] * (n_layers - 1)",
        f"self.layers = nn.ModuleList({exercise.cell}(size, hidden_dim) for size in sizes)",
    ]
    forward = [
        f"{each('{}')}, {outputs} = {each('list({})')}, []",
        f"for {x_t} in {x}:",
        f"    for {k}, {layer} in enumerate(self.layers):",
        f"        {each(f'{{}}[{k}]')} = {layer}({x_t}, {each(f'{{}}[{k}]')})",
        f"        {x_t} = {states[-1]}[{k}]",
        f"    {outputs}.append({x_t})",
        f"return torch.stack({outputs}), {final if len(states) == 1 else f'({final})'}",
    ]
    return class_of(exercise, (*SIZES.values(), "n_layers"), made, (x, *states), forward)


def in_torch(formula: str) -> str:
    """A formula of a rule, of vectors in place of columns."""
    return re.sub(r"\b\w+\b", lambda name: IN_TORCH.get(name[0], name[0]), formula)


def product(size: str) -> str:
    """A size as Python has it: "2 * d" of "2d"."""
    times, name, number = SIZE.fullmatch(size).groups()
    return number or (f"{times} * {name}" if times else name)


def parts_of(right, name: str) -> tuple[str, str]:
    """A function's text under another name: what stands above its body, and its body."""
    text = dedent(inspect.getsource(right))
    node, lines = ast.parse(text).body[0], text.splitlines()
    first = node.body[bool(ast.get_docstring(node)) and len(node.body) > 1].lineno - 1
    head = "\n".join(lines[node.lineno - 1 : first])
    return head.replace(f"def {node.name}(", f"def {name}(", 1), dedent("\n".join(lines[first:]))


def helpers(right, known: tuple = ()) -> list:
    """Functions of the author's own that a reference calls, each after those that it calls."""
    found, known = [], (*known, right)
    codes = [right.__code__, *filter(inspect.iscode, right.__code__.co_consts)]
    names = dict.fromkeys(name for code in codes for name in code.co_names)
    for one in map(right.__globals__.get, names):
        own = inspect.isfunction(one) and one.__module__ == right.__module__
        if own and one not in known:
            found += [*helpers(one, known), one]
    return [*dict.fromkeys(found)]


def between(*lines: str) -> str:
    return "\n".join(["### BEGIN SOLUTION", *lines, "### END SOLUTION"])
