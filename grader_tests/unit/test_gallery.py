"""Exercises of every kind, judged as a pure function: right answers however they are written, and
typical wrong ones, which lose what they should and are named."""

import contextlib
import io
import json
import linecache
import math
import random
import warnings
from copy import deepcopy

import numpy as np
import pytest
import torch

from autograde.desk.numbers import remark, seal_of
from autograde.exercise import Cell, Criterion, Function, Module, Table, Value, Verdict
from autograde.exercise.shapes import spec
from autograde.judge import draw, examine, judge, read_answers
from autograde.judge.questions import argument
from autograde.judge.value import given_in, kind_of
from autograde.judge.variants import variants
from autograde.student.respond import respond
from autograde.student.value import plain_value
from grader_tests.samples.gallery import EXERCISES
from grader_tests.samples.gallery_answers import RIGHT, SETUP, WORKED, WRONG, changed

GALLERY = {exercise.name: exercise for exercise in EXERCISES}


def grade(exercise, source: str, seed: int = 1, sent: dict | None = None) -> Verdict:
    """The verdict on the text of a cell. sent: gets the first answers."""
    torch.set_num_threads(1)
    namespace, error = {"__name__": "__main__"}, None
    exec(SETUP, namespace)
    linecache.cache["<cell>"] = len(source), None, source.splitlines(True), "<cell>"
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            exec(compile(source, "<cell>", "exec"), namespace)
        except Exception as problem:
            error = f"{type(problem).__name__}: {problem}"

        def ask(questions: dict) -> dict:
            answers = json.loads(json.dumps(respond(questions, namespace)))
            if sent is not None and not sent:
                sent.update(answers)
            return answers

        return examine(exercise, ask, Cell(source, error), seed)


def lost(verdict: Verdict) -> dict[str, str]:
    return {result.key: result.sentence for result in verdict.results if not result.met}


@pytest.mark.parametrize("name", GALLERY)
def test_right_answers_get_everything(name):
    for source in (WORKED[name], *RIGHT[name]):
        for seed in (1, 2):
            assert not lost(grade(GALLERY[name], source, seed)), source


@pytest.mark.parametrize("name, k", [(name, k) for name in WRONG for k in range(len(WRONG[name]))])
def test_a_wrong_answer_loses_what_it_should_and_is_named(name, k):
    changes, keys, said = WRONG[name][k]
    for seed in (1, 2):
        found = lost(grade(GALLERY[name], changed(name, changes), seed))
        assert set(found) == keys, found
        assert any(said in sentence for sentence in found.values()), found


INIT = "    def __init__(self, d):\n        super().__init__()\n"
TRIED = 25  # changes of an answer
NASTY = (
    *(
        None,
        True,
        -1,
        10**400,
        math.nan,
        1e308,
        "",
        "AAAA",
        "\ud800" * 300,
        [],
        {},
        [[1]],
        ["a"] * 60,
    ),
    *({"shape": [2, 2], "dtype": "int" * 300}, {"type": "list"}, {"error": "x" * 5000}),
    *("[[1, NaN], [10000000000000000000000000000000]]", '[["a", null], [[1], {}]]'),
)
STUBS = ("pass", "raise NotImplementedError()", "...")


@pytest.mark.parametrize("name", [name for name in GALLERY if name != "most_numbers"])
def test_nothing_written_earns_nothing(name):
    for stub in STUBS:
        head = WORKED[name].split("\n")[0]
        if name == "LayerNorm":
            head += f"\n{INIT}\n    def forward(self, x):"
        verdict = grade(GALLERY[name], f"{head}\n        {stub}")
        assert not verdict.score, verdict
        sentences = {result.sentence for result in verdict.results}
        assert any(sentence.startswith("Not written yet") for sentence in sentences)


def places(value, at=()):
    """Every path into a nested answer."""
    yield at
    inner = value.items() if isinstance(value, dict) else ()
    for key, part in enumerate(value) if isinstance(value, list) else inner:
        yield from places(part, (*at, key))


@pytest.mark.parametrize("name", GALLERY)
def test_whatever_a_process_answers_is_judged(name):
    draws = random.Random(name)
    changes = WRONG[name][0][0]
    for source in (WORKED[name], changed(name, changes)):
        sent = {}
        grade(GALLERY[name], source, sent=sent)
        paths = sorted(places(sent), key=str)
        for path in draws.sample(paths, min(TRIED, len(paths))):
            answers = inner = deepcopy(sent)
            for key in path[:-1]:
                inner = inner[key]
            if path:
                inner[path[-1]] = draws.choice(NASTY)
            verdict = judge(GALLERY[name], draw(GALLERY[name], 1), read_answers(answers))
            assert all(result.sentence for result in verdict.results if not result.met)
            assert all(len(result.sentence) < 5000 for result in verdict.results)


ASKS = (Criterion("value", 1, "Value", "the thing"),)
VALUES = {  # an answer, with the part by which it may be off -> what is right, and what is not
    (("red", "blue"), 0.0): (
        ("['red', 'blue']", "np.array(['red', 'blue'])"),
        ("['blue', 'red']", "'red'", "['red']", "{'red', 'blue'}"),
    ),
    ("softmax", 0.0): (("'softmax'", "' softmax\\n'"), ("'Softmax'", "3", "None")),
    (0.1 + 0.2, 0.0): (
        ("0.3", "np.float32(0.3)", "torch.tensor(0.3)", "torch.tensor([0.3])", "np.array([0.3])"),
        ("0.3001", "[0.3]", "torch.tensor([0.3, 0.3])"),
    ),
    (0.3, 0.01): (("0.302", "0.3014", "0.297", "0.303"), ("0.31", "'0.3'", "0.3031", "-0.3", "0")),
    (0.25, 0.02): (("0.245", "0.255", "0.2451"), ("0.2449", "0.2551", "{'a': 0.25}", "[0.25]")),
    (0.2537, 0.02): (("0.25", "0.2587"), ("0.2459", "0.26")),
    (-180, 0.001): (("-180", "-180.18"), ("180", "-180.19", "float('inf')")),
    ((1.5, 0, "a"), 0.1): (("[1.4, 0, 'a']",), ("[1.3, 0, 'a']", "[1.5, 0]", "[1.5, 0.01, 'a']")),
    ((0.75, 0.2), 0.01): (
        ("[__import__('fractions').Fraction(3, 4), np.float32(0.2)]", "(0.75, 0.2)"),
        ("[{0.75}, 0.2]", "{0.75: 0.2}", "[[0.75], [0.2]]", "[torch.zeros(3), 0.2]"),
    ),
    (True, 0.0): (("True", "np.bool_(True)"), ("1", "False", "'True'")),
    (0, 0.0): (("0", "0.0"), ("1e-20", "False", "''")),
}


@pytest.mark.parametrize("answer, within", VALUES)
def test_a_value_is_right_in_whatever_way_it_is_written(answer, within):
    """At the desk as in grading."""
    exercise = Value("thing", "notebook", ASKS, answer=answer, within=within)
    for given in sum(VALUES[answer, within], ()):
        right = given in VALUES[answer, within][0]
        verdict = grade(exercise, f"thing = {given}")
        assert (not lost(verdict)) == right, (given, verdict)
        value = given_in(read_answers(plain_value(eval(given, {"np": np, "torch": torch}))))
        asked = value is not None and kind_of(value) == seal_of(exercise).kind
        assert (asked and remark(exercise, value) == "") == right, given


def test_a_slip_is_told_as_far_off_as_the_answer_may_be():
    """At the desk as in grading; what cannot be read is told as that."""
    answer, slip = (5 / 6, 0.25), (5 / 6, 1 / 3)
    exercise = Value("thing", "notebook", ASKS, answer=answer, within=0.01, slips={slip: "not 3"})
    assert "not 3" in lost(grade(exercise, "thing = [0.833, 0.333]"))["value"]
    assert remark(exercise, [0.833, 0.333]) == "not 3" and remark(exercise, [0.833, 0.25]) == ""
    assert "numbers and texts alone" in lost(grade(exercise, "thing = [len, 0.25]"))["value"]


@pytest.mark.parametrize("text, most", [("float < 1", 1), ("n d < 1", 1), ("n < 30", 30)])
def test_numbers_stay_between_zero_and_what_is_declared(text, most):
    rng, sizes = np.random.default_rng(1), {"n": 9, "d": 4}
    drawn = np.concatenate([np.ravel(argument(rng, spec(text), sizes, 500.0)) for _ in range(50)])
    assert 0 < drawn.min() and drawn.max() < most and drawn.max() > most / 2
    for wrong in ("float < n", "n < d", "bool < 3", "float > 1"):
        with pytest.raises(ValueError, match="is no argument"):
            spec(wrong)


def taxed(orders, rates):
    """The rows of orders, with tax: price times the rate of the country."""
    found = orders.merge(rates, on="country")
    return found.assign(tax=found["price"] * found["rate"]).drop(columns="rate")


TAXED = Table(
    "taxed",
    "orders",
    {"columns": 1, "rows": 1, "price": 1, "tax": 1},
    inputs={
        "orders": {"country": ["DE", "FR", "DE"], "price": "float > 0"},
        "rates": {"country": ("DE", "FR", "LU"), "rate": (0.19, 0.2, 0.17), "days": "int < 9"},
    },
    right=taxed,
)


def test_a_lookup_table_stands_whole_in_every_call():
    """Beside tables whose rows are drawn from data; what is drawn in it is drawn anew."""
    calls = draw(TAXED, 1).calls
    assert all(call["rates"]["rate"] == [0.19, 0.2, 0.17] for call in calls)
    assert len({tuple(call["rates"]["days"]) for call in calls}) > 4
    assert {len(call["orders"]["country"]) for call in calls} >= {1, 3, 40}
    merged = "orders.merge(rates, {}).eval('tax = price * rate').drop(columns=['rate'{}])"
    head = "def taxed(orders, rates):\n    return "
    kept = merged.format("how='left'", "")
    assert not lost(grade(TAXED, head + kept))
    assert (
        "rate" in lost(grade(TAXED, head + kept.replace(".drop(columns=['rate'])", "")))["columns"]
    )


def spent(orders):
    """One row for each country: what was spent there."""
    return orders.groupby("country", as_index=False)["price"].sum()


def spending() -> Table:
    points = {"columns": 1, "rows": 1, "price": 1}
    inputs = {"orders": {"country": "DE|FR|PL", "price": "float > 0"}}
    return Table("spent", "orders", points, inputs=inputs, right=spent)


def test_a_row_under_another_name_is_no_right_row():
    """Rows are told apart by their texts, and one that has another is beside none."""
    table = spending()
    worked = "def spent(orders):\n    return orders.groupby('country').price.sum().reset_index()"
    told = lost(grade(table, worked + ".replace('PL', 'pl')"))
    assert list(told) == ["rows"] and "Your row with pl in country stands for no" in told["rows"]
    assert not lost(grade(table, worked))


def test_rows_that_all_have_another_text_cost_the_rows_and_not_their_numbers():
    table = spending()
    worked = "def spent(orders):\n    t = orders.groupby('country', as_index=False).price.sum()\n"
    told = lost(grade(table, worked + "    return t.assign(country=t.country.str.lower())"))
    assert list(told) == ["rows"] and "stands for no right one." in told["rows"]
    assert "as_index" not in told["rows"]  # without it there would be no country to compare


def test_rows_that_have_dates_in_place_of_texts_are_told_so():
    days = ["2026-03-02", "2026-03-03", "2026-03-04"]
    inputs = {"orders": {"country": days, "price": "float > 0"}}
    table = Table("spent", "orders", {"rows": 1, "price": 1}, inputs=inputs, right=spent)
    dates = "orders.assign(country=pd.to_datetime(orders.country))"
    worked = (
        f"def spent(orders):\n    return {dates}.groupby('country', as_index=False).price.sum()"
    )
    told = lost(grade(table, worked))
    assert "country holds date; asked for is text" in told["rows"], told


def wide(orders):
    """What was spent in each country, in a column for each product."""
    table = orders.pivot_table(index="country", columns="product", values="price", aggfunc="sum")
    return table.reindex(columns=["A", "B"]).fillna(0).rename_axis(columns=None).reset_index()


def test_a_long_table_has_no_columns_of_a_wide_one():
    """A column of texts stands for none of numbers, though as many others are missing."""
    inputs = {"orders": {"country": "DE|FR|PL", "product": "A|B", "price": "float > 0"}}
    table = Table(
        "wide", "orders", {"columns": 1, "rows": 1, "A": 1, "B": 1}, inputs=inputs, right=wide
    )
    long = "groupby(['country', 'product'], as_index=False).price.sum()"
    told = lost(grade(table, f"def wide(orders):\n    return orders.{long}"))
    assert [*told] == ["columns", "rows", "A", "B"], told
    assert told["A"].startswith("There is no column A.")


def unit(x):
    return x / (x**2).sum() ** 0.5


def cosine(a, b):
    return unit(a) @ unit(b)


def along(a, b):
    return unit(a) * (1 - b)


def masked(x, y, keep):
    return (x[range(len(y)), y] * keep).sum() / keep.sum()


def nearest(x, centres):
    return ((x[:, None] - centres) ** 2).sum(2).argmin(1)


def over_all(x, y, keep):
    return (x[range(len(y)), y] * keep).mean()


ALONG = Function("along", "n", inputs={"a": "d", "b": "d"}, arrays="numpy", right=along)
COSINE = Function("cosine", "n", inputs={"a": "d", "b": "d"}, right=cosine)
MASKED = Function(
    "masked",
    "n",
    inputs={"x": "T c", "y": "int T < c", "keep": "bool T"},
    right=masked,
    wrong={over_all: "the mean is over all steps"},
)
NEAREST = Function(
    "nearest", "n", inputs={"x": "n d", "centres": "k d"}, arrays="numpy", right=nearest
)
GATE = Module(
    "Gate",
    "n",
    made_with=("d",),
    parameters={"W": "d d", "V": "d d", "b": "d"},
    inputs={"x": "N d"},
    right=lambda x, W, V, b: torch.sigmoid(x @ W.T + b) * (x @ V.T),
)
GATE_TEXT = """class Gate(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.V, self.W = nn.Parameter(torch.zeros(d, d)), nn.Parameter(torch.zeros(d, d))
        self.{b} = nn.Parameter(torch.zeros(1, d))

    def forward(self, x):
        return torch.sigmoid(x @ self.W.T + self.{b}) * (x @ self.V.T)
"""
TIED = Module(
    "Tied",
    "n",
    {"runs": 1, "parameters": 1, "vectors": 1, "scores": 1, "order": 1, "gradients": 1},
    made_with=("V", "d"),
    parameters={"E": "V d", "b": "V"},
    inputs={"words": "int T < V"},
    returns=("vectors", "scores"),
    right=lambda words, E, b: (E[words], E[words] @ E.T + b),
)
TIED_TEXT = """class Tied(nn.Module):
    def __init__(self, V, d):
        super().__init__()
        self.E, self.b = nn.Parameter(torch.randn({E})), nn.Parameter(torch.zeros(V))

    def forward(self, words):
        e = {e}[words]
        return e, e @ self.E{T} + self.b
"""
TIED_FROZEN = TIED_TEXT.replace("(V))", "(V), False)").replace("{E})", "V, d), False")


def centred(x):
    return x - x.mean(0)


CENTRED = Function("centred", "n", inputs={"x": "N d"}, right=centred)


def counted(truth, guess, n):
    C = np.zeros((n, n), int)
    np.add.at(C, (truth, guess), 1)
    return C, C.diagonal() / np.maximum(C.sum(1), 1)


def exchanged(truth, guess, n):
    return counted(guess, truth, n)


def precision(truth, guess, n):
    C, _ = counted(truth, guess, n)
    return C, C.diagonal() / np.maximum(C.sum(0), 1)


COUNTED = Function(
    "counted",
    "n",
    {"C": 1, "recall": 1, "dtype": 1, "shape": 1},
    inputs={"truth": "int 12 < n", "guess": "int 12 < n", "n": "size n"},
    arrays="numpy",
    returns=("C", "recall"),
    right=counted,
    wrong={exchanged: "rows and columns are exchanged", precision: "that is precision"},
)
COUNTED_TEXT = """def counted(truth, guess, n):
    C = np.bincount(truth * n + guess, minlength=n * n).reshape(n, n)
    return {}
"""


STRIDE = Function(
    "strided",
    "n",
    inputs={"x": "9", "stride": "int < 3"},
    arrays="numpy",
    right=lambda x, stride: x[:: stride + 1],
)


def shut_out(x, keep):
    return x * ~keep


SHUT_OUT = Function("shut_out", "n", inputs={"x": "n d", "keep": "bool n d"}, right=shut_out)
# ruff: disable[E501]
TOLD = (  # exercise, answer, what is lost, what is read
    (COSINE, "def cosine(a, b):\n    return a @ b / b.norm()", {"result"}, "`a` stands where `unit(a)` should"),
    (ALONG, "def along(a, b):\n    return a / np.linalg.norm(a) * b", {"result"}, "`b` stands where `1 - b` should"),
    (ALONG, "def along(a, b):\n    return b / np.linalg.norm(b) * (1 - a)", {"result"}, "`a` and `b` are exchanged"),
    (MASKED, "def masked(x, y, keep):\n    return (x[range(len(y)), y] * keep).mean()", {"result"}, "the mean is over all steps"),
    (MASKED, "def masked(x, y, keep):\n    return (x[range(len(y)), y] * ~keep).sum()", {"result"}, "no mistake that we know"),
    (NEAREST, "def nearest(x, c):\n    return ((x[:, None] - c) ** 2).sum(2).argmin(1) + 1", {"result"}, "is 1 more than the right one everywhere"),
    (GATE, GATE_TEXT.format(b="b"), {"parameters"}, "b has shape (1, "),
    (GATE, GATE_TEXT.format(b="bias"), {"parameters"}, "Your parameters have other names: bias for b."),
    (TIED, TIED_TEXT.format(E="V, d", e="self.E.detach()", T=".T"), {"gradients"}, "The gradient with respect to E is wrong"),
    (TIED, TIED_TEXT.format(E="V, d", e="self.E", T=".T").replace("self.E", "self.emb"), {"parameters"}, "emb for E"),
    (TIED, TIED_TEXT.format(E="d, V", e="self.E.T", T=""), {"parameters"}, "E has shape (4, 5); it should be (V, d), here (5, 4)."),
    (TIED, TIED_FROZEN.format(e="self.E", T=".T"), {"parameters"}, "E does not train"),
    (TIED, TIED_TEXT.format(E="V, d", e="self.E", T=".weight.T").replace("nn.Parameter(torch.randn(V, d))", "nn.Embedding(V + 1, d)").replace("self.E[words]", "self.E(words)"), {"parameters"}, "E has shape (6, 4); it should be (V, d), here (5, 4)."),
    (COUNTED, COUNTED_TEXT.format("C, C.diagonal() / np.maximum(C.sum(0), 1)"), {"recall"}, "that is precision"),
    (COUNTED, COUNTED_TEXT.format("C.T, C.diagonal() / np.maximum(C.sum(0), 1)"), {"C", "recall"}, "rows and columns are exchanged"),
    (COUNTED, COUNTED_TEXT.format("C, C.diagonal() / C.sum(1)"), {"recall"}, "Your recall is right in some calls only: with "),
    (COUNTED, COUNTED_TEXT.replace("    C", "    n = max(truth.max(), guess.max()) + 1\n    C").format("C, C.diagonal() / np.maximum(C.sum(1), 1)"), {"shape"}, "with whole numbers that are all alike it has shape"),
    (COUNTED, COUNTED_TEXT.format("C / np.maximum(C.sum(1, keepdims=True), 1), C.diagonal() / np.maximum(C.sum(1), 1)"), {"C"}, "no mistake that we know"),
    (STRIDE, "def strided(x, stride):\n    return 2 * x", {"runs", "result", "untouched"}, "whatever stride is; asked for is"),
    (SHUT_OUT, "def shut_out(x, keep):\n    return x * keep", {"result"}, "`~keep` is turned round"),
    (CENTRED, "def centred(x):\n    return x - x.mean()", {"result"}, "`0` is missing in mean(…)"),
)  # fmt: skip
# ruff: enable[E501]


@pytest.mark.parametrize("row", range(len(TOLD)))
def test_what_is_told_is_told_whatever_is_drawn(row):
    exercise, source, keys, said = TOLD[row]
    for seed in range(1, 7):
        found = lost(grade(exercise, source, seed))
        assert found.keys() - {"large"} == keys, (seed, found)
        assert any(said in sentence for sentence in found.values()), (seed, found)


def rated(orders, rates):
    """What was spent in each country that has a rate."""
    kept = orders.merge(rates, on="country")
    return kept.groupby("country", as_index=False)["price"].sum()


def test_rows_without_a_text_are_told_by_what_stands_there():
    inputs = {"orders": {"country": "DE|FR", "price": "float > 0"}}
    table = Table("twice", "n", inputs=inputs, right=twice)
    source = "def twice(orders):\n    return orders.head(1).assign(country=7)"
    assert "Your row with 7 in country" in lost(grade(table, source))["rows"]


def twice(orders):
    return orders.head(1)


def test_a_column_never_lacks_all_that_it_could_hold():
    """pandas takes such a column for one of no numbers, and what is right may raise."""
    table = Table(
        "t", "n", inputs={"a": {"b": "float ?"}}, right=lambda a: a.assign(b=a.b.fillna(0.0))
    )
    for seed in range(20):
        for call in draw(table, seed).calls:
            assert any(entry is not None for entry in call["a"]["b"])


def test_where_no_row_is_asked_for_none_needs_columns():
    """What pandas makes of an empty table has now and then other columns."""
    inputs = {
        "orders": {"country": "DE|FR|PL|US", "price": "float > 0"},
        "rates": {"country": ("DE",), "rate": "float > 0"},
    }
    table = Table("rated", "n", inputs=inputs, right=rated)
    pivot = "    t = t.pivot_table(index='country', values='price', aggfunc='sum').reset_index()\n"
    worked = "def rated(orders, rates):\n    t = orders.merge(rates)\n" + pivot
    for seed in range(1, 7):
        assert not lost(grade(table, worked + "    return t", seed)), seed
        empty = (
            "    return t if len(t) else pd.DataFrame([['DE', 0.0]], columns=['country', 'price'])"
        )
        told = lost(grade(table, worked + empty, seed))
        assert not told or "has 1 row where 0 should be" in told["rows"]


def test_what_is_changed_in_a_call_changes_everywhere():
    for seed in range(20):
        first, *others = draw(MASKED, seed).builds
        keep = first.given["keep"]
        assert keep.any() and not keep.all(), keep
        for one in (one for one in others if one.changed in ("y", "keep")):
            off = one.given[one.changed] != first.given[one.changed]
            assert off.all() if one.changed == "y" else off.any()


def test_what_overflows_in_one_call_in_five_is_seen():
    right = lambda x, y: torch.log_softmax(x, 1)[range(len(y)), y].mean()
    exercise = Function(
        "mean", "n", {"result": 1, "large": 1}, inputs={"x": "T c", "y": "int 1 < c"}, right=right
    )
    source = "def mean(x, y):\n    return torch.softmax(x, 1)[range(len(y)), y].log().mean()"
    assert sum("large" in lost(grade(exercise, source, seed)) for seed in range(1, 9)) == 8


def test_a_number_that_is_changed_in_a_call_is_told_with_the_call():
    said = {said for said, _ in variants(over_columns)}
    assert "the minus before `1` is missing, in mean(…)" in said
    assert "the minus before `1` is missing, in `x[-1]`" in said
    assert "`0` stands where `1` should, in mean(…)" in said


def over_columns(x):
    return x.mean(-1) + x[-1].mean(1)


def test_a_series_is_no_table():
    worked = WORKED["best_sellers"]
    series = worked.replace("ascending=False)", 'ascending=False).set_index("shop")["revenue"]')
    verdict = grade(GALLERY["best_sellers"], SETUP + series)
    told = {result.key: result.sentence for result in verdict.results if not result.met}
    assert series != worked and "A Series comes back; asked for is a DataFrame" in told["columns"]
    assert "Your table has the columns" not in " ".join(told.values())


def attention_of(returned: str) -> dict[str, str]:
    return lost(grade(GALLERY["attention"], f"def attention(Q, K, V):\n    return {returned}"))


def test_what_raises_for_some_sizes_is_told_as_what_it_raises():
    """Not as a function that returns None, since it returns something where all sizes are equal."""
    told = attention_of("torch.softmax(Q @ K / Q.shape[1] ** 0.5, -1) @ V")
    assert told and all("attention raised RuntimeError" in said for said in told.values()), told
    told = lost(grade(GALLERY["attention"], "def attention(Q, K, V):\n    Y = Q @ K.T"))
    assert "attention returns None: it has no return line, or ends without one" in told["Y"]
    told = attention_of("None")
    assert all(said == "Not written yet: attention returns None." for said in told.values()), told


def test_a_result_in_which_nothing_shows_is_told_with_the_first_criterion():
    """Which is all that a desk shows."""
    assert "runs" not in attention_of("torch.tanh(Q @ K.T) @ V")
    told = attention_of("torch.ones(len(Q), len(K)) @ V * Q[:, :1]")
    assert "does not change when K does" in told["runs"] and told["runs"] == told["Y"], told
