"""Points of a course's own: into the exercises, the test cells and the texts; and what is said of
those that cannot be."""

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograde.course.points import differing, give_points
from autograde.course.release import NotReady
from autograde.course.settings import Judge
from autograde.exercise import load
from autograde.exercise.points import weighed

USUAL = load("autograde.lstm")


def judge(points) -> Judge:
    settings = Judge()
    settings.points = points
    return settings


def test_what_is_named_gets_them_and_the_rest_keeps_its_own():
    found = judge({"lstm": {"LSTMCell": {"f": 2.5, "i": 0}}}).exercises_of("lstm")
    assert found["LSTMCell"].points == USUAL["LSTMCell"].points + 0.5
    assert {name for name in USUAL if found[name] != USUAL[name]} == {"LSTMCell"}
    changed = set(found["LSTMCell"].criteria) - set(USUAL["LSTMCell"].criteria)
    assert {criterion.key: criterion.points for criterion in changed} == {"f": 2.5, "i": 0}


@pytest.mark.parametrize(
    "points, said",
    [
        (3, "c.Judge.points is 3: it takes a dictionary, each assignment to points."),
        ({"lstn": {}}, "c.Judge.points has no assignment 'lstn'; there are: lstm."),
        ({"lstm": 3}, 'c.Judge.points["lstm"] is 3: it takes a dictionary, each exercise'),
        ({"lstm": {"Lstm": {}}}, "[\"lstm\"] has no exercise 'Lstm'; there are: cell_parameters, "),
        ({"lstm": {"LSTM": 3}}, '["lstm"]["LSTM"] is 3: it takes a dictionary, each criterion'),
        ({"lstm": {"LSTM": {"f": 1}}}, "[\"LSTM\"] has no criterion 'f'; there are: runs, layers"),
        *(
            ({"lstm": {"LSTM": {"runs": wrong}}}, f'["LSTM"]["runs"] is {wrong!r}: points are a')
            for wrong in ("two", -1, True, None, float("nan"), float("inf"))
        ),
    ],
)
def test_what_cannot_be_names_the_file_the_key_and_the_remedy(points, said):
    with pytest.raises(NotReady) as problem:
        judge(points).exercises_of("lstm")
    assert str(problem.value).startswith("nbgrader_config.py: ") and said in str(problem.value)


def test_a_module_that_cannot_be_loaded_is_named_with_the_line(tmp_path, monkeypatch):
    (tmp_path / "own_tables.py").write_text("words = {}\nEXERCISES = [words['gate']]\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    settings = Judge()
    settings.exercises = {"own": "own_tables"}
    with pytest.raises(NotReady) as problem:
        settings.exercises_of("own")
    assert "own_tables.py, line 2: KeyError: 'gate'" in str(problem.value)


# ---------------------------------------------------------------- in a notebook
def graded(name: str, points: float):
    about = {"grade": True, "grade_id": name, "points": points, "locked": True}
    return new_code_cell("", metadata={"nbgrader": about})


def test_cells_and_texts_say_what_counts():
    exercises = [USUAL["LSTMCell"], USUAL["PeepholeLSTM"]]
    heads = ["**Time:** long. **Points:** 3.", "# One (2 points)", "# Two `x` (1 bonus point) "]
    texts = [new_markdown_cell(text) for text in heads]
    cells = [graded("test_LSTMCell", 9), graded("plain", 2), graded("test_PeepholeLSTM", 5)]
    notebook = new_notebook(cells=[*texts[:2], *cells[:2], texts[2], cells[2]])
    assert [*differing(notebook, exercises, USUAL)] == [("test_PeepholeLSTM", 5, 0.75)]
    own = weighed(USUAL, {"LSTMCell": {"f": 2.5}, "PeepholeLSTM": {"runs": 0.35}})
    give_points(notebook, [own[exercise.name] for exercise in exercises])
    assert [cell.metadata.nbgrader.points for cell in cells] == [10.5, 2, 0]
    assert [cell.source for cell in texts] == [
        "**Time:** long. **Points:** 13.5.",
        "# One (12.5 points)",
        "# Two `x` (1 bonus point)",
    ]


def test_a_notebook_without_exercises_of_ours_is_left_as_it_is():
    text = new_markdown_cell("**Points:** 3\n# One (7 points)")
    give_points(new_notebook(cells=[text, graded("plain", 2)]), [])
    assert text.source == "**Points:** 3\n# One (7 points)"
