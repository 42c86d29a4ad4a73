"""What is given out judges where the grader is not, and the box has nothing of it."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from autograde.box import Warm
from autograde.course.release import read_release
from autograde.exercise.verdict import Cell
from autograde.judge import examine
from grader_tests.samples.right_answers import HEAD
from grader_tests.samples.students import EXERCISES, RELEASE, filled, solutions
from grader_tests.support.courses import NBGRADER

WORKED = solutions()["LSTMCell"]
RULE = """
from lstm_kit.checks import check
rule = check.exercises["LSTMCell"].rule
"""
BY_RULE = (
    WORKED.partition("        f_t =")[0]
    + """
        names = {f"{k}_{g}": getattr(self, f"{k}_{g}") for k in "WU" for g in "fioc"}
        given = {name: layer.weight.detach().numpy() for name, layer in names.items()}
        given |= {f"b_{g}": getattr(self, f"b_{g}").detach().numpy()[:, None] for g in "fioc"}
        given |= {"x": x.numpy()[:, None], "c": c.numpy()[:, None], "h": h.numpy()[:, None]}
        made = rule.follow(given, {})
        return torch.as_tensor(made["stored"][:, 0]), torch.as_tensor(made["hidden"][:, 0])
"""
)
COMPUTED = {"f", "i", "o", "c", "cell", "hidden", "gradients"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("desk") / "lstm"
    shutil.copytree(RELEASE, place)
    return place


def alone(folder: Path, code: str) -> str:
    """What Python prints beside the release, which finds no grader."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    command = [sys.executable, "-c", f"import sys\nsys.modules['autograde'] = None\n{code}"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    return done.stdout + done.stderr


# ---------------------------------------------------------------- in the box
def in_the_box(*cells: str) -> tuple[dict[str, bool], str]:
    """Which criteria of LSTMCell are met after these cells, and what they printed."""
    assignment = read_release(RELEASE, "lstm", "autograde.lstm")
    with Warm() as warm, warm.student(assignment.kit_for("01_basic_lstm")) as student:
        results = [student.execute(cell, number) for number, cell in enumerate(cells, 1)]
        verdict = examine(EXERCISES["LSTMCell"], student.ask, Cell(cells[-1]))
    said = [r.sentence or "" for r in results]
    said += [o.get("text", "") for r in results for o in r.outputs]
    return {result.key: result.met for result in verdict.results}, "\n".join(said)


def test_a_class_that_computes_with_the_judge_computes_nothing():
    """At the desk it would: there the judge is beside it."""
    met, said = in_the_box(HEAD, RULE, BY_RULE)
    assert "has no attribute 'exercises'" in said
    assert not COMPUTED & {key for key, is_met in met.items() if is_met}


def test_no_module_of_the_judge_is_there():
    looked = (
        "import lstm_kit.checks, os\nprint(sorted(vars(lstm_kit.checks)), os.listdir('lstm_kit'))"
    )
    _, said = in_the_box(looked + "\nimport lstm_kit.checks.judge", HEAD, WORKED)
    assert "No module named 'lstm_kit.checks.judge'" in said and "TEXTS" not in said


def test_a_right_notebook_may_call_the_check():
    lines = "\ncheck(LSTMCell)\ncheck(LSTMCell, all=True)\ndemonstrate(lambda: 1)"
    met, said = in_the_box(HEAD, "from lstm_kit.checks import check, demonstrate", WORKED + lines)
    assert all(met.values()) and "run at your desk" in said


# ---------------------------------------------------------------- at a desk without the grader
def test_the_release_judges_by_itself(folder):
    wrong = WORKED.replace("i_t * candidate", "candidate")
    code = f"import torch\nfrom torch import nn\nfrom lstm_kit.checks import check\n{wrong}\n"
    said = alone(folder, code + "check(LSTMCell, all=True)")
    assert "LSTMCell: 8 of 9 points" in said and "there is no input gate" in said


def test_half_a_kit_is_told(folder, tmp_path):
    """The cell before the setup says which files are missing, and again once they are there."""
    notebook = nbformat.read(folder / "01_basic_lstm.ipynb", as_version=4)
    (cell,) = (cell.source for cell in notebook.cells if cell.id == "colab_01")
    assert alone(folder, cell) == ""
    shutil.copytree(folder / "lstm_kit", tmp_path / "lstm_kit")
    whole = (tmp_path / "lstm_kit" / "checks.py").read_text(encoding="utf-8")
    (tmp_path / "lstm_kit" / "checks.py").write_text(whole[: len(whole) // 2], encoding="utf-8")
    (tmp_path / "lstm_kit" / "plots.py").unlink()
    said = alone(tmp_path, cell)
    assert "Not here, or not whole: lstm_kit/checks.py, lstm_kit/plots.py." in said


COLAB = """
import pathlib, types
kit = {{path.name: path.read_bytes() for path in pathlib.Path({kit!r}).glob("*.py")}}
kit["cell (1).py"] = kit.pop("cell.py")  # as a browser names what it has already
given, calls = [{{}}, kit, {{}}], []
colab = types.ModuleType("google.colab")
colab.files = types.SimpleNamespace(upload=lambda: calls.append(1) or given[len(calls) - 1])
sys.modules |= {{"google": types.ModuleType("google"), "google.colab": colab}}
for _ in given:
    try:
        exec({cell!r}, {{}})
    except ImportError as error:
        print(error)
from lstm_kit.cell import LSTMCell
print(len(calls), "uploads")
"""


def test_on_colab_a_second_upload_works(folder, tmp_path):
    """The first one was cancelled; the third run of the cell finds all that it needs."""
    notebook = nbformat.read(folder / "01_basic_lstm.ipynb", as_version=4)
    (cell,) = (cell.source for cell in notebook.cells if cell.id == "colab_01")
    said = alone(tmp_path, COLAB.format(kit=str(folder / "lstm_kit"), cell=cell))
    assert said.count("Not here, or not whole") == 1 and "2 uploads" in said, said


# ---------------------------------------------------------------- nbgrader validate
def validated(folder: Path, cells: dict[str, str]) -> str:
    nbformat.write(filled("01_basic_lstm", cells), folder / "01_basic_lstm.ipynb")
    command = [NBGRADER, "validate", "01_basic_lstm.ipynb"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    return " ".join(done.stdout.split())


def test_validate_is_as_hard_as_grading(folder):
    right = {"LSTMCell": WORKED, "cell_parameters": "cell_parameters = 180"}
    assert "Success" in validated(folder, right)
    endless = WORKED.replace("        c_t = f_t", "        while True: pass\n        c_t = f_t")
    said = validated(folder, {"LSTMCell": endless, "cell_parameters": "cell_parameters = 160"})
    assert "cell_parameters = 160 is not right" in said and "180" not in said
    assert re.search(r"stopped at your line \d+: is there an endless loop\?", said)
    assert "desk" not in said.replace("tags", "")
