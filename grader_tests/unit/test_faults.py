"""An author's mistakes: each is found before a student meets it, and said with the file, the
exercise, what is wrong and what to do. A row is a change of a right declaration, and what must be
said of it."""

import sys
import time

import pytest

from autograde.course.checked import faults_of_module
from autograde.exercise.faults import SAYS, Faulty, load

HEAD = """
import numpy as np
import pandas as pd
import torch

from autograde.exercise import *
from autograde.exercise import Computed, Criterion, Exercise, Normal

criteria = lambda *keys: tuple(Criterion(key, 1, key, f"{key} is right") for key in keys)
"""
STEP = """
SUMS = {"W @ h + U @ x + b": "", "W @ h + U @ x": "b is missing"}
EXERCISES = (
    Recurrence(
        "Step",
        "steps",
        criteria("runs", "parameters", "state"),
        rule=Rule(
            (
                Part("a", "sum", "state", SUMS, inline=True),
                Part("new", "h_t", "state", {"tanh(a)": "", "a": "tanh is missing"}, traced=True),
            ),
            inputs={"x": "x_t", "h": "h_{t−1}"},
            outputs={"h_t": "new"},
        ),
        parameters={"W": ("m", "m"), "U": ("m", "n"), "b": ("m",)},
    ),
)
"""
PAIR = """
EXERCISES = (
    Recurrence(
        "Pair",
        "pairs",
        criteria("parameters", "c", "h", "order"),
        rule=Rule(
            (
                Part("kept", "c_t", "c", {"c + W @ h + U @ x": "", "W @ h": "too little"}),
                Part("shown", "h_t", "h", {"tanh(kept)": "", "kept": "tanh is missing"}),
            ),
            inputs={"x": "x_t", "c": "c_{t−1}", "h": "h_{t−1}"},
            outputs={"c_t": "kept", "h_t": "shown"},
        ),
        parameters={"W": ("m", "m"), "U": ("m", "n")},
    ),
)
"""
STACK = (
    STEP.replace("EXERCISES = (", "STEPS = (")
    + """
EXERCISES = (Stack("Steps", "steps", criteria("layers", "works"), of=STEPS[0]),)
"""
)
MEAN = """
def mean(x, k):
    "The mean of each row, times k."
    return x.mean(dim=-1) * k

def over_rows(x, k):
    return x.mean(dim=0)[:1] * k

EXERCISES = (
    Function(
        "mean", "means", {"runs": 1, "result": 2, "untouched": 1},
        inputs={"x": "n d", "k": "int < 5"}, right=mean, wrong={over_rows: "it goes over the rows"},
    ),
)
"""
GATED = """
def gated(x, W, U):
    "tanh(W x) * σ(U x), for each row of x."
    return torch.tanh(x @ W.T) * torch.sigmoid(x @ U.T)

EXERCISES = (
    Module(
        "Gated", "gates", {"runs": 1, "parameters": 1, "result": 2}, made_with=("n", "m"),
        parameters={"W": "m n", "U": "m n"}, inputs={"x": "N n"}, right=gated,
    ),
)
"""
SPENT = """
def spent(orders):
    "What each customer has spent: customer, total."
    return orders.groupby("customer", as_index=False).agg(total=("price", "sum"))

EXERCISES = (
    Table(
        "spent", "orders", {"columns": 1, "rows": 1, "total": 2},
        inputs={"orders": {"customer": "ada|bob|eve", "price": "float > 0"}}, right=spent,
    ),
)
"""
TIES = """
def spent(orders):
    "What each customer has spent on each day."
    sums = orders.groupby(["name", "day"], as_index=False).agg(total=("price", "sum"))
    return sums.sort_values(["name", "day"])

EXERCISES = (
    Table(
        "spent", "orders", {"columns": 1, "rows": 1, "total": 2, "order": 1}, right=spent,
        inputs={"orders": {"name": "ada|bob|eve", "day": "mo|tu|we", "price": "float > 0"}},
    ),
)
"""
SORTED = TIES.replace("right=", 'sorted_by=("name", "day"), right=')
COUNT = """
EXERCISES = (
    Value("count", "counts", criteria("value"), answer=30, slips={15: "that is one of two"}),
)
"""
RIGHT = {
    "ONE FORMULA": STEP.replace(', "a": "tanh is missing"', ""),
    **{"STEP": STEP, "PAIR": PAIR, "STACK": STACK, "MEAN": MEAN},
    **{"GATED": GATED, "SPENT": SPENT, "COUNT": COUNT},
    "SORTED": SORTED,
}
# ruff: disable[E501]
BROKEN = (  # row of SAYS, declaration, what is changed in it, how, and what must be said
    ("raises", STEP, "Recurrence(", "Recurence(", "NameError: name 'Recurence' is not defined: mend that"),
    ("raises", STEP, "EXERCISES = (", "import nowhere\nEXERCISES = (", "No module named 'nowhere'"),
    ("raises", STEP, "    Recurrence(", "    Recurrence)", "Error: unexpected indent: mend that"),
    ("raises", STEP, "rule=Rule(", "rules=Rule(", "unexpected keyword argument 'rules'"),
    ("no exercises", STEP, "EXERCISES", "EXERCISE", "end it with EXERCISES = (FIRST, SECOND)"),
    ("no exercises", COUNT, "),\n)", ")\n)", "with a comma behind a single one"),
    ("unreadable", STEP, "rule=Rule(", "rule=dict(parts=", "it cannot be read as a Recurrence"),
    ("kind", COUNT, "EXERCISES = (", "class Riddle(Value): pass\nEXERCISES = (Riddle('r', 'n', criteria('v'), answer=1),", "a Riddle is no kind of exercise: there are Recurrence, "),
    ("twice", COUNT, "EXERCISES = (", "EXERCISES = (Value('count', 'more', criteria('v'), answer=1),", "count: two exercises have this name"),
    ("name", COUNT, '"count"', '"my count"', "write it as one word"),
    ("notebook", COUNT, '"counts"', '"counts.ipynb"', "without .ipynb"),
    ("field", COUNT, "answer=30", 'answer=30, kit="data.csv"', """kit is 'data.csv': write kit=("data.csv",)."""),
    ("field", COUNT, 'criteria("value")', 'criteria("value")[0]', "write criteria=(Criterion(key, "),
    ("field", COUNT, 'criteria("value")', '{"value": 1}', "criteria is {'value': 1}: write criteria=(Criterion(key, "),
    ("field", MEAN, "right=", 'arrays="nunpy", right=', """arrays is 'nunpy': write arrays="torch" or "numpy"."""),
    ("field", MEAN, "right=", 'returns="result", right=', """returns is 'result': write returns=("result",)."""),
    ("field", MEAN, "right=", 'built_ins=("mean",), right=', "write built_ins=BuiltIns("),
    ("field", GATED, '("n", "m")', '"nm"', "made_with is 'nm': write made_with=("),
    ("criteria", COUNT, 'criteria("value")', "()", "nothing is marked"),
    ("criterion", COUNT, 'criteria("value")', '("value",)', "'value' is no Criterion"),
    ("points", MEAN, '"runs": 1', '"runs": -1', "the criterion runs has -1 points"),
    ("points", MEAN, '"runs": 1', '"runs": "1"', "the criterion runs has '1' points"),
    ("unknown key", MEAN, '"untouched": 1}', '"gradients": 1}, arrays="numpy"', "nothing decides the criterion gradients"),
    ("key twice", STEP, '"runs", "parameters"', '"runs", "runs", "parameters"', "two criteria have the key runs"),
    ("unknown key", STEP, '"runs"', '"run"', "the criterion run, so that nobody would get it: is it runs?"),
    ("unknown key", STACK, '"works"', '"works", "wirings"', "nothing decides the criterion wirings"),
    ("unknown key", MEAN, '"result": 2', '"result": 2, "values": 1', "nothing decides the criterion values"),
    ("unknown key", GATED, '"runs": 1', '"run": 1', "is it runs?"),
    ("missing key", STEP, '"runs", "parameters", "state")', '"runs", "parameters")', "no criterion has the key state, so that a mistake"),
    ("missing key", STEP, '"runs", "parameters", "state")', '"runs", "state")', "no criterion has the key parameters"),
    ("missing key", PAIR, ', "order")', ")", "no criterion has the key order"),
    ("missing key", STACK, '"layers", "works"', '"layers", "wiring", "outputs", "final"', "no criterion has the key states"),
    ("missing key", MEAN, '"result": 2', '"shape": 2', "no criterion has the key result"),
    ("missing key", GATED, '"parameters": 1, ', "", "no criterion has the key parameters"),
    ("draws", STEP, '"runs", ', '"runs", "reset", ', "draws=Normal(mean, std) need one another"),
    ("draws", STEP, "        parameters=", "        draws=Normal(), parameters=", "draws=Normal(mean, std) need one another"),
    ("built-ins", STEP, '"runs", ', '"runs", "own", ', "needs built_ins=BuiltIns(…)"),
    ("sizes", STEP, '("m", "n")', '("m", "k")', "U has the sizes ('m', 'k')"),
    ("sizes", STEP, '("m",)', '("m")', "b has the sizes 'm'"),
    ("taken", STEP, '"W": ("m", "m")', '"W": ("m", "m"), "h": ("m",)', "two things are called h"),
    ("taken", STEP, '"b": ("m",)', '"b": ("m",), "tanh": ("m",)', "two things are called tanh"),
    ("states", PAIR, '"c_t": "kept", ', "", "it takes 2 states and returns 1 outputs"),
    ("no part", STEP, '{"h_t": "new"}', '{"h_t": "knew"}', "outputs names knew, which it does not have: is it new?"),
    ("no part", STEP, '"new"},', '"new"}, together=({"new": "a", "a": "U @ x"},),', "together names a = U @ x, which it does not have"),
    ("no part", MEAN, "right=", 'asks_for={"resutl": "the mean"}, right=', "asks_for names resutl, which it does not have: is it result?"),
    ("symbol", STEP, '"new", "h_t"', '"new", "h"', "the output h_t is the part new, whose symbol is h"),
    ("order", PAIR, '{"c_t": "kept", "h_t": "shown"}', '{"h_t": "shown", "c_t": "kept"}', "another order than their parts"),
    ("after", PAIR, '"h_t": "shown"}', '"h_t": "kept"}', "the part shown comes after the last output"),
    ("no formula", STEP, '{"tanh(a)": "", "a": "tanh is missing"}', "{}", "the part new has no formula"),
    ("syntax", STEP, '"tanh(a)"', '"tanh(a"', "the formula `tanh(a` of new is no Python"),
    ("syntax", STEP, '"a": "tanh', '"a +": "tanh', "the formula `a +` of new is no Python"),
    ("unknown name", STEP, '"tanh(a)"', '"tanhh(a)"', "names tanhh, which is not known there: is it tanh?"),
    ("unknown name", STEP, '"W @ h + U @ x"', '"W @ h + V @ x"', "the formula `W @ h + V @ x` of a names V"),
    ("unknown name", STEP, '"W @ h + U @ x + b"', '"W @ h + U @ x + new"', "names new, which is not known there"),
    ("inline", STEP, '"sum", "state"', '"sum", "runs"', "the part a is inline, and no part after it has the criterion runs"),
    ("shape", STEP, '("m", "n")', '("n", "m")', "the right formula `W @ h + U @ x + b` of a cannot be computed"),
    ("shape", STEP, '"tanh(a)"', '"total(a)"', "the right formula `total(a)` of new has the shape (1, 1)"),
    ("of", STACK, "of=STEPS[0]", 'of="Step"', "of is 'Step': name the Recurrence of the step"),
    ("nothing said", MEAN, '"it goes over the rows"', '""', "nothing is said of over_rows"),
    ("nothing said", COUNT, '"that is one of two"', "None", "nothing is said of 15"),
    ("right and wrong", COUNT, "slips={15:", "slips={30:", "30 is right, and among the wrong ones"),
    ("right and wrong", MEAN, "wrong={over_rows", "wrong={mean", "mean is right, and among the wrong ones"),
    ("slip of a list", COUNT, "answer=30", "answer=[3, 0]", "the slip 15 is no list, as the answer [3, 0] is: write it as a tuple, such as (1, 2)."),
    ("field", COUNT, "answer=30", "within='1 %', answer=30", "within is '1 %': write within=0.01."),
    ("field", COUNT, 'slips={15: "that is one of two"}', 'slips=(15, "one of two")', "slips is (15, 'one of two'): write slips={30: "),
    ("within", COUNT, "answer=30", "within=5, answer=30", "within=5 says nothing: it is the part of the answer by which"),
    ("one criterion", COUNT, 'criteria("value")', 'criteria("value", "more")', "a Value has one criterion"),
    ("name", MEAN, '"mean", "', '"class", "', "no keyword of Python"),
    ("keyword", MEAN, '"k": "int < 5"', '"in": "int < 5"', "the input in is a keyword of Python"),
    ("bound", MEAN, '"int < 5"', '"int n < c"', "the input k lies below c, which is a size of nothing else"),
    ("argument", MEAN, '"n d"', '"n dd"', 'has a size dd, which may be a slip for d or for "d d"'),
    ("argument", MEAN, '"n d"', '"boolean n d"', "a size boolean, which may be a slip for bool."),
    ("argument", MEAN, '"int < 5"', '"int < 0"', '"int < 0" has a 0'),
    ("argument", SPENT, '"float > 0"', '"n"', "the input orders: its columns have no sizes"),
    ("unknown key", MEAN, '"result": 2', '"result": 2, "order": 1', "nothing decides the criterion order"),
    ("answer", COUNT, "answer=30", "answer={30: 1}", "answer is {30: 1}: write a number, a text"),
    ("answer", COUNT, "answer=30", "answer=float('nan')", "answer is nan: write a number"),
    ("no function", MEAN, "right=mean", "right='mean'", "mean is no function with a name"),
    ("field", SPENT, "right=", "sorted_by='total', right=", "sorted_by is 'total': write sorted_by=("),
    ("no part", SPENT, "right=", "sorted_by=('totl',), right=", "sorted_by names totl, which it does not have: is it total?"),
    # with the judge
    ("random", MEAN, "    return x.mean(dim=-1)", "    return torch.rand(len(x)) + x.mean(dim=-1)", "right returns other numbers when it is called once more"),
    ("ties", TIES, "", "", 'right sorts those with the same name by day in every table: write sorted_by=("name", "day")'),
    ("not sorted", SORTED, '"day"), right', '"total"), right', "sorted_by names total, and its right table is not sorted by it among rows with the same name: mend either."),
    ("not sorted", SORTED, '("name", "day"), right', '("total",), right', "right table is not sorted by it: mend either."),
    ("raises", SORTED, "    sums = ", "    orders.sample(99)\n    sums = ", ".py, line"),
    ("no parameter", GATED, '"W": "m n"', '"W": "int m n"', 'the parameter W is "int m n": write its shape alone'),
    ("no parameter", GATED, '"W": "m n"', '"W": "size m"', "what trains are arrays of floats"),
    ("unread", STEP, '"b": ("m",)', '"b": ("m",), "g": ("m",)', "no right formula has the parameter g"),
    ("raises", MEAN, "x.mean(dim=-1)", "x.meen(dim=-1)", "has no attribute 'meen'"),
    ("raises", MEAN, "return x.mean(dim=-1)", "return x[:2, 1].sum() * 0 + x.mean(dim=-1)", "(called with (1, 1), "),
    ("raises", SPENT, '"price", "sum"', '"prize", "sum"', "prize"),
    ("unknown key", SPENT, '"total": 2', '"totals": 2', "the criterion totals, so that nobody would get it: is it total?"),
    ("missing key", SPENT, '"total": 2', '"order": 2', "no criterion has the key total"),
    ("no result", MEAN, "return x.mean(dim=-1) * k", 'return {"mean": x.mean(dim=-1) * k}', "right returns one dict; asked for is result: "),
    ("no result", MEAN, "return x.mean(dim=-1) * k", "x.mean(dim=-1) * k", "right returns None; asked for is result: "),
    ("no result", MEAN, "return x.mean(dim=-1) * k", "return x.mean(dim=-1), k", "right returns 2 values (Tensor, int); asked for is result"),
    ("no result", MEAN, "return x.mean(dim=-1) * k", "return x.log().mean(dim=-1) * k", "right returns nan or infinite numbers"),
    ("right loses", MEAN, "    return x.mean(dim=-1)", "    x.add_(1)\n    return x.mean(dim=-1)", "its right reference gets 3 of 4 points (Inputs left as they are"),
    ("takes", MEAN, "def mean(x, k)", "def mean(x)", "mean does not take (x, k), which are its inputs (too many positional arguments)"),
    ("takes", GATED, "def gated(x, W, U)", "def gated(x, W, V)", "gated does not take (x, W, U), which are its inputs"),
    ("takes", MEAN, '{"x": "n d", "k": "int < 5"}', '{"k": "int < 5", "x": "n d"}', "mean does not take (k, x), which are its inputs (they are x, k there)"),
    ("takes", MEAN, '"x": "n d"', '"X": "n d"', "(they are x, k there): write def mean(X, k)."),
    ("no function", MEAN, "right=mean", "right=lambda x, k: mean(x, k)", "<lambda> is no function with a name: write it with def."),
    ("no function", MEAN, "wrong={over_rows", 'wrong={"mean(x.T)"', "mean(x.T) is no function with a name"),
    ("argument", MEAN, '"n d"', '("n", "d")', "the input x: ('n', 'd') is no text: write it as"),
    ("argument", MEAN, '"n d"', '"n d <"', 'the input x: "n d <" is no argument: write it as'),
    ("argument", MEAN, '"n d"', '"flaot d"', 'the input x: "flaot d" has a size flaot, which may be a slip for float.'),
    ("argument", SPENT, '"float > 0"', '"float > 1"', "the input orders: "),
    ("argument", SPENT, '"float > 0"', '"float > 0", "day": [1, 2], "of": [3]', "the input orders: its columns of values are not of one length"),
    ("made with", GATED, '"W": "m n"', '"W": "m k"', "W has the size k, which made_with does not name"),
    ("wrong passes", MEAN, "x.mean(dim=0)[:1] * k", "x.mean(dim=-1) * k", "over_rows is wrong and gets all points"),
    ("wrong passes", COUNT, "slips={15:", "slips={30.0:", ""),
    ("not named", MEAN, "wrong={over_rows", "wrong={(lambda x, k: over_rows(x, k)): 'other words', over_rows", ""),
    ("same formula", STEP, '"W @ h + U @ x":', '"U @ x + W @ h + b":', "the wrong formula `U @ x + W @ h + b` of a gives the same outputs"),
    ("no value", STEP, '"W @ h + U @ x":', '"W @ h + U @ x.T":', "the wrong formula `W @ h + U @ x.T` of a cannot be computed"),
)  # fmt: skip
# ruff: enable[E501]


@pytest.fixture
def said(tmp_path, monkeypatch, request):
    """What is said of a module with this text."""
    monkeypatch.syspath_prepend(tmp_path)
    name = f"broken_{abs(hash(request.node.name))}"

    def of(text: str) -> list[str]:
        (tmp_path / f"{name}.py").write_text(HEAD + text, encoding="utf-8")
        found = faults_of_module(name)
        assert all(line.startswith(f"{name}.py") for line in found), found
        return found

    yield of
    sys.modules.pop(name, None)


@pytest.mark.parametrize("text", RIGHT.values(), ids=list(RIGHT))
def test_nothing_is_said_of_what_is_right(said, text):
    assert said(text) == []


@pytest.mark.parametrize("row, text, old, new, told", BROKEN)
def test_a_mistake_is_found(said, row, text, old, new, told):
    assert old in text
    found = said(text.replace(old, new, 1))
    assert any(told in line for line in found), found


def test_every_fault_at_once(said):
    text = STEP.replace('"runs"', '"run"').replace("tanh(a)", "tanh(z)") + "EXERCISES += ("
    found = said(text + COUNT.partition("(")[2].replace("answer", "kit='x', answer"))
    assert [line.split(": ")[1] for line in found] == ["Step", "Step", "count"]


def test_a_module_that_is_not_there():
    with pytest.raises(Faulty, match="There is no module nowhere: put nowhere.py beside"):
        load("nowhere")


def test_every_fault_of_a_declaration_has_a_row():
    """The others are of notebooks, and tested in course/test_authors.py."""
    of_notebooks = list(SAYS)[list(SAYS).index("no notebook") :]
    assert {*SAYS} - {*of_notebooks} == {row for row, *_ in BROKEN} | {"no module", "no kit"}


def test_ours_are_looked_at_in_a_moment():
    """At every start of grading."""
    load("autograde.lstm")
    began = time.process_time()
    load("autograde.lstm")
    assert time.process_time() - began < 0.1
