"""What is said of the numbers of one step: the form of what is returned, gates, states, their
order."""

import re
from collections.abc import Iterator
from itertools import chain, combinations

import numpy as np

from ...exercise.declared import Recurrence
from ...exercise.rules import Part, Rule, names_in
from ...exercise.verdict import Place
from ..agreement import FOLLOWS, NAMED, agree
from ..answers import Tensor, quoted, words
from ..diagnose import Finding, Seen, begun_in_trace, shown_by_trace, visible
from ..sheet import Sheet
from ..untouched import same_again
from .asks import ZERO_CALL, Pair, call_with_other
from .places import another_state, made_at, term_at, unknown_at
from .reading import Reading


def check_forms(exercise: Recurrence, reading: Reading, sheet: Sheet):
    """Type, dtype, shape and finiteness of what is returned; of what may follow from an output that
    is not finite, nothing."""
    before = []
    for place, (name, part) in zip(reading.order.outputs, exercise.rule.outputs.items()):
        forms = (
            wrong_form(name, call.out[place], pair.asked.sizes[1])
            for pair in reading.pairs
            for call in pair.build.calls
            if place < len(call.out) and all(call.out[one].finite for one in before)
        )
        if wrong := next(filter(None, forms), None):
            sheet.lose(exercise.rule.part(part).criterion, *wrong)
        before.append(place)


def wrong_form(name: str, tensor: Tensor, m: int) -> tuple[str, str] | None:
    """What is said of an output that is no vector of m floating-point numbers, and its short
    name."""
    if tensor.shape is None:
        return f"{name} is a {words(tensor.type, 40)}, not a tensor.", f"{name} is no tensor"
    if tensor.values is None or not tensor.floating:
        holds = f"{name} holds {words(tensor.dtype, 20)}, not floating-point numbers."
        return holds, f"{name} has the wrong dtype"
    if tensor.shape != (m,):
        shape = ", ".join(map(str, tensor.shape))
        has = f"{name} has shape ({shape}) where hidden_dim is {m}; it should be ({m},)."
        return has, f"{name} has the wrong shape"
    if not tensor.finite:
        return f"{name} holds nan or infinite numbers.", f"{name} is not finite"
    return None


def report(exercise: Recurrence, reading: Reading, sheet: Sheet):
    """The criteria of the rule, and the order of what is passed and returned."""
    rule = exercise.rule
    report_order(exercise, reading, sheet)
    for output, source in rule.outputs.items():
        finding = reading.findings[output]
        if finding is None:
            lose_unknown(exercise, output, rule.part(source), reading, sheet)
        for part in rule.group(output):
            if part.traced:
                report_traced(exercise, part, finding, output, reading, sheet)
            elif finding and part.name in finding.unknown:
                lose_instead(exercise, output, part, finding, reading, sheet)
            elif finding and not part.inline:
                report_state(exercise, part, finding, output, reading, sheet)
    named = any(reading.breaks in names for names in sheet.mistakes.values())
    if reading.broken and not named:
        sheet.lose("runs", f"Your forward {reading.broken}.", reading.breaks, reading.broken_at)


def kept_between_calls(exercise: Recurrence, reading: Reading) -> str:
    """What is said of a class that keeps something between its calls, where it gives another result
    each time, and the right one in the first call of an object, from the given states or from
    zeros; "" for others."""
    if any(same_again(pair.build.calls[0]) for pair in reading.pairs):
        return ""
    for own in some_of(exercise.states):
        if all(right_at_first(exercise, one, own) for one in reading.seen):
            are, start = ("is", "starts") if len(own) == 1 else ("are", "start")
            return (
                f"The {' and '.join(own)} that {are} passed in {are} not used: the object"
                f" keeps its own, which {start} from zeros."
            )
    if all(right_at_first(exercise, one) for one in reading.seen):
        return (
            "The first call of an object gives what the rule gives, and later calls do not: the"
            " object keeps something between its calls."
        )
    return ""


def some_of(names: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    return chain.from_iterable(combinations(names, k + 1) for k in range(len(names)))


def right_at_first(exercise: Recurrence, one: Seen, own: tuple[str, ...] = ()) -> bool:
    """Whether the first call gives the right outputs, from the given states but for those of the
    object's `own`, which are zeros."""
    names = (exercise.sequence_input, *exercise.states)
    first = {n: v[:, :1] if n in (*names, "zero", "one") else v for n, v in one.env.items()}
    zeros = {state: 0 * first[state] for state in own}
    env = exercise.rule.follow(first | zeros, {})
    return all(
        got is not None and agree(got[:, :1], env[source], NAMED)
        for got, source in zip(one.outputs.values(), exercise.rule.outputs.values())
    )


def report_kept(exercise: Recurrence, kept: str, sheet: Sheet):
    """The gates are right; what they work on is not what was passed in. kept: the sentence."""
    sheet.meet("order", *(part.criterion for part in exercise.rule.parts))
    first = next(iter(exercise.rule.outputs.values()))
    sheet.lose(exercise.rule.part(first).criterion, kept, "the object keeps states of its own")


def report_order(exercise: Recurrence, reading: Reading, sheet: Sheet):
    """The order of arguments and outputs, and the form in which these come back."""
    outputs = list(exercise.rule.outputs)
    asked, form = ", ".join(outputs), form_of(reading.pairs)
    asked = f"({asked})" if len(outputs) > 1 else asked
    said = [taken] if (taken := arguments_taken(exercise, reading)) else []
    if form:
        ends = reading.broken if form == "None" and reading.broken else f"returns {form}"
        said.append(f"{ends}; it should return {asked}")
    elif reading.order.outputs_moved:
        said.append(f"returns ({', '.join(returned_names(outputs, reading))})")
    if said:
        forms = f"forward takes ({', '.join(exercise.rule.inputs)}) and returns {asked}"
        rule = exercise.asks("order") if "order" in exercise.keys else forms
        sheet.lose(
            "order",
            f"Your forward {', and '.join(said)}. The rule: {rule}.",
            "arguments or outputs in another order or form" if form else f"forward {said[0]}",
        )
    sheet.meet("order")


def arguments_taken(exercise: Recurrence, reading: Reading) -> str:
    """What forward takes in another form or order than asked; "" where it does not."""
    first, *states = exercise.rule.inputs
    build = reading.pairs[0].build
    right, used = f"({first}, {', '.join(states)})", [states[k] for k in reading.order.states]
    if build.together:
        takes = f"({first}, ({', '.join(used)})), the states in one"
    elif build.taken and build.taken[0] != first:
        takes = f"({', '.join(build.taken)})"
    elif not reading.order.states_moved:
        return ""
    elif build.taken == (first, *states):
        return f"uses {' and '.join(states)} in each other's place"
    else:
        takes = f"({first}, {', '.join(used)})"
    return f"takes {takes}; it should take {right}"


def form_of(pairs: list[Pair]) -> str:
    """The words for a form of what is returned that is not the asked one, if any call had one."""
    return next((call.form for pair in pairs for call in pair.build.calls if call.form), "")


def returned_names(outputs: list[str], reading: Reading) -> list[str]:
    """The outputs in the order in which they come back."""
    return [name for _, name in sorted(zip(reading.order.outputs, outputs))]


def lose_unknown(exercise: Recurrence, output: str, last: Part, reading: Reading, sheet: Sheet):
    """An output that no reading gives: its criterion, and those that its parts decide as well."""
    rule = f"The rule: {exercise.asks(last.criterion)}."
    key = last.criterion
    if reading.broken:
        said = f"{stopped(reading, last.symbol, sheet)} {rule}"
        sheet.lose(key, said, reading.breaks, reading.broken_at)
        sheet.meet(*(part.also[0] for part in exercise.rule.group(output) if part.also))
        return
    also = [part for part in exercise.rule.group(output) if part.also and not part.traced]
    holds = lambda what: bool(also) and all(what(exercise, output, one) for one in reading.seen)
    kept = holds(keeps_as_asked)
    if not kept and (holds(adds_as_asked) or holds(adds_on_the_way)):
        sheet.meet(also[0].also[0])
    elif kept or holds(keeps_on_the_way):
        key = also[0].also[0]  # what is kept is right, so what is added is not
        sheet.meet(last.criterion)
    elif also:
        sheet.lose(also[0].also[0], f"Your {last.symbol} is not what the rule gives. {rule}")
    values = [one.outputs[output] for one in reading.seen]
    if any(one is None for one in values) and key in sheet.lost:
        return  # its form says it
    returned = dict(zip(exercise.rule.outputs, reading.order.outputs))[output]
    if any(len(call.out) <= returned for pair in reading.pairs for call in pair.build.calls):
        said = f"{output} is not returned, and the right one is nowhere in your computation."
        sheet.lose(key, f"{said} {rule}", f"{output} is not returned")
        return
    said = departs(exercise, output, reading.seen)
    moved = None if said else with_another_state(exercise, reading.seen, output, last)
    said, place = moved or (
        said or after_what(exercise, output, reading.seen),
        made_at(exercise.rule, reading.seen, values),
    )
    sheet.lose(
        key,
        f"{said}{see(place)} {rule}",
        f"{output} is wrong in a way that we do not know",
        place,
    )


def keeps_as_asked(exercise: Recurrence, output: str, one: Seen) -> bool:
    """Whether an output follows the first state as the right one does: by as much, in two calls
    that differ in it alone."""
    source, got = exercise.rule.outputs[output], one.outputs[output]
    right, other = exercise.rule.follow(one.env, {})[source], call_with_other(0)
    moved = lambda values: values[:, other] - values[:, 0]
    return got is not None and agree(moved(got), moved(right), NAMED)


def keeps_on_the_way(exercise: Recurrence, output: str, one: Seen) -> bool:
    """Whether what the right output keeps of the first state was computed, whatever became of
    it."""
    right, added = right_and_added(exercise, output, one)
    return one.traced(right - added)


def adds_as_asked(exercise: Recurrence, output: str, one: Seen) -> bool:
    """Whether an output is right where there is nothing to keep."""
    right, got = exercise.rule.follow(one.env, {}), one.outputs[output]
    nothing = lambda values: values[:, ZERO_CALL]
    return got is not None and agree(
        nothing(got), nothing(right[exercise.rule.outputs[output]]), NAMED
    )


def adds_on_the_way(exercise: Recurrence, output: str, one: Seen) -> bool:
    """Whether what the right output adds to what it keeps of the first state is in this one, beside
    something else that was computed; or in the right one, which was computed and is not
    returned."""
    (right, added), got = right_and_added(exercise, output, one), one.outputs[output]
    return one.traced(right) or got is not None and one.traced(got - added)


def right_and_added(exercise: Recurrence, output: str, one: Seen) -> tuple[np.ndarray, np.ndarray]:
    """The right output, and what of it does not come from the first state."""
    state, source = exercise.states[0], exercise.rule.outputs[output]
    right = exercise.rule.follow(one.env, {})[source]
    return right, exercise.rule.follow(one.env | {state: 0 * one.env[state]}, {})[source]


def report_traced(
    exercise: Recurrence,
    part: Part,
    finding: Finding | None,
    output: str,
    reading: Reading,
    sheet: Sheet,
):
    """A gate: bent as the numbers show, or right as they show, or to be found in the student's
    computation."""
    rule, symbol, key = f"The rule: {exercise.asks(part.criterion)}.", part.symbol, part.criterion
    bent, seen = bent_parts(exercise.rule, part, finding), reading.seen
    unknown = finding is not None and part.name in finding.unknown
    shown = shown_by_trace(exercise.rule, seen, part)
    if bent:
        lose_part(exercise, part, bent, finding, reading, sheet)
    elif unknown and reading.broken:
        said = f"{stopped(reading, symbol, sheet)} {rule}"
        sheet.lose(key, said, reading.breaks, reading.broken_at)
    elif not shown and (missing := missing_for(exercise, part, reading)):
        said = f"{symbol} could not be marked, since {missing} is missing. {rule}"
        sheet.lose(key, said, f"{missing} is missing")
    elif unknown:
        said, place = unknown_part(exercise, part, finding, output, reading, shown)
        what = f"{symbol} is wrong in a way that we do not know"
        sheet.lose(key, f"{said}{see(place)} {rule}", what, place)
    elif shown or shows(exercise.rule, part, finding, output):
        sheet.meet(key)
        if not (shown or begun_in_trace(exercise.rule, seen, part)):
            sheet.unseen.append(symbol)
    elif finding:
        nor = "nor is its right value anywhere in your computation"
        sheet.lose(key, f"{symbol} does not show in your {output}, {nor}. {rule}", f"no {symbol}")
    elif moved := with_another_state(exercise, seen, output, part):
        said, place = moved
        what = f"{symbol} is made with another state"
        sheet.lose(key, f"{said}{see(place)} {rule}", what, place)
    else:
        nowhere = f"The right {symbol} is nowhere in your computation"
        breaks = f"; your forward {reading.broken}" if reading.broken else ""
        what = reading.breaks or f"{symbol} is wrong"
        sheet.lose(key, f"{nowhere}{breaks}. {rule}", what, reading.broken_at)


def unknown_part(
    exercise: Recurrence,
    part: Part,
    finding: Finding,
    output: str,
    reading: Reading,
    shown: bool,
) -> tuple[str, Place | None]:
    """What can be said of a gate that is nothing we know, and a line. shown: whether the right one
    is in the student's computation."""
    if not shown and (moved := with_another_state(exercise, reading.seen, output, part)):
        return moved
    what = f"Your {part.symbol} is not what the rule gives"
    if shown:
        what = (
            f"The right {part.symbol} is in your computation, but your {output} is made with"
            " another value in its place"
        )
    place = unknown_at(exercise.rule, reading.seen, output, part, finding)
    return f"{what}, and no mistake that we know gives its numbers.", place


def with_another_state(
    exercise: Recurrence, seen: list[Seen], output: str, part: Part
) -> tuple[str, Place | None] | None:
    """What is said of a value that is right but for a state that was changed before, and the line
    that changes it."""
    found = another_state(exercise.rule, exercise.states, seen, output, part)
    if not found:
        return None
    state, place = exercise.rule.inputs[found[0]], found[1]
    return f"Your {part.symbol} follows the rule with other numbers in place of {state}.", place


def missing_for(exercise: Recurrence, part: Part, reading: Reading) -> str:
    """The first parameter that a gate needs and the class does not have under its name; "" where
    there is none, or where its parameters were found in a form of its own."""
    inside = exercise.rule.inside(part)
    used = set(re.findall(r"\w+", " ".join(one.right for one in (*inside, part))))
    found = [pair.build.found or {} for pair in reading.pairs]
    return next(
        (
            name
            for name in exercise.parameters
            if name in used and not reading.convention
            if all(one[name].kind in ("missing", "none") for one in found if name in one)
        ),
        "",
    )


def stopped(reading: Reading, symbol: str, sheet: Sheet) -> str:
    """What is said of a value that a line which raises should have made: at length of the first."""
    so, not_marked = f"Your forward {reading.broken}, so ", " could not be marked"
    told = (one for sentences in sheet.lost.values() for one in sentences if one.startswith(so))
    if first := next(told, None):
        other = first.removeprefix(so).partition(not_marked)[0]
        return f"{symbol}{not_marked} for the same reason as {other}."
    return (
        f"{so}{symbol}{not_marked}; what comes after it was marked with other numbers in its place."
    )


def bent_parts(rule: Rule, part: Part, finding: Finding | None) -> list[Part]:
    """Which of the parts that a gate is made of are bent, as far as is known."""
    if finding is None:
        return []
    return [other for other in (*rule.inside(part), part) if other.name in finding.choice]


def shows(rule: Rule, part: Part, finding: Finding | None, output: str) -> bool:
    """Whether a gate shows in an output, or its sum, where a bent state has that in its place."""
    if finding is None:
        return False
    used = set(re.findall(r"\w+", " ".join(finding.choice.values())))
    inside = [other.name for other in rule.inside(part)]
    return visible(rule, finding, output, part) or bool(used.intersection(inside))


def lose_instead(
    exercise: Recurrence, output: str, part: Part, finding: Finding, reading: Reading, sheet: Sheet
):
    """A state that is made as it should be, where something else comes back."""
    rule = f"The rule: {exercise.asks(part.criterion)}."
    if part.also:
        sheet.meet(part.also[0])
    if reading.broken:
        sheet.lose(
            part.criterion,
            f"{stopped(reading, part.symbol, sheet)} {rule}",
            reading.breaks,
            reading.broken_at,
        )
        return
    what = f"what forward returns as {output} is another value"
    symbols = {other.name: other.symbol for other in exercise.rule.parts} | exercise.rule.inputs
    for name, symbol in symbols.items():
        same = (
            agree(one.outputs[output], env.get(name), one.within(1))
            for one, env in zip(reading.seen, finding.envs)
        )
        if all(same):
            what = f"what forward returns as {output} is {symbol}"
    place = made_at(exercise.rule, reading.seen, [one.outputs[output] for one in reading.seen])
    sheet.lose(
        part.criterion,
        f"The right {part.symbol} is in your computation; {what}.{see(place)} {rule}",
        f"{output} is made, and another value is returned",
        place,
    )


def report_state(
    exercise: Recurrence,
    part: Part,
    finding: Finding,
    output: str,
    reading: Reading,
    sheet: Sheet,
):
    """A state: the formula that gives it, right or bent."""
    formula, key = finding.choice.get(part.name), part.criterion
    rule = f"The rule: {exercise.asks(key)}."
    sheet.meet(key)
    if bent := bent_parts(exercise.rule, part, finding):
        counts = part.counts_for(formula) if formula else key
        lose_part(exercise, part, bent, finding, reading, sheet, counts)
    elif key not in sheet.lost and all(is_zero(env[part.name]) for env in finding.envs):
        sheet.lose(
            key,
            f"Your {part.symbol} is 0 whatever goes in, so it could not be marked. {rule}",
            f"{part.symbol} is 0 whatever goes in",
        )
    if part.also:
        criterion, piece = part.also
        sheet.meet(criterion)
        shows = formula and (piece in formula or part.counts_for(formula) == criterion)
        on_the_way = all(adds_on_the_way(exercise, output, one) for one in reading.seen)
        if formula and not shows and not on_the_way:
            shown = exercise.rule.shown(piece)
            sheet.lose(criterion, f"{shown} does not show in your {part.symbol}. {rule}")


def is_zero(values: np.ndarray) -> bool:
    return bool(agree(values, np.zeros(np.shape(values)), FOLLOWS))


def lose_part(
    exercise: Recurrence,
    part: Part,
    bent: list[Part],
    finding: Finding,
    reading: Reading,
    sheet: Sheet,
    criterion: str | None = None,
):
    what = in_words(exercise.rule, part, bent, finding.choice)
    places = (  # a sum inside of a gate first, since that is where it went wrong
        made_at(exercise.rule, reading.seen, [env[one.name] for env in finding.envs])
        for one in (*bent, part)
    )
    output = next(name for name in exercise.rule.outputs if part in exercise.rule.group(name))
    choice = finding.choice
    named = any(names_another(exercise.rule, one, choice.get(one.name, one.right)) for one in bent)
    moved = None if named else with_another_state(exercise, reading.seen, output, part)
    steps = (
        term_at(exercise.rule, reading.seen, finding.envs, one, finding.choice[one.name])
        for one in bent
        if one.inline
    )
    place = moved and moved[1] or next(filter(None, (*steps, *places)), None)
    if finding.unknown and not place and not part.traced:  # what follows from a value of one's own
        own = [one.outputs.get(part.symbol) for one in reading.seen]
        place = made_at(exercise.rule, reading.seen, own)
    sheet.lose(
        criterion or part.criterion,
        f"{what}.{see(place)} The rule: {exercise.asks(part.criterion)}.",
        what.removeprefix("Your "),
        place,
    )


def names_another(rule: Rule, part: Part, formula: str) -> bool:
    """Whether a formula says itself which gate or state stands in it that should not."""
    more = {*names_in(formula)}.difference(names_in(part.right))
    return any(other.name in more for other in rule.parts)


def see(place: Place | None) -> str:
    """Words for the line that made what a sentence is about, where it is known."""
    return f" See your line {place.line}: {quoted(place)}." if place else ""


def in_words(rule: Rule, part: Part, bent: list[Part], choice: dict[str, str]) -> str:
    """What a student's numbers show about a part: the formula that gives them, and a remark."""
    found = (other.remark(choice[other.name]) for other in bent if other.name in choice)
    remarks = "; ".join(remark for remark in found if remark)
    said = part.says.format(symbol=part.symbol, formula=rule.written_out(part, choice))
    return f"{said}: {remarks}" if remarks else said


def departs(exercise: Recurrence, output: str, seen: list[Seen]) -> str:
    """Why an output cannot follow the rule: which state it does not follow at all; "" where it
    follows all of them."""
    for one in seen:
        unread = next((name for name, values in one.outputs.items() if values is None), output)
        if one.outputs[output] is None and unread != output:
            return f"Your {output} could not be marked, since your {unread} could not."
        if one.outputs[output] is None:
            return f"Your {output} could not be read as {one.units} numbers."
    for place, state in enumerate(exercise.states):
        if not any(follows(exercise, output, one, place) for one in seen):
            return f"Your {output} does not change when {exercise.rule.inputs[state]} does."
    return ""


def after_what(exercise: Recurrence, output: str, seen: list[Seen]) -> str:
    """What is right before an output departs from the rule."""
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
