"""Where a vector becomes a matrix by the way, as in `W * h` or `a[:, None] + b`: the same forward
with drawn numbers in place of that matrix, so that what comes before and after can be judged."""

import ast
import sys

import torch
from torch.overrides import TorchFunctionMode

from .forms import returned
from .holes import MOST_HOLES, put_try, with_piece
from .rewriting import FLAT, bound, codes_in, compiled, copy_of, runs_at
from .telling import place_of


class Spreads(TorchFunctionMode):
    """Takes down where in `codes` a vector and another tensor make a matrix of at least `units`
    rows: place to shape, in the order in which they come up."""

    def __init__(self, codes, units: int):
        super().__init__()
        self.codes, self.units, self.found = codes, units, {}

    def __torch_function__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        given = [value for value in args if isinstance(value, torch.Tensor)]
        if len(given) > 1 and is_matrix(out, self.units) and any(v.dim() == 1 for v in given):
            place = runs_at(sys._getframe().f_back, self.codes)
            if place:
                self.found.setdefault(place, tuple(out.shape))
        return out


def is_matrix(value, units: int) -> bool:
    return isinstance(value, torch.Tensor) and value.dim() == 2 and value.numel() > units


def straighten(
    module, arguments: list[torch.Tensor], units: int, count: int, function: ast.FunctionDef
) -> list[dict]:
    """Gives `module` a forward whose `count` outputs are no matrices, with `units` drawn numbers in
    place of as few of those that vectors become as can be. function: the tree of the forward that
    it has. Returns what they were, one after the other, with its line. Nothing where that cannot be
    done, or need not be: then `module` is as it was."""
    forward = type(module).forward
    straight = lambda tree: look(tree, forward, module, arguments, units, count)[0] is False
    told = {}
    while len(told) < MOST_HOLES and not straight(function):
        _, places = look(function, forward, module, arguments, units, count)
        trees = {place: flattened(function, place) for place in places if place not in told}
        trees = {place: tree for place, tree in trees.items() if tree is not None}
        if not trees:
            return []
        place = next((one for one, tree in trees.items() if straight(tree)), next(iter(trees)))
        function, told[place] = trees[place], failure(forward, place, places[place])
    if not told or not straight(function):
        return []
    module.forward = bound(compiled(function, forward, units), module)
    return list(told.values())


def failure(forward, place, shape: tuple[int, ...]) -> dict:
    """What is told of a matrix that came up at a place."""
    line = place_of(forward.__code__.co_filename, place[0])
    told = {"error": f"a matrix of shape ({', '.join(map(str, shape))})"}
    return with_piece(told | ({"place": line} if line else {}), forward, place)


def look(function, forward, module, arguments, units: int, count: int) -> tuple[bool | None, dict]:
    """Whether an output of this tree's function is a matrix (None where it raises), and where
    vectors become matrices in it."""
    mended = compiled(function, forward, units)
    noted = Spreads(codes_in(mended.__code__), units)
    try:
        with noted:
            out, _ = returned(mended(module, *[one.clone() for one in arguments]), count)
    except Exception:
        return None, {}
    return any(is_matrix(value, units) for value in out), noted.found


def flattened(function, place):
    """A copy of the tree in which what stands at `place` is drawn where it is a matrix; None where
    that cannot be done."""
    tree = copy_of(function)
    return tree if put_try(tree, place, FLAT) else None
