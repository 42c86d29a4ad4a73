"""What students get: in step with the source, and without anything that is to be kept from them."""

import ast
import json
import re
import subprocess
import sys
import zlib
from base64 import b85decode

import nbformat
import pytest

from autograde.exercise.rules import Rule
from grader_tests.samples.students import (
    ALL_NOTEBOOKS,
    EXERCISES,
    FURTHER,
    NOTEBOOKS,
    RELEASE,
    ROOT,
    SOURCE,
    solutions,
)
from grader_tests.support.courses import generated
from grader_tests.support.notebooks import files


def test_release_is_in_step():
    fresh, committed = files(generated() / "release" / "lstm"), files(RELEASE)
    assert sorted(fresh) == sorted(committed), (
        "The files of release/ and source/ differ: run `make release`."
    )
    changed = [name for name in fresh if fresh[name] != committed[name]]
    assert not changed, f"release/ is behind source/ in {', '.join(changed)}: run `make release`."


def test_release_without_markers_and_hidden_tests():
    for name, text in given_out().items():
        found = [word for word in ("BEGIN SOLUTION", "HIDDEN TESTS") if word in text]
        if not name.startswith("lstm_kit/checks.py/"):  # the judge: it asks, and has tables
            found += [word for word in ("HIDDEN", "autograde", "ask(") if word in text]
        assert not found, f"{name} contains {found}"


def test_release_without_solutions():
    """No telling line of a worked solution stands in any file of the release, packed or not."""
    given = {
        line.strip()
        for name in ALL_NOTEBOOKS
        for cell in nbformat.read(RELEASE / f"{name}.ipynb", as_version=4).cells
        for line in cell.source.splitlines()
    }
    solved = solutions(ALL_NOTEBOOKS)
    lines = {line.strip() for text in solved.values() for line in text.splitlines()} - given
    telling = {
        line
        for line in lines
        if len(line) > 25
        and line not in ("for parameter in self.parameters():", "self.layers = nn.ModuleList(")
    }
    assert len(telling) > 30
    text = "\n".join(given_out().values())
    text += "\n" + json.loads(json.dumps(text)).replace('\\"', '"')
    assert not {line for line in telling if line in text}


def given_out() -> dict[str, str]:
    """Every file of the release by its path; what is packed in one, below its name."""
    found = {name: data.decode() for name, data in files(RELEASE).items()}
    for name in ("lstm_kit/stack.py", "lstm_kit/checks.py"):
        data = "".join(re.findall(r'^    "([^" ]+)"$', found[name], flags=re.MULTILINE))
        text = zlib.decompress(b85decode(data)).decode()
        packed = json.loads(text) if name.endswith("checks.py") else {"": text}
        found |= {f"{name}/{module}": inside for module, inside in packed.items()}
    return found


def test_the_judge_that_travels_is_the_judge_of_grading():
    """Module by module, but for the answers of predictions, which are sealed."""
    packed = {
        name.removeprefix("lstm_kit/checks.py/"): text
        for name, text in given_out().items()
        if name.startswith("lstm_kit/checks.py/")
    }
    assert {"judge.examine", "student.respond", "lstm.tables", "desk.check"} <= set(packed)
    for name, text in packed.items():
        path = ROOT / "autograde" / name.replace(".", "/")
        path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        ours = ast.unparse(ast.parse(path.read_text(encoding="utf-8")))
        ours = ours.replace("from autograde.", "from lstm_kit.checks.")
        assert (text == ours) == (name != "lstm.exercises"), name
    assert not re.search(r"\b180\b|for each of the letters", packed["lstm.exercises"])


@pytest.mark.parametrize(
    "exercise",
    [one for one in (EXERCISES | FURTHER).values() if one.kind == "recurrence"],
    ids=lambda e: e.name,
)
def test_release_without_rules(exercise):
    """No formula of the judge's tables can be read in the code that is given out."""
    rule: Rule = exercise.rule
    code = "\n".join(data.decode() for name, data in files(RELEASE).items() if name.endswith(".py"))
    code += "\n".join(
        cell.source
        for name in ALL_NOTEBOOKS
        for cell in nbformat.read(RELEASE / f"{name}.ipynb", as_version=4).cells
        if cell.cell_type == "code"
    )
    telling = ("new", "hidden", "af", "ac", "az", "an")
    formulas = {part.right for part in rule.parts if part.name in telling}
    assert not {
        formula
        for formula in formulas
        if formula in code or formula.replace("W_", "self.W_").replace("U_", "self.U_") in code
    }


def test_release_keeps_every_cell_of_the_source():
    for name in ALL_NOTEBOOKS:
        source, release = (
            nbformat.read(folder / f"{name}.ipynb", as_version=4) for folder in (SOURCE, RELEASE)
        )
        assert [cell.id for cell in source.cells] == [cell.id for cell in release.cells]


def test_nbgrader_sees_the_notebooks_with_marks_alone():
    assert [path.stem for path in sorted(RELEASE.glob("*.ipynb"))] == list(NOTEBOOKS)
    for exercise in FURTHER.values():
        notebook = nbformat.read(RELEASE / f"{exercise.notebook}.ipynb", as_version=4)
        marks = {cell.id: cell.metadata.nbgrader for cell in notebook.cells if cell.metadata}
        assert sum(one.get("points", 0) for one in marks.values()) == 0
        assert marks[exercise.test_id].checksum and marks[exercise.test_id].grade


def test_the_grader_is_not_needed_to_run_the_release():
    code = (
        "import lstm_kit.checks, lstm_kit.cell, lstm_kit.stack, lstm_kit.plots, lstm_kit.play, "
        "lstm_kit.predictions, lstm_kit.tasks, lstm_kit.gru, sys; assert not [name for name in "
        "sys.modules if name.startswith(('autograde', 'nbgrader', 'nbconvert', 'psutil', 'rich'))]"
    )
    subprocess.run([sys.executable, "-c", code], cwd=RELEASE, check=True)
