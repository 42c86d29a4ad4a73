"""The form of what a stack takes and returns."""

import numpy as np

from ...exercise.declared import Stack
from ..answers import Tensor, words
from ..sheet import Sheet
from .asks import Pair, whole
from .report import ROWS_OF, final_states


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
