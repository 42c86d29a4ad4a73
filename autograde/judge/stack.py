"""The kind `stack`: cells on top of one another. What is asked, how the numbers are read, and what
is said of its layers, of how they are wired over time and over one another, and of what it
returns."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations_with_replacement, product, zip_longest

import numpy as np

from ..exercise.declared import Stack
from ..exercise.rules import FUNCTIONS
from ..exercise.verdict import Cell
from ..exercise.wirings import RIGHT, Run, Tables, tables
from ..student.protocol import BY_LOOP, MODES
from .agreement import NAMED, agree
from .answers import Answers, Build, Layer, Tensor, words
from .classes import judge_base, judge_class, judge_constructor
from .gradients import Asked as AskedSlopes
from .gradients import Loss, judge_gradients
from .pictures import Picture, Runs, rounded
from .questions import Sequence, normal, sequence, weights
from .recurrence import drawn, on_diagonal, right_step
from .sheet import Sheet
from .untouched import Asked, judge_untouched, writes_into_arguments
from .wiring import Found, Seen, Step, Wiring, diagnose_stack, run

ASKED_SIZES = ((3, 5, 3, 4), (4, 4, 3, 4), (5, 3, 1, 4), (3, 5, 2, 1))  # n, m, layers, steps
WITH_SLOPES = ASKED_SIZES[::2]  # those of which gradients are asked for
LARGER_SIZES = ((2, 1, 5, 12),)  # what holds for a few layers and steps may end beyond them
FROM_ZEROS = (3, 4, 2, 3)  # of a stack whose states are zero, as where nobody gives others
RESET_SIZES = (40, 60, 2)
PICTURE_SIZES, PICTURE_STEPS = (3, 4, 3), 5
PUSH = 1e-4  # by which one argument is changed, to see which outputs follow it
ALIKE = 1e-3  # of the largest: closer maps of influence are not worth a picture
PARTS = {"reads": "wiring", "states": "states", "time": "outputs", "cells": "layers"}
READ_OFF = ("wiring", "states", "outputs", "final")  # criteria that a known wiring decides
LOGGED = {  # criterion -> what is wrong where the layers' calls show no wiring that we know
    "wiring": "The layers do not read what they should",
    "states": "The layers' states are not carried along as they should",
    "outputs": "outputs is not what the top layer returned, step by step",
    "final": "The final states are not what the layers returned last",
}
PUT_RIGHT = "it went on after that line", "that were put right"
NOT_READABLE = "Your outputs and final states are not what the rule gives"
UNKNOWN = "no mistake that we know gives"
ROWS_OF = "the rows of "  # the one state of a stack that has one
FUNCTIONS_BETWEEN = {"tanh": np.tanh, "σ": FUNCTIONS["sigmoid"], "relu": FUNCTIONS["relu"]}
NO_VALUE = "none of the values that were passed in or that a layer gave back"
MOST_RUNS = 10  # of a layer at each step, which the student is told


# ---------------------------------------------------------------- what is asked
@dataclass(frozen=True)
class BuildAsked:
    """An instance made with `sizes` (input_dim, hidden_dim, n_layers); `weights` of every layer by
    mode. The sequence's directions are by mode as well. only_values: whether one run is all."""

    sizes: tuple[int, int, int]
    weights: dict[str, tuple[dict[str, np.ndarray], ...]]
    sequence: Sequence
    only_values: bool = False

    def sequence_in(self, mode: str) -> Sequence:
        """The sequence, with the directions for the cells that were used."""
        return replace(self.sequence, directions=self.sequence.directions[mode])


@dataclass(frozen=True)
class Questions:
    """About a stack. reads: the parameter whose shape tells how many numbers a layer reads.
    watched: a pattern for the built-ins to look out for, if any."""

    name: str
    base: str | None
    cell: str
    inputs: tuple[str, ...]
    reads: str | None
    diagonal: tuple[str, ...]
    watched: str | None
    builds: tuple[BuildAsked, ...]
    reset_sizes: tuple[int, int, int] = RESET_SIZES
    absent: tuple[str, ...] = ()
    kind: str = "stack"


def ask(exercise: Stack, rng: np.random.Generator) -> Questions:
    """The questions, drawn: stacks of stand-in cells, and the same of the student's own cells."""
    parameters = exercise.of.parameters
    return Questions(
        exercise.name,
        exercise.base,
        exercise.cell,
        tuple(exercise.of.rule.inputs),
        next((name for name, sizes in parameters.items() if sizes == ("m", "n")), None),
        exercise.of.diagonal,
        exercise.built_ins.operators if exercise.built_ins else None,
        (
            *(draw_build(exercise, rng, *sizes) for sizes in ASKED_SIZES),
            *(replace(draw_build(exercise, rng, *s), only_values=True) for s in LARGER_SIZES),
            from_zeros(replace(draw_build(exercise, rng, *FROM_ZEROS), only_values=True)),
        ),
    )


def draw_build(exercise: Stack, rng, *sizes: int) -> BuildAsked:
    """sizes: input_dim, hidden_dim, n_layers, steps."""
    (n, m, layers, steps), values, directions, drawn_sequence = sizes, {}, {}, None
    inputs = tuple(exercise.of.rule.inputs)
    for mode in MODES:
        parameters = stand_in_parameters(inputs) if mode == "stand-in" else exercise.of.parameters
        reads = [n if k == 0 else m for k in range(layers)]
        values[mode] = tuple(weights(rng, parameters, reads[k], m) for k in range(layers))
        leaves = {
            f"{k}.{name}": value.shape
            for k, layer in enumerate(values[mode])
            for name, value in layer.items()
        }
        drawn_sequence = sequence(rng, inputs, leaves, n, (layers, m), steps)
        directions[mode] = drawn_sequence.directions if sizes in WITH_SLOPES else {}
    return BuildAsked((n, m, layers), values, replace(drawn_sequence, directions=directions))


def from_zeros(build: BuildAsked) -> BuildAsked:
    """The same with states that are zero."""
    first, *states = build.sequence.arguments
    zeros = {name: 0 * build.sequence.arguments[name] for name in states}
    arguments = build.sequence.arguments | zeros
    return replace(build, sequence=replace(build.sequence, arguments=arguments))


def stand_in_parameters(inputs: tuple[str, ...]) -> dict[str, tuple[str, str]]:
    """Parameters of the stand-in cell: for every state a matrix for everything that it follows."""
    first, *states = inputs
    return {
        f"{state}_{name}": ("m", "n" if name == first else "m")
        for state in states
        for name in inputs
    }


def stand_in_step(inputs: tuple[str, ...], parameters: dict, x, states) -> tuple[np.ndarray, ...]:
    """The step of the student side's stand-in: no recurrence that anybody would write."""
    given = dict(zip(inputs, (x, *states)))
    sums = [
        sum(parameters[f"{state}_{name}"] @ value for name, value in given.items())
        for state in inputs[1:]
    ]
    return (*map(np.tanh, sums[:-1]), np.sin(sums[-1]))


# ---------------------------------------------------------------- how it is judged
@dataclass(frozen=True)
class Pair:
    """A build as it was asked for, and what came of it."""

    asked: BuildAsked
    build: Build

    @property
    def layers(self) -> tuple[Layer, ...]:
        return self.build.cells or ()

    @property
    def complete(self) -> bool:
        """Whether there are as many layers as asked."""
        return len(self.layers) == self.asked.sizes[2]

    @property
    def count(self) -> int:
        """How many layers have answered."""
        return len(self.layers) if self.build.asked_of is None else self.build.asked_of

    @property
    def shares_a_cell(self) -> bool:
        return self.build.same != tuple(range(len(self.build.same)))

    @property
    def returned(self) -> tuple:
        return self.build.calls[0].out

    @property
    def gave_numbers(self) -> bool:
        """Whether all that came back can be read."""
        return self.build.answered and all(one.values is not None for one in self.returned)


def judge(exercise: Stack, questions: Questions, answers: Answers, cell: Cell, sheet: Sheet) -> str:
    """Fills the sheet; returns the reason for marks that are lost for want of a better one."""
    look = lambda: judge_numbers(exercise, questions, answers, sheet)
    return judge_class(exercise, answers, cell, sheet, look)


def judge_numbers(
    exercise: Stack, questions: Questions, answers: Answers, sheet: Sheet
) -> str | None:
    """Fills the sheet; returns a reason where nothing could be looked at."""
    builds = answers.builds + (Build(),) * len(questions.builds)
    every = [Pair(asked, build) for asked, build in zip(questions.builds, builds)]
    pairs, larger = every[: len(ASKED_SIZES)], every[len(ASKED_SIZES) :]
    judge_layers(exercise, pairs, answers, sheet)
    if exercise.base and any(pair.layers for pair in pairs) and not proper(pairs):
        return f"Could not be marked: no layer is a {exercise.cell}."
    known = tables(exercise.states, tuple(exercise.called.items()))
    if judge_past_the_line(exercise, known, pairs, sheet):
        return None
    usable = most_in_one_mode(to_look_at(pairs))
    if not usable:
        return why_not(exercise, pairs)
    sheet.openly = usable[0].build.mode == "stand-in"  # no built-in computes what these do
    chosen = telling(usable)
    seen = [seen_of(exercise, pair, [*range(pair.count)]) for pair in chosen]
    found = diagnose_stack(known, [one for one, _ in seen])
    fewer_are_run = False
    fewer = [seen_of(exercise, p, used_layers(p)) for p in chosen if used_layers(p)]
    if fewer and any(len(used_layers(pair)) < pair.count for pair in chosen):
        some = diagnose_stack(known, [one for one, _ in fewer])
        if some and (found is None or some.cost < found.cost):
            seen, found, fewer_are_run = fewer, some, True
            lose_unused(exercise, chosen, sheet)
    judge_untouched(first_calls(pairs), sheet)
    check_states(exercise, usable, sheet)
    lose_taken(exercise, usable, sheet)
    report(exercise, known, found, seen, sheet)
    through = None if fewer_are_run else found  # else the loss is not known
    judge_gradients([asked_slopes(exercise, known, pair, through) for pair in usable], sheet)
    if any(pair.build.calls[0].form for pair in usable):
        sheet.meet("gradients")  # of what is returned in another form they may not be asked for
    lose_sizes(pairs, sheet)
    lose_larger(exercise, known, larger, sheet)
    return None


def first_calls(pairs: list[Pair]) -> list[Asked]:
    """The arguments of each build's whole run, and what became of them."""
    return [
        Asked(pair.asked.sequence.arguments, call)
        for pair in pairs
        for call in pair.build.calls[:1]
    ]


def judge_past_the_line(exercise: Stack, known: Tables, pairs: list[Pair], sheet: Sheet) -> bool:
    """Of a forward that raises, by what it does where it goes on after that. Whether less is lost
    so than by that line alone: else outputs and final states are where its layers have run by then,
    and everything where they have not."""
    failed = [pair for pair in pairs if pair.build.calls and pair.build.calls[0].failure]
    longer = [pair for pair in pairs if pair.asked.sequence.steps > 1]
    if failed == longer:
        pairs = longer  # a single step has run by chance, as where x[t] is meant by x
    elif failed != pairs:
        return False
    if not all(pair.build.passed for pair in pairs):
        return False
    past = [
        replace(p, build=replace(p.build, calls=p.build.passed, gradients=p.build.past))
        for p in pairs
    ]
    have_run = all(pair.build.answered for pair in pairs)
    by_numbers = judged_by_numbers(exercise, known, past)
    if by_numbers is None:
        return False
    ran = any(calls for pair in past for calls in pair.build.calls[0].log)
    by_loop = ran and all(pair.build.way == BY_LOOP for pair in pairs)
    failure = pairs[0].build.calls[0].failure
    said = f"Your forward raises {failure}; the rest was marked as if {PUT_RIGHT[by_loop]}."
    if by_loop:  # nothing was drawn: what is lost beside it is lost by itself
        sheet.lose("wiring", said, "forward raises")
        apart = by_numbers.lost
    else:
        apart = {key: by_numbers.lost.pop(key, ()) for key in ("gradients", "untouched")}
        if len(by_numbers.lost) > (1 if have_run else 2):
            return False
        lose_past_the_line(by_numbers, pairs, said, sheet)
    for key, sentences in apart.items():
        for sentence, mistake in zip_longest(sentences, by_numbers.mistakes.get(key, ())):
            sheet.lose(key, sentence, mistake)
    judge_untouched(first_calls(pairs), sheet)
    sheet.meet(*READ_OFF, "gradients", "untouched")
    sheet.openly = sheet.computes = True
    return True


def lose_past_the_line(by_numbers: Sheet, pairs: list[Pair], said: str, sheet: Sheet):
    """What its layers read and go on from shows what else is wrong; the line itself may show in
    nothing."""
    itself = "final" if all(map(ran_to_the_end, pairs)) else "outputs"
    for key in [*by_numbers.lost] or [itself]:
        shows = by_numbers.lost[key] if key in ("wiring", "states") else ()
        more = [one for one in shows if not one.startswith((NOT_READABLE, *LOGGED.values()))]
        sheet.lose(key, " ".join([said, *more]), "forward raises")


def ran_to_the_end(pair: Pair) -> bool:
    """Whether every layer had run at every step before forward raised."""
    log = pair.build.calls[0].log
    return bool(log) and all(len(calls) >= pair.asked.sequence.steps for calls in log)


def judged_by_numbers(exercise: Stack, known: Tables, pairs: list[Pair]) -> Sheet | None:
    """What these builds lose by what they return, by what their layers were given, and by their
    gradients; None where they return nothing to look at."""
    usable, sheet = most_in_one_mode(to_look_at(pairs)), Sheet(exercise)
    if not usable:
        return None
    seen = [seen_of(exercise, pair, [*range(pair.count)]) for pair in telling(usable)]
    found = diagnose_stack(known, [one for one, _ in seen])
    if not any(calls for _, log in seen for calls in log) or idle(found) and not all_run(seen):
        again = [replace(p, build=replace(p.build, calls=p.build.anew)) for p in telling(usable)]
        if not all(pair.build.answered for pair in again):
            return None
        for key in lost_unrun(exercise, again):
            sheet.lose(key, NOT_READABLE)
        return sheet
    check_states(exercise, usable, sheet)
    report(exercise, known, found, seen, sheet)
    judge_untouched(first_calls(usable), sheet)
    slopes = [asked_slopes(exercise, known, pair, found) for pair in usable]
    judge_gradients([one for one in slopes if one.loss], sheet)  # none flow through drawn numbers
    return sheet


def all_run(seen: list[tuple[Seen, list]]) -> bool:
    return all(calls for _, log in seen for calls in log)


def idle(found: Found | None) -> bool:
    """Whether nothing that is returned shows what any layer does."""
    outputs, finals = (found.outputs, found.finals) if found else (None, None)
    return outputs in (None, "x", "zeros") and finals in (None, "given", "zeros")


def lost_unrun(exercise: Stack, pairs: list[Pair]) -> list[str]:
    """What is lost where layers were not run: nothing shows what they read and go on from. What is
    returned is right where it holds, at every step and of every layer, another vector that was
    drawn in place of what the raising line should have made; the last outputs are a final state of
    the top layer."""
    if whole(exercise):
        return ["works"]
    runs = [(seen_of(exercise, pair, [])[0], pair.build.calls[0].drawn) for pair in pairs]
    outputs = all(
        are_drawn(one.outputs, (len(one.x), one.given[0].shape[1]), drawn) for one, drawn in runs
    )
    final = all(
        one.finals is not None
        and all(are_drawn(state, one.given[0].shape, drawn) for state in one.finals)
        for one, drawn in runs
    )
    if outputs and final:
        ends = [any(agree(one.outputs[-1], s[-1], NAMED) for s in one.finals) for one, _ in runs]
        outputs = final = all(ends)
    return ["wiring", "states", *["outputs"] * (not outputs), *["final"] * (not final)]


def are_drawn(rows: np.ndarray | None, shape: tuple[int, int], drawn: tuple[Tensor, ...]) -> bool:
    """Whether these are rows of this shape, each of them another one of what was drawn."""
    if rows is None or rows.shape != shape:
        return False
    among = [[k for k, one in enumerate(drawn) if agree(row, one.values, NAMED)] for row in rows]
    return all(among) and len({place[0] for place in among}) == len(rows)


def lose_taken(exercise: Stack, pairs: list[Pair], sheet: Sheet):
    """What forward takes, or gives its cells, in another form or order, so that it had to be asked
    otherwise."""
    first, *states = exercise.of.rule.inputs
    asked, key = ", ".join((first, *states)), "works" if whole(exercise) else "states"
    if any(pair.build.bundled for pair in pairs):
        sheet.lose(
            key,
            f"Your cells are called with their states in one, as PyTorch's own are;"
            f" {exercise.cell} takes ({asked}).",
            "the cells get their states in one",
        )
    if any(pair.build.together for pair in pairs):
        taken = f"({first}, ({', '.join(states)})), the states in one"
        mistake = "the states are taken in one"
    elif taken := next((p.build.taken for p in pairs if p.build.taken[:1] != (first,)), ()):
        taken, mistake = f"({', '.join(taken)})", "the arguments are taken in another order"
    else:
        return
    sheet.lose(key, f"Your forward takes {taken}; it should take ({asked}).", mistake)


def used_layers(pair: Pair) -> list[int]:
    """Which layers were run at all; all where that is not known."""
    log = pair.build.calls[0].log
    return [k for k, calls in enumerate(log) if calls] if log else [*range(pair.count)]


def lose_unused(exercise: Stack, pairs: list[Pair], sheet: Sheet):
    unused = (pair for pair in pairs if pair.complete and len(used_layers(pair)) < pair.count)
    if (pair := next(unused, None)) is None:
        return  # there are too many layers, or too few, which is said
    first = min({*range(pair.count)} - {*used_layers(pair)})
    sheet.lose(
        "layers",
        f"With n_layers={pair.asked.sizes[2]}, layer {first} is never run. The rule:"
        f" {exercise.asks('layers')}.",
        "the number of layers that are run is fixed",
    )


def to_look_at(pairs: list[Pair]) -> list[Pair]:
    """The builds that ran to their end; where none did, all of them, if each of their layers ran:
    what these were given until forward raised can be judged."""
    answered = [pair for pair in pairs if pair.build.answered]
    ended = [pair for pair in answered if not pair.build.broken]
    return ended or (answered if len(answered) == len(pairs) else [])


def most_in_one_mode(pairs: list[Pair]) -> list[Pair]:
    """The builds of the mode in which most could be answered."""
    return max(([p for p in pairs if p.build.mode == mode] for mode in MODES), key=len)


def why_not(exercise: Stack, pairs: list[Pair]) -> str:
    for build in (pair.build for pair in pairs if pair.build.constructor and not pair.layers):
        return f"{exercise.name}(input_dim, hidden_dim, n_layers) raised {build.constructor}."
    for failure in (call.failure for pair in pairs for call in pair.build.calls if call.failure):
        if "returned None" in failure.error:
            return "Not written yet: forward returns None."
        return f"Could not be marked: forward raised {failure}."
    failed = next((pair.build.failure for pair in pairs if pair.build.failure), None)
    if failed:
        return f"{exercise.name}(input_dim, hidden_dim, n_layers) raised {failed}."
    return "Could not be marked: there was no answer."


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


# ---------------------------------------------------------------- layers
def proper(pairs: list[Pair]) -> bool:
    """Whether any layer is of the class that is asked for."""
    return any(layer.right for pair in pairs for layer in pair.layers)


def judge_layers(exercise: Stack, pairs: list[Pair], answers: Answers, sheet: Sheet):
    surveyed = [pair for pair in pairs if pair.build.cells is not None]
    sizes = [f"n_layers={pair.asked.sizes[2]}" for pair in surveyed]
    judge_constructor([pair.build for pair in surveyed], sizes, sheet, "layers")
    for pair in surveyed:
        for sentence, mistake in complaints(exercise, pair):
            sheet.lose("layers", sentence, mistake)
    if surveyed:
        judge_base(exercise, answers, sheet, "layers")
    if proper(surveyed):
        sheet.meet("layers")


def complaints(exercise: Stack, pair: Pair) -> Iterator[tuple[str, str]]:
    """(sentence, mistake) for everything that is wrong with the layers of one build."""
    build, layers = pair.build, pair.asked.sizes[2]
    if build.constructor and (build.astray is not None or not pair.complete):
        return  # since it raises
    if build.layers == "NoneType":
        where = f": your cells are in self.{words(build.elsewhere, 40)}" if build.elsewhere else ""
        yield f"layers is missing{where}.", "layers is missing"
    elif build.astray is not None:
        yield (
            f"Your constructor makes {exercise.cell}s, but layers"
            f" {'holds other cells beside' if build.astray else 'does not hold'} them.",
            "the cells are made, and layers does not hold them alone",
        )
    elif not build.module_list:
        trains = build.layers in ("ModuleDict", "Sequential")
        why = "it should be an nn.ModuleList" if trains else "only an nn.ModuleList lets the cells'"
        yield (
            f"layers is a {words(build.layers, 40)}; {why}{'' if trains else ' parameters train'}.",
            "layers is no nn.ModuleList",
        )
    if not pair.complete and (pair.layers or build.layers != "NoneType"):
        yield (
            f"With n_layers={layers} {there_are(pair)}.",
            "the number of layers is wrong",
        )
    for k, layer in enumerate(pair.layers):
        yield from about_layer(exercise, pair, k, layer)
    if pair.shares_a_cell:
        yield (
            "Some layers are one and the same cell; each layer has a cell of its own.",
            "layers share a cell",
        )
    for other in build.others:
        yield (
            f"{words(other, 60)} trains outside of layers; only the cells should.",
            "something else trains as well",
        )


def there_are(pair: Pair) -> str:
    return "there is 1 layer" if len(pair.layers) == 1 else f"there are {len(pair.layers)} layers"


def about_layer(exercise: Stack, pair: Pair, k: int, layer: Layer) -> Iterator[tuple[str, str]]:
    n, m, _ = pair.asked.sizes
    if not layer.right:
        yield (
            f"Layer {k} is a {words(layer.type, 40)}; every layer is a {exercise.cell}.",
            f"a layer is no {exercise.cell}",
        )
    elif layer.reads not in (None, n if k == 0 else m):
        sizes = {m: "hidden_dim", n: "input_dim"}
        wanted = (
            "x_t, input_dim numbers" if k == 0 else "the h of the layer below, hidden_dim numbers"
        )
        yield (
            f"Layer {k} reads {sizes.get(layer.reads, words(str(layer.reads), 9))} numbers;"
            f" it should read {wanted}.",
            "a layer is made for the wrong size of input",
        )
    elif layer.units not in (None, m):
        yield (
            f"Layer {k} has {layer.units} units where hidden_dim is {m}.",
            "a layer has the wrong number of units",
        )


# ---------------------------------------------------------------- reading the numbers
def telling(usable: list[Pair]) -> list[Pair]:
    """The builds to read: those with as many layers as asked, where two of them lie on top of one
    another; else all. None that gave no numbers back or ran no layer, where others did (a single
    step, for a class that skips one)."""
    complete = [pair for pair in usable if pair.count == pair.asked.sizes[2]]
    chosen = complete if any(pair.asked.sizes[2] > 1 for pair in complete) else usable
    chosen = [pair for pair in chosen if pair.gave_numbers] or chosen
    return [pair for pair in chosen if used_layers(pair)] or chosen


def weights_of(pair: Pair) -> list[dict[str, np.ndarray]]:
    """Each layer's parameters as they were put in; diagonal ones as matrices."""
    layers = [dict(layer) for layer in pair.asked.weights[pair.build.mode]]
    for k, first in enumerate(pair.build.same[: len(layers)]):
        layers[k] = dict(layers[min(max(first, 0), k)])
    for layer, values in zip(pair.layers, layers):
        for name in layer.diagonal:
            if name in values:
                values[name] = np.diag(np.diagonal(values[name]))
    return layers


def cell_of(exercise: Stack, mode: str, layers: list[dict] | tuple[dict, ...]) -> Step:
    """One step of layer k with these parameters: stand-ins, or right cells of the rule."""
    inputs = tuple(exercise.of.rule.inputs)
    if mode == "stand-in":
        return lambda k, x, states: stand_in_step(inputs, layers[k], x, states)
    return lambda k, x, states: right_step(exercise.of, layers[k], x, states)


def seen_of(exercise: Stack, pair: Pair, used: list[int]) -> tuple[Seen, list]:
    """One build as arrays, and what its layers were given at each call. A stack that uses fewer
    layers than asked is taken as one that was asked for these: that is judged by itself."""
    x, *given = pair.asked.sequence.arguments.values()
    outputs, *finals = [tensor.values for tensor in pair.returned]
    layers = weights_of(pair)
    log = pair.build.calls[0].log
    if 0 < len(used) < len(layers):
        finals = [
            s if s is None or s.ndim != 2 else s[used] if len(s) == len(layers) else s[: len(used)]
            for s in finals
        ]
        layers, given = [layers[k] for k in used], [state[used] for state in given]
        log = [log[k] for k in used if k < len(log)]
    finals = [in_shape(state, one) for state, one in zip(finals, given)]
    complete = len(finals) == len(given) and not any(state is None for state in finals)
    goes_on = [[tensor.values for tensor in layer] for layer in pair.build.calls[0].goes_on]
    known = len(goes_on) == len(layers) and all(one is not None for own in goes_on for one in own)
    goes_up = [tensor.values for tensor in pair.build.calls[0].goes_up]
    read = len(goes_up) > 0 and all(one is not None for one in goes_up)
    return Seen(
        cell_of(exercise, pair.build.mode, layers),
        x,
        tuple(given),
        outputs,
        tuple(finals) if complete else None,
        pair.build.single,
        tuple(map(together, zip(*goes_on))) if known else None,
        together(goes_up) if read else None,
    ), log


def in_shape(state: np.ndarray | None, like: np.ndarray) -> np.ndarray | None:
    """A final state of another shape with as many numbers in the asked shape: that is judged by
    itself."""
    if state is None or 1 in like.shape:
        return state
    same_but_for_ones = tuple(n for n in state.shape if n > 1) == like.shape
    return state.reshape(like.shape) if same_but_for_ones else state


# ---------------------------------------------------------------- criteria
def whole(exercise: Stack) -> bool:
    """Whether outputs and states are one criterion."""
    return "works" in exercise.keys


def check_states(exercise: Stack, usable: list[Pair], sheet: Sheet):
    """The final states are tensors, in the shape of those passed in; outputs may be a list."""
    key = "works" if whole(exercise) else "final"
    bare = without_rows(usable)
    for pair in usable:
        if key in sheet.lost:
            return  # once, and not for every size
        form, failure = pair.build.calls[0].form, pair.build.calls[0].failure
        if failure:
            made = pair.returned[0].type != "NoneType"  # outputs, before it
            for one in {key} if made or whole(exercise) else {key, "outputs"}:
                said = f"Could not be marked: forward raised {failure}."
                sheet.lose(one, said, "forward raises after its layers have run")
            return
        if form:
            sheet.lose(
                key,
                f"forward returns {form}; it should return outputs and "
                f"{final_states(exercise).removeprefix(ROWS_OF)}.",
                "what is returned has another form",
            )
        if pair.returned[0].type == "NoneType" and not whole(exercise):
            said = f"forward returns {form}" if form else "outputs is None"
            rule = f"The rule: {exercise.asks('outputs')}."
            sheet.lose("outputs", f"{said}. {rule}", "outputs is None")
        _, m, layers = pair.asked.sizes
        for state, tensor in zip(exercise.states, pair.returned[1:]):
            if form and tensor.shape is None:
                continue
            if tensor.type in ("list", "tuple") or tensor.shape is None:
                sheet.lose(
                    key,
                    f"{state}_T is a {words(tensor.type, 40)}; it should be one tensor of shape"
                    " (n_layers, hidden_dim), like the one passed in.",
                    "the final states are no tensors",
                )
            elif in_other_shape(tensor, layers, m) or (bare and tensor.shape == (m,)):
                shape = ", ".join(map(str, tensor.shape))
                sheet.lose(
                    key,
                    f"{state}_T has shape ({shape}); it should be ({layers}, {m}), like the one"
                    " passed in.",
                    "the final states have another shape",
                )


def without_rows(pairs: list[Pair]) -> bool:
    """Whether the states of a single layer come without its row, where more layers have theirs."""
    shapes = {
        pair.asked.sizes[2]: {len(tensor.shape or ()) for tensor in pair.returned[1:]}
        for pair in pairs
    }
    return shapes.pop(1, set()) == {1} and set().union(*shapes.values()) == {2}


def in_other_shape(tensor: Tensor, layers: int, m: int) -> bool:
    """Whether the numbers of all layers are there, in another shape; else the wiring tells more."""
    return (
        tensor.shape != (layers, m) and int(np.prod(tensor.shape)) == layers * m and layers * m > m
    )


def report(
    exercise: Stack, known: Tables, found: Found | None, seen: list[tuple[Seen, list]], sheet: Sheet
):
    """The criteria of the wiring and of what is returned."""
    key = (lambda name: "works") if whole(exercise) else (lambda name: name)
    no_finals = "final" in sheet.lost and found and found.outputs and not found.wiring.slips
    in_part = found and None in found and not no_finals  # their form says it: the rest is read
    if found is None or (not whole(exercise) and in_part and logs_say_more(seen)):
        lose_unknown(exercise, seen, sheet)
        return
    sheet.meet(*map(key, READ_OFF))
    returned, explained = {"outputs": found.outputs, "finals": found.finals}, set()
    for part, criterion in PARTS.items():
        bent = getattr(found.wiring, part)
        if bent != RIGHT:
            if (found.wiring.reads, bent) == ("raw", "same x"):
                criterion = PARTS["reads"]  # one slip: all layers read it
            criterion = criterion if criterion == "layers" else key(criterion)
            says = known.parts[part][bent].says
            for name, reading in returned.items():
                if (part, bent, name, reading) in known.along:
                    explained.add(name)
                    says += f". For the same reason {getattr(known, name)[reading].says}"
            lose(exercise, criterion, says, sheet)
    if found.wiring.time == found.outputs == "backwards":
        explained.add("outputs")  # turned back again: its rows stand as asked
    if found.wiring.reads != RIGHT and all(goes_up(one) for one, _ in seen):
        explained.add("outputs")  # what stands there is what is passed up
    written = writes_into_arguments(sheet)
    if written and found.outputs == "aliased":
        explained.add("outputs")
    if found.outputs != RIGHT and "outputs" not in explained:
        if found.outputs is None and (shape := other_shape(seen)):
            sheet.lose(key("outputs"), shape, "outputs has another shape")
        else:
            unknown = "outputs does not follow from the layers' states as the rule asks"
            says = known.outputs[found.outputs].says if found.outputs else unknown
            lose(exercise, key("outputs"), says, sheet)
    if (
        found.finals != RIGHT
        and "finals" not in explained
        and (found.finals or key("final") not in sheet.lost)
    ):
        unknown = f"{final_states(exercise)} are not the layers' last states"
        says = known.finals[found.finals].says if found.finals else unknown
        lose(exercise, key("final"), says, sheet)
    sheet.computes = not idle(found)
    if idle(found) and not whole(exercise):  # any wiring fits that: the layers alone show it
        from_logs(exercise, seen, sheet, ("wiring", "states"))


def logs_say_more(seen: list[tuple[Seen, list]]) -> bool:
    """Whether what the layers were given and gave back shows which criteria hold: more than a
    wiring from which only a part of what was returned follows."""
    logs = readable(seen)
    return all(logs) and any(all(log[key] for log in logs) for key in READ_OFF)


def readable(seen: list[tuple[Seen, list]]) -> list[dict[str, bool] | None]:
    """What is right of each build, or None. Where a layer is not run in a single step, and is in
    longer sequences, these show what the rest of the stack does."""
    logs = [logged(one, log) for one, log in seen]
    longer = [log for (one, _), log in zip(seen, logs) if len(one.x) > 1]
    if None in logs and longer and all(longer):
        return [log | {"wiring": False} for log in longer]
    return logs


def final_states(exercise: Stack) -> str:
    names = ", ".join(f"{state}_T" for state in exercise.states)
    return f"({names})" if len(exercise.states) > 1 else ROWS_OF + names


def lose(exercise: Stack, key: str, what: str, sheet: Sheet):
    sheet.lose(key, f"Your numbers show: {what}. The rule: {exercise.asks(key)}.", what)


def lose_unknown(exercise: Stack, seen: list[tuple[Seen, list]], sheet: Sheet):
    if not whole(exercise):
        from_logs(exercise, seen, sheet, READ_OFF)
        return
    sheet.lose(
        "works",
        f"outputs is not what the rule gives, and {UNKNOWN} these numbers. The rule:"
        f" {exercise.asks('works')}.",
        "outputs are wrong in a way that we do not know",
    )


def from_logs(exercise: Stack, seen: list[tuple[Seen, list]], sheet: Sheet, keys: tuple[str, ...]):
    """Criteria by what the layers were given and gave back: each by itself, so that one slip in a
    wiring that we do not know loses one."""
    logs = readable(seen)
    holds = lambda key, other: all(log and (log[key] or log[other].get(key)) for log in logs)
    by = "as kept" if "states" in sheet.lost or not holds("states", "as kept") else "strictly"
    passed_up = {"outputs"} if not holds("wiring", by) and holds("outputs", "goes up") else set()
    for key in keys:
        if key in passed_up or holds(key, by):
            sheet.meet(key)
            continue
        if key in ("outputs", "final") and key in sheet.lost:
            continue  # their form says it
        if key == "outputs" and (shape := other_shape(seen)):
            sheet.lose(key, shape, "outputs has another shape")
            continue
        what = LOGGED[key] if all(logs) else NOT_READABLE
        seen_there = f" {departs(exercise, seen, key)}".rstrip() if all(logs) else ""
        if key == "states":
            what = more_often(seen) + what
        if key == "wiring":
            what = not_as_often(seen) + what
        rule = f"The rule: {exercise.asks(key)}."
        named = seen_there and NO_VALUE not in seen_there
        unknown = "" if named else f", and {UNKNOWN} your numbers"
        along = " For the same reason outputs is not what the top layer returned."
        seen_there += along if key == "wiring" and "outputs" in passed_up else ""
        said = f"{what}{unknown}.{seen_there} {rule}"
        sheet.lose(key, said, what[0].lower() + what[1:])
    if not set(keys) & set(sheet.lost) and (often := more_often(seen)):
        said = f"{often}The rule: {exercise.asks('states')}."
        sheet.lose("states", said, "every layer is run more than once a step")


def more_often(seen: list[tuple[Seen, list]]) -> str:
    """What is said of layers that are all run more often than there are steps; "" of others."""
    one, log = seen[0]
    often, steps = {len(calls) for calls in log}, len(one.x)
    if len(often) != 1 or not steps < min(often) <= MOST_RUNS * steps:
        return ""
    return f"Every layer is run {often.pop()} times for {steps} steps. "


def not_as_often(seen: list[tuple[Seen, list]]) -> str:
    """What is said of layers of which some are run at every step and others are not, or none is."""
    one, log = seen[0]
    runs, steps = [len(calls) for calls in log], len(one.x)
    if runs and not any(runs):
        return "None of the cells in layers is run. "
    other = next((k for k, count in enumerate(runs) if count != steps), None)
    if other is None or steps not in runs:
        return ""
    times = f"{runs[other]} time{'s' * (runs[other] != 1)}"
    return f"Layer {other} is run {times} in a sequence of {steps} steps. "


def other_shape(seen: list[tuple[Seen, list]]) -> str:
    """What is said of outputs in another shape than asked; "" where they have it."""
    for one, _ in seen:
        steps, m = len(one.x), one.given[0].shape[-1]
        if one.outputs is not None and one.outputs.shape != (steps, m):
            shape = ", ".join(map(str, one.outputs.shape))
            return (
                f"With {steps} step{'s' * (steps != 1)} and hidden_dim={m} outputs has shape"
                f" ({shape}); it should hold a tensor of shape ({m},) for every step."
            )
    return ""


def logged(seen: Seen, log: list) -> dict[str, bool] | None:
    """What is right: what every layer reads, the states that it goes on from, the outputs, the
    final states; also, by `as_kept`, and whether outputs is what one layer more would read. Of a
    stack that runs several times
    over the sequence, or not over all of it, every call is looked at; a layer that is called more
    or less often than the one below does not read that one. None where a layer was not called."""
    often, steps = {len(layer) for layer in log}, len(seen.x)
    if len(log) != seen.layers or not often or 0 in often:
        return None
    once, equally = often == {steps}, len(often) == 1
    given = [[[tensor.values for tensor in call] for call in layer] for layer in log]
    if any(value is None for layer in given for call in layer for value in call):
        return None
    try:
        made = [[seen.cell(k, x, tuple(s)) for x, *s in layer] for k, layer in enumerate(given)]
    except (TypeError, ValueError, IndexError):
        return None
    tops, starts = [states[-1] for states in made[-1]], seen.given_by_layer
    reads, carries = [], []
    for k, layer in enumerate(given):
        for t, (x, *states) in enumerate(layer):
            below = made[k - 1][t : t + 1] if k and len(made[k - 1]) == len(layer) else []
            if below and (runs := len(layer) // steps) > 1:  # several calls may belong to one step
                below += made[k - 1][t - t % runs :][:runs]
            right = [states[-1] for states in below] if k else [seen.x[t]] if once else seen.x
            reads.append(any(agree(x, one, NAMED) for one in right))
            before = [made[k][t - 1]] if t else [starts[k]]
            before += [starts[k]] if equally and not once else []
            carries.append(any(same_states(states, one) for one in before))
    finals = tuple(together([layer[-1][j] for layer in made]) for j in range(len(seen.given)))
    return {
        "wiring": all(reads),
        "states": all(carries),
        "outputs": seen.outputs is not None and shows(seen, [starts[-1][-1], *tops], equally),
        "final": seen.finals is not None and seen.gave(finals, seen.finals),
        "as kept": as_kept(seen, given, made) if once else {},
        "goes up": {"outputs": goes_up(seen)},
        "strictly": {},
    }


def goes_up(seen: Seen) -> bool:
    """Whether outputs is what one layer more would read."""
    known = seen.outputs is not None and seen.goes_up is not None
    return known and seen.gave(seen.goes_up, seen.outputs)


def as_kept(seen: Seen, given: list, made: list) -> dict[str, bool]:
    """What is right where the states of layers are kept in a wrong way: what stands for a layer
    after a step is what it gave back, or what it went on from, or what it goes on from next."""
    ends = zip(*seen.goes_on) if seen.goes_on is not None else [()] * seen.layers
    stands = [
        [[new, old, then] for new, (_, *old), then in zip(made[k], given[k], nexts)]
        for k, end in enumerate(ends)
        for nexts in [[*(states for _, *states in given[k][1:]), end]]
    ]
    shown = lambda value, k, t: any(
        len(one) and np.shape(one[-1]) == np.shape(value) and seen.gave(one[-1], value)
        for one in stands[k][t]
    )
    steps, finals, like = range(len(seen.x)), seen.finals, seen.given
    whole = finals is not None and [np.shape(one) for one in finals] == [one.shape for one in like]
    moves = whole and not seen.gave(like, finals)
    rows = product(range(seen.layers), steps)
    return {
        "wiring": moves
        and all(
            shown(given[k][t][0], k - 1, t) if k else agree(given[k][t][0], seen.x[t], NAMED)
            for k, t in rows
        ),
        "outputs": moves
        and np.shape(seen.outputs) == (len(seen.x), like[0].shape[1])
        and all(shown(seen.outputs[t], -1, t) for t in steps),
        "final": whole
        and all(
            any(len(one) and seen.gave(one[j], state[k]) for one in stands[k][-1])
            for j, state in enumerate(finals)
            for k in range(seen.layers)
        ),
    }


def departs(exercise: Stack, every: list[tuple[Seen, list]], key: str) -> str:
    """Where a criterion first fails, by steps and then by layers, and what stands there, of the
    first build that shows it; "" where a layer is not run once a step."""
    for seen, log in every:
        if {len(calls) for calls in log} != {len(seen.x)}:
            continue
        finals = zip(exercise.states, seen.finals or (), seen.given) if key == "final" else ()
        for state, rows, like in finals:
            if np.shape(rows) != like.shape:
                shapes = (", ".join(map(str, np.shape(one))) for one in (rows, like))
                return "{}_T has shape ({}); it should be ({}).".format(state, *shapes)
        given = [[[tensor.values for tensor in call] for call in layer] for layer in log]
        made = [[seen.cell(k, x, tuple(s)) for x, *s in layer] for k, layer in enumerate(given)]
        for where, right, got in compared(exercise, seen, given, made, key):
            if not agree(got, right, NAMED):
                return (
                    f"With n_layers={seen.layers}, {where} {known_as(exercise, seen, made, got)}."
                )
    return ""


def compared(
    exercise: Stack, seen: Seen, given: list, made: list, key: str
) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """What a criterion is about: words for each place, what should stand there, and what does.
    given, made: of each layer at each step, what it was given and gave back."""
    finals = zip(exercise.states, seen.finals or ())
    if key == "outputs" and np.shape(seen.outputs) == (len(seen.x), *np.shape(made[-1][0][-1])):
        for t, states in enumerate(made[-1]):
            yield f"outputs[{t}] is", states[-1], seen.outputs[t]
    for place, (state, rows) in enumerate(finals if key == "final" else ()):
        if np.shape(rows) == seen.given[place].shape:
            for k, calls in enumerate(made):
                yield f"{state}_T[{k}] is", calls[-1][place], rows[k]
    for t, k in product(range(len(seen.x)), range(seen.layers)):
        x, *states = given[k][t]
        if key == "wiring":
            yield f"at x[{t}] layer {k} reads", made[k - 1][t][-1] if k else seen.x[t], x
        own = made[k][t - 1] if t else seen.given_by_layer[k]
        for state, right, got in zip(exercise.states, own, states) if key == "states" else ():
            yield f"at x[{t}] layer {k} gets as its {state}", right, got


def known_as(exercise: Stack, seen: Seen, made: list, value: np.ndarray) -> str:
    """Which value that the stack was given, or that a layer gave back, this is, or what of one or
    two of these."""
    names = {"all of x": seen.x} | {f"x[{t}]": x for t, x in enumerate(seen.x)}
    for place, state in enumerate(exercise.states):
        names[f"all of the given {state}"] = seen.given[place]
        names |= {f"the given {state}[{k}]": row for k, row in enumerate(seen.given[place])}
        names |= {
            f"the {state} that layer {k} gave back at x[{t}]": states[place]
            for k, calls in enumerate(made)
            for t, states in enumerate(calls)
        }
    alike = {name: one for name, one in names.items() if np.shape(one) == np.shape(value)}
    for named in (alike | {"zeros": np.zeros_like(value)}, made_of(value, alike)):
        if name := next((name for name, one in named.items() if agree(value, one, NAMED)), ""):
            return name
    return NO_VALUE


def made_of(value: np.ndarray, names: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """What may be made of these values in a line, by words for it: a function, a multiple, a sum or
    product of two."""
    made = {}
    for shown, function in FUNCTIONS_BETWEEN.items():
        made |= {f"{shown} of {name}": function(one) for name, one in names.items()}
    for name, one in names.items():
        times = round(float(np.vdot(value, one) / np.vdot(one, one)), 3) if one.any() else 0.0
        made[f"{times:g} times {name}"] = times * one
    for (name, one), (other, two) in combinations_with_replacement(names.items(), 2):
        made |= {f"{name} plus {other}": one + two, f"{name} times {other}": one * two}
    return made


def shows(seen: Seen, tops: list[np.ndarray], equally: bool) -> bool:
    """Whether outputs is what the top layer held after each step: the given state is the first of
    `tops`. Where it is run less often than others it is not known in which steps."""
    steps, calls = len(seen.x), len(tops) - 1
    if calls % steps == 0:
        return seen.gave(together(tops[calls // steps :: calls // steps]), seen.outputs)
    place = 0
    for row in seen.outputs:
        place += next((k for k, top in enumerate(tops[place:]) if seen.gave(top, row)), len(tops))
    return not equally and len(seen.outputs) == steps and place == calls


def same_states(own: list[np.ndarray], right: tuple[np.ndarray, ...]) -> bool:
    return all(agree(one, other, NAMED) for one, other in zip(own, right))


def together(arrays: list[np.ndarray]) -> np.ndarray | None:
    """Arrays under one another; None where a layer that was given other shapes made others."""
    return np.stack(arrays) if len({one.shape for one in arrays}) == 1 else None


# ---------------------------------------------------------------- the loss behind the gradients
def asked_slopes(exercise: Stack, known: Tables, pair: Pair, found: Found | None) -> AskedSlopes:
    loss = loss_of(exercise, known, pair, found)
    return AskedSlopes(pair.asked.sequence_in(pair.build.mode), pair.build, loss)


def loss_of(exercise: Stack, known: Tables, pair: Pair, found: Found | None) -> Loss | None:
    """The loss of this build's sequence as a function of shifts of the leaves, under the wiring
    that was found; None where that is not known."""
    if found is None or None in found or not pair.complete or pair.shares_a_cell:
        return None
    layers, weigh = weights_of(pair), pair.asked.sequence.loss
    x_name, *names = pair.asked.sequence.arguments
    x, *given = pair.asked.sequence.arguments.values()

    def gone(shift: dict[str, np.ndarray]) -> Run | None:
        moved = [
            {name: v + on_diagonal(shift.get(f"{k}.{name}", 0), v) for name, v in layer.items()}
            for k, layer in enumerate(layers)
        ]
        cell = cell_of(exercise, pair.build.mode, moved)
        states = tuple(state + shift.get(name, 0) for name, state in zip(names, given))
        return run(known, Seen(cell, x + shift.get(x_name, 0), states), found.wiring)

    def loss(shift: dict[str, np.ndarray]) -> float:
        outputs, finals = read_found(known, gone(shift), found)
        total = (weigh[: len(outputs)] * outputs).sum()
        total += sum((weigh[-1 - k] * one).sum() for k, one in enumerate(finals))
        return float(total)

    if gone({}) is None:  # a wiring that takes no step of a short sequence
        return None
    outputs, _ = read_found(known, gone({}), found)
    return loss if outputs.shape[1:] == weigh.shape[1:] else None


def read_found(known: Tables, gone: Run, found: Found) -> tuple[np.ndarray, tuple]:
    return known.outputs[found.outputs].read(gone), known.finals[found.finals].read(gone)


# ---------------------------------------------------------------- the picture
def ask_runs(exercise: Stack, rng: np.random.Generator) -> Runs:
    """One run, and then one more for each argument that is changed a little."""
    n, m, layers = PICTURE_SIZES
    inputs = tuple(exercise.of.rule.inputs)
    shapes = {inputs[0]: (PICTURE_STEPS, n)} | dict.fromkeys(exercise.states, (layers, m))
    base = {name: normal(rng, shape) for name, shape in shapes.items()}
    reads = [n if k == 0 else m for k in range(layers)]
    parameters = stand_in_parameters(inputs)
    return Runs(
        exercise.name,
        "stack",
        PICTURE_SIZES,
        {
            "stand-in": tuple(weights(rng, parameters, reads[k], m) for k in range(layers)),
            "own": tuple(drawn(exercise.of, rng, reads[k], m) for k in range(layers)),
        },
        (base, *(changed(base, place) for place in range(PICTURE_STEPS + layers))),
        inputs,
        len(exercise.states),
        exercise.of.diagonal,
        tuple(exercise.of.absent),
        exercise.cell,
    )


def changed(base: dict[str, np.ndarray], place: int) -> dict[str, np.ndarray]:
    """The same run with one step of the sequence moved, or (after those) all given states of one
    layer."""
    first, *states = base
    steps = len(base[first])
    moved = {first: place} if place < steps else dict.fromkeys(states, place - steps)
    return {
        name: value + PUSH * (np.arange(len(value)) == moved.get(name, -1))[:, None]
        for name, value in base.items()
    }


def compare_runs(exercise: Stack, asked: Runs, answers: Answers) -> Picture | None:
    """How much each output follows each argument, the largest of the right ones being 1."""
    if answers.mode not in asked.weights or len(answers.runs) != len(asked.runs):
        return None
    cell = cell_of(exercise, answers.mode, asked.weights[answers.mode])
    known = tables(exercise.states, tuple(exercise.called.items()))
    right = []
    for one in asked.runs:
        x, *given = one.values()
        right.append(run(known, Seen(cell, x, tuple(given)), Wiring()).shown[-1])
    yours = [tensor.values for tensor in answers.runs]
    if not all(v is not None and v.shape == right[0].shape and np.isfinite(v).all() for v in yours):
        return None
    maps = [influence(runs) for runs in (right, yours)]
    largest = maps[0].max()
    if np.abs(maps[1] - maps[0]).max() <= ALIKE * largest:
        return None
    right_map, your_map = (rounded(values / largest, 5) for values in maps)
    return {
        "kind": "influence",
        "steps": PICTURE_STEPS,
        "right": right_map,
        "yours": your_map,
    }


def influence(runs: list[np.ndarray]) -> np.ndarray:
    """For each changed run, how far each output moved: (runs - 1, steps)."""
    return np.stack([np.linalg.norm(one - runs[0], axis=1) / PUSH for one in runs[1:]])
