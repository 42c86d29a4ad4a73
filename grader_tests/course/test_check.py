"""At the desk: `check` says what grading says, and what is the matter with the desk.

Cells run in a shell of IPython's, one after another, as in a kernel.
"""

import io
import re
import threading
import time
from contextlib import redirect_stdout
from types import SimpleNamespace

import pytest
import torch

from autograde.desk import check, ladder, watch
from autograde.desk.check import Check
from autograde.desk.demonstrate import demonstrate
from autograde.desk.prints import FewDisplays, FewLines
from autograde.lstm import EXERCISES as ALL
from grader_tests.samples.mistakes import code, named, singles
from grader_tests.samples.right_answers import HEAD, right_answers
from grader_tests.samples.students import (
    ALL_NOTEBOOKS,
    EXERCISES,
    FURTHER,
    answers,
    cell_before,
    solutions,
)
from grader_tests.support.desk import desk, met_in
from grader_tests.support.function_level import KIT, KIT_OF_LATER, grade

EVERY_RIGHT, EVERY_WRONG = 24, 160  # one in so many of the generated answers is tried
WORKED = solutions()["LSTMCell"]
SETUP = HEAD + "from lstm_kit.cell import LSTMCell\nfrom lstm_kit.stack import LSTM\n"
torch.set_num_threads(1)


@pytest.fixture(scope="module")
def shell():
    every = [*ALL, *FURTHER.values()]
    with desk({"check": lambda: Check(every), "demonstrate": lambda: demonstrate}) as one:
        yield one


@pytest.fixture
def at(shell):
    """A shell in which the setup of notebook 01 has run."""
    shell.run(HEAD)
    yield shell
    shell.run("torch.set_default_dtype(torch.float32)\ntorch.set_default_device(None)")


def put_down(shell, name: str, source: str) -> str:
    """What the cell says that holds this class, after its notebook's setup."""
    shell.run(HEAD + KIT.get(name, KIT_OF_LATER))
    return shell.run(source)


def checked(shell, name: str, source: str) -> str:
    return put_down(shell, name, source) + shell.run(f"check({name})")


def changed(*pairs: str) -> str:
    """The worked cell with each old piece replaced by the new one behind it."""
    source = WORKED
    for old, new in zip(pairs[::2], pairs[1::2]):
        assert old in source
        source = source.replace(old, new)
    return source


# ---------------------------------------------------------------- the same judge
@pytest.mark.parametrize("name", EXERCISES)
def test_right_answers_pass(shell, name):
    generated = [source for cls, _, source in right_answers() if cls == name]
    worked, matrices = solutions(), answers("parameter_matrices")
    sources = [*generated[::EVERY_RIGHT], *generated[-5:], cell_before(name) + worked[name]]
    sources.append(cell_before(name, matrices) + matrices[name])
    titles = [criterion.title for criterion in EXERCISES[name].criteria]
    for source in sources:
        said = checked(shell, name, source)
        assert re.findall("✓ (.*)", said) == titles and "✗" not in said, (source, said)
        assert f"{name}: all checks passed." in said


@pytest.mark.parametrize("name", EXERCISES)
def test_mistakes_lose_what_they_lose_in_grading(shell, name):
    """And the ladder stops at the first of it, with grading's sentence."""
    for mistake in dict.fromkeys(named(name)[::32] + singles(name)[::EVERY_WRONG]):
        source = code(name, mistake)
        verdict = grade(name, source)
        put_down(shell, name, source)
        said = shell.run(f"check({name})")
        if "older than your cell" in said or "not written yet" in said:
            assert not verdict.score, (mistake.name, said)
            continue
        climbed = re.findall(r"(?m)^  ([✓✗]) (.*)$", said)
        titles = [result.title for result in verdict.results]
        lost = next((k for k, result in enumerate(verdict.results) if not result.met), None)
        assert climbed == [
            *(("✓", title) for title in titles[:lost]),
            *([] if lost is None else [("✗", titles[lost])]),
        ], (mistake.name, said)
        if lost is not None:
            assert said.count("CheckFailed: ") == 1 and "Traceback" not in said
        met = met_in(shell.run(f"check({name}, all=True)"), EXERCISES[name])
        assert met == {result.key: result.met for result in verdict.results}, mistake.name


def test_the_sentence_of_grading_is_there(at):
    said = checked(at, "LSTMCell", changed("i_t * candidate", "candidate"))
    assert "Your c_t equals f_t * c_{t−1} + c̃_t: there is no input gate." in " ".join(said.split())


def test_in_a_notebook_what_the_numbers_show_unfolds(at, monkeypatch):
    """The box then says what was asked for; the sentence and the picture are below the fold."""
    shown = []
    monkeypatch.setattr(ladder, "in_front_end", lambda: True)
    monkeypatch.setattr(ladder, "display_html", lambda page, text: shown.append((page, text)))
    said = checked(at, "LSTMCell", changed("i_t * candidate", "candidate"))
    ((page, text),) = shown
    assert "there is no input gate" in page and "there is no input gate" in text
    assert "<details" in page and "<svg" in page and "What your numbers show" in page
    assert "there is no input gate" not in said and "c_t = f_t * c_{t−1} + i_t * c̃_t" in said
    assert "Not right yet: New cell state c_t." in said


def test_what_is_not_written_is_not_folded_away(at, monkeypatch):
    monkeypatch.setattr(ladder, "in_front_end", lambda: True)
    forward = WORKED[WORKED.index("    def forward") :]
    said = checked(at, "LSTMCell", changed(forward, "    def forward(self, x, c, h): ..."))
    assert "Forget gate f_t: Not written yet: forward returns None." in said
    gru = solutions(ALL_NOTEBOOKS)["GRUCell"].replace("x, h):", "h, x):")
    assert "Your forward takes (h, x)" in checked(at, "GRUCell", gru)
    worked = solutions()["CoupledLSTMCell"]
    said = checked(at, "CoupledLSTMCell", worked[: worked.index("    def forward")])
    assert "Forget gate f_t: forward is inherited from LSTMCell: nothing" in " ".join(said.split())


def test_a_reason_is_said_once(at):
    checked(at, "LSTMCell", changed("super().__init__()", "super()"))
    said = at.run("check(LSTMCell, all=True)")
    assert said.count("cannot assign") == 1 and said.count("The same reason as for") > 5


@pytest.mark.parametrize("name", ["CoupledLSTMCell", "CoupledLSTM", "LSTM"])
def test_only_what_ran_is_ticked(shell, name):
    """A forward that gives nothing has no tick for what it should compute."""
    shell.run(HEAD + KIT.get(name, KIT_OF_LATER))
    base = {"CoupledLSTMCell": "LSTMCell", "CoupledLSTM": "LSTM"}.get(name, "nn.Module")
    shell.run(f"class {name}({base}):\n    def forward(self, x, c, h):\n        len('')")
    said = shell.run(f"check({name})")
    assert "✗" in said and not re.search("✓ (Outputs|Final|New|Forget|Gradients|Your own)", said)


# ---------------------------------------------------------------- time
SWALLOWS = "while True:\n            try: torch.tanh(c)\n            except: pass"
LOOPS = {
    "while True: pass": "while True",
    SWALLOWS: "tanh|try|except|while",
}


@pytest.mark.parametrize("loop", LOOPS)
def test_an_endless_loop_is_stopped_at_its_line(at, loop, monkeypatch):
    monkeypatch.setattr(check, "SECONDS", 1.0)
    source = changed("        c_t = f_t", f"        {loop}\n        c_t = f_t")
    said = checked(at, "LSTMCell", source)
    (line,) = re.findall(r"stopped at your line (\d+): is there an endless loop\?", said)
    assert re.search(LOOPS[loop], source.splitlines()[int(line) - 1])
    assert "Traceback" not in said and "✓" not in said
    assert "all checks passed" not in said
    assert "did not come to an end" in at.run("demonstrate(lambda: print(1))")
    monkeypatch.undo()
    assert "all checks passed" in checked(at, "LSTMCell", WORKED)


def test_a_profiler_runs_after_a_check(at, monkeypatch):
    """Nothing of a check's clock is left in the thread, whether it has rung or not."""
    count = "import sys\nseen = []\nsys.setprofile(lambda *_: seen.append(1))\nlen([])\n"
    count += "sys.setprofile(None)\nprint('counted', len(seen) > 0)"
    assert "all checks passed" in checked(at, "LSTMCell", WORKED)
    assert "counted True" in at.run(count)
    monkeypatch.setattr(check, "SECONDS", 1.0)
    loop = "        while True: pass\n        c_t = f_t"
    assert "endless loop" in checked(at, "LSTMCell", changed("        c_t = f_t", loop))
    assert "counted True" in at.run(count)


def test_what_is_known_is_shown_before_the_end(at, monkeypatch):
    """A loop that only gradients meet: the values are ticked before it."""
    monkeypatch.setattr(check, "SECONDS", 3.0)
    loop = "        while x.grad_fn is not None: pass\n        return c_t, h_t"
    said = checked(at, "LSTMCell", changed("        return c_t, h_t", loop))
    assert "✓ New hidden state h_t" in said and "✓ Gradients" not in said
    assert "is there an endless loop?" in said


def test_a_call_that_does_not_come_back_is_said_while_it_is_waited_for(at, monkeypatch):
    in_words, is_said = watch.does_not_come_back, threading.Event()

    def say(place):
        is_said.set()
        return in_words(place)

    monkeypatch.setattr(check, "SECONDS", 3.0)
    monkeypatch.setattr(watch, "TRIES", 2)
    monkeypatch.setattr(watch, "does_not_come_back", say)
    at.shell.user_ns["is_said"] = is_said
    wait = "        is_said.wait(60)\n        c_t = f_t"
    said = checked(at, "LSTMCell", changed("        c_t = f_t", wait))
    assert re.search(r"Your line \d+ \(is_said.wait.*\) waits for a single call", said), said
    assert "restart the kernel" in said and "Traceback" not in said


def test_a_clock_that_rings_as_the_work_ends_leaves_nothing_behind(monkeypatch):
    monkeypatch.setattr(watch, "AGAIN", 0.001)

    def work(seconds):
        ends = time.perf_counter() + seconds
        while time.perf_counter() < ends:
            pass
        return seconds

    for k in range(100):
        seconds = 0.004 + k / 50_000
        done, _ = watch.within(0.005, work, seconds)
        assert done in (seconds, None)
        sum(len([]) for _ in range(100))  # where what is left would be raised


def test_who_stops_a_check_is_told_where_it_was(at):
    stop = "        raise KeyboardInterrupt\n        c_t = f_t"
    source = changed("        c_t = f_t", stop)
    line = source.splitlines().index("        raise KeyboardInterrupt") + 1
    said = checked(at, "LSTMCell", source)
    assert f"LSTMCell: stopped by you at your line {line}." in said and "Traceback" not in said


# ---------------------------------------------------------------- the desk
def test_a_cell_that_failed_after_a_good_run(at):
    assert "all checks passed" in checked(at, "LSTMCell", WORKED)
    said = checked(at, "LSTMCell", changed("        c_t = f_t", "       c_t = f_t"))
    assert "older than your cell" in said and "IndentationError" in said
    assert "in line 47" in " ".join(said.split()) and "✓" not in said
    said = checked(at, "LSTMCell", "nobody\n" + WORKED)
    assert "older than your cell" in said and "name 'nobody' is not defined" in said
    assert "all checks passed" in checked(at, "LSTMCell", WORKED)


def test_a_misspelt_class(at):
    at.run(WORKED)
    at.run(WORKED.replace("class LSTMCell", "class LSTMcell"))
    said = at.run("check(LSTMCell)")
    assert "older than your cell: your newest cell defines LSTMcell" in " ".join(said.split())
    at.run(WORKED.replace("class LSTMCell", "class LstmCell"))
    assert "your newest cell defines LstmCell" in " ".join(at.run("check(LSTMCell)").split())
    assert "Is LstmCell a slip for LSTMCell?" in " ".join(at.run("check(LstmCell)").split())
    at.run("class LSTMCell(nn.Module):\n    def __init__(self, n, m): super().__init__()")
    at.run(WORKED.replace("class LSTMCell", "class LSTMCel"))
    assert "is that a slip in the name?" in " ".join(at.run("check(LSTMCell)").split())


@pytest.mark.parametrize("new", ["# " + WORKED.replace("\n", "\n# "), "class Mine: pass", ""])
def test_a_class_that_its_cell_has_no_more(at, new):
    """Told by the cell's id, which front ends send."""
    assert "older" not in at.run(WORKED, "its cell") + at.run("check(LSTMCell)", "another")
    at.run(new, "its cell")
    at.run("7 * 6", "a third one")
    said = " ".join(at.run("check(LSTMCell)", "another").split())
    assert "LSTMCell is older than your cell, which does not define it any more." in said
    assert "older" not in at.run(WORKED, "its cell") + at.run("check(LSTMCell)", "another")


def test_a_number_that_its_cell_has_no_more(at):
    at.run("cell_parameters = 180", "its cell")
    at.run("cell_params = 180", "its cell")
    assert "does not define it any more" in " ".join(at.run("check('cell_parameters')").split())
    at.run("cell_parameters = 180")


@pytest.mark.parametrize(
    "new",
    [
        "import math; cell_parameters = 180",
        "n = cell_parameters = 180",
        "cell_parameters: int = 180",
        "cell_parameters, n = 180, 5",
        "with torch.no_grad():\n    cell_parameters = 180",
        "%time cell_parameters = 180",
    ],
)
def test_a_number_that_its_cell_sets_in_another_way(at, new):
    at.run("cell_parameters = 18", "its cell")
    at.run(new, "its cell")
    assert "older" not in at.run("check('cell_parameters')")


def test_a_try_out_that_failed_below_the_class(at):
    said = checked(at, "LSTMCell", WORKED + "\n\nLSTMCell(3, 4)(1)")
    assert "✗ The cell runs" in said and "belongs in a cell of its own" in " ".join(said.split())


def test_a_name_from_another_cell(at):
    at.run("left_over = torch.ones(1)")
    said = checked(at, "LSTMCell", changed("f_t * c +", "left_over * f_t * c +"))
    assert "uses left_over from outside of its cell" in said and "all checks passed" in said
    inside = "SCALE = 1.0\n" + changed("f_t * c +", "SCALE * f_t * c +")
    assert "from outside" not in checked(at, "LSTMCell", inside)


def test_a_misspelt_method(at):
    said = checked(at, "LSTMCell", changed("def __init__", "def _init_"))
    assert "has a method _init_: is that a slip for __init__?" in said and "CheckFailed" in said


THEIRS = {  # ways to let the kit's own class answer
    "imported": "from lstm_kit.cell import LSTMCell",
    "rested on": "from lstm_kit.cell import LSTMCell as Theirs\n\n\n"
    "class LSTMCell(Theirs):\n    bias = True",
    "used": "from lstm_kit import cell as kit\n\n\nclass LSTMCell(kit.LSTMCell):\n    bias = True",
    "held": WORKED.replace(
        "super().__init__()", "super().__init__()\n        self.own = made(1, 1)"
    )
    + "\n\ndef made(*sizes):\n    return Theirs(*sizes)\n\n\n"
    "from lstm_kit.cell import LSTMCell as Theirs\n",
}


@pytest.mark.parametrize("way", THEIRS)
def test_what_grading_does_not_have_is_no_answer(at, way):
    """The kit's cell is given out for the notebooks that build on it, and is not there in 01."""
    at.run(THEIRS[way])
    said = at.run("check(LSTMCell)")
    assert "LSTMCell uses lstm_kit/cell.py, which is not there when this" in said, said
    assert "met" not in said


@pytest.mark.parametrize("dtype", ["float64", "float32", "bfloat16"])
def test_any_default_dtype(at, dtype):
    at.run(f"torch.set_default_dtype(torch.{dtype})")
    assert "all checks passed" in checked(at, "LSTMCell", WORKED)
    assert dtype in at.run("print(torch.get_default_dtype())")


def test_another_default_device_is_said(at):
    at.run("torch.set_default_device('meta')")
    said = checked(at, "LSTMCell", WORKED)
    assert "default device is meta" in said and "all checks passed" in said


def test_prints_come_to_a_few_lines(at):
    said = checked(
        at, "LSTMCell", changed("        c_t = f_t", "        print(x)\n        c_t = f_t")
    )
    assert "all checks passed" in said and len(said.splitlines()) < 40
    assert "more lines that your code prints" in said


def test_long_lines_are_cut(at):
    at.run(changed("        c_t = f_t", "        print('x' * 5000, end='')\n        c_t = f_t"))
    said = at.run("check(LSTMCell)")
    assert "all checks passed" in said and said.count("x") < 2100 and "x…\n" in said
    at.run(changed("        c_t = f_t", "        print('x' * 2000)\n        c_t = f_t"))
    assert at.run("check(LSTMCell)").count("x") < 5100


def test_what_is_displayed_comes_to_a_few_things():
    """A kernel's publisher asks hooks before it sends."""
    hooks = []
    publisher = SimpleNamespace(register_hook=hooks.append, unregister_hook=hooks.remove)
    few = FewDisplays(publisher)
    with few.at_work():
        sent = [hooks[0](message) for message in range(1, 8)]
    assert (sent, hooks) == ([1, 2, 3, 4, 5, None, None], [])
    with redirect_stdout(io.StringIO()) as said:
        few.say_rest()
    assert said.getvalue() == "… and 2 more things that your code displays.\n"
    with FewDisplays(None).at_work():
        pass


@pytest.mark.parametrize(
    "count, said", [(5, ""), (6, "1 more line that"), (7, "2 more lines that")]
)
def test_lines_are_counted(count, said):
    kept = FewLines(io.StringIO())
    print("a\n" * count, end="", file=kept)
    kept.say_rest()
    assert kept.stream.getvalue().count("a\n") == 5 and said in kept.stream.getvalue()


def test_outputs_of_lists_are_read_and_bring_no_warning(shell):
    """A warning would be one of ours: PyTorch makes it of lists whose tensors have one number."""
    wrong = solutions()["LSTM"].replace("outputs.append(signal)", "outputs.append(list(h))")
    wrong = wrong.replace("torch.stack(outputs)", "outputs")
    said = " ".join(checked(shell, "LSTM", wrong).split())
    assert "it should be the top layer's alone" in said and "Warning" not in said


def test_what_is_not_there_is_no_object(at):
    at.run("del LSTMCell" if "LSTMCell" in at.shell.user_ns else "")
    assert "LSTMCell: not written yet" in at.run("check('LSTMCell')")
    assert "check takes a class itself" in at.run("check(None)")


def test_lines_on_stderr_come_to_a_few(at):
    loud = changed(
        "        f_t =", "        import sys; print('err', file=sys.stderr)\n        f_t ="
    )
    said = checked(at, "LSTMCell", loud)
    assert "all checks passed" in said and said.count("err\n") == 5 and "more lines" in said


def test_what_ends_the_program_is_told_as_in_grading(at):
    said = checked(
        at, "LSTMCell", changed("        f_t =", "        raise SystemExit\n        f_t =")
    )
    assert "✓" not in said and "CheckFailed: The cell runs: Your code could not be asked" in said


def test_what_is_ticked_is_not_lost_below(at):
    said = checked(
        at,
        "LSTMCell",
        WORKED.replace("torch.empty(h", "torch.zeros(dtype=torch.double, size=(h").replace(
            "_dim))\n", "_dim,)))\n"
        ),
    )
    assert "✗ Parameters" in said and "✓ Parameters" not in said, said


def test_a_check_leaves_random_numbers_alone(at):
    at.run(WORKED)
    draw = "torch.manual_seed(1)\n{}print(torch.rand(1))"
    alone = at.run(draw.format(""))
    assert at.run(draw.format("check(LSTMCell)\n")).endswith(alone)


def test_nothing_is_written_yet(at, monkeypatch):
    stub = "class LSTMCell(nn.Module):\n    def __init__(self, n, m):\n        super().__init__()\n"
    said = checked(at, "LSTMCell", stub + "        ...")
    assert "LSTMCell: not written yet." in said and "CheckFailed" not in said
    assert "Not written: LSTMCell." in at.run("demonstrate(lambda: LSTMCell(3, 4).W_f)")
    monkeypatch.setenv("NBGRADER_EXECUTION", "validate")
    assert "CheckFailed" in at.run("check(LSTMCell)")


def test_what_stands_in_a_class_above_is_written(at):
    at.run(WORKED.replace("class LSTMCell", "class Base"))
    assert "all checks passed" in checked(at, "LSTMCell", "class LSTMCell(Base):\n    pass")
    at.run(WORKED)
    coupled = "class CoupledLSTMCell(LSTMCell):\n    def forward(self, x, c, h):\n        ..."
    assert "not written yet" in at.run(f"{coupled}\n\n\ncheck(CoupledLSTMCell)")


@pytest.mark.parametrize("asked", ["LSTMCell(3, 4)", "nn.Linear", "3", "'nobody'"])
def test_what_is_no_class_of_the_exercise(at, asked):
    at.run(WORKED)
    said = at.run(f"check({asked})")
    assert "check takes a class" in said and "Traceback" not in said


# ---------------------------------------------------------------- numbers
NUMBERS = {
    "180": "is right",
    "4 * (25 + 15 + 5)": "is right",
    "torch.tensor(180.0)": "is right",
    "160": "CheckFailed: cell_parameters = 160 is not right: the biases are left out.",
    "17": "CheckFailed: cell_parameters = 17 is not right",
    "...": "not written yet",
    "None": "not written yet",
    "'180'": "a str; a number is asked for",
    "torch.ones(3)": "a Tensor of shape (3,); a number is asked for",
    "True": "a number is asked for",
    "10**400": "cell_parameters = inf is not right",
    "-(10**400)": "cell_parameters = -inf is not right",
    "torch.tensor(18, device='meta')": "a Tensor; a number is asked for",
}


@pytest.mark.parametrize("given", NUMBERS)
def test_a_prediction_is_checked_without_giving_it_away(at, given):
    said = at.run(f"cell_parameters = ({given})\ncheck('cell_parameters')")
    assert NUMBERS[given] in " ".join(said.split()) and "Traceback" not in said
    assert "180" in given or "is right" in said or "180" not in said


@pytest.mark.parametrize("failing", ["cell_parameters = 18O", "cell_parameters = (\n    nobody\n)"])
def test_a_number_that_is_older_than_its_cell(at, failing):
    asked = "check('cell_parameters')"
    assert "older" not in at.run("cell_parameters = 180") + at.run(asked)
    at.run(failing)
    said = " ".join(at.run(asked).split())
    assert re.search(
        r"may be older than your cell, which stopped with \w+Error: .* in line \d", said
    )
    assert "older" not in at.run("cell_parameters = 160") + at.run(asked)


def test_a_number_that_its_cell_never_made(at):
    at.run("del cell_parameters" if "cell_parameters" in at.shell.user_ns else "")
    said = " ".join(
        (at.run("cell_parameters = m * n") + at.run("check('cell_parameters')")).split()
    )
    assert "which stopped with NameError: name 'm' is not defined" in said and "not written" in said


def test_any_value_that_is_older_than_its_cell(at):
    """Those without a point ask for it by name."""
    at.run("kept = 0.5")
    at.run("kept = 0.0001 +* 2")
    assert "kept may be older than your cell" in at.run("check.warn_of_age('kept')")
    at.run("LSTMcell, LSTMCel = 1, 2\nlstmCell = 3\n" + WORKED)
    at.run("LSTMcell = LSTMCell(3, 5)")
    assert "older" not in at.run("check.warn_of_age('kept'.upper())") + at.run("check(LSTMCell)")


# ---------------------------------------------------------------- demonstrations
def test_a_demonstration_says_what_is_the_matter(at):
    checked(at, "LSTMCell", changed("self.W_f(h)", "self.W_x(h)"))
    said = at.run(
        "demonstrate(lambda: LSTMCell(3, 4)(torch.ones(3), torch.ones(4), torch.ones(4)))"
    )
    assert "no attribute 'W_x'" in said and re.search(
        r"in your line \d+: f_t = torch.sigmoid", said
    )


def test_a_demonstration_of_a_class_that_is_not_there(at):
    at.run("del LSTMCell")
    said = at.run("demonstrate(lambda: LSTMCell(3, 4))")
    assert "LSTMCell is not there. Run its cell" in said and "your line" not in said
    at.run(WORKED.replace("torch.tanh(c_t)", "torch.tanh(who)"))
    call = "LSTMCell(3, 4)(torch.ones(3), torch.ones(4), torch.ones(4))"
    said = at.run(f"demonstrate(lambda: {call})")
    assert "name 'who' is not defined" in said and "in your line" in said


def test_who_stops_a_demonstration_is_told_where_it_was(at):
    stop = "        raise KeyboardInterrupt\n        c_t = f_t"
    at.run(changed("        c_t = f_t", stop))
    call = "LSTMCell(3, 4)(torch.ones(3), torch.ones(4), torch.ones(4))"
    said = at.run(f"demonstrate(lambda: {call})")
    assert "Stopped by you at your line 47." in said and len(said.splitlines()) < 4
    assert "raise KeyboardInterrupt" not in said


def test_a_class_below_that_is_not_written_is_named(at):
    at.run("class Inner(nn.Module):\n    def forward(self, x): ...")
    at.run("class Outer(nn.Module):\n    def forward(self, x):\n        return Inner()(x) + x")
    said = at.run("demonstrate(lambda: Outer()(torch.ones(3)))")
    assert "Nothing to show yet. Not written: Inner." in said
    at.run("del Inner, Outer")


def test_a_demonstration_prints_little(at):
    at.run(WORKED)
    said = at.run("demonstrate(lambda: [print(k) for k in range(1000)])")
    assert len(said.splitlines()) < 10 and "995 more lines" in said


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "change",
    [
        (),
        ("        c_t = f_t", "        assert (f_t > 0).all()\n        c_t = f_t"),
        ("        c_t = f_t", "        print(f_t.sum().item())\n        c_t = f_t"),
        (
            "        c_t = f_t * c + i_t",
            "        c_t = torch.zeros(len(c))\n        c_t[:] = f_t * c + i_t",
        ),
    ],
)
def test_tasks_run_whatever_a_right_class_may_be(change, dtype):
    """Also one that PyTorch cannot run for many sequences at once."""
    from lstm_kit import tasks

    torch.set_default_dtype(getattr(torch, dtype))
    try:
        exec(changed(*change), namespace := {"torch": torch, "nn": torch.nn})
        cell = namespace["LSTMCell"](16, 4)
        assert len(tasks.recall(cell, 1, lag=2, steps=2)) == 2
        assert tasks.reach(cell, torch.randn(5, 2, 16)).shape == (5,)
        assert len(tasks.gaps(namespace["LSTMCell"](1, 4), gap=2, steps=1)) == 1
        read = tasks.majority(namespace["LSTMCell"](1, 4), steps=1)
        assert tasks.up_and_down(namespace["LSTMCell"](1, 4), read, 2, 2)[0].shape == (4, 4)
    finally:
        torch.set_default_dtype(torch.float32)
