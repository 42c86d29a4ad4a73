"""The kind `recurrence`: one step of a cell. What is asked, how the numbers are read, and what is
said of parameters, gates, states and the order in which they are returned."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..exercise.declared import SIZES, Recurrence
from ..exercise.rules import Part, Rule, columns
from ..exercise.verdict import Cell
from .agreement import FOLLOWS, agree
from .answers import Answers, Build, Found, words
from .classes import judge_base, judge_class
from .diagnose import DEEPEST, Finding, Seen, diagnose, shown_by_trace, visible
from .gradients import Asked as AskedSlopes
from .gradients import Loss, judge_gradients
from .pictures import FEWEST, Picture, Runs, rounded
from .questions import Sequence, normal, sequence, shape_of, weights
from .sheet import Sheet
from .untouched import Asked, judge_untouched

ASKED_SIZES = ((3, 5), (4, 4), (5, 3))  # input_dim below, equal to and above hidden_dim
CALLS = 5
STEPS = 3  # of the sequence behind the gradients
RESET_SIZES = (80, 120)  # so large that a draw's distribution shows
UNKNOWN = 9  # slips of an output that no reading gives
SWAPPED = 0.9  # slips that outputs in reverse order count for: less than any other
MOST_COMPLAINTS = 4  # about parameters, before the rest are only counted
TRACED_VALUES = 300
PICTURE_SIZES, PICTURE_STEPS = (3, 4), 8


# ---------------------------------------------------------------- what is asked
@dataclass(frozen=True)
class OneCall:
    """Arguments of one step, by name; whether its intermediate results of `units` numbers are
    kept."""

    arguments: dict[str, np.ndarray]
    units: int
    traced: bool


@dataclass(frozen=True)
class BuildAsked:
    """An instance made with `sizes`, with `weights` put in, and `extra` where the base class has
    them."""

    sizes: tuple[int, int]
    weights: dict[str, np.ndarray]
    extra: dict[str, np.ndarray]
    calls: tuple[OneCall, ...]
    sequence: Sequence


@dataclass(frozen=True)
class Questions:
    """About one step of a cell. watched: a pattern for the built-ins to look out for, if any."""

    name: str
    inputs: tuple[str, ...]
    outputs: int
    parameters: tuple[str, ...]
    diagonal: tuple[str, ...]
    absent: tuple[str, ...]
    watched: str | None
    builds: tuple[BuildAsked, ...]
    reset_sizes: tuple[int, int] = RESET_SIZES
    kind: str = "recurrence"


def ask(exercise: Recurrence, rng: np.random.Generator) -> Questions:
    """The questions, drawn."""
    return Questions(
        exercise.name,
        tuple(exercise.rule.inputs),
        len(exercise.rule.outputs),
        tuple(exercise.parameters),
        exercise.diagonal,
        tuple(exercise.absent),
        exercise.built_ins.operators if exercise.built_ins else None,
        tuple(draw_build(exercise, rng, n, m) for n, m in ASKED_SIZES),
    )


def draw_build(exercise: Recurrence, rng, n: int, m: int) -> BuildAsked:
    values = weights(rng, exercise.parameters, n, m)
    leaves = {name: value.shape for name, value in values.items()}
    return BuildAsked(
        (n, m),
        values,
        weights(rng, exercise.absent, n, m),
        draw_calls(exercise, rng, n, m),
        sequence(rng, tuple(exercise.rule.inputs), leaves, n, (m,), STEPS),
    )


def draw_calls(exercise: Recurrence, rng, n: int, m: int) -> tuple[OneCall, ...]:
    """Unrelated single steps; but the last ones are the first once more, with one other state
    each."""
    first, states = exercise.sequence_input, exercise.states
    values = {name: normal(rng, (CALLS, n if name == first else m)) for name in (first, *states)}
    values[states[-1]] = np.tanh(values[states[-1]])  # as a state that came out of a tanh
    for place, changed in enumerate(states):
        for name in values:
            if name != changed:
                values[name][call_with_other(place)] = values[name][0]
    return tuple(
        OneCall({name: value[k] for name, value in values.items()}, m, k == 0) for k in range(CALLS)
    )


def call_with_other(place: int) -> int:
    """The call that is the first one but for the state at this place."""
    return CALLS - 1 - place


# ---------------------------------------------------------------- how it is judged
@dataclass(frozen=True)
class Pair:
    """A build as it was asked for, and what came of it."""

    asked: BuildAsked
    build: Build


@dataclass(frozen=True)
class Reading:
    """The numbers of the usable builds, read in the order of return, or in the other one: what was
    found for each output."""

    swapped: bool
    findings: dict[str, Finding | None]
    seen: list[Seen]

    @property
    def unknown(self) -> bool:
        return None in self.findings.values()

    @property
    def cost(self) -> float:
        slips = (finding.slips if finding else UNKNOWN for finding in self.findings.values())
        return SWAPPED * self.swapped + sum(slips)


def judge(exercise: Recurrence, questions: Questions, answers: Answers, cell: Cell, sheet: Sheet):
    """Fills the sheet; returns the reason for marks that are lost for want of a better one."""
    look = lambda: judge_numbers(exercise, questions, answers, sheet)
    return judge_class(exercise, answers, cell, sheet, look)


def judge_numbers(
    exercise: Recurrence, questions: Questions, answers: Answers, sheet: Sheet
) -> str | None:
    """Fills the sheet; returns a reason where nothing could be looked at."""
    builds = answers.builds + (Build(),) * len(questions.builds)
    pairs = [Pair(asked, build) for asked, build in zip(questions.builds, builds)]
    judge_parameters(exercise, pairs, answers, sheet)
    usable = [pair for pair in pairs if pair.build.answered]
    if not usable:
        return why_not(exercise, pairs)
    reading = read(exercise, usable)
    check_forms(exercise, usable, sheet)
    report(exercise, reading, sheet)
    judge_untouched(
        (
            Asked(sent.arguments, call)
            for pair in pairs
            for sent, call in zip(pair.asked.calls, pair.build.calls)
        ),
        sheet,
    )
    judge_gradients(
        [
            AskedSlopes(
                pair.asked.sequence, pair.build, loss_of(exercise, pair.asked, seen, reading)
            )
            for pair, seen in zip(usable, reading.seen)
        ],
        sheet,
    )
    lose_sizes(exercise, pairs, sheet)
    return None


def why_not(exercise: Recurrence, pairs: list[Pair]) -> str:
    for pair in pairs:
        if pair.build.failure:
            return f"{exercise.name}(input_dim, hidden_dim) raised {pair.build.failure}."
        for failure in (call.failure for call in pair.build.calls if call.failure):
            if "returned None" in failure.error:
                return "Not written yet: forward returns None."
            return f"Could not be marked: forward raised {failure}."
    return "Could not be marked: there was no answer."


def lose_sizes(exercise: Recurrence, pairs: list[Pair], sheet: Sheet):
    """A class that runs for some sizes alone loses its form, where nothing that it computes is
    lost."""
    broken = [pair for pair in pairs if not pair.build.answered]
    if broken and not any(part.criterion in sheet.lost for part in exercise.rule.parts):
        n, m = broken[0].asked.sizes
        failure = broken[0].build.broken or "an error"
        sheet.lose(
            "parameters",
            f"With input_dim={n} and hidden_dim={m} your class fails: {failure}.",
            "runs only for some sizes",
        )


# ---------------------------------------------------------------- parameters
def judge_parameters(exercise: Recurrence, pairs: list[Pair], answers: Answers, sheet: Sheet):
    surveyed = [pair for pair in pairs if pair.build.found is not None]
    if not surveyed:
        return
    for pair in surveyed:
        for sentence, mistake in complaints(exercise, pair):
            sheet.lose("parameters", sentence, mistake)
    judge_base(exercise, answers, sheet, "parameters")
    sheet.meet("parameters")
    lost = sheet.lost.get("parameters", [])
    if len(lost) > MOST_COMPLAINTS:
        kept = lost[: MOST_COMPLAINTS - 1]
        sheet.lost["parameters"] = [*kept, f"(And {len(lost) - len(kept)} more like these.)"]


def complaints(exercise: Recurrence, pair: Pair) -> Iterator[tuple[str, str]]:
    """(sentence, mistake) for everything that is wrong with the parameters of one build."""
    build = pair.build
    for name, sizes in exercise.parameters.items():
        yield from about_parameter(exercise, name, sizes, build.found.get(name, Found()), pair)
    for name in exercise.absent:
        if name in build.found and build.found[name].kind not in ("missing", "none"):
            still = exercise.says.get("absent", "{name} is still there; it should be gone.")
            yield in_own_words(still, name), f"{name} is still there"
    if build.shared:
        yield (
            "Two of the names hold one and the same parameter; each needs its own.",
            "a parameter under two names",
        )
    for other in build.others:
        if other.split(".")[0] not in exercise.absent:
            yield (
                f"{words(other, 60)} trains as well; only the parameters named above should.",
                "something else trains as well",
            )
    for name in build.unset:
        yield (
            f"{words(name, 60)} is never given values: the constructor leaves it uninitialised."
            " Call reset_parameters() at its end.",
            "parameters are left uninitialised",
        )


def about_parameter(
    exercise: Recurrence, name: str, sizes: tuple[str, ...], found: Found, pair: Pair
) -> Iterator[tuple[str, str]]:
    n, m = pair.asked.sizes
    right = shape_of(sizes, n, m)
    vector = len(right) == 1
    if found.kind in ("missing", "none"):
        yield f"{name} is missing.", f"{name} is missing"
    elif found.kind not in ("linear", "parameter") or (vector and found.kind == "linear"):
        plain = found.kind == "tensor"
        is_now = "a plain tensor" if plain else f"a {words(found.type or found.kind, 40)}"
        wanted = "an nn.Parameter" if vector else "an nn.Linear without bias, or an nn.Parameter"
        yield (
            f"{name} is {is_now}, so it does not train as asked; it should be {wanted}.",
            f"{name} is no parameter",
        )
    elif found.shape != right and not (name in exercise.diagonal and found.shape == (m,)):
        if n != m or len(found.shape or ()) != len(right):  # else it only looks wrong elsewhere
            is_now, wanted = in_sizes(found.shape or (), n, m), ", ".join(SIZES[s] for s in sizes)
            yield (
                f"{name} has shape ({is_now}); it should be ({wanted}).",
                f"{name} has the wrong shape",
            )
    elif found.bias:
        own = exercise.says.get("bias", "{name} has a bias of its own; give nn.Linear bias=False.")
        yield in_own_words(own, name), f"{name} has a bias of its own"
    elif found.trains is False:
        yield f"{name} does not train: requires_grad is False.", f"{name} does not train"


def in_own_words(sentence: str, name: str) -> str:
    """A sentence of an exercise's own (see Recurrence.says) about one parameter."""
    return sentence.format(name=name, letter=name.rpartition("_")[2])


def in_sizes(shape: tuple[int, ...], n: int, m: int) -> str:
    """A shape in the names of the sizes, as far as it can be told which they are."""
    called = {n: SIZES["n"], m: SIZES["m"]} if n != m else {}
    return ", ".join(called.get(size, str(size)) for size in shape)


# ---------------------------------------------------------------- reading the numbers
def read(exercise: Recurrence, usable: list[Pair]) -> Reading:
    """The reading with the fewest slips: first with few slips and the outputs in either order, then
    deeper."""
    best = None
    shallow, deep = range(2), range(DEEPEST + 1)
    both_orders = (False, True)[: len(exercise.rule.outputs)]
    for depths, orders in ((shallow, both_orders), (deep, (False,))):
        for swapped in orders:
            seen = seen_of(exercise, usable, swapped)
            reading = Reading(swapped, diagnose(exercise.rule, seen, depths), seen)
            if swapped and reading.unknown:
                continue
            if best is None or reading.cost < best.cost:
                best = reading
            if reading.cost < 2:
                return best
        if best.cost < UNKNOWN:
            break
    return best


def seen_of(exercise: Recurrence, usable: list[Pair], swapped: bool) -> list[Seen]:
    """The usable builds as columns; diagonal parameters are recognised by their shape."""
    every = []
    names = list(exercise.rule.outputs)
    for pair in usable:
        asked, build, m = pair.asked, pair.build, pair.asked.sizes[1]
        parameters = asked.weights | asked.extra
        for name in exercise.diagonal:
            found = (build.found or {}).get(name, Found())
            if found.kind == "parameter" and len(found.shape or ()) < 2:
                parameters[name] = np.diag(np.diagonal(parameters[name]))
        inputs = {
            name: np.stack([call.arguments[name] for call in asked.calls])
            for name in exercise.rule.inputs
        }
        returned = [
            np.stack([as_units(call.out, place, m) for call in build.calls], axis=1)
            for place in range(len(names))
        ]
        outputs = dict(zip(names, returned[::-1] if swapped else returned))
        outputs = {name: v if np.isfinite(v).all() else None for name, v in outputs.items()}
        env = columns(inputs, parameters, m)
        every.append(Seen(env, outputs, trace_of(build), build.single))
    return every


def as_units(out: tuple, place: int, m: int) -> np.ndarray:
    """One returned tensor as m numbers; nan where it has another size."""
    values = out[place].values if place < len(out) else None
    if values is None or values.size not in (1, m):
        return np.full(m, np.nan)
    return values.reshape(m) if values.size == m else np.full(m, values.item())


def trace_of(build: Build) -> list[np.ndarray]:
    """The student's own intermediate results in the first call, as arrays of m numbers."""
    kept = build.calls[0].trace[:TRACED_VALUES]
    return [tensor.values for tensor in kept if tensor.finite and tensor.values.ndim == 1]


# ---------------------------------------------------------------- criteria
def check_forms(exercise: Recurrence, usable: list[Pair], sheet: Sheet):
    """Type, dtype, shape and finiteness of what is returned."""
    for pair in usable:
        m = pair.asked.sizes[1]
        for call in pair.build.calls:
            for place, (name, part) in enumerate(exercise.rule.outputs.items()):
                key = exercise.rule.part(part).criterion
                if place < len(call.out):
                    check_form(name, key, call.out[place], m, sheet)


def check_form(name: str, key: str, tensor, m: int, sheet: Sheet):
    if tensor.shape is None:
        sheet.lose(
            key, f"{name} is a {words(tensor.type, 40)}, not a tensor.", f"{name} is no tensor"
        )
    elif tensor.values is None:
        sheet.lose(
            key,
            f"{name} holds {words(tensor.dtype, 20)}, not floating-point numbers.",
            f"{name} has the wrong dtype",
        )
    elif tensor.shape != (m,):
        shape = ", ".join(map(str, tensor.shape))
        sheet.lose(
            key,
            f"{name} has shape ({shape}) where hidden_dim is {m}; it should be ({m},).",
            f"{name} has the wrong shape",
        )
    elif not tensor.finite:
        sheet.lose(key, f"{name} holds nan or infinite numbers.", f"{name} is not finite")


def report(exercise: Recurrence, reading: Reading, sheet: Sheet):
    """The criteria of the rule, and the order of what is returned."""
    rule = exercise.rule
    if reading.swapped:
        names = ", ".join(reversed(list(rule.outputs)))
        sheet.lose(
            "order",
            f"Your forward returns ({names}). The rule: {exercise.asks('order')}.",
            f"({names}) is returned",
        )
    sheet.meet("order")
    for output, source in rule.outputs.items():
        finding = reading.findings[output]
        if finding is None:
            lose_unknown(exercise, output, rule.part(source), reading.seen, sheet)
        for part in rule.group(output):
            if part.traced:
                report_traced(exercise, part, finding, output, reading.seen, sheet)
            elif finding and not part.inline:
                report_state(exercise, part, finding, sheet)


def lose_unknown(exercise: Recurrence, output: str, last: Part, seen: list[Seen], sheet: Sheet):
    """An output that no reading gives: its criterion, and those that its parts decide as well."""
    rule = f"The rule: {exercise.asks(last.criterion)}."
    sheet.lose(
        last.criterion,
        f"{departs(exercise, output, seen)} {rule}",
        f"{output} is wrong in a way that we do not know",
    )
    for part in exercise.rule.group(output):
        if part.also and not part.traced:
            sheet.lose(part.also[0], f"Your {part.symbol} is not what the rule gives. {rule}")


def report_traced(
    exercise: Recurrence,
    part: Part,
    finding: Finding | None,
    output: str,
    seen: list[Seen],
    sheet: Sheet,
):
    """A gate: bent as the numbers show, or right as they show, or to be found in the student's
    computation."""
    rule, symbol, key = f"The rule: {exercise.asks(part.criterion)}.", part.symbol, part.criterion
    bent = bent_parts(exercise.rule, part, finding)
    if bent:
        lose_part(exercise, part, bent, finding.choice, sheet)
    elif finding and finding.unknown == part.name:
        what = f"Your {symbol} is not what the rule gives,"
        if shown_by_trace(exercise.rule, seen, part):
            what = (
                f"The right {symbol} is in your computation, but your {output} is made with another"
                " value in its place,"
            )
        sheet.lose(
            key,
            f"{what} and no mistake that we know gives its numbers. {rule}",
            f"{symbol} is wrong in a way that we do not know",
        )
    elif shows(exercise.rule, part, finding, output) or shown_by_trace(exercise.rule, seen, part):
        sheet.meet(key)
    elif finding:
        sheet.lose(
            key,
            f"{symbol} does not show in your {output}, nor is its right value anywhere in your"
            f" computation. {rule}",
            f"no {symbol}",
        )
    else:
        sheet.lose(
            key, f"The right {symbol} is nowhere in your computation. {rule}", f"{symbol} is wrong"
        )


def bent_parts(rule: Rule, part: Part, finding: Finding | None) -> list[Part]:
    """Which of the parts that a gate is made of are bent, as far as is known."""
    if finding is None:
        return []
    inside = [o for o in rule.parts if o.inline and o.criterion == part.criterion]
    return [other for other in (*inside, part) if other.name in finding.choice]


def shows(rule: Rule, part: Part, finding: Finding | None, output: str) -> bool:
    return finding is not None and visible(rule, finding, output, part)


def report_state(exercise: Recurrence, part: Part, finding: Finding, sheet: Sheet):
    """A state: the formula that gives it, right or bent."""
    formula, key = finding.choice.get(part.name), part.criterion
    rule = f"The rule: {exercise.asks(key)}."
    sheet.meet(key)
    if formula:
        lose_part(exercise, part, [part], finding.choice, sheet, part.counts_for(formula))
    elif key not in sheet.lost and all(is_zero(env[part.name]) for env in finding.envs):
        sheet.lose(
            key,
            f"Your {part.symbol} is 0 whatever goes in, so it could not be marked. {rule}",
            f"{part.symbol} is 0 whatever goes in",
        )
    if part.also:
        criterion, piece = part.also
        sheet.meet(criterion)
        if formula and part.counts_for(formula) != criterion and piece not in formula:
            shown = exercise.rule.shown(piece)
            sheet.lose(criterion, f"{shown} does not show in your {part.symbol}. {rule}")


def is_zero(values: np.ndarray) -> bool:
    return bool(agree(values, np.zeros(np.shape(values)), FOLLOWS))


def lose_part(
    exercise: Recurrence,
    part: Part,
    bent: list[Part],
    choice: dict[str, str],
    sheet: Sheet,
    criterion: str | None = None,
):
    what = in_words(exercise.rule, part, bent, choice)
    sheet.lose(
        criterion or part.criterion,
        f"{what}. The rule: {exercise.asks(part.criterion)}.",
        what.removeprefix("Your "),
    )


def in_words(rule: Rule, part: Part, bent: list[Part], choice: dict[str, str]) -> str:
    """What a student's numbers show about a part: the formula that gives them, and a remark."""
    found = (other.remark(choice[other.name]) for other in bent)
    remarks = "; ".join(remark for remark in found if remark)
    said = part.says.format(symbol=part.symbol, formula=rule.written_out(part, choice))
    return f"{said}: {remarks}" if remarks else said


def departs(exercise: Recurrence, output: str, seen: list[Seen]) -> str:
    """Which state an output does not follow at all, and what is right before it departs."""
    for one in seen:
        if one.outputs[output] is None:
            return f"Your {output} could not be read as {len(one.env['one'])} numbers."
        for place, state in enumerate(exercise.states):
            if not follows(exercise, output, one, place):
                return f"Your {output} does not change when {exercise.rule.inputs[state]} does."
    right = [
        part.symbol
        for part in exercise.rule.group(output)
        if part.traced and shown_by_trace(exercise.rule, seen, part)
    ]
    unknown = "no mistake that we know gives these numbers."
    if not right:
        return f"Your {output} is not what the rule gives, and {unknown}"
    listed = " and ".join(filter(None, (", ".join(right[:-1]), right[-1])))
    are, them = ("is", "it") if len(right) == 1 else ("are", "them")
    return (
        f"{listed} {are} right in your computation; the {output} that comes of {them} is not, and"
        f" {unknown}"
    )


def follows(exercise: Recurrence, output: str, one: Seen, place: int) -> bool:
    """Whether an output follows the state at this place, where the right one does: in two calls
    that differ in it alone."""
    source = exercise.rule.outputs[output]
    right = exercise.rule.follow(one.env, {})[source]
    other = call_with_other(place)
    same = lambda values: agree(values[:, other], values[:, 0], FOLLOWS)
    return same(right) or not same(one.outputs[output])


# ---------------------------------------------------------------- the loss behind the gradients
def loss_of(exercise: Recurrence, asked: BuildAsked, seen: Seen, reading: Reading) -> Loss | None:
    """The loss of this build's sequence as a function of shifts of the leaves, under the student's
    own slips; None where those are not known."""
    findings = reading.findings.values()
    if any(found is None or found.unknown or not found.follows for found in findings):
        return None
    rule, order = exercise.rule, -1 if reading.swapped else 1
    choice = {name: formula for found in findings for name, formula in found.choice.items()}
    first, *names = rule.inputs
    x, *given = asked.sequence.arguments.values()
    weigh, units = asked.sequence.loss, len(seen.env["one"])
    constants = {name: seen.env[name][:, :1] for name in ("zero", "one")}
    constants |= {name: seen.env[name] for name in exercise.absent}

    def loss(shift: dict[str, np.ndarray]) -> float:
        env = constants | {
            name: seen.env[name] + in_form(shift.get(name, 0), seen.env[name])
            for name in exercise.parameters
        }
        states = [state + shift.get(name, 0) for name, state in zip(names, given)]
        total = 0.0
        for t, x_t in enumerate(x + shift.get(first, 0)):
            now = {first: x_t[:, None]} | {n: s[:, None] for n, s in zip(names, states)}
            step = rule.follow(env | now, choice)
            new = [step[source] for source in rule.outputs.values()]
            states = [np.full(units, np.nan) if s is None else s[:, 0] for s in new][::order]
            total += (weigh[t] * states[-1]).sum()
        return total + sum((weigh[-1 - k] * state).sum() for k, state in enumerate(states))

    with np.errstate(all="ignore"):
        return loss if np.isfinite(loss({})) else None


def in_form(shift, like: np.ndarray):
    """A direction in the form of the parameter that it moves: a column, a matrix, or a matrix with
    nothing beside its diagonal."""
    if np.ndim(shift) == 1:
        return shift[:, None]
    return on_diagonal(shift, like)


def on_diagonal(shift, like: np.ndarray):
    """A shift of a matrix; of its diagonal alone, where it has nothing beside that."""
    square = np.ndim(shift) == 2 and like.shape[0] == like.shape[1]
    if square and not np.any(like - np.diag(np.diagonal(like))):
        return np.diag(np.diagonal(shift))
    return shift


# ---------------------------------------------------------------- the picture
def ask_runs(exercise: Recurrence, rng: np.random.Generator) -> Runs:
    """One run over several steps."""
    n, m = PICTURE_SIZES
    shapes = {exercise.sequence_input: (PICTURE_STEPS, n)} | dict.fromkeys(exercise.states, (m,))
    run = {name: normal(rng, shape) for name, shape in shapes.items()}
    weights_of_one = {"own": (drawn(exercise, rng, n, m),)}
    return Runs(
        exercise.name,
        "recurrence",
        PICTURE_SIZES,
        weights_of_one,
        (run,),
        tuple(exercise.rule.inputs),
        len(exercise.rule.outputs),
        exercise.diagonal,
        tuple(exercise.absent),
    )


def drawn(exercise: Recurrence, rng, n: int, m: int) -> dict[str, np.ndarray]:
    """Parameters of a cell; those that may be diagonal are, so that they fit either form."""
    values = weights(rng, exercise.parameters | exercise.absent, n, m)
    return values | {name: np.diag(np.diagonal(values[name])) for name in exercise.diagonal}


def compare_runs(exercise: Recurrence, asked: Runs, answers: Answers) -> Picture | None:
    """The first state that departs from the rule, in the unit in which it departs most."""
    ours = right_states(exercise, asked.weights["own"][0], asked.runs[0])
    yours = answers.runs[0].values if len(answers.runs) == 1 else None
    if yours is None or yours.shape != ours.shape or not np.isfinite(yours).all():
        return None
    gap = np.abs(yours - ours)
    departed = (gap > FEWEST).any(axis=2)  # steps, states
    if not departed.any():
        return None
    step = int(np.argmax(departed.any(axis=1)))
    state = int(np.argmax(departed[step]))
    unit = int(np.argmax(gap[:, state].sum(axis=0)))
    return {
        "kind": "steps",
        "name": list(exercise.rule.outputs)[state],
        "from": step,
        "right": rounded(ours[:, state, unit], 4),
        "yours": rounded(yours[:, state, unit], 4),
    }


def right_states(exercise: Recurrence, parameters: dict, run: dict) -> np.ndarray:
    """All states at every step by the rule, shape (steps, states, units)."""
    x, *states = run.values()
    every = []
    for x_t in x:
        states = right_step(exercise, parameters, x_t, states)
        every.append(np.stack(states))
    return np.stack(every)


def right_step(exercise: Recurrence, parameters: dict, x, states) -> tuple[np.ndarray, ...]:
    """One step of the rule on vectors. Raises ValueError where the sizes do not fit."""
    given = dict(zip(exercise.rule.inputs, (x, *states)))
    env = columns({name: value[None] for name, value in given.items()}, parameters, len(states[-1]))
    env = exercise.rule.follow(env, {})
    outputs = [env[source] for source in exercise.rule.outputs.values()]
    if any(value is None for value in outputs):
        raise ValueError("the sizes do not fit")
    return tuple(value[:, 0] for value in outputs)
