"""Sizes at which a stack fails that is right at others."""

from ...exercise.declared import Stack
from ...exercise.wirings import Tables
from ..sheet import Sheet
from ..wiring import Wiring, run
from .asks import READ_OFF, Pair, whole
from .layers import there_are
from .reading import seen_of
from .report import final_states


def lose_sizes(pairs: list[Pair], sheet: Sheet):
    """A class that fails for some sizes loses what only those would show. Where that is nothing, it
    loses its form, if nothing else is lost."""
    failed = [pair for pair in pairs if not pair.gave_numbers]
    shown = [pair.asked for pair in pairs if pair.gave_numbers]
    if not failed or not shown:
        return
    n, m, layers = failed[0].asked.sizes
    which, steps = f"n_layers={layers}", failed[0].asked.sequence.steps
    if all(asked.sequence.steps == 1 for asked in shown):
        which, keys = f"a sequence of {steps} steps", ("states", "outputs")
        mistake = "runs for a single step only"
    elif all(asked.sizes[2] == 1 for asked in shown):
        too_few = failed[0].build.failure or "layers" in sheet.lost
        keys = ("layers" if too_few else "wiring",)
        mistake = "runs for a single layer only"
    elif not failed[0].build.broken or {"layers", *READ_OFF, "works"} & set(sheet.lost):
        return
    else:
        which = f"input_dim={n}, hidden_dim={m} and {which}"
        keys, mistake = ("layers",), "runs only for some sizes"
    failure = failed[0].build.broken or "what it returns are no tensors of one shape"
    for key in keys:
        sheet.lose(key, f"With {which} your class fails: {failure}.", mistake)


def lose_larger(exercise: Stack, known: Tables, larger: list[Pair], sheet: Sheet):
    """What is right for a few layers and steps, and not for more of them, loses its form; what is
    not right from zero states, its states."""
    if {"layers", "untouched", *READ_OFF, "works"} & set(sheet.lost):
        return
    for pair in larger:
        n, m, layers = pair.asked.sizes
        what = wrong_with(exercise, known, pair)
        if not what:
            continue
        _, *states = pair.asked.sequence.arguments.values()
        if any(state.any() for state in states):
            which = f"input_dim={n}, hidden_dim={m}, n_layers={layers} and a sequence of"
            said = f"With {which} {pair.asked.sequence.steps} steps {what}."
            sheet.lose("layers", said, "runs only for some sizes")
        elif "layers" not in sheet.lost:
            said = f"Where all given states are zero, {what}."
            key = "works" if whole(exercise) else "states"
            sheet.lose(key, said, "is wrong from zero states")


def wrong_with(exercise: Stack, known: Tables, pair: Pair) -> str:
    """What is wrong with a build of another size, if anything."""
    if not pair.build.answered:
        broken = pair.build.broken
        return f"your class fails: {broken}" if broken else ""
    if not pair.complete:
        return there_are(pair)
    seen, _ = seen_of(exercise, pair, [*range(len(pair.layers))])
    gone = run(known, seen, Wiring())
    if seen.outputs is None or not seen.gave(gone.shown[-1], seen.outputs):
        return "outputs is not what the rule gives"
    if seen.finals is None or not seen.gave(gone.last, seen.finals):
        return f"{final_states(exercise)} are not what the rule gives"
    return ""
