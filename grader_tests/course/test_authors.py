"""The page for authors, as it stands: from an empty folder to a graded exercise. What is found in
an author's notebooks, and what a proof finds that passes and should not."""

import importlib
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbgrader.api import Gradebook
from traitlets.config import PyFileConfigLoader

from autograde.course import adopt, begin, prove
from autograde.course.checked import Source, faults_at_desks, faults_of_source
from autograde.course.release import NotReady, read_release
from autograde.course.verbs import CheckExercise, Prove
from autograde.exercise import Function
from autograde.exercise.faults import SAYS
from grader_tests.samples.students import ROOT
from grader_tests.support.courses import NBGRADER, checked

PAGE = (ROOT / "autograde" / "AUTHORS.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w*)\n(.*?)```", PAGE, flags=re.DOTALL)


# ---------------------------------------------------------------- the page
@pytest.fixture(scope="module")
def by_the_page(tmp_path_factory) -> tuple[Path, dict[str, str]]:
    """A folder in which every block of the page was put in its place or run, in their order, but
    for most changes of the proof; and what each command said."""
    folder, said = tmp_path_factory.mktemp("author"), {}
    places = os.pathsep.join([str(NBGRADER.parent), os.environ["PATH"]])
    for language, block in BLOCKS:
        if language == "python":
            (folder / re.match(r"# (\S+)\n", block)[1]).write_text(block, encoding="utf-8")
            continue
        for line in block.splitlines():
            done = subprocess.run(
                ["bash", "-e", "-c", line.replace("prove", "prove --every=12")],
                cwd=folder,
                env=os.environ | {"PATH": places},
                capture_output=True,
                text=True,
            )
            said[line] = checked(done).stdout
    return folder, said


def test_from_an_empty_folder_to_a_graded_exercise(by_the_page):
    folder, said = by_the_page
    assert len(said) > 6
    assert said["autograde check-exercise similar"].startswith("similar: nothing is wrong")
    assert "nothing is wrong" in said["autograde check-exercise every"]
    table = said["autograde prove similar"]
    assert "| mutants that survive | 0 |" in table and "(100.0 %)" in table
    assert "| cosines | by_a_alone | result | 2 | yes |" in table
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as gradebook:
        submission = gradebook.find_submission("similar", "ada")
        assert submission.score == 0 and submission.max_score == 3


def test_the_page_names_every_kind_and_what_it_takes():
    kinds = set(re.findall(r"^\| `(\w+)` \|", PAGE, flags=re.MULTILINE))
    assert kinds == {"Function", "Module", "Table", "Value", "Recurrence", "Stack"}
    assert all(f"= {kind}(" in PAGE or f"    {kind}(" in PAGE for kind in kinds)


# ---------------------------------------------------------------- notebooks
EXERCISES = """
from autograde.exercise import Criterion, Function, Value

def double(x):
    "Twice each number."
    y = x.copy()
    y += x
    return y

def total(x):
    "The sum of all numbers."
    return x.sum()

GIVEN = {"inputs": {"x": "n"}, "arrays": "numpy"}
EXERCISES = (
    Function("double", "sums", {"runs": 1, "result": 2}, right=double, **GIVEN),
    Function("total", "sums", {"result": 2}, right=total, bonus=True, **GIVEN),
    Value("four", "sums", (Criterion("value", 1, "Four", "how many"),), answer=4),
)
"""


@pytest.mark.parametrize("kind, name", [("Table", "pandas as pd"), ("Module", "torch")])
def test_a_notebook_begins_with_what_answers_of_its_kind_need(kind, name):
    (cell,) = begin.setup(f"from autograde.exercise import {kind}")
    assert f"import {name}" in cell.source.splitlines()


def half(x):
    return x / whole(x)


def whole(x):
    return 2 if len(x) else half(x)


def halves(x):
    return half(x)


def test_a_worked_solution_begins_with_what_stands_beside_its_reference():
    exercise = Function("halves", "n", inputs={"x": "n"}, arrays="numpy", right=halves)
    namespace: dict = {}
    exec(begin.solution(exercise), namespace)
    assert (namespace["halves"](np.ones(2)) == 0.5).all()
    written = begin.solution(exercise)
    assert written.count("def half(") == written.count("def whole(") == 1
    assert written.index("BEGIN SOLUTION") < written.index("def whole(")


@pytest.fixture
def source(tmp_path, monkeypatch) -> Source:
    """An assignment as `autograde adopt` begins it."""
    monkeypatch.syspath_prepend(tmp_path)
    name = f"sums_{tmp_path.name}"
    (tmp_path / f"{name}.py").write_text(EXERCISES, encoding="utf-8")
    folder = tmp_path / "source" / name
    adopt.adopt(tmp_path, folder, name, adopt.changes(tmp_path, folder, name))
    config = PyFileConfigLoader("nbgrader_config.py", path=str(tmp_path)).load_config()
    return Source(tmp_path, folder, name, config)


@pytest.mark.parametrize("verb", [CheckExercise, Prove])
def test_help_fits_on_a_screen(verb):
    verb.verb = verb.__name__
    lines = "\n".join(verb().emit_help()).splitlines()
    assert len(lines) <= 24 and max(map(len, lines)) <= 92


def test_what_was_begun_is_left_as_it_was_changed(source):
    change(source, {"double": ("source", "double = lambda x: 2 * x")})
    root, name = source.folder.parents[1], source.folder.name
    planned = {one.path.name: one for one in adopt.changes(root, source.folder, name)}
    assert planned["sums.ipynb"].text is None and "LEFT" in planned["sums.ipynb"].what
    assert planned["checks.py"].what == planned["nbgrader_config.py"].what == "as it is"


def change(source: Source, changes: dict[str, tuple[str, object]]):
    """For each grade_id, a field of the cell or of its marks, and its new value; None removes the
    cell."""
    place = source.folder / "sums.ipynb"
    notebook = nbformat.read(place, as_version=4)
    for cell in list(notebook.cells):
        key = cell.metadata.get("nbgrader", {}).get("grade_id")
        field, value = changes.get(key, (None, None))
        if field == "source":
            cell.source = value
        elif field:
            cell.metadata.nbgrader[field] = value
        elif key in changes:
            notebook.cells.remove(cell)
    nbformat.write(notebook, place)


ASK = "### BEGIN HIDDEN TESTS\nask({!r})\n### END HIDDEN TESTS"
MISPLACED = {  # row of SAYS -> what is changed in the notebook, and what is said
    "no cell": ({"double": (None, None)}, "sums.ipynb has no code cell with the grade_id double"),
    "no test": (
        {"test_double": ("source", "from autograde import ask\nask('double')")},
        "the cell test_double of",
    ),
    "asks": (
        {"test_four": ("source", ASK.format("five") + "\n" + ASK.format("four"))},
        "asks for five, which is no exercise: there are double, four, total",
    ),
}


@pytest.mark.parametrize("row", MISPLACED)
def test_a_notebook_that_does_not_fit_is_found(source, row):
    changes, told = MISPLACED[row]
    change(source, changes)
    found = faults_of_source(source)
    assert any(told in fault for fault in found), found


def test_a_notebook_or_a_file_of_the_kit_that_is_not_there(source):
    (source.folder / "sums.ipynb").unlink()
    declared = source.folder.parents[1] / f"{source.module}.py"
    declared.write_text(EXERCISES.replace("right=double", 'kit=("data.csv",), right=double'))
    del sys.modules[source.module]
    found = faults_of_source(source)
    assert any("double: kit names data.csv, which is not in" in fault for fault in found), found
    assert any("there is no source/" in fault and "`autograde adopt`" in fault for fault in found)
    assert len(found) == 4


def test_grading_does_not_begin_with_a_broken_declaration(source):
    """Nor with a file of the kit that was not given out. Each has another size: Python knows a file
    of the same second and size by its bytecode."""
    declared = source.folder.parents[1] / f"{source.module}.py"
    for change, told in (
        (('"runs": 1', '"rounds": 1'), "double: nothing decides the criterion rounds"),
        (("right=double", 'kit=("data.csv",), right=double'), "kit names data.csv"),
    ):
        declared.write_text(EXERCISES.replace(*change), encoding="utf-8")
        importlib.invalidate_caches()
        sys.modules.pop(source.module, None)
        with pytest.raises(NotReady, match=told):
            read_release(source.folder, "sums", source.module)


def test_what_notebooks_get_when_they_are_graded(source):
    """A worked solution that is wrong, and a cell that earns something as it is given out."""
    change(
        source,
        {
            "double": (
                "source",
                "def double(x):\n    ### BEGIN SOLUTION\n    return 3 * x\n    ### END SOLUTION",
            ),
            "total": (
                "source",
                "def total(x):\n    return x.sum()\n    ### BEGIN SOLUTION\n    ### END SOLUTION",
            ),
        },
    )
    blank, worked = sorted(faults_of_source(source), key=lambda fault: "worked" in fault)
    assert "total: as it is given out" in blank and "gets 2 of 2 points for it" in blank
    assert "double: its worked solution" in worked and "gets 1 of 3 points" in worked


def test_a_module_that_reads_a_file_is_found_before_a_desk_misses_it(source):
    """Where it is graded, the file is there."""
    declared = source.folder.parents[1] / f"{source.module}.py"
    (declared.parent / "rates.csv").write_text("1\n")
    read = "from pathlib import Path\nRATES = Path(__file__).with_name('rates.csv').read_text()\n"
    assert [*faults_at_desks(source)] == []
    declared.write_text(read + EXERCISES, encoding="utf-8")
    del sys.modules[source.module], source.__dict__["packed"]
    [fault] = faults_at_desks(source)
    assert "checks.py cannot be imported (FileNotFoundError: " in fault
    assert f"{declared.name} cannot read files there; write into it what they hold" in fault


def test_every_fault_of_a_notebook_has_a_row():
    of_notebooks = list(SAYS)[list(SAYS).index("no notebook") :]
    assert {*of_notebooks} == {*MISPLACED, "no notebook", "solution", "desk", "stub"}


# ---------------------------------------------------------------- the proof
def test_a_proof_finds_what_passes_and_computes_something_else(source):
    """What double() does to its argument is not asked for."""
    lines, perfect = prove.prove(source, 1, 2)
    assert not perfect
    assert any(re.match(r"survives: double: .*x.copy\(\) → ", line) for line in lines), lines
    assert "| right answers marked down | 0 |" in lines
