"""The judge of one step of a cell: parameters, gates, states, and the order in which they are returned."""

import numpy as np

from ..exercise.declared import Exercise
from ..exercise.rules import Part, Rule, columns
from .diagnose import DEEPEST, Finding, Seen, diagnose, shown_by_trace, visible
from .purity import judge_gradients, judge_untouched
from .questions import CALLS, shape_of, unpack
from .sheet import Sheet, builds_of, dicts, equal, failure, good, single, words

UNKNOWN = 9  # slips of an output that no reading gives


def judge_cell(exercise: Exercise, questions: dict, answers: dict, sheet: Sheet) -> str | None:
    """Fills the sheet; returns a reason where nothing could be looked at."""
    judge_parameters(exercise, questions, answers, sheet)
    pairs = builds_of(questions, answers)
    usable = [(build, row) for build, row in pairs if good(row)]
    if not usable:
        return why_not(pairs, exercise)
    swapped, findings, seen = read(exercise, usable)
    check_forms(exercise, usable, sheet)
    report(exercise, swapped, findings, seen, usable, sheet)
    judge_untouched(pairs, questions["inputs"], sheet)
    judge_gradients(
        usable,
        questions["inputs"],
        sheet,
        [loss_of(exercise, build, s, findings, swapped) for (build, _), s in zip(usable, seen)],
    )
    broken = [(build, row) for build, row in pairs if not good(row)]
    if broken and not any(part.criterion in sheet.lost for part in exercise.rule.parts):
        build, row = broken[0]
        case = next(
            (case for case in dicts(row.get("calls")) if "error" in case), row.get("build") or {}
        )
        sheet.lose(
            "parameters",
            f"With input_dim={build['sizes'][0]} and hidden_dim={build['sizes'][1]} your class fails: {failure(case)}.",
            "runs only for some sizes",
        )


def why_not(pairs, exercise: Exercise) -> str:
    for _, row in pairs:
        if isinstance(row.get("build"), dict):
            return f"{exercise.name}(input_dim, hidden_dim) raised {failure(row['build'])}."
        for case in dicts(row.get("calls")):
            if "returned None" in str(case.get("error")):
                return "Not written yet: forward returns None."
            if "error" in case:
                return f"Could not be marked: forward raised {failure(case)}."
    return "Could not be marked: there was no answer."


# ---------------------------------------------------------------- parameters
def judge_parameters(exercise: Exercise, questions: dict, answers: dict, sheet: Sheet):
    rows = [
        (build, row)
        for build, row in builds_of(questions, answers)
        if isinstance(row.get("found"), dict)
    ]
    if not rows:
        return
    for build, row in rows:
        for sentence, mistake in complaints(exercise, build, row):
            sheet.lose("parameters", sentence, mistake)
    if exercise.base and exercise.base not in (answers.get("bases") or []):
        sheet.lose(
            "parameters", f"{exercise.name} is not a subclass of {exercise.base}.", "no subclass"
        )
    sheet.meet("parameters")
    lost = sheet.lost.get("parameters", [])
    if len(lost) > 4:
        sheet.lost["parameters"] = lost[:3] + [f"(And {len(lost) - 3} more like these.)"]


def complaints(exercise: Exercise, build: dict, row: dict):
    """(sentence, mistake) for everything that is wrong with the parameters of one build."""
    n, m = build["sizes"]
    for name, sizes in exercise.parameters.items():
        item = row["found"].get(name)
        yield from about_parameter(
            exercise, name, sizes, item if isinstance(item, dict) else {}, n, m
        )
    for name in exercise.absent or {}:
        if isinstance(row["found"].get(name), dict) and row["found"][name].get("kind") not in (
            "missing",
            "none",
        ):
            yield (
                f"{name} is still there: with coupled gates there is no input gate, and none of its parameters.",
                f"{name} is still there",
            )
    if row.get("shared"):
        yield (
            "Two of the names hold one and the same parameter; each needs its own.",
            "a parameter under two names",
        )
    for other in row.get("others") if isinstance(row.get("others"), list) else []:
        if str(other).split(".")[0] not in (exercise.absent or {}):
            yield (
                f"{words(other, 60)} trains as well; only the parameters named above should.",
                "something else trains as well",
            )
    for name in row.get("unset") if isinstance(row.get("unset"), list) else []:
        yield (
            f"{words(name, 60)} is never given values: the constructor leaves it uninitialised. Call reset_parameters() at its end.",
            "parameters are left uninitialised",
        )


def about_parameter(exercise: Exercise, name: str, sizes, item: dict, n: int, m: int):
    kind, got, right = item.get("kind"), item.get("shape"), list(shape_of(sizes, n, m))
    vector = len(right) == 1
    if kind in (None, "missing", "none"):
        yield f"{name} is missing.", f"{name} is missing"
    elif kind not in ("linear", "parameter") or (vector and kind == "linear"):
        is_now = "a plain tensor" if kind == "tensor" else f"a {words(item.get('type', kind), 40)}"
        yield (
            f"{name} is {is_now}, so it does not train as asked; it should be {'an nn.Parameter' if vector else 'an nn.Linear without bias, or an nn.Parameter'}.",
            f"{name} is no parameter",
        )
    elif got not in [right, *([[m]] if name in exercise.diagonal else [])]:
        if n != m or len(got or []) != len(right):
            called = {n: "input_dim", m: "hidden_dim"} if n != m else {}
            read = ", ".join(called.get(size, str(size)) for size in got or [])
            yield (
                f"{name} has shape ({read}); it should be ({', '.join({'n': 'input_dim', 'm': 'hidden_dim'}[size] for size in sizes)}).",
                f"{name} has the wrong shape",
            )
    elif item.get("bias"):
        yield (
            f"{name} has a bias of its own on top of b_{name[-1]}; give nn.Linear bias=False.",
            f"{name} has a bias of its own",
        )
    elif item.get("trains") is False:
        yield f"{name} does not train: requires_grad is False.", f"{name} does not train"


# ---------------------------------------------------------------- reading the numbers
def seen_of(exercise: Exercise, usable, swapped: bool) -> list[Seen]:
    """The usable builds as arrays; diagonal parameters are recognised by their shape."""
    rows, names = [], list(exercise.rule.outputs)
    for build, row in usable:
        m = build["sizes"][1]
        parameters = {
            name: unpack(value) for name, value in (build["weights"] | build["extra"]).items()
        }
        for name in exercise.diagonal:
            item = (row.get("found") or {}).get(name)
            if (
                isinstance(item, dict)
                and len(item.get("shape") or []) < 2
                and item.get("kind") == "parameter"
            ):
                parameters[name] = np.diag(np.diagonal(parameters[name]))
        inputs = {
            name: np.stack([unpack(case[name]) for case in build["calls"]])
            for name in exercise.rule.inputs
        }
        outs = [
            np.stack([spread(case["out"], place, m) for case in row["calls"]], axis=1)
            for place in range(len(names))
        ]
        outputs = dict(zip(names, outs[::-1] if swapped else outs))
        outputs = {
            name: value if np.isfinite(value).all() else None for name, value in outputs.items()
        }
        rows.append(Seen(columns(inputs, parameters, m), outputs, trace_of(row), single(row)))
    return rows


def spread(out: list, place: int, m: int) -> np.ndarray:
    """One returned tensor as m numbers; nan where it has another size."""
    values = unpack(out[place]) if place < len(out) else None
    if values is None or values.size not in (1, m):
        return np.full(m, np.nan)
    return values.reshape(m) if values.size == m else np.full(m, values.item())


def trace_of(row) -> list[np.ndarray]:
    values = row["calls"][0].get("trace")
    rows = [unpack(value) for value in values[:300]] if isinstance(values, list) else []
    return [
        value
        for value in rows
        if value is not None and value.ndim == 1 and np.isfinite(value).all()
    ]


def read(exercise: Exercise, usable) -> tuple[bool, dict[str, Finding | None], list[Seen]]:
    """Whether the outputs come in reverse order, what was found for each, and the numbers: the reading with the fewest slips."""
    best = None
    for depths in (range(2), range(DEEPEST + 1)):
        for swapped in (False, True)[: len(exercise.rule.outputs) if len(depths) == 2 else 1]:
            seen = seen_of(exercise, usable, swapped)
            findings = diagnose(exercise.rule, seen, depths)
            unknown = sum(finding is None for finding in findings.values())
            cost = 0.9 * swapped + sum(
                finding.slips if finding else UNKNOWN for finding in findings.values()
            )
            if swapped and unknown:
                continue
            if best is None or cost < best[0]:
                best = cost, swapped, findings, seen
            if cost < 2:
                return best[1:]
        if best[0] < UNKNOWN:
            break
    return best[1:]


# ---------------------------------------------------------------- criteria
def check_forms(exercise: Exercise, usable, sheet: Sheet):
    """Type, dtype, shape and finiteness of what is returned."""
    names = list(exercise.rule.outputs)
    for build, row in usable:
        m = build["sizes"][1]
        for case in row["calls"]:
            for place, name in enumerate(names):
                value = (
                    case["out"][place]
                    if place < len(case["out"]) and isinstance(case["out"][place], dict)
                    else {}
                )
                key, values = (
                    exercise.rule.part(exercise.rule.outputs[name]).criterion,
                    unpack(value),
                )
                if "shape" not in value:
                    sheet.lose(
                        key,
                        f"{name} is a {words(value.get('type'), 40)}, not a tensor.",
                        f"{name} is no tensor",
                    )
                elif "data" not in value:
                    sheet.lose(
                        key,
                        f"{name} holds {words(value.get('dtype'), 20)}, not floating-point numbers.",
                        f"{name} has the wrong dtype",
                    )
                elif value["shape"] != [m]:
                    shape = (
                        ", ".join(map(str, value["shape"]))
                        if isinstance(value["shape"], list)
                        else "?"
                    )
                    sheet.lose(
                        key,
                        f"{name} has shape ({shape}) where hidden_dim is {m}; it should be ({m},).",
                        f"{name} has the wrong shape",
                    )
                elif values is None or not np.isfinite(values).all():
                    sheet.lose(
                        key, f"{name} holds nan or infinite numbers.", f"{name} is not finite"
                    )


def report(exercise: Exercise, swapped: bool, findings, seen: list[Seen], usable, sheet: Sheet):
    rule = exercise.rule
    if swapped:
        names = ", ".join(reversed(list(rule.outputs)))
        sheet.lose(
            "order",
            f"Your forward returns ({names}). The rule: {exercise.asks('order')}.",
            f"({names}) is returned",
        )
    sheet.meet("order")
    for output in rule.outputs:
        finding, group = findings[output], rule.group(output)
        last = rule.part(rule.outputs[output])
        if finding is None:
            sheet.lose(
                last.criterion,
                f"{departs(exercise, output, seen)} The rule: {exercise.asks(last.criterion)}.",
                f"{output} is wrong in a way that we do not know",
            )
        for part in group:
            if part.traced:
                report_traced(exercise, part, finding, output, seen, sheet)
            elif finding and not part.inline:
                report_state(exercise, part, finding, sheet)
            elif finding is None and part.also:
                sheet.lose(
                    part.also[0],
                    f"Your {part.symbol} is not what the rule gives. The rule: {exercise.asks(last.criterion)}.",
                )


def report_traced(
    exercise: Exercise, part: Part, finding: Finding | None, output: str, seen, sheet: Sheet
):
    """A gate: bent as the numbers show, or right as they show, or to be found in the student's computation."""
    inside = [
        other for other in exercise.rule.parts if other.inline and other.criterion == part.criterion
    ]
    bent = [other for other in (*inside, part) if finding and other.name in finding.choice]
    rule = f"The rule: {exercise.asks(part.criterion)}."
    if bent:
        lose_part(exercise, part, bent, finding.choice, sheet)
    elif finding and finding.unknown == part.name:
        computed = shown_by_trace(exercise.rule, seen, part)
        what = (
            f"The right {part.symbol} is in your computation, but your {output} is made with another value in its place,"
            if computed
            else f"Your {part.symbol} is not what the rule gives,"
        )
        sheet.lose(
            part.criterion,
            f"{what} and no mistake that we know gives its numbers. {rule}",
            f"{part.symbol} is wrong in a way that we do not know",
        )
    elif (finding and visible(exercise.rule, finding, output, part)) or shown_by_trace(
        exercise.rule, seen, part
    ):
        sheet.meet(part.criterion)
    elif finding:
        sheet.lose(
            part.criterion,
            f"{part.symbol} does not show in your {output}, nor is its right value anywhere in your computation. {rule}",
            f"no {part.symbol}",
        )
    else:
        sheet.lose(
            part.criterion,
            f"The right {part.symbol} is nowhere in your computation. {rule}",
            f"{part.symbol} is wrong",
        )


def report_state(exercise: Exercise, part: Part, finding: Finding, sheet: Sheet):
    formula = finding.choice.get(part.name)
    sheet.meet(part.criterion)
    if (
        not formula
        and part.criterion not in sheet.lost
        and all(np.allclose(env[part.name], 0) for env in finding.envs)
    ):
        sheet.lose(
            part.criterion,
            f"Your {part.symbol} is 0 whatever goes in, so it could not be marked. The rule: {exercise.asks(part.criterion)}.",
            f"{part.symbol} is 0 whatever goes in",
        )
    if formula:
        lose_part(exercise, part, [part], finding.choice, sheet, part.counts_for(formula))
    if part.also:
        criterion, piece = part.also
        sheet.meet(criterion)
        if formula and part.counts_for(formula) != criterion and piece not in formula:
            sheet.lose(
                criterion,
                f"{exercise.rule.shown(piece)} does not show in your {part.symbol}. The rule: {exercise.asks(part.criterion)}.",
            )


def lose_part(
    exercise: Exercise,
    part: Part,
    bent: list[Part],
    choice: dict,
    sheet: Sheet,
    criterion: str | None = None,
):
    what = in_words(exercise.rule, part, bent, choice)
    sheet.lose(
        criterion or part.criterion,
        f"{what}. The rule: {exercise.asks(part.criterion)}.",
        what.removeprefix("Your "),
    )


def in_words(rule: Rule, part: Part, bent: list[Part], choice: dict) -> str:
    """What a student's numbers show about a part: the formula that gives them, and a remark."""
    remarks = "; ".join(remark for other in bent if (remark := other.remark(choice[other.name])))
    return part.says.format(symbol=part.symbol, formula=rule.written_out(part, choice)) + (
        f": {remarks}" if remarks else ""
    )


def departs(exercise: Exercise, output: str, seen: list[Seen]) -> str:
    """Which state an output does not follow at all (from calls that differ in one state, see questions.calls), and what is right."""
    rule = exercise.rule
    for s in seen:
        values = s.outputs[output]
        if values is None:
            return f"Your {output} could not be read as {len(s.env['one'])} numbers."
        for place, state in enumerate(list(rule.inputs)[1:]):
            right = rule.follow(s.env, {})[rule.outputs[output]]
            columns = CALLS - 1 - place, 0
            if equal(*(values[:, k] for k in columns), 1e-9) and not equal(
                *(right[:, k] for k in columns), 1e-9
            ):
                return f"Your {output} does not change when {rule.inputs[state]} does."
    present = [
        part.symbol
        for part in rule.group(output)
        if part.traced and shown_by_trace(rule, seen, part)
    ]
    if present:
        listed = " and ".join(filter(None, (", ".join(present[:-1]), present[-1])))
        return f"{listed} {'is' if len(present) == 1 else 'are'} right in your computation; the {output} that comes of {'it' if len(present) == 1 else 'them'} is not, and no mistake that we know gives these numbers."
    return f"Your {output} is not what the rule gives, and no mistake that we know gives these numbers."


# ---------------------------------------------------------------- the loss behind the gradients
def loss_of(exercise: Exercise, build: dict, s: Seen, findings, swapped: bool):
    """respond.run_cell's loss for this build as a function of shifts of the leaves, under the student's own slips; None if unknown."""
    if any(
        finding is None or finding.unknown or not finding.follows for finding in findings.values()
    ):
        return None
    rule, sequence = exercise.rule, build["sequence"]
    choice = {
        name: formula for finding in findings.values() for name, formula in finding.choice.items()
    }
    weights, x, (first, *rest) = unpack(sequence["loss"]), unpack(sequence["x"]), rule.inputs
    states = {name: unpack(sequence[name]) for name in rest}

    def loss(shift):
        env = {
            name: s.env[name] + form(shift[name], s.env[name]) if name in shift else s.env[name]
            for name in exercise.parameters
        }
        env |= {"zero": s.env["zero"][:, :1], "one": s.env["one"][:, :1]} | {
            name: s.env[name] for name in exercise.absent or {}
        }
        now = [states[name] + shift.get(name, 0) for name in rest]
        total = 0.0
        for t, x_t in enumerate(x + shift.get(first, 0)):
            step = rule.follow(
                env
                | {first: x_t[:, None]}
                | {name: value[:, None] for name, value in zip(rest, now)},
                choice,
            )
            now = [
                np.full(len(s.env["one"]), np.nan) if step[source] is None else step[source][:, 0]
                for source in rule.outputs.values()
            ]
            now = now[::-1] if swapped else now
            total += (weights[t] * now[-1]).sum()
        return total + sum((weights[-1 - k] * state).sum() for k, state in enumerate(now))

    with np.errstate(all="ignore"):
        return loss if np.isfinite(loss({})) else None


def form(shift: np.ndarray, like: np.ndarray) -> np.ndarray:
    """A direction in the form of the parameter that it moves: a column, a matrix, or a matrix with nothing beside its diagonal."""
    if shift.ndim == 1:
        return shift[:, None]
    return (
        np.diag(np.diagonal(shift))
        if like.shape[0] == like.shape[1] and not np.any(like - np.diag(np.diagonal(like)))
        else shift
    )
