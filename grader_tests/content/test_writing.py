"""The parts of the notebooks that carry no points: the gradient by hand, the bugs that are to be
found, and the network that writes."""

import json
import re
from functools import partial
from types import SimpleNamespace

import bugs
import measure
import nbformat
import pytest
import torch
from lstm_kit import bugs as kit_bugs
from lstm_kit import stack
from lstm_kit.cell import LSTMCell
from torch import nn

from grader_tests.samples.right_answers import plain_cell
from grader_tests.samples.students import ROOT, SOURCE, solutions
from grader_tests.support.notebooks import read

MEASURED = json.loads((ROOT / "source" / "measured.json").read_text(encoding="utf-8"))["names"]
torch.set_num_threads(1)


@pytest.fixture
def kit(monkeypatch):
    """The kit's modules with a notebook around them: its check is that of the folder one is in."""
    monkeypatch.chdir(SOURCE)
    from lstm_kit import loop, names, writing

    return SimpleNamespace(loop=loop, names=names, writing=writing)


def text_of(name: str, cell: str) -> str:
    return next(one.source for one in read(name).cells if one.id == cell)


# ---------------------------------------------------------------- the gradient by hand
def shown_by(name: str, cell: str) -> str:
    """What a cell of the worked notebook printed or showed as text, as the page has it."""
    path = ROOT / "notebooks" / f"{name}.ipynb"
    (found,) = (one for one in nbformat.read(path, as_version=4).cells if one.id == cell)
    texts = (out.get("text") or out.data.get("text/plain", "") for out in found.outputs)
    return "\n".join(texts)


def test_autograd_agrees_with_the_hand():
    apart = re.findall(r"differ by (\S+) at most", shown_by("01_basic_lstm", "demo_by_hand"))
    assert len(apart) == 2 and all(float(one) < 1e-6 for one in apart)


def test_the_derivative_of_the_text_is_that_of_the_worked_cell():
    torch.manual_seed(3)
    cell = measure.worked("01_basic_lstm", "LSTMCell")(3, 4).double()
    x, c, h = (torch.randn(size, dtype=torch.float64) for size in (3, 4, 4))
    slopes = torch.autograd.functional.jacobian(lambda before: cell(x, before, h)[0], c)
    f_t = torch.sigmoid(cell.W_f(h) + cell.U_f(x) + cell.b_f)
    torch.testing.assert_close(slopes, torch.diag(f_t))


# ---------------------------------------------------------------- find the bug
def shown(name: str, letter: str) -> torch.Tensor:
    """What the picture would show with this line: which fields are not 0, or the cell state."""
    made = bugs.BUGS[name].made(letter, LSTMCell=LSTMCell)
    if name == "wiring_bug":
        return (bugs.influence(made) > 0).double()
    return torch.tensor(bugs.one_unit(made)["c"])


@pytest.mark.parametrize("name", bugs.BUGS)
def test_one_line_alone_shows_what_is_shown(name):
    bug = bugs.BUGS[name]
    seen = {letter: shown(name, letter) for letter in bug.wrong}
    letters = list(seen)
    assert letters == re.findall(r"(?m)^\| ([A-Z]) \|", text_of(bug.notebook, "bug_text"))
    assert all(
        (seen[one] - seen[other]).abs().max() > 0.5
        for place, one in enumerate(letters)
        for other in letters[:place]
    )
    assert f'"{bug.asked}"  #' in text_of(bug.notebook, name)


def test_pictures_are_described_as_they_are():
    rows = shown("wiring_bug", "C").int().tolist()
    assert rows == [[1, 0, 0, 0], [1, 1, 0, 0], [1, 0, 1, 0], [1, 0, 0, 1]]
    states = shown("gates_bug", "B")
    assert states[[*range(8), *range(18, 26)]].abs().max() < 0.05
    assert f"{states[8]:.1f} at step 8 to {states[17]:.1f} at step 17" in text_of(
        "03_coupled_gates", "bug_text"
    )


def test_what_is_said_of_bugs_is_packed_and_in_step():
    packed = bugs.PACKED.read_text(encoding="utf-8")
    assert packed == bugs.packed(), "Run `python source/bugs.py`."
    assert not [
        one.says
        for bug in bugs.BUGS.values()
        for one in bug.wrong.values()
        if one.says[:20] in packed
    ]


def found(monkeypatch, capsys, name: str, value) -> str:
    shell = SimpleNamespace(user_ns={name: value})
    monkeypatch.chdir(SOURCE)  # as the author's kernel does
    monkeypatch.setattr(kit_bugs, "get_ipython", lambda: shell)
    monkeypatch.setattr(kit_bugs, "display", lambda data, raw: print(data["text/html"]))
    kit_bugs.find(name)
    return " ".join("".join(capsys.readouterr()).split())


@pytest.mark.parametrize("name", bugs.BUGS)
def test_a_letter_is_checked(name, monkeypatch, capsys):
    bug = bugs.BUGS[name]
    for letter, wrong in bug.wrong.items():
        said = found(monkeypatch, capsys, name, letter)
        if letter == bug.asked:
            assert said.startswith(f"{letter} is right. <details>") and wrong.says[:40] in said
        else:
            assert said == f"{letter} is not it. With {letter}: {wrong.says}"
            assert bug.wrong[bug.asked].says not in said
    assert "is right" in found(monkeypatch, capsys, name, f" {bug.asked.lower()}")
    for odd in ("E", 3, ["B"]):
        assert "one of the letters A, B, C, D is asked for" in found(monkeypatch, capsys, name, odd)
    assert "not written yet" in found(monkeypatch, capsys, name, ...)


# ---------------------------------------------------------------- the training loop
ZERO, STEP = "        optimizer.zero_grad()\n", "        optimizer.step()\n"
BACKWARD, MEAN, EACH = "        loss.backward()\n", ".mean()", "    for names in batches:"
OWN = "    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)\n"
LOSS = "        loss = network(names).mean()\n"
KEPT = "        loss.backward(retain_graph=True)\n"
CLOSURE = """
        def closure():
            optimizer.zero_grad()
            loss = network(names).mean()
            loss.backward()
            return loss

        loss = optimizer.step(closure)
"""
LOOPS = {  # how many rungs hold, a piece of what is said, and pairs of what is changed into what
    "as worked": (6, "all that a training loop needs", ()),
    "zeroed at the end": (6, "all that", (ZERO, "", STEP, STEP + ZERO)),
    "zeroed by the network": (6, "all that", ("optimizer.zero", "network.zero")),
    "clipped": (
        6,
        "all that",
        (STEP, "        nn.utils.clip_grad_norm_(network.parameters(), 0.1)\n" + STEP),
    ),
    "never zeroed": (3, "the gradient of the batch before is still there", (ZERO, "")),
    "zeroed once": (3, "is still there", (ZERO, "", EACH, "    optimizer.zero_grad()\n" + EACH)),
    "wiped": (2, "zero_grad() stands between", (ZERO, "", STEP, ZERO + STEP)),
    "a closure": (6, "all that", (ZERO, "", LOSS, "", BACKWARD, "", STEP, CLOSURE)),
    "in another order": (6, "all that", (EACH, "    for names in batches[::-1]:")),
    "no backward": (2, "backward() is not called, or not on a value that", (BACKWARD, "")),
    "cut off": (2, "made from what network", (MEAN, ".mean().detach().requires_grad_()")),
    "no step": (2, "No step() of the optimizer that your function is given", (STEP, "")),
    "an optimizer of its own": (2, "No step() of the optimizer that", (EACH, OWN + EACH)),
    "neither": (2, "not called, or not on a value that is made from", (BACKWARD, "", STEP, "")),
    "step first": (2, "step() comes before backward()", (STEP, "", BACKWARD, STEP + BACKWARD)),
    "a growing total": (
        2,
        "losses of batch 1 went through backward() 4 times",
        (MEAN, ".mean() + sum(losses)", BACKWARD, KEPT, ".item()", ""),
    ),
    "two steps": (2, "step() was called 8 times for 4 batches", (STEP, STEP * 2)),
    "one step": (2, "step() was called once", (STEP, "", "    return", STEP[4:] + "    return")),
    "summed": (4, "The losses are summed up", (MEAN, ".sum()")),
    "for each name": (4, "in their mean it counts 1/7", (MEAN, ".sum() / len(names)")),
    "the largest": (4, "Some losses count more", (MEAN, ".max()")),
    "no mean": (0, "backward() wants one number", (MEAN, "")),
    "a slip": (0, "NameError: name 'los' is not defined in your line", ("loss.back", "los.back")),
    "another loss added": (
        3,
        "is not that of this batch's losses",
        (MEAN, ".mean() + 10 * network.weight[0]"),
    ),
    "texts": (5, "The list holds a str; numbers are asked for", ("loss.item()", "f'{loss:.3f}'")),
    "no loss": (5, "The list holds a NoneType", ("loss.item()", "None")),
    "all losses": (5, "The list holds a list", (".item()", ".expand(2).tolist()")),
    "no item": (5, "loss.item() is the number alone", (".item()", "")),
    "nothing returned": (5, "returns None; a list of 4", ("    return losses", "")),
    "too early": (1, "Does return stand inside of the loop?", ("    return", "        return")),
    "one batch": (
        1,
        "called 4 times, with the same",
        (EACH, EACH + "\n        names = batches[0]"),
    ),
    "all batches": (1, "4 times, with the whole list", (EACH, EACH + "\n        names = batches")),
    "twice": (1, "8 times, 2 times with each", (EACH, EACH[:-1] + " * 2:")),
    "after the step": (1, "8 times, 2 times with each", ("loss.item()", "network(names).mean()")),
    "another network": (1, "network was not called", ("network(names)", "nn.Linear(1, 1).weight")),
    "yield": (1, "comes back is a generator, which", ("    return losses", "    yield losses")),
    "mapped": (
        1,
        "comes back is a map, which",
        ("    losses = []", "    return map(network, batches)"),
    ),
    "a generator of what is there": (
        5,
        "returns a generator; a list of 4",
        ("return losses", "return (one for one in losses)"),
    ),
    "two batches": (1, "called 2 times, and not once", (EACH, EACH[:-1] + "[:2]:")),
    "detached": (0, "no way back from this loss", (MEAN, ".mean().detach()")),
    "without gradients": (0, "no_grad(). in your line", ("def", "@torch.no_grad()\ndef")),
    "a step of another": (
        0,
        "'Network' object has no attribute",
        ("optimizer.step", "network.step"),
    ),
    "the optimizer's": (0, "'Optimizer' object has no", ("loss.backward", "optimizer.backward")),
    "endless": (1, "is there an endless loop?", (EACH, "    names = batches[0]\n    while True:")),
}


def loop_from(*changes: str):
    source = solutions()["train"]
    for old, new in zip(changes[::2], changes[1::2]):
        assert old in source
        source = source.replace(old, new)
    exec(source, namespace := {"torch": torch, "nn": nn})
    return namespace["train"]


@pytest.mark.parametrize("name", LOOPS)
def test_what_a_loop_does_is_seen(name, kit):
    holds, piece, changes = LOOPS[name]
    held, said = kit.loop.verdict(loop_from(*changes))
    assert (held, piece in " ".join(said.split())) == (holds, True), (held, said)


def test_a_loop_that_is_not_there(kit, capsys):
    def train(network, batches, optimizer):
        losses = []
        ...
        return losses

    kit.loop.check_loop(train)
    assert "train: not written yet" in capsys.readouterr().err


@pytest.mark.parametrize(
    "train, kind", [(3, "an int"), (None, "a NoneType"), (LSTMCell, "a class"), ("train", "a str")]
)
def test_a_loop_is_a_function(train, kind, kit, capsys):
    kit.loop.check_loop(train)
    assert capsys.readouterr().err == f"check_loop takes a function; this is {kind}.\n"


def test_a_loop_without_a_name_of_its_own(kit, capsys):
    kit.loop.check_loop(partial(loop_from("loss.back", "los.back")))
    assert "NameError: name 'los' is not defined" in capsys.readouterr().out


def test_a_loop_that_never_ends_is_stopped(kit, monkeypatch, capsys):
    monkeypatch.setattr(kit.loop, "SECONDS", 0.2)

    def train(network, batches, optimizer):
        while True:
            pass

    kit.loop.check_loop(train)
    said = capsys.readouterr()
    assert said.out.startswith("It was stopped at") and "not written" not in said.err


def test_the_loop_of_the_kit_is_right(kit):
    assert kit.loop.verdict(stack.train)[0] == len(kit.loop.RUNGS)


# ---------------------------------------------------------------- the network
IN_PLACE = "        c_t = torch.zeros(len(c))\n        c_t[:] = f_t * c + i_t * candidate\n"
STACKS = {  # the cell of a right stack, and whether PyTorch can run it on a batch
    "the kit's": (lambda: LSTMCell, True),
    "worked": (lambda: measure.worked("01_basic_lstm", "LSTMCell"), True),
    "matrices": (lambda: defined(plain_cell()), True),
    "in place": (
        lambda: measure.worked(
            "01_basic_lstm",
            "LSTMCell",
            ("        c_t = f_t * c + i_t * candidate\n", IN_PLACE),
        ),
        False,
    ),
}


def defined(source: str) -> type:
    exec(source, namespace := {"torch": torch, "nn": nn, "F": nn.functional})
    return namespace["LSTMCell"]


@pytest.mark.parametrize("name", STACKS)
def test_a_batch_is_what_a_loop_over_it_is(name, kit, capsys):
    """The losses of a batch are those of each name alone, for every right stack; where it is a
    loop, that is said once."""
    make, at_once = STACKS[name]
    torch.manual_seed(0)
    network = kit.writing.Writer(measure.worked("02_stacking", "LSTM", LSTMCell=make()))
    names = ["brelwick", "daldholm", "om", "quillmere"]
    together = network(names)
    alone = torch.cat([network([name]) for name in names])
    assert len(together) == sum(len(name) + 1 for name in names)
    torch.testing.assert_close(together.sort().values, alone.sort().values)
    together.mean().backward()
    assert all(value.grad is not None for value in network.parameters())
    assert all(re.fullmatch("[a-z]{0,16}", name) for name in network.write(3))
    assert capsys.readouterr().out.count("reads name by name") == (not at_once)


def test_a_stack_that_raises_is_not_said_to_be_slow(kit, capsys):
    class Broken(stack.LSTM):
        def forward(self, x, c, h):
            raise NameError("who")

    with pytest.raises(NameError, match="who"):
        kit.writing.Writer(Broken)(["ada"])
    assert not capsys.readouterr().out


def test_a_loop_that_prints_does_not_hide_what_is_written(kit, monkeypatch, capsys):
    from lstm_kit import plots

    shown = []
    monkeypatch.setattr(plots, "display", lambda data, raw: shown.append(data["text/plain"]))
    monkeypatch.setattr(plots, "show", lambda figure, alt: None)
    network = SimpleNamespace(write=lambda count: ["brelwick", "brelford"] * (count // 2))

    def it_writes():
        for step in range(30):
            print(step)
        plots.show_writing([3.0, 1.0], ["xq", ""], ["brelwick"], network)

    plots.demonstrate(it_writes)
    ((before, after, figures),) = (text.splitlines() for text in shown)
    assert (before, after) == ("before: Xq, (nothing)", "after: Brelwick")
    assert "loss at the end 2.00" in figures and "100% have an ending" in figures
    assert "50% are new" in figures
    assert "25 more lines that your code prints" in capsys.readouterr().out


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("losses", [torch.ones(3, requires_grad=True), [torch.ones(())] * 3, []])
def test_losses_of_any_form_are_shown(losses, kit, monkeypatch, capsys):
    from lstm_kit import plots

    shown = []
    monkeypatch.setattr(plots, "display", lambda data, raw: shown.append(data["text/plain"]))
    monkeypatch.setattr(plots, "show", lambda figure, alt: None)
    plots.show_writing(losses, [], [], SimpleNamespace(write=lambda count: ["om"] * count))
    assert ("returned no losses" in capsys.readouterr().out) == (not shown) == (not len(losses))
    assert all("loss at the end 1.00" in text for text in shown)


def test_names_are_made_as_it_is_said(kit):
    names, endings = kit.names.NAMES, kit.names.ENDINGS
    beginnings = {name.removesuffix(end) for name in names for end in endings if name.endswith(end)}
    assert len(set(names)) == len(names) == 328 == 4 * len(beginnings)
    assert len(endings) == 11 and all(name.endswith(endings) for name in names)
    assert "328 names" in text_of("02_stacking", "writes")
    assert f"some {300 * 32 / 328:.0f} times" in text_of("02_stacking", "discussion_writes")
    assert "300" in text_of("02_stacking", "demo_writes")


def in_words(found: list, percent: bool = False) -> str:
    least, most = (f"{100 * one:.0f} %" if percent else f"{one:.2f}" for one in found)
    return least if least == most else f"{least} to {most}"


def test_what_is_claimed_of_the_names_was_measured():
    text = text_of("02_stacking", "discussion_writes")
    seen = MEASURED["plain"]
    rows = [
        f"| {in_words(seen['loss before'])} | {in_words(seen['loss'])} |",
        f"| {in_words(seen['ended before'], True)} | {in_words(seen['ended'], True)} |",
        f"| | {in_words(seen['new'], True)} |",
    ]
    assert all(row in text for row in rows), rows
    odd = re.search(r"\*(\w+)\* was among it", text)[1]
    assert odd in " ".join(seen["names"].values())
    assert len(seen["names"]) == 10


@pytest.mark.parametrize(
    "notebook, kind",
    [("03_coupled_gates", "coupled"), ("04_peepholes", "peepholes"), ("further/gru", "GRU")],
)
def test_what_another_cell_changes_was_measured(notebook, kind):
    text = text_of(notebook, "discussion_writes")
    for name in ("plain", kind):
        seen = MEASURED[name]
        shares = " | ".join(in_words(seen[key], True) for key in ("ended", "new"))
        row = f"| {name} | {seen['trained']} | {in_words(seen['loss'])} | {shares} |"
        assert row in text, row
    for name in ("coupled", "GRU"):
        assert 4 * MEASURED[name]["trained"] == 3 * MEASURED["plain"]["trained"]


@pytest.mark.parametrize(
    "notebook, kind",
    [
        ("02_stacking", "plain"),
        ("03_coupled_gates", "coupled"),
        ("04_peepholes", "peepholes"),
        ("further/gru", "GRU"),
    ],
)
def test_the_notebooks_show_what_was_measured(notebook, kind):
    """Their seed is the first of the ten, so that what a reader sees lies where the table says,
    give or take what another machine's rounding makes of 300 steps."""
    said, seen = shown_by(notebook, "demo_writes"), MEASURED[kind]
    figures = re.search(r"end ([\d.]+); .* (\d+)% have an ending .* (\d+)% are new", said)
    loss, ended, new = map(float, figures.groups())
    for key, value in (("loss", loss), ("ended", ended / 100), ("new", new / 100)):
        least, most = seen[key]
        assert least - 0.03 <= value <= most + 0.03, (key, value)


@pytest.mark.parametrize("notebook", ["03_coupled_gates", "04_peepholes", "further/gru"])
def test_the_same_cell_runs_with_one_name_changed(notebook):
    """And the loop of the kit in place of the student's."""
    first, other = (text_of(name, "demo_writes") for name in ("02_stacking", notebook))
    name = re.search(r"Writer\((.+)\)", other)[1]
    ours = re.sub(r"from lstm_kit.(stack import train|gru import stack_of)\n", "", other)
    assert ours != other and ours.replace(f"Writer({name})", "Writer(LSTM)") == first
