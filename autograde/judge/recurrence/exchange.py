"""Gates that stand in each other's place, as in `f, o, i = torch.stack([a_f, a_i, a_o]).sigmoid()`:
one slip, whatever is made of them, and whatever else is wrong beside it."""

from dataclasses import replace

from ...exercise.declared import Recurrence
from ...exercise.rules import Exchange, Rule
from ...exercise.verdict import Place
from ..answers import quoted
from ..diagnose import diagnose, lines_of, shown_by_trace
from ..sheet import Sheet
from .parameters import listed
from .places import made_at
from .reading import Reading
from .report import in_words, see


def lose_exchange(
    exercise: Recurrence, reading: Reading, sheet: Sheet
) -> tuple[Recurrence, Reading]:
    """Costs an exchange where it says with fewer slips what is found; returns the exercise and the
    reading by which all else is marked."""
    found = []
    for exchange in exercise.rule.exchanges if reading.slips else ():
        if not may_be(exercise.rule, exchange, reading):
            continue
        findings = diagnose(exchange.rule, reading.seen, range(min(reading.slips, 2)))
        turned = replace(reading, findings=findings)
        alone = len(exchange.roles) == 2 and not exchange.functions  # two lines can do that as well
        saves = reading.slips - turned.slips - 1
        better = not turned.unknown and (saves > 0 or saves == turned.slips == 0)
        if better and (alone or made_in(exchange, turned)):
            found.append((turned.slips, len(exchange.roles), len(found), exchange, turned))
    if not found:
        return exercise, reading
    *_, exchange, turned = min(found)
    tell(exercise, exchange, turned, sheet)
    return replace(exercise, rule=exchange.rule), turned


def may_be(rule: Rule, exchange: Exchange, reading: Reading) -> bool:
    """A quick look: no output is right that the exchange would change, and of the gates that would
    go through another function, one has."""
    changed = [part for part in rule.parts if exchange.changes(part)]
    gates = [exchange.rule.part(part.name) for part in changed if part.traced]
    outputs = [output for output, found in reading.findings.items() if found and not found.slips]
    return not any(part in changed for output in outputs for part in rule.group(output)) and (
        not gates or any(shown_by_trace(exchange.rule, reading.seen, gate) for gate in gates)
    )


def made_in(exchange: Exchange, turned: Reading) -> Place | None:
    """The last line in which all the gates are made that are exchanged, or all their sums."""
    rule, (*_, finding) = exchange.rule, turned.findings.values()
    gates = [[gate] for gate in exchange.roles.values()]
    for parts in (gates, [rule.inside(gate) for gate in exchange.roles.values()]):
        values = [[env[part.name] for env in finding.envs] for of in parts for part in of]
        lines = [lines_of(turned.seen, value) for value in values]
        if lines and (common := set.intersection(*lines)):
            return max(common, key=lambda place: place.line)
    return None


def tell(exercise: Recurrence, exchange: Exchange, turned: Reading, sheet: Sheet):
    """Loses the criterion where the exchange shows first: a gate's, where the sums are exchanged,
    or a state's. The slip may be there, or where all of them are made and taken apart."""
    rule, at = exercise.rule, made_in(exchange, turned)
    *_, last = turned.findings.values()
    slips = {n: how for found in turned.findings.values() for n, how in found.choice.items()}
    choice = stands_for(rule, exchange, slips)
    gates = [rule.part(role) for role in exchange.roles]
    states = [part for part in rule.parts if part.name in choice and not part.inline]
    first, *others = gates if exchange.functions else states
    what = in_words(rule, first, [*rule.inside(first), first], choice)
    same = [f"your {other.symbol} equals {rule.written_out(other, choice)}" for other in others]
    what += f". In the same way, {listed(same)}" if same else ""
    if any(state.name in slips for state in states):  # of which another sentence says what they are
        pairs = [f"{exchange.roles[gate.name].symbol} in place of {gate.symbol}" for gate in gates]
        what = f"Gates stand in each other's place: {listed(pairs)}"
    if exchange.functions:
        place, seen = at, f" {see(at)[1:-1]}, and where these sums are taken apart."
    else:
        place = made_at(rule, turned.seen, [env[first.name] for env in last.envs])
        made = (
            f" Or is it your line {at.line}, where they are made: {quoted(at)}?"
            if at and at != place
            else ""
        )
        seen = see(place) + made
    sheet.lose(
        first.counts_for(choice.get(first.name, first.right)),
        f"{what}.{seen} The rule: {exercise.asks(first.criterion)}.",
        what.removeprefix("Your "),
        place,
    )


def stands_for(rule: Rule, exchange: Exchange, slips: dict[str, str]) -> dict[str, str]:
    """The formulas of the rule's own parts that give the same as the exchange."""
    if not exchange.functions:
        changed = filter(exchange.changes, rule.parts)
        return {part.name: exchange.rule.part(part.name).right for part in changed}
    return {
        inside.name: slips.get(other.name, other.right)
        for role, gate in exchange.roles.items()
        for inside, other in zip(rule.inside(rule.part(role)), rule.inside(gate))
    }
