"""Diagnosis by numbers: which formulas of a rule reproduce what a student's cell returned.

The search goes from no slip to one, the same slip in several gates, two, and three. What it returns is always true of
the numbers; where several readings are, those win that agree with the intermediate results of the student's own
computation. Where nothing fits, the answer is None.
"""

import re
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import combinations

import numpy as np

from ..exercise.rules import Part, Rule, value

RIGHT_WITHIN = 1e-5  # of the size of the numbers: what counts as right, in double precision
NAMED_WITHIN = 1e-6  # and how close a known mistake must come to be named
SINGLE_WITHIN = 2e-4  # either, for code that computes in single precision
DEEPEST = 3


@dataclass
class Seen:
    """One build: `env` for formulas (rules.columns), the returned tensors as columns, and the student's own
    intermediate results in the first call, each of shape (units,)."""

    env: dict
    outputs: dict[str, np.ndarray]
    trace: list[np.ndarray] = field(default_factory=list)
    single: bool = False


@dataclass
class Finding:
    """How one output comes about: the bent parts with their formulas, and the values of all parts in every build.

    `unknown`: a part that is wrong in a way that we do not know, while the output follows from it as `choice` says.
    `follows`: whether it follows from what was found for the outputs before it.
    """

    choice: dict[str, str]
    envs: list[dict]
    unknown: str | None = None
    follows: bool = True

    @property
    def slips(self) -> int:
        return len(self.choice) + 2 * bool(self.unknown)


def close(guess, truth, within: float) -> np.ndarray:
    """Whether `guess` (..., units, calls) equals `truth` (units, calls) everywhere; one boolean per leading index."""
    with np.errstate(invalid="ignore", over="ignore"):
        error = np.abs(guess - truth).max(axis=(-1, -2))
    return error <= within * max(1.0, float(np.abs(truth).max(initial=0.0)))


def constant(formula: str) -> bool:
    """Whether a formula is a number, the same for all inputs."""
    return set(re.findall(r"[A-Za-z_]\w*", formula)) <= {"zero", "one"}


def in_trace(s: Seen, values: np.ndarray) -> bool:
    """Whether the student's own computation of the first call went through these values (units, calls)."""
    within = SINGLE_WITHIN if s.single else RIGHT_WITHIN
    return any(
        row.shape == values[:, 0].shape and np.abs(row - values[:, 0]).max() <= within
        for row in s.trace
    )


def shown_by_trace(rule: Rule, seen: list[Seen], part: Part) -> bool:
    """Whether every build's computation went through the right value of this part, from right inputs."""
    values = [rule.follow(s.env, {})[part.name] for s in seen]
    return all(v is not None and in_trace(s, v) for s, v in zip(seen, values))


class Search:
    """All ways to get one output from values that are known already (`envs`, one for each build).

    Candidates are found in the first build, on axes of their own for every part that varies, and then tried in all builds.
    """

    def __init__(self, rule: Rule, seen: list[Seen], output: str, envs: list[dict]):
        self.rule, self.seen, self.output = rule, seen, output
        self.group, self.source = rule.group(output), rule.outputs[output]
        self.envs = [rule.follow(env, {}, self.group) for env in envs]
        names = {part.name for part in self.group}
        rows = [
            {name: formula for name, formula in row.items() if name in names}
            for row in rule.together
        ]
        self.together = [
            dict(row) for row in dict.fromkeys(tuple(row.items()) for row in rows if len(row) > 1)
        ]

    def within(self, s: Seen, slips: int) -> float:
        return SINGLE_WITHIN if s.single else NAMED_WITHIN if slips else RIGHT_WITHIN

    def fits(self, choice: dict[str, str]) -> bool:
        """Whether this choice gives the output in every build."""
        for s, right in zip(self.seen, self.envs):
            got, truth = (
                self.rule.follow(right, choice, self.group)[self.source],
                s.outputs[self.output],
            )
            if (
                got is None
                or truth is None
                or np.shape(got)[-2:] != truth.shape
                or not close(got, truth, self.within(s, len(choice)))
            ):
                return False
        return True

    def varied(self, parts: list[Part], fixed: dict[str, str]) -> list[dict[str, str]]:
        """Every choice that fits and has each of `parts` bent, the parts of `fixed` as given, the others right."""
        env, axes, changed = dict(self.envs[0]), len(parts), False
        for part in self.group:
            if part in parts:
                env[part.name] = stacked(
                    [value(formula, env) for formula in list(part.variants)[1:]],
                    parts.index(part),
                    axes,
                    env["one"].shape,
                )
                changed = True
            elif part.name in fixed or changed:
                env[part.name] = value(fixed.get(part.name, part.right), env)
                changed = True
            if env[part.name] is None:
                return []
        places = self.hits(env[self.source], [len(part.variants) - 1 for part in parts])
        choices = [
            fixed | {part.name: list(part.variants)[n + 1] for part, n in zip(parts, place)}
            for place in places
        ]
        return [choice for choice in choices if self.fits(choice)]

    def hits(self, got: np.ndarray, lead: list[int]) -> np.ndarray:
        """Indices at which `got` (…, units, calls) is the output of the first build."""
        s, shape = self.seen[0], self.envs[0]["one"].shape
        if s.outputs[self.output] is None or np.shape(got)[-2:] != shape:
            return np.empty((0, len(lead)), dtype=int)
        return np.argwhere(
            np.broadcast_to(close(got, s.outputs[self.output], self.within(s, 1)), lead)
        )

    @cached_property
    def stacks(self) -> dict[str, np.ndarray]:
        """The values of the gates under every row of `together`, in the first build."""
        gates = [part for part in self.group if any(part.name in row for row in self.together)]
        rows = [self.rule.follow(self.envs[0], row, gates) for row in self.together]
        return {
            part.name: stacked([env[part.name] for env in rows], 0, 2, self.envs[0]["one"].shape)
            for part in gates
        }

    def together_only(self) -> list[dict[str, str]]:
        """Slips made in several gates at once."""
        if not self.together:
            return []
        rest = [part for part in self.group if part.name not in self.stacks]
        env = self.rule.follow(self.envs[0] | self.stacks, {}, rest)
        places = (
            self.hits(env[self.source], [len(self.together), 1])
            if env[self.source] is not None
            else []
        )
        return [self.together[row] for row, _ in places if self.fits(self.together[row])]

    def together_and_one(self) -> list[dict[str, str]]:
        """Slips made in several gates at once, and one more in a function or a state."""
        shape, found, stacks, rows = (
            self.envs[0]["one"].shape,
            [],
            self.stacks if self.together else {},
            self.together,
        )
        for one in (part for part in self.group if rows and not part.inline):
            env = self.envs[0] | stacks
            env[one.name] = stacked(
                [value(formula, env) for formula in list(one.variants)[1:]], 1, 2, shape
            )
            for part in self.group[self.group.index(one) + 1 :]:
                env[part.name] = env[part.name] if part.name in stacks else value(part.right, env)
            if env[self.source] is None:
                continue
            for row, n in self.hits(env[self.source], [len(rows), len(one.variants) - 1]):
                choice = self.together[row] | {one.name: list(one.variants)[n + 1]}
                if one.name not in self.together[row] and self.fits(choice):
                    found.append(choice)
        return found

    def depth(self, slips: int) -> list[dict[str, str]]:
        """The choices that fit with so many slips; a slip made in several parts at once counts as one."""
        if slips == 0:
            return [{}] if self.fits({}) else []
        if slips == 1:
            return sum((self.varied([part], {}) for part in self.group), []) + self.together_only()
        if slips == 2:
            return (
                sum((self.varied(list(two), {}) for two in combinations(self.group, 2)), [])
                or self.together_and_one()
            )
        settled = {
            part.criterion
            for part in self.group
            if part.traced and shown_by_trace(self.rule, self.seen, part)
        }
        open_parts = [
            part for part in self.group if not (part.inline and part.criterion in settled)
        ]
        return next(
            (
                rows
                for three in combinations(open_parts, 3)
                if (rows := self.varied(list(three), {}))
            ),
            [],
        )

    def find(self, depths) -> Finding | None:
        for slips in depths:
            rows = self.depth(slips)
            if rows:
                choice = min(rows, key=lambda row: (self.contradictions(row), len(row)))
                return Finding(
                    choice, [self.rule.follow(env, choice, self.group) for env in self.envs]
                )
        return self.find_unknown() if len(depths) > 2 else None

    def contradictions(self, choice: dict[str, str]) -> int:
        """What in this reading disagrees with the student's computation: a gate's value that does not occur there, or a gate
        called wrong whose right value does. A constant is no evidence, since it may stand anywhere."""
        envs = [self.rule.follow(env, choice, self.group) for env in self.envs]
        bent = {self.rule.part(name).criterion for name in choice}
        count = 0
        for part in (part for part in self.group if part.traced):
            count += constant(choice.get(part.name, "x")) or not all(
                in_trace(s, env[part.name]) for s, env in zip(self.seen, envs)
            )
            count += part.criterion in bent and shown_by_trace(self.rule, self.seen, part)
        return count

    def find_unknown(self) -> Finding | None:
        """A gate that is nothing we know, from which the output follows as it should, or with a slip in another gate: seen in the first calls."""
        for part in self.group:
            if not part.traced:
                continue
            gates = {other.criterion for other in self.group if other.traced} - {part.criterion}
            for other in (None, *(other for other in self.group if other.criterion in gates)):
                hits = bent = None
                for s, right in zip(self.seen, self.envs):
                    values = np.stack(self.candidates(s))[:, :, None]
                    away = np.abs(values - right[part.name][:, :1]).max(axis=(1, 2)) > (
                        SINGLE_WITHIN if s.single else RIGHT_WITHIN
                    )
                    good, wrong = (
                        self.follows_from(s, right, part, rows, other)
                        for rows in (values, values[away])
                    )
                    hits, bent = (good, wrong) if hits is None else (hits & good, bent | wrong)
                hits &= bent  # a gate that is right in every first call is not what is wrong
                if hits.any():
                    choice = (
                        {other.name: list(other.variants)[1 + int(np.argmax(hits))]}
                        if other
                        else {}
                    )
                    return Finding(choice, self.envs, part.name)
        return None

    def candidates(self, s: Seen) -> list[np.ndarray]:
        """Intermediate results that may be a gate: of the right size, and not the output itself."""
        truth = s.outputs[self.output]
        rows = [
            row
            for row in s.trace
            if len(row) == len(s.env["one"])
            and (truth is None or not np.allclose(row, truth[:, 0]))
        ]
        return rows or [np.full(len(s.env["one"]), np.nan)]

    def follows_from(
        self, s: Seen, right: dict, part: Part, values: np.ndarray, other: Part | None
    ) -> np.ndarray:
        """For each bent formula of `other` (or for the right ones), whether one of `values` (n, units, 1) of `part` gives the first call's output."""
        first = {
            name: value if name in self.rule_parameters(right) else value[..., :1]
            for name, value in right.items()
            if value is not None
        }
        found = []
        truth = s.outputs[self.output]
        for formula in list(other.variants)[1:] if other else [None]:
            if truth is None or (formula and constant(formula)):
                found.append(False)
                continue
            env, moved = dict(first), False
            for step in self.group:
                if step is part:
                    env[step.name], moved = values, True
                elif moved or step is other:
                    env[step.name] = value(formula if step is other else step.right, env)
                    moved = True
            got = env[self.source]
            found.append(
                got is not None
                and bool(
                    close(got, truth[:, :1], SINGLE_WITHIN if s.single else NAMED_WITHIN).any()
                )
            )
        return np.array(found)

    def rule_parameters(self, env: dict) -> set[str]:
        """Names in `env` that are no columns of calls."""
        calls = env["one"].shape[-1]
        return {
            name
            for name, value in env.items()
            if value is not None and (value.shape[-1] != calls or name[0].isupper())
        }


def stacked(values, axis: int, axes: int, shape) -> np.ndarray:
    """Arrays (…, units, calls) under one another on `axis`, of `axes` in front; nan for what cannot be computed."""
    rows = []
    for v in values:
        usable = (
            v is not None
            and np.ndim(v) >= 2
            and np.shape(v)[-2] in (1, shape[0])
            and np.shape(v)[-1] == shape[1]
        )
        v = v if usable else np.full(shape, np.nan)
        rows.append(v.reshape((1,) * (axes + 2 - v.ndim) + v.shape))
    full = np.broadcast_shapes(*(row.shape for row in rows), shape)
    return np.concatenate([np.broadcast_to(row, full) for row in rows], axis=axis)


def diagnose(rule: Rule, seen: list[Seen], depths=range(DEEPEST + 1)) -> dict[str, Finding | None]:
    """Output to what was found for it. A later output is looked at from the values found so far, from the student's own
    earlier outputs, and from right ones; the reading with the fewest slips counts, so that no slip is counted twice."""
    found, right, known = {}, [rule.follow(s.env, {}) for s in seen], None
    for output in rule.outputs:
        own = own_outputs(rule, seen, known or right, list(found)) if found else None
        starts = [envs for envs in (known, own, right) if envs]
        readings = [Search(rule, seen, output, envs).find(depths) for envs in starts[:1]]
        if not (readings[0] and readings[0].slips < 2):
            others = [
                Search(rule, seen, output, envs).find([d for d in depths if d < 2])
                for envs in starts[1:]
            ]
            readings += [replace(reading, follows=False) for reading in others if reading]
        found[output] = min(
            (reading for reading in readings if reading),
            key=lambda reading: reading.slips,
            default=None,
        )
        known = (
            found[output].envs
            if found[output] and not found[output].unknown
            else own_outputs(rule, seen, known or right, [output])
        )
    return found


def own_outputs(
    rule: Rule, seen: list[Seen], envs: list[dict], outputs: list[str]
) -> list[dict] | None:
    """`envs` with the student's own outputs in place of every part that stands for them; None where one is missing."""
    rows = []
    for s, env in zip(seen, envs):
        values = {
            part.name: s.outputs[part.symbol] for part in rule.parts if part.symbol in outputs
        }
        if any(value is None for value in values.values()):
            return None
        rows.append(rule.follow(s.env, {}) | env | values)
    return rows


def visible(rule: Rule, finding: Finding, output: str, part: Part) -> bool:
    """Whether the value of `part` shows in this output at all."""
    group = rule.group(output)
    later = group[group.index(part) + 1 :]
    for env in finding.envs:
        moved = rule.follow(env | {part.name: 0.9 * env[part.name] + 0.03}, finding.choice, later)
        before, after = env[rule.outputs[output]], moved[rule.outputs[output]]
        if after is not None and not np.allclose(before, after):
            return True
    return False
