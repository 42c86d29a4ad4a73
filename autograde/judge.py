"""The judge: questions and answers in; for each criterion points, whether it is met, and a sentence for the student out.

A pure function of plain data, in the grader's process. Nothing that a student's process says is believed but numbers,
and numbers only where they have the shape that was asked for.
"""
import ast
import re
from dataclasses import asdict, dataclass

import numpy as np

from . import wiring
from .diagnose import Seen, diagnose, o_unseen, rulebook, unseen
from .exercises import EXERCISES, GATES, Exercise
from .questions import shapes, unpack
from .rules import RIGHT, SYMBOLS, Gate

RIGHT_WITHIN = 1e-5  # an answer is right within this, relative to the size of the numbers (double precision)
SINGLE_WITHIN = 2e-4  # the same for code that computes in single precision
SLOPE_WITHIN = {"float64": 1e-3, "float32": 5e-2}  # gradients against central differences
DEVIATIONS = 7.0  # how many standard errors a draw of reset_parameters may be off
BUILT_INS = {"LSTM", "LSTMCell", "RNN", "RNNCell", "RNNBase", "GRU", "GRUCell", "lstm", "lstm_cell", "_VF"}


@dataclass(frozen=True)
class Cell:
    """What became of the student's solution cell: its text, and the error that stopped it, if one did."""

    source: str = ""
    error: str | None = None
    line: int | None = None


@dataclass(frozen=True)
class Result:
    key: str
    title: str
    points: float
    met: bool
    sentence: str


@dataclass(frozen=True)
class Verdict:
    """All results for one class; `notes` are for the student, `flags` for a person, `mistakes` for statistics."""

    name: str
    results: tuple[Result, ...]
    notes: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    mistakes: tuple[str, ...] = ()

    @property
    def score(self) -> float:
        return round(sum(result.points for result in self.results if result.met), 6)

    @property
    def points(self) -> float:
        return round(sum(result.points for result in self.results), 6)

    def to_dict(self) -> dict:
        return {**asdict(self), "score": self.score, "points": self.points}

    @classmethod
    def from_dict(cls, row: dict) -> "Verdict":
        results = tuple(Result(**result) for result in row["results"])
        return cls(row["name"], results, tuple(row["notes"]), tuple(row["flags"]), tuple(row["mistakes"]))


class Sheet:
    """Collects what was found about each criterion: lost with reasons, or met."""

    def __init__(self, exercise: Exercise):
        self.exercise, self.lost, self.met = exercise, {}, set()
        self.notes, self.flags, self.mistakes = [], [], []

    def lose(self, key: str, sentence: str, mistake: str | None = None):
        self.lost.setdefault(key, [])
        if sentence not in self.lost[key]:
            self.lost[key].append(sentence)
        if mistake and mistake not in self.mistakes:
            self.mistakes.append(mistake)

    def meet(self, *keys: str):
        self.met.update(keys)

    def has(self, *keys: str) -> bool:
        return any(key in self.met and key not in self.lost for key in keys)

    def verdict(self, otherwise: str) -> Verdict:
        rows = []
        for criterion in self.exercise.criteria:
            met = self.has(criterion.key)
            sentence = "" if met else " ".join(self.lost.get(criterion.key) or [otherwise])
            rows.append(Result(criterion.key, criterion.title, criterion.points, met, sentence))
        return Verdict(self.exercise.name, tuple(rows), tuple(self.notes), tuple(self.flags), tuple(self.mistakes))


NOTHING = "Not marked: nothing of what was asked shows in your numbers yet."


# ---------------------------------------------------------------- reading answers
MOST = 300_000


def array(value) -> np.ndarray | None:
    """The finite-or-not float array in a packed tensor; None for anything else, however it lies."""
    try:
        shape = value["shape"]
        if not isinstance(shape, list) or len(shape) > 4 or any(type(n) is not int or not 0 <= n <= 10_000 for n in shape) or len(value["data"]) > MOST * 12:
            return None
        return unpack(value)
    except (KeyError, TypeError, ValueError):
        return None


def single(row: dict) -> bool:
    return row.get("dtype") == "float32"


def within(row: dict) -> float:
    return SINGLE_WITHIN if single(row) else RIGHT_WITHIN


def equal(a, b, tolerance: float) -> bool:
    if a is None or b is None or a.shape != b.shape or not np.isfinite(a).all():
        return False
    return bool(np.abs(a - b).max(initial=0.0) <= tolerance * max(1.0, np.abs(b).max(initial=0.0)))


def dicts(value) -> list[dict]:
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def builds_of(questions: dict, answers: dict) -> list[tuple[dict, dict]]:
    """(question, answer) of every build; an answer that is no dict counts as empty."""
    rows = answers.get("builds")
    rows = rows if isinstance(rows, list) else []
    rows = [row if isinstance(row, dict) else {} for row in rows]
    return list(zip(questions["builds"], rows + [{}] * len(questions["builds"])))


def good(row: dict) -> bool:
    """Whether every call of this build returned something."""
    return bool(dicts(row.get("calls"))) and all("out" in case for case in dicts(row["calls"]))


def text(value, most: int = 300) -> str:
    """Words of the student's process, cut to a length that a page can bear."""
    value = value if isinstance(value, str) else "an error"
    return value if len(value) <= most else value[:most] + " …"


def failure(row: dict) -> str:
    where = f", at `{text(row['at'], 120)}`" if row.get("at") else ""
    return f"{text(row.get('error'))}{where}"


# ---------------------------------------------------------------- what is the same for cells and stacks
def judge(questions: dict, answers: dict, cell: Cell | None = None) -> Verdict:
    """The verdict on the class `questions["name"]`.

    `questions` come from questions.draw, `answers` from the student's process (respond.respond, or {"failed": why});
    `cell` says what became of the solution cell. Never raises for anything in `answers`.
    """
    exercise, cell = EXERCISES[questions["name"]], cell or Cell()
    sheet = Sheet(exercise)
    answers = answers if isinstance(answers, dict) else {"failed": "The answers could not be read."}
    if cell.error:
        where = f" (line {cell.line} of the cell)" if cell.line else ""
        sheet.lose("runs", f"Your cell stopped with {text(cell.error)}{where}. Code that tries the class out belongs in a cell of its own.")
    otherwise = NOTHING
    if isinstance(answers.get("failed"), str):
        otherwise = text(answers["failed"])
    elif answers.get("defined") != "yes":
        otherwise = missing_class(exercise, answers, cell)
    elif exercise.kind == "cell":
        otherwise = judge_cell(exercise, questions, answers, sheet)
    else:
        otherwise = judge_stack(exercise, questions, answers, sheet)
    read_source(exercise, cell.source, sheet)
    judge_rest(exercise, answers, sheet)
    return sheet.verdict(otherwise)


def missing_class(exercise: Exercise, answers: dict, cell: Cell) -> str:
    if cell.error:
        return f"{exercise.name} could not be marked: the cell stopped with {text(cell.error, 160)} before the class was defined."
    if answers.get("defined") == "other":
        return f"{exercise.name} is not a class derived from nn.Module."
    return f"{exercise.name} is not defined after your cell has run."


def judge_rest(exercise: Exercise, answers: dict, sheet: Sheet):
    """Criteria that a class earns only when it computes something of what was asked."""
    computes = sheet.has("f", "i", "o", "c", "cell", "hidden", "coupling", "wiring", "states", "outputs", "final")
    if "stranger" in sheet.met:
        sheet.lose("works", f"Could not be marked: no layer is a {exercise.cell}.")
    computes = computes or sheet.has("works")
    built = computes or sheet.has("parameters", "layers")
    if built:
        judge_reset(exercise, answers, sheet)
        if answers.get("defined") == "yes":
            sheet.meet("runs")
    if computes:
        seen = sorted({text(name, 40) for row in dicts(answers.get("builds")) for name in row.get("built_in") or [] if isinstance(name, str)})
        if seen:
            sheet.lose("own", f"While your class ran, PyTorch's own {', '.join(seen)} was called. Write the computation yourself.", "built-in")
            sheet.flags.append(f"{exercise.name}: PyTorch's {', '.join(seen)} ran underneath.")
        sheet.meet("own")
    else:
        sheet.met -= {"order", "gradients", "untouched"}


def read_source(exercise: Exercise, source: str, sheet: Sheet):
    """Notes from the text of the cell: a built-in LSTM inside the class, code after return."""
    try:
        tree = ast.parse(re.sub(r"(?m)^\s*[%!].*$", "pass", source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for cls in (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and node.name == exercise.name):
        for node in ast.walk(cls):
            name = ast.unparse(node) if isinstance(node, ast.Attribute) and node.attr in BUILT_INS else ""
            if re.match(r"(torch\.|nn\.)|.*\b_VF\b", name):
                sheet.lose("own", f"Your class uses {name}. Write the computation yourself.", "built-in")
                sheet.flags.append(f"{exercise.name}: {name} stands in the class (line {node.lineno}).")
                break
        for function in (node for node in cls.body if isinstance(node, ast.FunctionDef)):
            for place, node in enumerate(function.body[:-1]):
                if isinstance(node, ast.Return):
                    line = function.body[place + 1].lineno
                    sheet.notes.append(f"In {function.name}, the code from line {line} of the cell on stands after return, so it never runs. Code that tries the class out belongs outside the class, in a cell of its own.")
                    sheet.mistakes.append("code after return")


def judge_reset(exercise: Exercise, answers: dict, sheet: Sheet):
    rows = [answers.get(key) for key in ("reset", "reset_own") if isinstance(answers.get(key), dict)]
    complaints = [reset_complaint(row) for row in rows] or ["reset_parameters() gave no answer."]
    if None in complaints:
        sheet.meet("reset")
    else:
        sheet.lose("reset", complaints[-1], "reset")


def reset_complaint(row: dict) -> str | None:
    """What is wrong with the parameters after reset_parameters(); each held 7 before. None where nothing is."""
    if "error" in row:
        return f"reset_parameters() raised {failure(row)}."
    parameters = row.get("parameters")
    values = {str(name): array(value) for name, value in parameters.items()} if isinstance(parameters, dict) else {}
    if not values:
        return "There are no parameters to draw."
    for name, value in values.items():
        if value is None or not np.isfinite(value).all():
            return f"After reset_parameters(), {text(name, 60)} holds values that are not numbers."
        if (value == 7.0).mean() > 0.01:
            return f"reset_parameters() leaves {text(name, 60)} as it was; every parameter is drawn afresh."
    rows = list(values.items()) + [("the biases together", np.concatenate([v.ravel() for v in values.values() if v.ndim == 1] or [np.zeros(0)]))]
    for name, value in rows:
        complaint = draw_complaint(value.ravel()) if value.size >= 30 else None
        if complaint:
            return f"After reset_parameters(), {text(name, 60)} {complaint}; the rule asks for a normal distribution with mean 0 and standard deviation 1."
    return None


def draw_complaint(value: np.ndarray) -> str | None:
    n = value.size
    if abs(value.mean()) > DEVIATIONS / np.sqrt(n):
        return f"has mean {value.mean():.2f}"
    if abs(value.std() - 1) > DEVIATIONS / np.sqrt(2 * n):
        return f"has standard deviation {value.std():.2f}"
    if n >= 1000:
        kurtosis = ((value - value.mean()) ** 4).mean() / value.var() ** 2
        if abs(kurtosis - 3) > DEVIATIONS * np.sqrt(24 / n):
            return "is not normally distributed"
    return None


def judge_untouched(questions, answers, sheet: Sheet, keys=("x", "c", "h")):
    """The tensors passed in, after the call, against what was passed."""
    looked = False
    for build, row in builds_of(questions, answers):
        cases = [(build["sequence"], case) for case in dicts(row.get("calls"))] if "mode" in build else list(zip(build["calls"], dicts(row.get("calls"))))
        for asked, case in cases:
            after = case.get("after") if isinstance(case.get("after"), list) else []
            for key, value in zip(keys, after):
                looked = looked or "out" in case
                sent = unpack(asked[key])
                if not equal(array(value), sent, 1e-6) or value.get("writes"):
                    sheet.lose("untouched", f"Your forward writes into the {key} that was passed in (as in {key}[k] = … or {key} += …), so the caller's tensor changes. Make new tensors instead.", f"writes into {key}")
            if "out" in case and not again(case):
                sheet.lose("untouched", "The same call made twice gives two different results: something is remembered, or drawn, between calls.", "remembers")
    if looked:
        sheet.meet("untouched")


def again(case: dict) -> bool:
    pairs = list(zip(case.get("out") or [], case.get("again") or []))
    return all((a := array(x)) is None or equal(array(y), a, 1e-4) or not np.isfinite(a).all() for x, y in pairs)


def judge_gradients(questions, answers, sheet: Sheet):
    """Slopes by backward against slopes by differences: right for whatever the class computes."""
    looked, complaint = False, None
    for build, row in builds_of(questions, answers):
        slopes = row.get("gradients")
        if not build.get("sequence") or not isinstance(slopes, dict) or not good(row):
            continue
        if slopes.get("forward"):
            continue  # the forward pass itself fails over several steps: that is judged elsewhere
        if "error" in slopes:
            complaint = complaint or f"A backward pass over several steps raised {failure(slopes)}."
            continue
        looked = True
        complaint = complaint or slope_complaint(build, slopes, SLOPE_WITHIN["float32" if single(row) else "float64"])
    if complaint:
        sheet.lose("gradients", complaint, "gradients")
    elif looked:
        sheet.meet("gradients")


def slope_complaint(build: dict, slopes: dict, tolerance: float) -> str | None:
    for name in dict.fromkeys(name.split(".")[0] for name in build["sequence"]["directions"]):
        value = slopes.get(name)
        if not (isinstance(value, list) and len(value) == 2 and isinstance(value[1], int | float)):
            continue  # a layer that is not there has no slope
        backward, truth = value
        what = {"x": "x", "c": "the initial c", "h": "the initial h"}.get(name, f"the parameters of layer {name}" if name.isdigit() else name)
        if backward is None and abs(truth) > tolerance:
            return f"No gradient reaches {what}, although the result depends on it: something on the way is detached, or is made a plain number."
        if isinstance(backward, int | float) and not abs(backward - truth) <= tolerance * max(1.0, abs(truth)):
            return f"The gradient with respect to {what} is wrong: part of the way back from the loss to it is cut (detach, .data or no_grad, say), so the parameters would learn from a part of the error only."
    return None


# ---------------------------------------------------------------- a cell
def judge_cell(exercise, questions, answers, sheet: Sheet) -> str:
    judge_parameters(exercise, questions, answers, sheet)
    pairs = builds_of(questions, answers)
    usable = [(build, row) for build, row in pairs if good(row)]
    if not usable:
        return cell_failure(pairs, exercise)
    judge_untouched(questions, answers, sheet)
    judge_gradients(questions, answers, sheet)
    judge_values(exercise, usable, sheet)
    broken = [(build, row) for build, row in pairs if (build, row) not in usable]
    if broken and all(sheet.has(key) for key in ("f", "c", "o")):
        build, row = broken[0]
        case = next((case for case in dicts(row.get("calls")) if "error" in case), row.get("build") or {})
        sheet.lose("parameters", f"With input_dim={build['input']} and hidden_dim={build['hidden']} your class fails: {failure(case)}.", "sizes")
    return NOTHING


def cell_failure(pairs, exercise) -> str:
    for _, row in pairs:
        if isinstance(row.get("build"), dict):
            return f"{exercise.name}(input_dim, hidden_dim) raised {failure(row['build'])}."
        for case in dicts(row.get("calls")):
            if "error" in case:
                if "returned None" in str(case["error"]):
                    return "Not written yet: forward returns None."
                return f"Could not be marked: forward raised {failure(case)}."
    return "Could not be marked: there was no answer."


def judge_parameters(exercise, questions, answers, sheet: Sheet):
    rows = [(build, row) for build, row in builds_of(questions, answers) if isinstance(row.get("found"), dict)]
    if not rows:
        return
    for build, row in rows:
        for sentence, mistake in parameter_complaints(exercise, build, row):
            sheet.lose("parameters", sentence, mistake)
    if exercise.base and exercise.base not in (answers.get("bases") or []):
        sheet.lose("parameters", f"{exercise.name} is not a subclass of {exercise.base}.", "no subclass")
    sheet.meet("parameters")
    if len(sheet.lost.get("parameters", [])) > 4:
        sheet.lost["parameters"] = sheet.lost["parameters"][:3] + [f"(And {len(sheet.lost['parameters']) - 3} more like these.)"]


def parameter_complaints(exercise, build, row):
    n, m = build["input"], build["hidden"]
    sizes = {n: "input_dim", m: "hidden_dim"} if n != m else {n: "input_dim or hidden_dim"}
    for name, shape in shapes(exercise, n, m).items():
        item = row["found"].get(name)
        item = item if isinstance(item, dict) else {}
        kind, got = item.get("kind"), item.get("shape")
        fine = [list(shape)] + ([[m]] if name[0] == "V" else [])
        if kind in (None, "missing", "none"):
            yield f"{name} is missing.", f"no {name}"
        elif kind not in ("linear", "parameter") or (name[0] == "b" and kind == "linear"):
            yield f"{name} is {'a plain tensor' if kind == 'tensor' else 'a ' + text(item.get('type', kind), 40)}, so it does not train; it should be {'an nn.Parameter' if name[0] == 'b' else 'an nn.Linear without bias, or an nn.Parameter'}.", f"{name} does not train"
        elif got not in fine:
            if n != m or len(got or []) != len(shape):
                words = ", ".join(sizes.get(k, str(k)) for k in got or [])
                yield f"{name} has shape ({words}); it should be ({', '.join(sizes[k] for k in shape)}).", f"shape of {name}"
        elif item.get("bias"):
            yield f"{name} has a bias of its own on top of b_{name[-1]}; give nn.Linear bias=False.", f"bias of {name}"
        elif item.get("trains") is False:
            yield f"{name} does not train: requires_grad is False.", f"{name} does not train"
    for name in [f"{letter}_{k}" for letter in "WUb" for k in "fioc" if k not in exercise.gates]:
        if isinstance(row["found"].get(name), dict) and row["found"][name].get("kind") not in ("missing", "none"):
            yield f"{name} is still there: with coupled gates there is no input gate, and none of its parameters.", f"keeps {name}"
    kept = {f"{letter}_{k}" for letter in "WUb" for k in "fioc" if k not in exercise.gates}
    for other in row.get("others") if isinstance(row.get("others"), list) else []:
        if isinstance(other, list) and other and str(other[0]).split(".")[0] not in kept:
            yield f"{text(other[0], 60)} trains as well; only the parameters named above should.", "extra parameter"
    for name in row.get("unset") if isinstance(row.get("unset"), list) else []:
        yield f"{text(name, 60)} is never given values: the constructor leaves it uninitialised. Call reset_parameters() at its end.", "uninitialised"


def seen_of(exercise, usable, swapped: bool, probe) -> list[Seen]:
    """The usable builds of one kind as arrays; diagonal peepholes are recognised by their shape."""
    rows = []
    for build, row in usable:
        if build["probe"] != probe:
            continue
        m = build["hidden"]
        weights = {name: unpack(value) for name, value in build["weights"].items()}
        for name in weights:
            if name[0] == "V" and name not in (row.get("made") or []) and (row.get("found") or {}).get(name, {}).get("shape") == [m]:
                weights[name] = np.diagonal(weights[name])
        x, c, h = (np.stack([unpack(case[key]) for case in build["calls"]]) for key in ("x", "c", "h"))
        outs = [[spread(case["out"][place], m) for case in row["calls"]] for place in (0, 1)]
        outs = [np.stack(values) for values in outs]
        step = rulebook(exercise.rule).step(x, c, h, weights)
        rows.append(Seen(step, *(outs[::-1] if swapped else outs), single(row)))
    return rows


def spread(value, m: int) -> np.ndarray:
    """A returned state as m numbers; nan where it has another size."""
    values = array(value)
    if values is None:
        return np.full(m, np.nan)
    return values.reshape(m) if values.size == m else np.full(m, values.item()) if values.size == 1 else np.full(m, np.nan)


def judge_values(exercise, usable, sheet: Sheet):
    plain = [row for row in usable if row[0]["probe"] is None]
    check_forms(plain, sheet)
    best = None
    for deep in (False, True):
        for swapped in (False, True):
            seen = seen_of(exercise, plain, swapped, None)
            cause, hidden = diagnose(exercise.rule, seen, deep)
            cost = (cause.slips if cause else 9) + ((hidden[0].slips + (hidden[1] != RIGHT)) if hidden else 9)
            if swapped:
                cost = cost + 1 if cause and hidden else np.inf
            if best is None or cost < best[0]:
                best = cost, swapped, cause, hidden, seen
            if cost <= 1:
                break
        if best[0] < 9:
            break
    _, swapped, cause, hidden, seen = best
    if swapped:
        sheet.lose("order", "Your forward returns (h_t, c_t). The rule: (c_t, h_t), the cell state first.", "order")
    report_gates(exercise, cause, seen, sheet)
    if cause is None:
        probe_gates(exercise, usable, swapped, sheet)
    report_hidden(exercise, cause, hidden, seen, sheet)
    sheet.meet("order")


def check_forms(plain, sheet: Sheet):
    for build, row in plain:
        for case in row["calls"]:
            for key, name, value in zip(("cell", "hidden"), ("c_t", "h_t"), case["out"]):
                value = value if isinstance(value, dict) else {}
                if "shape" not in value:
                    sheet.lose(key, f"{name} is a {text(value.get('type'), 40)}, not a tensor.", f"type of {name}")
                elif "data" not in value:
                    sheet.lose(key, f"{name} holds {text(value.get('dtype'), 20)}, not floating-point numbers.", f"dtype of {name}")
                elif value["shape"] != [build["hidden"]]:
                    sheet.lose(key, f"{name} has shape {tuple(value['shape']) if isinstance(value['shape'], list) else '?'} where hidden_dim is {build['hidden']}; it should be ({build['hidden']},).", f"shape of {name}")
                elif (values := array(value)) is not None and not np.isfinite(values).all():
                    sheet.lose(key, f"{name} holds nan or infinite numbers.", f"{name} not finite")


def rule_of(exercise, key: str) -> str:
    return next(c.asks for c in exercise.criteria if c.key == key)


def report_gates(exercise, cause, seen, sheet: Sheet):
    """Criteria of the gates, the candidate and the new cell state, from the cause of c_t."""
    if cause is None:
        return
    book = rulebook(exercise.rule)
    coupling = exercise.rule == "coupled"
    for k in book.gates.replace("o", ""):
        way = cause.gates.get(k)
        sheet.meet(k)
        if way and way.slips:
            words = "; ".join(book.words(way))
            sheet.lose(k, f"Your numbers show that {words}. The rule: {rule_of(exercise, k)}.", f"{k}: {way.sum}, {way.shape}")
    sheet.meet("cell", *(["coupling"] if coupling else []))
    if cause.cell != RIGHT:
        key = "coupling" if coupling and cause.cell not in NOT_COUPLING else "cell"
        sheet.lose(key, f"Your c_t equals {book.cell[cause.cell][1]}. The rule{keeps(cause.cell)}: {rule_of(exercise, 'cell')}.", f"cell: {cause.cell}")
    if cause.stored != RIGHT:
        sheet.lose("cell", f"In place of c_t {book.stored[cause.stored][1]}. The rule: {rule_of(exercise, 'cell')}.", f"stored: {cause.stored}")
    for k in unseen(exercise.rule, cause, seen) if cause.slips else ():
        if k not in sheet.lost:
            sheet.lose(k, f"The {GATES[k]} does not show in your c_t, so it could not be marked.")
    if coupling and cause.cell in HIDES_COUPLING:
        sheet.lose("coupling", "1 − f_t does not show in your c_t, so the coupling could not be marked.")


NOT_COUPLING = {"fh", "f tanh c", "only memory", "(1−f) g", "f + (1−f) g", "c + (1−f) g", "fc − (1−f) g", "fc + (1−f)", "(1−f) c g", "f (1−f) g", "f c (1−f) g", "dot", "mean", "candidate", "unchanged", "forget", "zeros"}
HIDES_COUPLING = {"only memory", "candidate", "unchanged", "forget", "zeros"}
KEEPS = {"no memory", "fig", "candidate", "f (1−f) g", "(1−f) g", "fg + ig", "f + i"}


def keeps(key: str) -> str:
    return " keeps the old memory" if key in KEEPS else ""


def probe_gates(exercise, usable, swapped, sheet: Sheet):
    """No known mistake fits: mark each gate where the other gates are held open or shut, and name what departs."""
    sheet.lose("cell", departs(exercise, usable, swapped) + f" The rule: {rule_of(exercise, 'cell')}.", "unknown c")
    if exercise.rule == "coupled":
        sheet.lose("coupling", "Your c_t is not weighted by f_t and 1 − f_t as the rule asks.", None)
    for k in rulebook(exercise.rule).gates.replace("o", ""):
        seen = seen_of(exercise, usable, swapped, k)
        if seen and follows(exercise.rule, seen):
            sheet.meet(k)
        else:
            sheet.lose(k, f"With the other gates held open or shut, your c_t does not follow {SYMBOLS[k]}. The rule: {rule_of(exercise, k)}.")


def follows(rule: str, seen: list[Seen]) -> bool:
    """Whether c_t, with one gate made visible, is the rule's but for one positive factor and one added number."""
    truth = np.concatenate([right_state(rule, s).ravel() for s in seen])
    found = np.concatenate([s.c.ravel() for s in seen])
    if not np.isfinite(found).all():
        return False
    design = np.stack([truth, np.ones_like(truth)], axis=1)
    (factor, added), *_ = np.linalg.lstsq(design, found, rcond=None)
    error = np.abs(factor * truth + added - found).max()
    return bool(factor > 1e-3 and error <= (SINGLE_WITHIN if seen[0].single else 1e-6))


def right_state(rule: str, s: Seen) -> np.ndarray:
    book = rulebook(rule)
    gates = [book.gate(s.step, Gate(k, RIGHT, RIGHT)) if k in book.gates else None for k in "fioc"]
    return book.cell[RIGHT][0](s.step, *gates)


def departs(exercise, usable, swapped) -> str:
    """Which input c_t does not follow at all, from calls that differ in one input only (see questions.draw_calls)."""
    for build, row in usable:
        if build["probe"] is not None:
            continue
        place = 1 if swapped else 0
        outs = [array(case["out"][place]) for case in row["calls"]]
        if any(value is None for value in outs) or len(outs) < 5:
            return "Your c_t could not be read as numbers."
        if equal(outs[3], outs[0], 1e-9):
            return "Your c_t does not change when c_{t−1} does."
        if equal(outs[4], outs[0], 1e-9):
            return "Your c_t does not change when h_{t−1} does."
        step = seen_of(exercise, [(build, row)], swapped, None)[0].step
        book = rulebook(exercise.rule)
        gates = {k: book.gate(step, Gate(k, RIGHT, RIGHT)) for k in book.gates}
        change = outs[3] - outs[0]
        kept = gates["f"][0] * (step.c[3] - step.c[0])
        if exercise.rule != "peephole" and np.allclose(change, kept, atol=1e-6):
            return "Your c_t keeps f_t * c_{t−1} as it should; what is added to it is not the rule's."
        return "Your c_t is not what the rule gives, and no mistake that we know gives these numbers."
    return "Your c_t could not be marked."


def report_hidden(exercise, cause, hidden, seen, sheet: Sheet):
    book = rulebook(exercise.rule)
    if hidden is None:
        sheet.lose("hidden", f"Your h_t is not what the rule gives from your c_t: {rule_of(exercise, 'hidden')}.", "unknown h")
        sheet.lose("o", f"The output gate could not be found in your h_t. The rule: {rule_of(exercise, 'o')}.")
        return
    way, key = hidden
    if o_unseen(exercise.rule, key, seen, cause.new_state if cause else None):
        sheet.lose("o", "The output gate o_t does not show in your h_t, so it could not be marked.")
        sheet.lose("hidden", f"Your h_t does not depend on o_t. The rule: {rule_of(exercise, 'hidden')}.")
    sheet.meet("o", "hidden")
    if way.slips:
        sheet.lose("o", f"Your numbers show that {'; '.join(book.words(way))}. The rule: {rule_of(exercise, 'o')}.", f"o: {way.sum}, {way.shape}")
    if key != RIGHT:
        sheet.lose("hidden", f"Your h_t equals {book.hidden[key][1]}. The rule: {rule_of(exercise, 'hidden')}.", f"hidden: {key}")


# ---------------------------------------------------------------- a stack
def judge_stack(exercise, questions, answers, sheet: Sheet) -> str:
    pairs = builds_of(questions, answers)
    judge_layers(exercise, pairs, answers, sheet)
    own, stand_ins = (stacks_of(exercise, [pair for pair in pairs if pair[0]["mode"] == mode]) for mode in ("own", "stand-in"))
    full = sum(build["mode"] == "own" for build, _ in pairs)
    if not (own or stand_ins):
        return stack_failure(exercise, pairs)
    modes = [(which, part, wiring.diagnose_stack(part)) for which, stacks in (("own", own), ("stand-in", stand_ins)) for part in parts_of(stacks)]
    which, *chosen = min(modes, key=lambda mode: (stack_slips(mode[2]), -len(mode[1])))
    picked = {"builds": [row for build, row in pairs if build["mode"] == which]}
    asked = {"builds": [build for build, _ in pairs if build["mode"] == which]}
    judge_untouched(asked, picked, sheet)
    judge_gradients(asked, picked, sheet)
    report_wiring(exercise, chosen, sheet)
    if len(chosen[0]) < full and not sheet.lost.get("layers") and sheet.has("wiring", "works"):
        broken = next(((build, row) for build, row in pairs if build["mode"] == which and not good(row)), None)
        if broken:
            lost_sizes(exercise, broken, sheet)
    return NOTHING


def lost_sizes(exercise, broken, sheet: Sheet):
    build, row = broken
    case = next((case for case in dicts(row.get("calls")) if "error" in case), row.get("build") or {})
    sheet.lose("layers", f"With input_dim={build['input']}, hidden_dim={build['hidden']} and n_layers={build['layers']} your class fails: {failure(case)}.", "sizes")


def stack_slips(found) -> int:
    if found is None:
        return 99
    w, outputs, finals = found
    return w.slips + (outputs != RIGHT) + (finals != RIGHT) + 5 * ((outputs is None) + (finals is None))


def parts_of(stacks) -> list[list[wiring.Stack]]:
    """All builds; then only those of several steps, and only the one of two layers, where others came out odd."""
    rows = [stacks, [s for s in stacks if len(s.x) > 1], [s for s in stacks if len(s.c) == 2]]
    usable = [part for k, part in enumerate(rows) if part and part not in rows[:k]]
    whole = wiring.diagnose_stack(stacks) if stacks else None
    return usable[:1] if stack_slips(whole) < 5 else usable


def stack_failure(exercise, pairs) -> str:
    first = None
    for _, row in pairs:
        if isinstance(row.get("build"), dict) and first is None:
            first = f"{exercise.name}(input_dim, hidden_dim, n_layers) raised {failure(row['build'])}."
        for case in dicts(row.get("calls")):
            if "returned NoneType" in str(case.get("error")):
                return "Not written yet: forward returns None."
            if "error" in case:
                return f"Could not be marked: forward raised {failure(case)}."
    return first or "Could not be marked: there was no answer."


def stacks_of(exercise, pairs) -> list[wiring.Stack]:
    rows = []
    for build, row in pairs:
        if not good(row):
            continue
        weights = [{name: unpack(value) for name, value in layer.items()} for layer in build["weights"]]
        case = row["calls"][0]
        diagonal(build, row, weights)
        outputs, c, h = (array(value) for value in (list(case["out"]) + [None] * 3)[:3])
        rows.append(wiring.Stack(cell_of(exercise, build, weights), *(unpack(build["sequence"][key]) for key in ("x", "c", "h")), outputs, None if c is None or h is None else (c, h), single(row)))
    return rows


def diagonal(build, row, weights):
    for k, item in enumerate(dicts(row.get("cells"))[: len(weights)]):
        for name in weights[k]:
            if name[0] == "V" and isinstance(item.get("shapes"), dict) and item["shapes"].get(name) == [build["hidden"]]:
                weights[k][name] = np.diagonal(weights[k][name])


def cell_of(exercise, build, weights):
    if build["mode"] == "stand-in":
        return lambda k, x, c, h: wiring.stand_in(weights[k], x, c, h)
    return lambda k, x, c, h: wiring.right_cell(exercise.rule, weights[k], x, c, h)


def judge_layers(exercise, pairs, answers, sheet: Sheet):
    rows = [(build, row) for build, row in pairs if isinstance(row.get("cells"), list)]
    for build, row in rows:
        for sentence, mistake in layer_complaints(exercise, build, row):
            sheet.lose("layers", sentence, mistake)
    if exercise.base and rows and exercise.base not in (answers.get("bases") or []):
        sheet.lose("layers", f"{exercise.name} is not a subclass of {exercise.base}.", "no subclass")
    proper = any(item.get("right") or item.get("stand_in") for _, row in rows for item in dicts(row["cells"]))
    if rows and proper:
        sheet.meet("layers")
    elif exercise.base:
        sheet.meet("stranger")


def layer_complaints(exercise, build, row):
    n, m, cells = build["input"], build["hidden"], dicts(row["cells"])
    if row.get("layers") in ("NoneType", None):
        yield "layers is missing.", "no layers"
        return
    if not row.get("module_list"):
        yield f"layers is a {text(row.get('layers'), 40)}; only an nn.ModuleList lets the cells' parameters train.", "no ModuleList"
    if len(cells) != build["layers"]:
        yield f"With n_layers={build['layers']} there are {len(cells)} layers.", "number of layers"
    for k, item in enumerate(cells):
        if not (item.get("right") or item.get("stand_in")):
            yield f"Layer {k} is a {text(item.get('type'), 40)}; every layer is a {exercise.cell}.", f"layer is no {exercise.cell}"
        size = item.get("input") if item.get("stand_in") else ((item.get("shapes") or {}).get("U_f") or [None, None])[-1]
        if size is not None and size != (n if k == 0 else m):
            yield f"Layer {k} reads {'input_dim' if size == n else size} numbers; {'layer 0 reads input_dim' if k == 0 else 'it reads the h of the layer below, hidden_dim numbers'}.", "layer sizes"
    if all(item.get("stand_in") for item in cells) and row.get("module_list") and row.get("count") != 6 * len(cells) + len(row.get("others") or []):
        yield "Some layers are one and the same cell; each layer has a cell of its own.", "shared layers"
    for other in row.get("others") or []:
        if isinstance(other, list) and other:
            yield f"{text(other[0], 60)} trains outside of layers; only the cells should.", "extra parameter"


PARTS = {"reads": "wiring", "states": "states", "time": "outputs", "cells": "layers"}


def report_wiring(exercise, chosen, sheet: Sheet):
    stacks, found = chosen
    whole = "works" in {c.key for c in exercise.criteria}
    key = (lambda name: "works") if whole else (lambda name: name)
    if found is None:
        sheet.lose(key("outputs"), "outputs is not what the rule gives, and no mistake that we know gives these numbers.", "unknown outputs")
        sheet.lose(key("final"), "The final states are not what the rule gives.", "unknown finals")
        fall_back(stacks, sheet, whole)
        return
    w, outputs, finals = found
    sheet.meet(*({"works"} if whole else {"wiring", "states", "outputs", "final"}))
    for part, criterion in PARTS.items():
        bent = getattr(w, part)
        if bent != RIGHT:
            sheet.lose(key(criterion) if criterion != "layers" else "layers", f"Your numbers show: {wiring.TABLES[part][bent]}.", f"{part}: {bent}")
    if outputs != RIGHT:
        words = wiring.OUTPUTS[outputs][1] if outputs else "outputs does not follow from the layers' states as the rule asks"
        sheet.lose(key("outputs"), f"Your numbers show: {words}.", f"outputs: {outputs}")
    if finals != RIGHT:
        words = wiring.FINALS[finals][1] if finals else "(c_T, h_T) are not the layers' last states"
        sheet.lose(key("final"), f"Your numbers show: {words}.", f"final: {finals}")
    if not whole and outputs in ("x", "zeros") and finals in ("given", "zeros"):
        sheet.lose("wiring", "Nothing of your layers shows in the results.")
        sheet.lose("states", "Nothing of your layers shows in the results.")


def fall_back(stacks, sheet: Sheet, whole: bool):
    """No known wiring fits: a single step shows what each layer reads, a single layer how its state is carried."""
    if whole:
        return
    for key, part in (("wiring", [s for s in stacks if len(s.x) == 1]), ("states", [s for s in stacks if len(s.c) == 1])):
        found = wiring.diagnose_stack(part) if part else None
        if found and found[0].slips == 0 and RIGHT in found[1:]:
            sheet.meet(key)
        else:
            sheet.lose(key, "Not found in your numbers: " + next(c.asks for c in sheet.exercise.criteria if c.key == key) + ".")
