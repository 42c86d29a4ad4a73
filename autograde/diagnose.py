"""Diagnosis by numbers: which formulas of a rule reproduce what a student's cell returned.

The search goes from no slip to one, the same slip in several gates, two, and three. What it returns is always true of
the numbers; where several readings are, those win that agree with the intermediate results of the student's own
computation. Where nothing fits, the answer is None.
"""
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from .rules import Part, Rule, value

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
    """How one output comes about: the bent parts with their formulas, and the values of all parts in every build."""

    choice: dict[str, str]
    envs: list[dict]

    @property
    def slips(self) -> int:
        return len(self.choice)


def close(guess, truth, within: float) -> np.ndarray:
    """Whether `guess` (..., units, calls) equals `truth` (units, calls) everywhere; one boolean per leading index."""
    with np.errstate(invalid="ignore", over="ignore"):
        error = np.abs(guess - truth).max(axis=(-1, -2))
    return error <= within * max(1.0, float(np.abs(truth).max(initial=0.0)))


def in_trace(s: Seen, values: np.ndarray) -> bool:
    """Whether the student's own computation of the first call went through these values (units, calls)."""
    within = SINGLE_WITHIN if s.single else RIGHT_WITHIN
    return any(row.shape == values[:, 0].shape and np.abs(row - values[:, 0]).max() <= within for row in s.trace)


def shown_by_trace(rule: Rule, seen: list[Seen], part: Part) -> bool:
    """Whether every build's computation went through the right value of this part, from right inputs."""
    values = [rule.follow(s.env, {})[part.name] for s in seen]
    return all(v is not None and in_trace(s, v) for s, v in zip(seen, values))


class Search:
    """All ways to get one output from values that are known already (`envs`, one for each build)."""

    def __init__(self, rule: Rule, seen: list[Seen], output: str, envs: list[dict]):
        self.rule, self.seen, self.output = rule, seen, output
        self.group, self.source = rule.group(output), rule.outputs[output]
        self.envs = [rule.follow(env, {}, self.group) for env in envs]

    def scan(self, varied: list[Part], fixed: dict[str, str], within: float | None = None) -> list[dict[str, str]]:
        """Every choice that fits in all builds and has each of `varied` bent, the parts of `fixed` as given, the others right."""
        hits = None
        for s, right in zip(self.seen, self.envs):
            env = self.grid(right, varied, fixed)
            if env is None or s.outputs[self.output] is None:
                return []
            good = close(env[self.source], s.outputs[self.output], SINGLE_WITHIN if s.single else within or NAMED_WITHIN)
            hits = good if hits is None else hits & good
            if not hits.any():
                return []
        return [fixed | {part.name: list(part.variants)[n + 1] for part, n in zip(varied, place)} for place in np.argwhere(hits)]

    def grid(self, right: dict, varied: list[Part], fixed: dict[str, str]) -> dict | None:
        """Values of the group's parts with every bent formula of each varied part on an axis of its own, in front."""
        env, changed = dict(right), False
        truth_shape = env["one"].shape
        for part in self.group:
            if part in varied:
                changed = True
                env[part.name] = stacked([value(formula, env) for formula in list(part.variants)[1:]], varied.index(part), len(varied), truth_shape)
            elif part.name in fixed or changed:
                changed = True
                env[part.name] = value(fixed.get(part.name, part.right), env)
            if env[part.name] is None:
                return None
        got, lead = env[self.source], tuple(len(part.variants) - 1 for part in varied)
        if np.shape(got)[-2:] != truth_shape:
            return None
        env[self.source] = np.broadcast_to(got, lead + truth_shape)
        return env

    def depth(self, slips: int) -> list[dict[str, str]]:
        """The choices that fit with so many slips; a slip made in several parts at once counts as one."""
        if slips == 0:
            return self.scan([], {}, RIGHT_WITHIN)
        names = {part.name for part in self.group}
        together = [part for row in self.rule.together if (part := {name: formula for name, formula in row.items() if name in names})]
        together = [row for row in together if len(row) > 1]
        if slips == 1:
            return sum((self.scan([part], {}) for part in self.group), []) + sum((self.scan([], row) for row in together), [])
        if slips == 2:
            rows = sum((self.scan(list(pair), {}) for pair in combinations(self.group, 2)), [])
            return rows or sum((self.scan([part], row) for row in together for part in self.group if part.name not in row), [])
        return next((rows for three in combinations(self.group, 3) if (rows := self.scan(list(three), {}))), [])

    def find(self, depths) -> Finding | None:
        for slips in depths:
            rows = self.depth(slips)
            if rows:
                choice = min(rows, key=lambda row: (self.contradictions(row), len(row)))
                return Finding(choice, [self.rule.follow(env, choice, self.group) for env in self.envs])
        return None

    def contradictions(self, choice: dict[str, str]) -> int:
        """How many gates this reading calls wrong although their right values occur in the computation, or the reverse."""
        bent = {self.rule.part(name).criterion for name in choice}
        return sum((part.criterion in bent) == shown_by_trace(self.rule, self.seen, part) for part in self.group if part.traced)


def stacked(values, axis: int, axes: int, shape) -> np.ndarray:
    """Arrays (…, units, calls) under one another on `axis`, of `axes` in front; nan for what cannot be computed."""
    rows = []
    for v in values:
        usable = v is not None and np.ndim(v) >= 2 and np.shape(v)[-2] in (1, shape[0]) and np.shape(v)[-1] == shape[1]
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
            readings += [Search(rule, seen, output, envs).find([d for d in depths if d < 2]) for envs in starts[1:]]
        found[output] = min((reading for reading in readings if reading), key=lambda reading: reading.slips, default=None)
        known = found[output].envs if found[output] else own_outputs(rule, seen, known or right, [output])
    return found


def own_outputs(rule: Rule, seen: list[Seen], envs: list[dict], outputs: list[str]) -> list[dict] | None:
    """`envs` with the student's own outputs in place of every part that stands for them; None where one is missing."""
    rows = []
    for s, env in zip(seen, envs):
        values = {part.name: s.outputs[part.symbol] for part in rule.parts if part.symbol in outputs}
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
