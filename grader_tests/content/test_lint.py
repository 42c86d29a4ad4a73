"""What every notebook has, and in which order: lint for the text, the plots, the diagrams, and the
numbers that are claimed."""

import json
import re
from types import SimpleNamespace
from xml.etree import ElementTree

import diagrams
import measure
import pytest
import torch
from lstm_kit import predictions, tasks
from lstm_kit.cell import LSTMCell
from torch import nn

from autograde.course.guest import as_given_out
from grader_tests.samples.mistakes import WIRED, code, named
from grader_tests.samples.students import (
    ALL_NOTEBOOKS,
    EXERCISES,
    FURTHER,
    NOTEBOOKS,
    PREDICTIONS,
    RELEASE,
    ROOT,
    SOURCE,
    solutions,
)
from grader_tests.support.notebooks import CONFIG, IMAGE, read

MEASURED = json.loads((ROOT / "source" / "measured.json").read_text(encoding="utf-8"))
ORDER = (
    r"idea equations (start )?example (predict )+(turn )+((see |bug )+)(writes )?question history "
    "next "
)
SHORTER = r"idea equations start example turn writes question history next "  # of FURTHER
HEADINGS = {
    "The idea": "idea",
    "The equations": "equations",
    "What you start from": "start",
    ".*on paper": "example",
    "Predict: .*": "predict",
    "Your turn: .*": "turn",
    "See .*": "see",
    "Find the bug": "bug",
    "It writes.*": "writes",
    "A question to think about": "question",
    "History": "history",
    "Where to go next": "next",
}
BANNED = {
    "HTML other than details": r"<(?!/?details>|/?summary>|!-- (BEGIN|END) SOLUTION -->)[a-zA-Z/!]",
    "an attachment": "attachment:",
    "a numbered or coloured formula": r"\\(tag|substack|colorbox)",
    "a heading that is no heading": r"(?m)^\*\*[^*]*\*\*$",
    "praise, or impatience": r"(?i)\b(amazing|awesome|powerful|simply|just|obviously|trivial|of "
    r"course|state.of.the.art|revolutioni)\b",
    "shouting": r"\w!(\s|$)",
    "a claim that was not measured": r"(?i)(depth|deeper|peepholes?|second "
    r"layer)\b[^.]*\b(helps?|better|improves?|outperforms?)\b(?! at all)",
}
CLAIMS_OF_OTHERS = ("On their task more layers helped more than larger ones.",)


def cells(name, kind):
    return [cell for cell in read(name).cells if cell.cell_type == kind]


def text_of(name, cell):
    return next(one.source for one in read(name).cells if one.id == cell)


@pytest.mark.parametrize("name", ALL_NOTEBOOKS)
def test_sections_and_their_order(name):
    found = [
        re.match(r"## (.*?)(?: \(.*\))?$", line)[1]
        for cell in cells(name, "markdown")
        for line in cell.source.splitlines()
        if line.startswith("## ")
    ]
    kinds = "".join(
        next(
            (kind for heading, kind in HEADINGS.items() if re.fullmatch(heading, line)), f"?{line}?"
        )
        + " "
        for line in found
    )
    assert re.fullmatch(ORDER if name in NOTEBOOKS else SHORTER, kinds), kinds
    title = text_of(name, "title")
    assert re.match(r"# \d · ", title)
    for part in ("**You will be able to**", "**Time:** about", "**You need**"):
        assert part in title
    assert re.search(r"\*\*(Points|Bonus):\*\*", title)
    for exercise in (EXERCISES | FURTHER).values():
        if exercise.notebook == name:
            heading, _, effort = text_of(name, f"task_{exercise.name}").splitlines()[:3]
            assert re.fullmatch(
                r"About \d+ minutes\. Difficulty [1-5] of 5, importance [1-5] of 5\.", effort
            )
            worth = "no" if exercise.name in FURTHER else f"{exercise.points:g}"
            assert (
                heading == f"## Your turn: `{exercise.name}` ({worth} "
                f"{'bonus ' if exercise.bonus else ''}points)"
            )


@pytest.mark.parametrize("name", ALL_NOTEBOOKS)
def test_every_term_has_a_shape(name):
    formulas, table = text_of(name, "equations").split("| --- |", 1)
    formulas = formulas.partition("$$")[2].partition("$$")[0]
    terms = set(
        re.findall(
            r"[WUVb]_[fioczrn]|\\tilde "
            r"c_t|[fiohc]_t(?!-)|[zrn]_t(?![-^])|[hc]_\{t-1\}(?!\^)|x_t|[zchy]_t\^\{\(\w+\)\}",
            formulas,
        )
    )
    described = "\n".join(
        line for line in table.splitlines() if re.search(r"\| \$?\w*:?.*\(.*\)", line)
    )
    assert len(terms) >= 5
    assert not {
        term
        for term in terms
        if term not in described and re.sub(r"\{\(\d\)\}", "{(k)}", term) not in described
    }


@pytest.mark.parametrize("name", ALL_NOTEBOOKS)
def test_nothing_banned(name):
    for cell in cells(name, "markdown"):
        prose = cell.source
        for claim in CLAIMS_OF_OTHERS:
            prose = prose.replace(claim, "")
        for what, pattern in BANNED.items():
            assert not (found := re.search(pattern, prose)), (
                f"{name}: {cell.id}: {what}: {found[0]}"
            )
        assert (
            cell.source.count("<details>")
            == cell.source.count("</details>")
            == len(re.findall(r"(?m)^<details><summary>.+</summary>\n\n", cell.source))
        ), f"{name}: {cell.id}"


@pytest.mark.parametrize("name", ALL_NOTEBOOKS)
def test_hints(name):
    """Under every class that is to be written there are hints to unfold, and a check."""
    cells = read(name).cells
    for place, cell in enumerate(cells):
        if cell.id in EXERCISES | FURTHER:
            assert (
                cells[place - 1].id == f"task_{cell.id}"
                and "<summary>Hint: " in cells[place - 1].source
            )
            assert cells[place + 1].id == f"test_{cell.id}"
            assert cell.source.count('"""') >= 2 * (1 + cell.source.count("def ")), (
                "a method without a docstring"
            )


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_predictions_are_asked_answered_and_checked(name):
    cells = read(name).cells
    asked = [place for place, cell in enumerate(cells) if cell.id.startswith("predict_")]
    assert asked
    for place in asked:
        key = cells[place].id.removeprefix("predict_")
        assert [cell.id for cell in cells[place + 1 : place + 3]] == [
            key,
            f"{'test' if key in PREDICTIONS else 'compare'}_{key}",
        ]
        assert (key in predictions.PREDICTIONS) == (key not in PREDICTIONS)
        assert ("(1 point)" in cells[place].source) == (key in PREDICTIONS)
        assert "no points for" in cells[place].source or key in PREDICTIONS or key == "ceiling"


def test_the_release_does_not_answer_a_prediction():
    text = "\n".join(
        path.read_text(encoding="utf-8")
        for path in RELEASE.rglob("*")
        if path.suffix in (".ipynb", ".py") and path.name != "checks.py"  # packed: any digits
    )
    assert not re.search(r"\b180\b|three above it|(?i:triang|above the diagonal)", text)
    assert not re.search(r"(?i)\b(six|6) (pairs|fields|of the 16)", text)


@pytest.mark.parametrize("name", ALL_NOTEBOOKS)
def test_the_answer_to_the_question_is_in_the_source_only(name):
    question = text_of(name, "question")
    assert "<!-- BEGIN SOLUTION -->\n<details><summary>Answer</summary>" in question
    notebook = as_given_out(read(name), CONFIG)
    released = next(cell.source for cell in notebook.cells if cell.id == "question")
    assert "<details>" not in released and released.endswith(
        "in the worked notebook, given out after the hand-in.*"
    )


@pytest.mark.parametrize("name", ALL_NOTEBOOKS)
def test_history_has_citations(name):
    entries = [line for line in text_of(name, "history").splitlines() if line.startswith("- ")]
    assert len(entries) >= 2
    assert all(
        re.match(r"- [A-Z].*?, \*.+?\*, .*(19|20)\d\d", line) and ": " in line for line in entries
    )


# ---------------------------------------------------------------- plots and diagrams
@pytest.mark.parametrize("name", NOTEBOOKS)
def test_plots(name):
    plotting = [cell for cell in cells(name, "code") if "plt.subplots" in cell.source]
    assert (
        plotting
        and any("draw_gates(" in cell.source or '["f"]' in cell.source for cell in plotting)
        and any('"c"]' in cell.source or "c_t" in cell.source for cell in plotting)
    )
    for cell in plotting:
        labels = re.findall(r'(?:[xy]label=|set_[xy]label\(|label=)"([^"]*)"', cell.source)
        axes = re.findall(r'(?:[xy]label=|set_[xy]label\()"([^"]*)"', cell.source)
        assert len(axes) >= (1 if "draw_gates(" in cell.source else 2) and labels, (
            f"{name}: {cell.id}: an axis without a label"
        )
        assert all(re.search(r"\(.+\)$|relative to", label) for label in axes), (
            f"{name}: {cell.id}: a label without a unit: {axes}"
        )
        assert set(re.findall(r'cmap="(\w+)"', cell.source)) <= {"Blues", "cividis", "PuOr"}
        assert not re.search(r'color="(?!0\.\d"|tab)', cell.source), (
            f"{name}: {cell.id}: a colour that is not the kit's"
        )


@pytest.mark.parametrize("name", ALL_NOTEBOOKS)
def test_a_diagram_belongs_to_the_idea(name):
    ((alt, path),) = IMAGE.findall(text_of(name, "idea"))
    assert path.startswith("../" * name.count("/") + "img/") and len(alt) > 80


@pytest.mark.parametrize("name", diagrams.PICTURES)
def test_diagrams(name):
    """In step with their script; readable on any page: a card of their own, nothing from
    elsewhere."""
    drawn = (SOURCE / "img" / name).read_text(encoding="utf-8")
    assert drawn == diagrams.PICTURES[name](), "Run `python source/diagrams.py`."
    root = ElementTree.fromstring(drawn)
    shapes = [element for element in root if not element.tag.endswith(("title", "defs"))]
    assert (
        root.find("{*}title").text
        and shapes[0].tag.endswith("rect")
        and shapes[0].get("fill") == "#ffffff"
    )
    assert int(shapes[0].get("width")) == int(root.get("width")) - 2
    assert drawn.count("http") == 1 and "<script" not in drawn and "<image" not in drawn
    assert all(
        f"](img/{name})" in "".join(cell.source for cell in cells(notebook, "markdown"))
        for notebook in NOTEBOOKS
        if notebook[:2] == name[:2]
    )


# ---------------------------------------------------------------- numbers
def reached(source: str) -> set:
    """The fields of the influence map of a stack of four layers that are not 0."""
    torch.manual_seed(0)
    exec(source, namespace := {"torch": torch, "nn": nn, "LSTMCell": LSTMCell, "F": nn.functional})
    stack, x, c, h = (
        namespace["LSTM"](5, 5, 4),
        torch.randn(5, 5),
        torch.randn(4, 5),
        torch.randn(4, 5),
    )
    slopes = torch.autograd.functional.jacobian(lambda first: stack(x, c, first)[1][1], h).abs()
    return {
        (last, first) for last in range(4) for first in range(4) if slopes[last, :, first].max() > 0
    }


def test_influence_maps():
    wrong = {
        mistake.name: code("LSTM", mistake) for mistake in named("LSTM") if mistake.name in WIRED
    }
    assert (
        reached(wrong["raw x to all layers"]) == diagrams.WRONG_MAPS["every layer reads the raw x"]
    )
    assert (
        reached(wrong["one state for all layers"])
        == diagrams.WRONG_MAPS["all layers share one state"]
    )
    right = reached(solutions()["LSTM"])
    assert (
        right == {(last, first) for last in range(4) for first in range(last + 1)}
        and 16 - len(right) == PREDICTIONS["zeros"].answer
    )


def test_parameter_counts():
    count = lambda cls, *sizes: sum(value.numel() for value in cls(*sizes).parameters())
    plain, coupled = (
        measure.worked("01_basic_lstm", "LSTMCell"),
        measure.worked("03_coupled_gates", "CoupledLSTMCell", LSTMCell=LSTMCell),
    )
    assert (
        count(plain, 3, 5) == PREDICTIONS["cell_parameters"].answer
        and count(nn.LSTMCell, 3, 5) == count(plain, 3, 5) + 4 * 5 == 200
    )
    assert all(
        4 * count(coupled, n, m) == 3 * count(LSTMCell, n, m)
        for n, m in ((7, 5), (1, 1), (300, 20))
    )
    assert predictions.PREDICTIONS["stack_parameters"].truth() == count(
        measure.worked("02_stacking", "LSTM", LSTMCell=LSTMCell), 300, 20, 2
    )


RIGHT = {"kept": 0.0001, "stack_parameters": 28960, "share": 0.75, "ceiling": 1, "spike": 0.0997}
WRONG = {"kept": 0.73, "stack_parameters": 29120, "share": 0.25, "ceiling": 0.4, "spike": 0.76}


@pytest.mark.parametrize("name", RIGHT)
def test_predictions_are_compared(name, monkeypatch, capsys):
    monkeypatch.chdir(SOURCE)
    said = {}
    for value in (RIGHT[name], WRONG[name], "1", None, ...):
        monkeypatch.setattr(
            predictions, "get_ipython", lambda value=value: SimpleNamespace(user_ns={name: value})
        )
        predictions.compare(name)
        said[value] = " ".join("".join(capsys.readouterr()).split())
    assert (
        "is right" in said[RIGHT[name]]
        and "is not what PyTorch gives" in said[WRONG[name]]
        and str(RIGHT[name]) not in said[WRONG[name]]
    )
    assert (
        "is a str" in said["1"]
        and "not written yet" in said[None]
        and "not written yet" in said[...]
    )


def test_numbers_of_the_first_notebook():
    gradient, recall = (
        text_of("01_basic_lstm", "discussion_gradient"),
        text_of("01_basic_lstm", "discussion_recall"),
    )
    for key, (least, most) in MEASURED["gradient 50 steps back"].items():
        line_of_table = next(
            line
            for line in gradient.splitlines()
            if line.startswith(f"| {'plain RNN' if key == 'RNN' else f'LSTM, forget bias {key} '}")
        )
        assert line_of_table.split("|")[2].strip() == (
            f"{least:.1e} to {most:.1e}" if most < 1e-3 else f"{least:g} to {most:g}"
        ), line_of_table
    ranges = {
        key: f"{least:.2f} to {most:.2f}" if least < most else f"{least:.2f}"
        for key, (least, most) in MEASURED["recall"].items()
    }
    assert all(
        f"{ranges[key]} with {'a forget bias of ' if key == '0' else ''}{key}" in recall
        for key in ranges
    ), ranges
    for bias, gate, left in re.findall(r"\| (\d) \| ([\d.]+) \| ([\d.]+) \|", recall):
        kept = torch.sigmoid(torch.tensor(float(bias), dtype=torch.float64))
        assert f"{kept:.4f}" == gate and f"{kept**29:.{len(left) - 2}f}" == left
    squashed = torch.ones((), dtype=torch.float64)
    for _ in range(29):
        squashed = torch.tanh(squashed)
    assert f"down to {squashed:.2f}" in text_of("01_basic_lstm", "question")


def test_gradients_reach_back_as_the_text_says():
    """Cheap enough to measure here, on a seed that the file does not have."""
    torch.manual_seed(77)
    shares = [
        float(tasks.reach(tasks.scaled(LSTMCell(16, 32), bias), torch.randn(100, 8, 16))[-51])
        for bias in (0, 1, 3, 5)
    ]
    assert (
        float(tasks.reach(nn.RNNCell(16, 32), torch.randn(100, 8, 16))[-51])
        < 1e-12
        < shares[0]
        < 1e-9
        < 1e-6
        < shares[1]
        < 1e-2
        < shares[2]
        < shares[3]
    )


def test_numbers_of_the_third_notebook():
    votes, text = MEASURED["votes"], text_of("03_coupled_gates", "discussion_votes")
    for name, seen in votes.items():
        (a, b), (early, late) = seen["largest c"], seen["changes after 80 ups"]
        assert (
            f"| {name} | {a:.1f} {f'to {b:.1f} ' if a < b else ''}| {early} to {late} times −1 |"
            in text
        ), (name, seen)
    least = 100 * min(
        votes["plain"]["right in 20 steps"][0], votes["coupled"]["right in 20 steps"][0]
    )
    assert f"at least {least:.1f} %" in text
    assert (
        votes["coupled"]["largest c"][1] <= 1 < votes["plain"]["largest c"][0]
        and votes["coupled"]["changes after 80 ups"][1] < votes["plain"]["changes after 80 ups"][0]
    )


def test_gates_of_the_larger_stack(monkeypatch):
    """Layer 0 reads 300 numbers and is decided; layer 1 reads 20 and is not: on every seed that is
    tried."""
    monkeypatch.chdir(SOURCE)  # the check of the source is that of the folder one works in
    from lstm_kit.plots import follow

    for seed in range(5):
        torch.manual_seed(seed)
        below = follow(LSTMCell(300, 20), torch.randn(10, 300))
        above = follow(LSTMCell(20, 20), below["h"])
        decided = [
            ((steps["f"] < 0.05) | (steps["f"] > 0.95)).float().mean() for steps in (below, above)
        ]
        assert decided[0] > 0.6 > 0.5 > decided[1]


def test_honesty():
    assert "need not help at all" in text_of("02_stacking", "history")
    solved = {name: seen["solved"] for name, seen in MEASURED["gaps"].items()}
    told = (
        f"those with peepholes learned it on {solved['peepholes']} of ten seeds, those without on "
        f"{solved['plain']} of ten"
    )
    assert (
        told in text_of("04_peepholes", "discussion_metronome")
        and solved["peepholes"] - solved["plain"] < 3
    )
    assert "makes it easier and uses $c_{t-1}$ in all three" in text_of("04_peepholes", "equations")
