"""The notebooks as authored: their form, that they run, and that the kit that ships with them is
right and in step."""

import html
import json
import re
import shutil

import math_core
import nbformat
import pytest
import torch
from nbclient import NotebookClient
from nbgrader.preprocessors import ClearHiddenTests
from torch import nn

from autograde.course.guest import as_given_out
from grader_tests.samples.students import (
    ALL_NOTEBOOKS,
    EVERY,
    EXERCISES,
    FURTHER,
    NOTEBOOKS,
    PREDICTIONS,
    RELEASE,
    SOURCE,
)
from grader_tests.support.notebooks import CONFIG, IMAGE, read

MARKERS = ("SOLUTION", "HIDDEN TESTS")


def marks(cell):
    return cell.metadata.get("nbgrader", {})


def markdown(name):
    return [(cell.id, cell.source) for cell in read(name).cells if cell.cell_type == "markdown"]


def released(name):
    """The notebook as `nbgrader generate_assignment` gives it to students."""
    notebook = read(name)
    return ClearHiddenTests().preprocess(as_given_out(notebook, CONFIG), {})[0]


def run(name, notebook, folder):
    """Run a notebook of this name as it lies in what is given out. Raises CellExecutionError at the
    first exception."""
    shutil.copytree(RELEASE / "lstm_kit", folder / "lstm_kit")
    place = (folder / name).parent
    place.mkdir(exist_ok=True)
    NotebookClient(
        notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": str(place)}}
    ).execute()
    return notebook


def printed(notebook, stream):
    return "".join(
        output.text
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if output.get("name") == stream
    )


def printed_by(cell):
    return "".join(output.get("text", "") for output in cell.get("outputs", []))


@pytest.mark.parametrize("name", ALL_NOTEBOOKS)
def test_form(name):
    raw = json.loads((SOURCE / f"{name}.ipynb").read_text(encoding="utf-8"))
    assert (raw["nbformat"], raw["nbformat_minor"]) == (4, 5)
    assert raw["metadata"] == {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}
    }
    notebook = read(name)
    nbformat.validate(notebook)
    ids = [marks(cell)["grade_id"] for cell in notebook.cells if marks(cell)]
    assert len(set(ids)) == len(ids)
    for cell in notebook.cells:
        assert (
            not cell.get("outputs")
            and not cell.get("execution_count")
            and "attachments" not in cell
        )
        assert cell.cell_type == "markdown" or marks(cell)["schema_version"] == 3
        assert not marks(cell) or cell.id == marks(cell)["grade_id"]


@pytest.mark.parametrize("name", ALL_NOTEBOOKS)
def test_tags(name):
    """Only ungraded, locked cells may be left out when a notebook is graded, and each of these says
    so."""
    for cell in read(name).cells:
        if cell.cell_type == "code":
            desk_only = "desk-only" in cell.metadata.get("tags", [])
            assert desk_only == (
                not marks(cell)["grade"]
                and not marks(cell)["solution"]
                and not cell.id.startswith("setup")
            )
            assert marks(cell)["locked"] != marks(cell)["solution"]


@pytest.mark.parametrize("exercise", EVERY.values(), ids=EVERY.keys())
def test_graded_cells(exercise):
    cells = {marks(cell).get("grade_id"): cell for cell in read(exercise.notebook).cells}
    assert marks(cells[exercise.name])["solution"] and not marks(cells[exercise.name])["grade"]
    test = cells[f"test_{exercise.name}"]
    assert marks(test)["grade"] and marks(test)["points"] == (
        0 if exercise.bonus else exercise.points
    )
    assert f'ask("{exercise.name}")' in test.source and test.source.endswith(
        f'check("{exercise.name}")' if exercise.name in PREDICTIONS else f"check({exercise.name})"
    )


def test_points():
    totals = [sum(marks(cell).get("points", 0) for cell in read(name).cells) for name in NOTEBOOKS]
    assert totals == [10, 8, 6, 0]


@pytest.mark.parametrize("name", ALL_NOTEBOOKS)
def test_markers_are_balanced(name):
    for cell in read(name).cells:
        for marker in MARKERS:
            found = re.findall(rf"(BEGIN|END) {marker}", cell.source)
            assert found == ["BEGIN", "END"] * (len(found) // 2), f"{name}: {cell.id}"


@pytest.mark.parametrize("name", ALL_NOTEBOOKS)
def test_formulas(name):
    """Every formula parses, and every displayed one is a paragraph of its own."""
    converter = math_core.LatexToMathML()
    for cell, text in markdown(name):
        displayed = re.findall(r"(?:\A|\n\n)\$\$\n(.*?)\n\$\$(?=\n\n|\Z)", text, flags=re.DOTALL)
        assert text.count("$$") == 2 * len(displayed), (
            f"{name}: {cell}: a $$ is not on its own paragraph"
        )
        rest = re.sub(r"\$\$.*?\$\$", "", text, flags=re.DOTALL)
        assert rest.count("$") % 2 == 0, f"{name}: {cell}: an odd number of $"
        for formula in displayed:
            converter.convert_with_local_state(formula, displaystyle=True)
        for formula in re.findall(r"\$(.*?)\$", rest, flags=re.DOTALL):
            converter.convert_with_local_state(formula, displaystyle=False)


@pytest.mark.parametrize("name", ALL_NOTEBOOKS)
def test_images_and_links(name):
    place = (SOURCE / name).parent
    for cell, text in markdown(name):
        for alt, path in IMAGE.findall(text):
            assert alt.strip() and (place / path).is_file(), f"{name}: {cell}: {path}"
        for path in re.findall(r"(?<!!)\[[^\]]*\]\(([^)]*\.ipynb)\)", text):
            assert (place / path).is_file(), f"{name}: {cell}: {path}"
    for cell in read(name).cells:
        assert len(re.findall(r"show\(\s*figure", cell.source)) == len(
            re.findall(r'show\(\s*figure,\s*f?"[^"]{20,}"', cell.source)
        ), f"{name}: {cell.id}: a plot without a description"


@pytest.mark.parametrize("name", ALL_NOTEBOOKS)
def test_worked_notebook_runs(name, tmp_path):
    notebook, _ = ClearHiddenTests().preprocess(read(name), {})
    run(name, notebook, tmp_path)
    text = printed(notebook, "stdout")
    assert text.count("all checks passed") == sum(
        exercise.notebook == name for exercise in (EXERCISES | FURTHER).values()
    )
    assert "Nothing to show yet" not in text and printed(notebook, "stderr") == ""
    plots = [
        output
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {})
    ]
    assert plots and all(
        f'alt="{html.escape(plot.metadata["image/png"]["alt"])}"' in plot.data["text/html"]
        for plot in plots
    )
    assert all(
        "is right" in printed_by(cell) for cell in notebook.cells if cell.id.startswith("compare_")
    )
    (example,) = (cell.source for cell in notebook.cells if cell.id == "example")
    numbers = set(re.findall(r"\d\.\d{4}", example))
    assert len(numbers) > 3 and not numbers - set(re.findall(r"\d\.\d{4}", text)), (
        "the worked example has numbers that its code does not print"
    )


@pytest.mark.parametrize("name", ALL_NOTEBOOKS)
def test_release_runs(name, tmp_path):
    notebook = released(name)
    text = json.dumps(notebook)
    assert not any(word in text for word in ("SOLUTION", "HIDDEN", "autograde"))
    run(name, notebook, tmp_path)
    assert printed(notebook, "stderr").count("not written yet") == sum(
        bool(marks(cell).get("solution")) for cell in notebook.cells
    )
    assert "all checks passed" not in printed(notebook, "stdout")


def test_kit_stack_is_in_step():
    import kit_stack

    assert kit_stack.PACKED.read_text(encoding="utf-8") == kit_stack.packed(), "Run `make release`."


@pytest.mark.parametrize("batch", [(), (7,)])
@pytest.mark.parametrize("sizes", [(3, 5), (4, 4), (5, 2), (1, 1)])
def test_kit_cell_equals_pytorch(sizes, batch):
    from lstm_kit.cell import LSTMCell

    mine, right = LSTMCell(*sizes).double(), nn.LSTMCell(*sizes).double()
    with torch.no_grad():
        right.weight_hh.copy_(mine.joined("W"))
        right.weight_ih.copy_(mine.joined("U"))
        right.bias_ih.copy_(mine.joined("b"))
        right.bias_hh.zero_()
    x, c, h = (
        torch.randn(*batch, size, dtype=torch.float64) for size in (sizes[0], sizes[1], sizes[1])
    )
    h_t, c_t = right(x, (h, c))
    torch.testing.assert_close(mine(x, c, h), (c_t, h_t))


def test_kit_matrix_takes_both_spellings():
    from lstm_kit.cell import LSTMCell

    cell, x = LSTMCell(3, 4), torch.randn(3)
    torch.testing.assert_close(cell.U_f(x), cell.U_f @ x)
    assert cell.U_f.weight is cell.U_f and cell.U_f.bias is None
    assert len(list(cell.parameters())) == 12
