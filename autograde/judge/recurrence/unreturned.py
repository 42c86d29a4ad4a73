"""Outputs that forward has made and does not hand back: they are looked for in its intermediate
results, so that what is left out of the return line costs that alone."""

from dataclasses import replace

import numpy as np

from ...exercise.declared import Recurrence
from ..agreement import RIGHT, agree, tolerance
from ..answers import Build, Tensor
from ..diagnose import Search, Seen, own_outputs
from ..untouched import same_again
from .asks import Pair
from .reading import as_units, in_order, seen_in

Columns = np.ndarray  # a value in all calls of a build: (units, calls)


def completed(exercise: Recurrence, pairs: list[Pair]) -> list[Pair]:
    """Builds with what they do not return put in, as far as it can be told; none where that fails
    in one of them. One that returns a tensor may return any of the outputs."""
    if len(exercise.rule.outputs) != 2 or not all(returns_less(pair.build) for pair in pairs):
        return []
    found = [outputs_of(exercise, pair) for pair in pairs]
    if not all(found):
        return []
    return [with_outputs(pair, outputs) for pair, outputs in zip(pairs, found)]


def returns_less(build: Build) -> bool:
    """Whether every call came to its end and returned nothing, or one tensor."""
    return bool(build.calls) and all(
        call.form and not call.failure and len(call.out) < 2 for call in build.calls
    )


def outputs_of(exercise: Recurrence, pair: Pair) -> list[Columns | None]:
    """Both outputs: the first one right, or else such that the second follows from it as it should;
    None in place of a second one that was not made, and [] where the first is not known either."""
    one, m = seen_in(exercise, pair, in_order(exercise), None), pair.asked.sizes[1]
    counts = {len(kept) for kept in one.trace}
    if len(counts) != 1:
        return []  # something was no number in a call
    made = [np.stack(values, axis=1) for values in zip(*one.trace)]
    calls = pair.build.calls
    returned = [np.stack([as_units(call, 0, m) for call in calls], axis=1)] if calls[0].out else []
    (name, first), (other, second) = exercise.rule.outputs.items()
    right, within = exercise.rule.follow(one.env, {}), tolerance(RIGHT, one.single)
    known = [k for k, value in enumerate(made) if agree(value, right[first], within)]
    for k in known or reversed(range(len(made))):
        (env,) = own_outputs(
            exercise.rule, [replace(one, outputs={name: made[k]})], [right], [name]
        )
        after = exercise.rule.follow(env, {}, exercise.rule.group(other))[second]
        follows = [value for value in (*returned, *made) if agree(value, after, within)]
        mine = [value for value in returned if not agree(value, made[k], within)]
        if follows and (known or not mine or agree(mine[0], after, within)):
            return [made[k], follows[0]]
        if known:
            slips = mine or with_one_slip(exercise, one, made[k], made[k + 1 :])
            return [made[k], slips[0] if slips else None]
    return []


def with_one_slip(
    exercise: Recurrence, one: Seen, first: Columns, made: list[Columns]
) -> list[Columns]:
    """Those of these values that are the second output but for one slip, the last one first."""
    names, env = list(exercise.rule.outputs), exercise.rule.follow(one.env, {})
    seen = lambda value: replace(one, outputs={names[0]: first, names[1]: value})
    slips = lambda value: Search(exercise.rule, [seen(value)], names[1], [env]).depth(1)
    return list(filter(slips, reversed(made)))


def with_outputs(pair: Pair, outputs: list[Columns | None]) -> Pair:
    """The build as if it had returned these, in the form that it has."""
    columns = [values for values in outputs if values is not None]
    calls = []
    for k, call in enumerate(pair.build.calls):
        now = [values[:, k] for values in columns]
        out = tuple(Tensor(value.shape, pair.build.dtype, values=value) for value in now)
        calls.append(replace(call, out=out, again=out if same_again(call) else call.again))
    return replace(pair, build=replace(pair.build, calls=tuple(calls)))
