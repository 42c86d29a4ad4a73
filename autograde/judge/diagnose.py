"""Diagnosis by numbers: which formulas of a rule reproduce what a student's cell returned.

The search goes from no slip to one, the same slip in several gates, two, and three. What it returns
is always true of the numbers; where several readings are, those win that agree with the
intermediate results of the student's own computation. Where nothing fits, the answer is None.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import combinations, product

import numpy as np

from ..exercise.rules import CALL, FUNCTIONS, Part, Rule, names_in, value
from ..exercise.verdict import Place
from .agreement import NAMED, RIGHT, SHOWS, agree, tolerance, which_agree

DEEPEST = 3  # slips that are looked for together
FEW_CALLS = 2  # of a build, where three gates are looked for at once
Choice = dict[str, str]  # part to the bent formula that stands in its place
Env = dict[str, np.ndarray]  # what formulas compute with: see rules.columns


@dataclass
class Seen:
    """One build: `env` for formulas, the returned tensors as columns (units, calls), None where
    they are no numbers, and the student's own intermediate results in each call, (count, units),
    with the lines that made them."""

    env: Env
    outputs: dict[str, np.ndarray | None]
    trace: list[np.ndarray] = field(default_factory=list)
    places: list[list[Place | None]] = field(default_factory=list)
    single: bool = False
    kept: tuple[Rule, Env] | None = field(default=None, init=False, repr=False, compare=False)

    def right(self, rule: Rule) -> Env:
        """The values of all parts where all is right: asked for again for each of them."""
        if self.kept is None or self.kept[0] is not rule:
            self.kept = rule, rule.follow(self.env, {})
        return self.kept[1]

    @property
    def units(self) -> int:
        return len(self.env["one"])

    def traced(self, values: np.ndarray) -> bool:
        """Whether the computation of every call went through these values (units, calls)."""
        within = tolerance(RIGHT, self.single)
        return bool(self.trace) and all(
            which_agree(kept, of_call(values, call), within).any()
            for call, kept in enumerate(self.trace)
        )

    def made(self, values: np.ndarray, call: int) -> np.ndarray:
        """Which intermediate results of a call are these values (units,); (count,)."""
        kept = self.trace[call]
        return np.broadcast_to(which_agree(kept, values, tolerance(NAMED, self.single)), len(kept))

    def within(self, slips: int) -> float:
        """How close a reading with so many slips must come."""
        return tolerance(NAMED if slips else RIGHT, self.single)


@dataclass
class Finding:
    """How one output comes about: the bent parts with their formulas, and the values of all parts
    in every build.

    unknown: parts that are wrong in a way that we do not know, while the output follows from them
    as `choice` says. follows: whether it follows from what was found for the outputs before it.
    """

    choice: Choice
    envs: list[Env]
    unknown: tuple[str, ...] = ()
    follows: bool = True

    @property
    def slips(self) -> int:
        return len(self.choice) + 2 * len(self.unknown)


def diagnose(
    rule: Rule, seen: list[Seen], depths: Sequence[int] = range(DEEPEST + 1)
) -> dict[str, Finding | None]:
    """Output to what was found for it. A later output is looked at from the values found so far,
    from the student's own earlier outputs, and from right ones; the reading with the fewest slips
    counts, so that no slip is counted twice."""
    found, right, known = {}, [one.right(rule) for one in seen], None
    few = [depth for depth in depths if depth < 2]
    for output in rule.outputs:
        own = own_outputs(rule, seen, known or right, list(found)) if found else None
        first, *others = [envs for envs in (known, own, right) if envs]
        readings = [Search(rule, seen, output, first).find(depths)]
        if not (readings[0] and readings[0].slips < 1):
            again = [Search(rule, seen, output, envs).find(few) for envs in others]
            readings += [replace(reading, follows=False) for reading in again if reading]
        readings = [reading for reading in readings if reading]
        best = min(readings, key=lambda reading: reading.slips, default=None)
        found[output] = best
        if best and not best.unknown:
            known = best.envs
        else:
            taken = Search(rule, seen, output, best.envs).taken(best) if best else None
            known = own_outputs(rule, seen, taken or known or right, [output])
    return found


def own_outputs(
    rule: Rule, seen: list[Seen], envs: list[Env], outputs: list[str]
) -> list[Env] | None:
    """`envs` with the student's own outputs in place of every part that stands for them; None where
    one is missing."""
    changed = []
    for one, env in zip(seen, envs):
        own = {p.name: one.outputs[p.symbol] for p in rule.parts if p.symbol in outputs}
        if any(values is None for values in own.values()):
            return None
        changed.append(one.right(rule) | env | own)
    return changed


def shown_by_trace(rule: Rule, seen: list[Seen], part: Part) -> bool:
    """Whether every build's computation went through the right value of this part, from right
    inputs."""
    return through(rule, seen, part, {})


def begun_in_trace(rule: Rule, seen: list[Seen], part: Part) -> bool:
    """Whether it went through what this part is a function of: σ(a) may be made of a with what
    follows it, as in c / (1 + exp(−a))."""
    call = CALL.fullmatch(part.right)
    return bool(call) and through(rule, seen, part, {part.name: call[2]})


def through(rule: Rule, seen: list[Seen], part: Part, choice: Choice) -> bool:
    """Whether every build's computation went through this part as `choice` makes it."""
    followed = (rule.follow(one.env, choice) if choice else one.right(rule) for one in seen)
    made = [env[part.name] for env in followed]
    return all(values is not None and one.traced(values) for one, values in zip(seen, made))


def shown_otherwise(rule: Rule, seen: list[Seen]) -> list[Part]:
    """Parts that every build's computation went through as they are right, and through another
    function that the rule uses as well, as of σ and tanh."""
    traced = [part for part in rule.parts if part.traced]
    calls = {part.name: CALL.fullmatch(part.right) for part in traced}
    functions = {call[1] for call in calls.values() if call}

    def by(name: str, part: Part) -> bool:
        return through(rule, seen, part, {part.name: name + calls[part.name][2]})

    return [
        part
        for part in traced
        if (call := calls[part.name])
        and by(call[1], part)
        and any(by(name, part) for name in functions - {call[1]})
    ]


def lines_of(seen: list[Seen], values: list[np.ndarray]) -> set[Place]:
    """The lines that make these values (units, calls) in every call."""
    calls = (
        {
            place
            for made, place in zip(one.made(of_call(own, call), call), one.places[call])
            if made and place
        }
        for one, own in zip(seen, values)
        for call in range(len(one.trace))
    )
    return set.intersection(*calls)


def visible(rule: Rule, finding: Finding, output: str, part: Part) -> bool:
    """Whether the value of `part` shows in this output at all."""
    group = rule.group(output)
    later = group[group.index(part) + 1 :]
    for env in finding.envs:
        moved = env | {part.name: 0.9 * env[part.name] + 0.03}
        after = rule.follow(moved, finding.choice, later)[rule.outputs[output]]
        if after is not None and not agree(after, env[rule.outputs[output]], SHOWS):
            return True
    return False


def constant(formula: str) -> bool:
    """Whether a formula is a number, the same for all inputs."""
    return set(re.findall(r"[A-Za-z_]\w*", formula)) <= {"zero", "one"}


def uses_all(part: Part, formula: str) -> bool:
    """Whether a formula uses every value that the right one does: what it left out might be in a
    value that stands for another one."""
    return set(names_in(part.right)) - FUNCTIONS.keys() <= set(names_in(formula))


def bent(part: Part) -> list[str]:
    """The wrong formulas of a part."""
    return list(part.variants)[1:]


# ---------------------------------------------------------------- the search for one output
class Search:
    """All ways to get one output from values that are known already (`envs`, one for each build).

    Candidates are found in one call of the first build, on axes of their own for every part that
    varies, and then tried in all calls of all builds.
    """

    def __init__(self, rule: Rule, seen: list[Seen], output: str, envs: list[Env]):
        self.rule, self.seen, self.output = rule, seen, output
        self.group, self.source = rule.group(output), rule.outputs[output]
        self.envs = [rule.follow(env, {}, self.group) for env in envs]
        self.call = telling(seen[0].outputs[output])
        self.first = one_call(self.envs[0], self.call)
        self.shape = self.first["one"].shape  # (units, 1)

    def find(self, depths: Sequence[int]) -> Finding | None:
        """The reading with the fewest slips; of several, the one that the trace contradicts
        least, and that is the shortest. One that says of a gate what the trace denies gives way to
        a gate that is nothing we know."""
        for slips in depths:
            if slips == DEEPEST and (finding := self.find_unknown_alone()):
                return finding  # three slips say more than one gate that is nothing we know
            choices = self.depth(slips)
            if choices:
                written = lambda one: (len(one), len("".join(one.values())))
                choice = min(choices, key=lambda one: (self.contradictions(one), *written(one)))
                finding = Finding(choice, self.followed(choice))
                if not self.denied(choice):
                    return finding
                if self.follows_from_another_state():
                    return None  # the gate that is called wrong is right, and a state is not
                alone = self.find_unknown_alone()
                both = any(part.also for part in self.group)  # an unknown state would cost two
                if slips < 2 and both or alone or not self.all_shown:
                    return alone or finding
                return self.find_instead()
        return self.find_instead() or (self.find_unknown() if len(depths) > 2 else None)

    def depth(self, slips: int) -> list[Choice]:
        """The choices that fit with so many slips; one made in several parts at once counts as
        one."""
        if slips == 0:
            return [{}] if self.fits({}) else []
        if slips == 1:
            one_part = (self.varied([part]) for part in self.group)
            return sum(one_part, []) + self.together_only()
        if slips == 2:
            two_parts = (self.varied(list(two)) for two in combinations(self.group, 2))
            return sum(two_parts, []) or self.together_and_one()
        three_parts = (self.varied(list(three)) for three in combinations(self.open_parts(), 3))
        return next(filter(None, three_parts), [])

    def open_parts(self) -> list[Part]:
        """Parts that may be bent: not the sum inside a gate that the trace shows to be right."""
        settled = {
            part.criterion
            for part in self.group
            if part.traced and shown_by_trace(self.rule, self.seen, part)
        }
        return [part for part in self.group if not (part.inline and part.criterion in settled)]

    def followed(self, choice: Choice) -> list[Env]:
        return [self.rule.follow(env, choice, self.group) for env in self.envs]

    def fits(self, choice: Choice) -> bool:
        """Whether this choice gives the output in every build."""
        for one, env in zip(self.seen, self.envs):
            got = self.rule.follow(env, choice, self.group)[self.source]
            if not agree(got, one.outputs[self.output], one.within(len(choice))):
                return False
        return True

    def hits(self, got: np.ndarray | None, lead: list[int]) -> np.ndarray:
        """Indices at which `got` (…, units, 1) is the output of the call looked at first."""
        output = self.seen[0].outputs[self.output]
        if got is None or output is None:
            return np.empty((0, len(lead)), dtype=int)
        output = output[:, self.call : self.call + 1]
        same = which_agree(got, output, self.seen[0].within(1))
        return np.argwhere(np.broadcast_to(same, lead))

    def contradictions(self, choice: Choice) -> int:
        """What in this reading disagrees with the student's computation: a gate's value that does
        not occur there, or a gate called wrong whose right value does, unless the wrong one is made
        of it before the output. A constant is no evidence, since it may stand anywhere."""
        envs, count = self.followed(choice), 0
        blamed = {self.rule.part(name).criterion for name in choice}
        for part in (part for part in self.group if part.traced):
            occurs = all(one.traced(env[part.name]) for one, env in zip(self.seen, envs))
            anywhere = constant(choice.get(part.name, "x"))
            count += anywhere or not occurs
            if part.criterion in blamed and shown_by_trace(self.rule, self.seen, part):
                made = not anywhere and self.made_before([env[part.name] for env in envs])
                count += -1 if made else 1
        return count

    def made_before(self, values: list[np.ndarray]) -> bool:
        """Whether the student's computation makes these wrong values of a gate in another line than
        the output, and not since something else needs them."""
        right = [one.right(self.rule) for one in self.seen]
        needed = (
            all(
                agree(value(piece, env), wrong, one.within(1))
                for one, env, wrong in zip(self.seen, right, values)
            )
            for piece in self.rule.pieces
        )
        own = [one.outputs[self.output] for one in self.seen]
        return bool(lines_of(self.seen, values) - lines_of(self.seen, own)) and not any(needed)

    def denied(self, choice: Choice) -> bool:
        """Whether the student's computation went through the right value of a gate that is called
        wrong in this reading, and not through the wrong one."""
        envs, blamed = self.followed(choice), {self.rule.part(name).criterion for name in choice}
        return any(
            part.criterion in blamed
            and shown_by_trace(self.rule, self.seen, part)
            and not all(one.traced(env[part.name]) for one, env in zip(self.seen, envs))
            for part in self.gates
        )

    def follows_from_another_state(self) -> bool:
        """Whether the output is right but for a state, in whose place stands a result of the
        student's."""
        last, steps = self.rule.part(self.source), [p for p in self.group if p not in self.of_gates]
        _, *states = self.rule.inputs
        return any(
            all(fits.any() for fits in instead_of(self.rule, self.seen, self.output, last, *way))
            for way in product(states, [steps])
        )

    @property
    def all_shown(self) -> bool:
        return all(shown_by_trace(self.rule, self.seen, part) for part in self.gates)

    # ------------------------------------------------------------ slips in single parts
    def varied(self, parts: list[Part]) -> list[Choice]:
        """Every choice that fits and has each of `parts` bent, the others right."""
        env, changed = dict(self.first), False
        for part in self.group:
            if part in parts:
                values = [value(formula, env) for formula in bent(part)]
                env[part.name] = stacked(values, parts.index(part), len(parts), self.shape)
                changed = True
            elif changed:
                env[part.name] = value(part.right, env)
            if env[part.name] is None:
                return []
        places = self.hits(env[self.source], [len(bent(part)) for part in parts])
        choices = [{p.name: bent(p)[n] for p, n in zip(parts, place)} for place in places]
        return [choice for choice in choices if self.fits(choice)]

    # ------------------------------------------------------------ the same slip in several gates
    @property
    def together(self) -> tuple[Choice, ...]:
        """Slips in several parts at once, as far as they concern this output."""
        return self.rule.slips_together[self.output].slips

    @cached_property
    def gates_together(self) -> Env:
        """The values of the gates under every slip of `together`, in that call."""
        env, values, tables = self.first, {}, {}
        for name, (computed, chosen) in self.rule.slips_together[self.output].parts.items():
            values[name] = [
                value(formula, env | {part: values[part][k] for part, k in used.items()})
                for formula, used in computed
            ]
            tables[name] = stacked(values[name], 0, 2, self.shape)[chosen]
        return tables

    def together_only(self) -> list[Choice]:
        """Slips made in several gates at once."""
        if not self.together:
            return []
        rest = [part for part in self.group if part.name not in self.gates_together]
        env = self.rule.follow(self.first | self.gates_together, {}, rest)
        places = self.hits(env[self.source], [len(self.together), 1])
        return [self.together[n] for n, _ in places if self.fits(self.together[n])]

    def together_and_one(self) -> list[Choice]:
        """Slips made in several gates at once, and one more in a function or a state."""
        if not self.together:
            return []
        found = []
        for one in (part for part in self.group if not part.inline):
            env = self.first | self.gates_together
            values = [value(formula, env) for formula in bent(one)]
            env[one.name] = stacked(values, 1, 2, self.shape)
            for part in self.group[self.group.index(one) + 1 :]:
                if part.name not in self.gates_together:
                    env[part.name] = value(part.right, env)
            for slip, n in self.hits(env[self.source], [len(self.together), len(bent(one))]):
                choice = self.together[slip] | {one.name: bent(one)[n]}
                if one.name not in self.together[slip] and self.fits(choice):
                    found.append(choice)
        return found

    # ------------------------------------------------------------ what no table has
    def find_instead(self) -> Finding | None:
        """The right value is made, and another one comes back in its place."""
        if all(one.traced(env[self.source]) for one, env in zip(self.seen, self.envs)):
            return Finding({}, self.envs, (self.source,))
        return None

    @property
    def gates(self) -> list[Part]:
        return [part for part in self.group if part.traced]

    @property
    def of_gates(self) -> list[Part]:
        """The gates, and the sums inside of them."""
        criteria = {gate.criterion for gate in self.gates}
        return [part for part in self.group if part.criterion in criteria]

    def find_unknown_alone(self) -> Finding | None:
        """A gate that is nothing we know, from which the output follows as it should."""
        for part in self.gates:
            if self.follows_from_unknown([part], None).any():
                return Finding({}, self.envs, (part.name,))
        return None

    def find_unknown(self) -> Finding | None:
        """Such a gate, with a slip elsewhere that the trace does not deny; or several such
        gates."""
        gates = self.gates
        wrong = [part for part in gates if not shown_by_trace(self.rule, self.seen, part)]
        for part in gates:  # one slip in a state can look like two where every gate is right
            among = self.group if part in wrong else self.of_gates
            for other in [one for one in among if one.criterion != part.criterion]:
                hits = self.follows_from_unknown([part], other)
                for place in np.flatnonzero(hits):
                    slip = {other.name: bent(other)[place]}
                    whole = other in self.of_gates or uses_all(other, slip[other.name])
                    if whole and not self.denied(slip):
                        return Finding(slip, self.envs, (part.name,))
        for count in range(2, len(wrong) + 1):
            for parts in combinations(wrong, count):
                if self.follows_from_unknown(list(parts), None).any():
                    return Finding({}, self.envs, tuple(part.name for part in parts))
        return None

    def follows_from_unknown(self, parts: list[Part], other: Part | None) -> np.ndarray:
        """For each bent formula of `other` (or for the right ones), whether the output follows in
        every call from values of the trace in place of `parts`, and in one of them from values of
        the first part that are not the right ones."""
        follows, wrong = np.True_, np.False_
        for one, env in zip(self.seen, self.envs):
            calls = range(len(one.trace) if len(parts) < 3 else min(len(one.trace), FEW_CALLS))
            for call in calls:
                now = one_call(env, call)
                values = self.candidates(one, call)
                right = which_agree(values, now[parts[0].name], tolerance(RIGHT, one.single))
                lead = [values] * len(parts)
                follows = follows & self.follows_from(one, now, call, parts, lead, other)
                if not np.any(follows):
                    return np.zeros(len(bent(other)) if other else 1, dtype=bool)
                if not np.any(wrong):
                    lead = [values[~right], *lead[1:]]
                    wrong = wrong | self.follows_from(one, now, call, parts, lead, other)
        return np.atleast_1d(follows & wrong)

    def taken(self, finding: Finding) -> list[Env] | None:
        """`envs` with the value of the trace that stands in place of the one part of which nothing
        is known: a later output may use it as well."""
        if len(finding.unknown) > 1 or finding.unknown[0] == self.source:
            return None
        (name,), changed = finding.unknown, []
        for one, env in zip(self.seen, self.envs):
            found = []
            for call in range(len(one.trace)):
                now, values = one_call(env, call), self.candidates(one, call)
                got = self.with_values(now, {name: values}, finding.choice)
                output = one.outputs[self.output][:, call : call + 1]
                same = which_agree(got, output, tolerance(NAMED, one.single))
                if not np.any(same):
                    return None
                found.append(values[np.argmax(same)])
            changed.append(env | {name: np.concatenate(found, axis=1)})
        return changed

    def candidates(self, one: Seen, call: int) -> np.ndarray:
        """Intermediate results of a call that may be a gate, (n, units, 1): of the right size, and
        none twice."""
        kept = one.trace[call]
        if not len(kept):
            return np.full((1, one.units, 1), np.nan)
        return np.unique(kept, axis=0)[:, :, None]

    def follows_from(
        self,
        one: Seen,
        env: Env,
        call: int,
        parts: list[Part],
        values: list[np.ndarray],
        other: Part | None,
    ) -> np.ndarray:
        """For each bent formula of `other` (or for the right ones), whether some of `values`
        (n, units, 1) in place of each of `parts` give the output of a call."""
        output = one.outputs[self.output]
        placed = {
            part.name: value.reshape(on_axis(k, len(parts), len(value)) + value.shape[1:])
            for k, (part, value) in enumerate(zip(parts, values))
        }
        found = []
        for formula in bent(other) if other else [None]:
            if output is None or (formula and constant(formula)):
                found.append(False)
                continue
            got = self.with_values(env, placed, {other.name: formula} if other else {})
            within = tolerance(NAMED, one.single)
            found.append(bool(np.any(which_agree(got, output[:, call : call + 1], within))))
        return np.array(found)

    def with_values(self, env: Env, placed: dict[str, np.ndarray], choice: Choice):
        """The output where parts have these values, and what comes after follows, or is bent."""
        env, changed = dict(env), False
        for step in self.group:
            if step.name in placed:
                env[step.name], changed = placed[step.name], True
            elif changed or step.name in choice:
                env[step.name] = value(choice.get(step.name, step.right), env)
                changed = True
        return env[self.source]


def instead_of(
    rule: Rule, seen: list[Seen], output: str, part: Part, state: str, steps: list[Part]
) -> Iterator[np.ndarray]:
    """For every call, which results of the student's give `part` by its rule where they stand in
    place of a state, as the computation or the output has it. steps: what is computed with them."""
    for one in seen:
        env, within = rule.follow(one.env, {}), tolerance(RIGHT, one.single)
        for call, kept in enumerate(one.trace):
            values = {state: kept[:, :, None]}
            made = rule.follow(one_call(env, call) | values, {}, steps)[part.name]
            if made is None or made.shape[:2] != kept.shape or one.outputs[output] is None:
                yield np.zeros(1, dtype=bool)
                continue
            goal = kept if part.traced else one.outputs[output][None, :, call]
            yield np.array([which_agree(goal, own[:, 0], within).any() for own in made])


def on_axis(k: int, axes: int, count: int) -> tuple[int, ...]:
    """The leading shape of an array that varies on one of so many axes."""
    return (1,) * k + (count,) + (1,) * (axes - k - 1)


def telling(output: np.ndarray | None) -> int:
    """The call whose numbers (units, calls) are farthest from 0: thousands of formulas give 0."""
    return 0 if output is None else int(np.argmax(np.nan_to_num(np.abs(output)).min(axis=0)))


def of_call(values: np.ndarray, call: int) -> np.ndarray:
    """What one call has of `values`: of what follows from parameters alone, the same as every
    other."""
    columns = np.atleast_2d(values)
    return columns[:, min(call, columns.shape[-1] - 1)]


def one_call(env: Env, call: int) -> Env:
    """`env` with one call alone; parameters, which have no calls, as they are."""
    calls = env["one"].shape[-1]
    return {
        name: values[..., call : call + 1]
        if values.shape[-1] == calls and name[0].islower()
        else values
        for name, values in env.items()
        if values is not None
    }


def stacked(values: list, axis: int, axes: int, shape: tuple[int, int]) -> np.ndarray:
    """Arrays (…, units, calls) under one another on `axis`, of `axes` in front; nan for what cannot
    be computed."""
    placed = {
        k: one.reshape((1,) * (axes + 2 - one.ndim) + one.shape)
        for k, one in enumerate(values)
        if usable(one, shape)
    }
    full = np.broadcast_shapes((1,) * axes + shape, *{one.shape for one in placed.values()})
    table = np.full(full[:axis] + (len(values),) + full[axis + 1 :], np.nan)
    for k, one in placed.items():
        table[(slice(None),) * axis + (slice(k, k + 1),)] = one
    return table


def usable(one, shape: tuple[int, int]) -> bool:
    """Whether a value has one number, or one for all units, in every call."""
    if not isinstance(one, np.ndarray) or one.ndim < 2:
        return False
    units, calls = one.shape[-2:]
    return units in (1, shape[0]) and calls == shape[1]
