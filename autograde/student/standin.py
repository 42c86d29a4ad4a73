"""The grader's cells in a stack, in place of the student's, so that a stack can be judged whatever
became of these; and where in a stack its cells are."""

import contextlib
import types
from functools import reduce
from operator import add

import torch
from torch import nn

from .protocol import COUNT_OF_A_CELL
from .recurrence import cells_in
from .telling import pack
from .watching import MOST_STEPS


class StandIn(nn.Module):
    """A recurrent cell that nobody would write, so that a stack can be judged whatever became of
    the student's cell.

    inputs: names of what a cell is given, as in a question. made: all instances of the class. log,
    where it is a list, takes down what the layer is given. last: what it gave back last. bundled:
    whether it was given its states in one, as PyTorch's own cells are.
    """

    inputs: tuple[str, ...] = ()
    made: list["StandIn"] = []
    log = None
    last: tuple[torch.Tensor, ...] = ()
    bundled = False

    def __init__(self, input_dim, hidden_dim, *_, **__):
        super().__init__()
        first, *states = self.inputs
        for state in states:
            for name in self.inputs:
                size = input_dim if name == first else hidden_dim
                setattr(self, f"{state}_{name}", nn.Parameter(torch.empty(hidden_dim, size)))
        self.made.append(self)
        self.reset_parameters()

    def reset_parameters(self):
        for drawn in self.parameters():
            nn.init.normal_(drawn)

    def forward(self, *given, **named):
        if len(given) == 2 < len(self.inputs) and isinstance(given[1], tuple | list):
            given, self.bundled = (given[0], *given[1]), True
        given = in_order(self.inputs, given, named)
        read = all(isinstance(value, torch.Tensor) for value in given)  # else it raises below
        if read and self.log is not None and len(self.log) < MOST_STEPS:
            self.log.append([pack(value) for value in given])
        held = self._parameters  # quicker than by attribute, which a run asks for hundreds of times
        sums = [
            reduce(add, (held[f"{state}_{name}"] @ v for name, v in zip(self.inputs, given)))
            for state in self.inputs[1:]
        ]
        self.last = new = (*map(torch.tanh, sums[:-1]), torch.sin(sums[-1]))
        return new if len(new) > 1 else new[0]


def in_order(names: tuple[str, ...], given: tuple, named: dict) -> tuple:
    """The arguments of a cell in its order, however they were passed. Raises TypeError."""
    rest = names[len(given) :]
    if len(given) > len(names) or set(named) != set(rest):
        raise TypeError(f"{COUNT_OF_A_CELL} ({', '.join(names)})")
    return (*given, *(named[name] for name in rest))


def stand_in_for(question: dict) -> type[StandIn]:
    """The stand-in's class, for cells with these inputs: by name the student's own."""
    name, constructor = question["cell"], StandIn.__init__
    copied = types.FunctionType(  # Python says its name where it gets other arguments
        constructor.__code__, globals(), "__init__", None, constructor.__closure__
    )
    copied.__qualname__ = f"{name}.__init__"
    own = {"inputs": tuple(question["inputs"]), "made": [], "__init__": copied}
    return type(name, (StandIn,), own | {"__module__": "__main__"})


@contextlib.contextmanager
def standing_in(namespace: dict, question: dict, mode: str):
    """In the mode "stand-in", the name of the cell's class means the stand-in for a while."""
    name = question["cell"]
    before = namespace.get(name)
    if mode == "stand-in":
        namespace[name] = stand_in_for(question)
    try:
        yield
    finally:
        namespace[name] = before
        if before is None:
            del namespace[name]


def put_stand_ins(module, question: dict, sizes: list[int]) -> list[StandIn]:
    """Stand-ins in place of whatever cells the student's class made, one for each layer; layers
    that are shared stay shared.

    A cell that is none computes what its stand-in does, so that it does not matter by which way the
    stack comes to it; one of PyTorch's own is called as those are.
    """
    stand_in, made = stand_in_for(question), {}
    for k, layer in enumerate(cells_within(module)):
        if isinstance(layer, StandIn):
            made[id(layer)] = layer
        elif id(layer) not in made:
            made[id(layer)] = stand_in(sizes[0] if k == 0 else sizes[1], sizes[1])
            forward = made[id(layer)].forward
            if isinstance(layer, nn.RNNCellBase):
                forward = types.MethodType(as_torch_has_it(forward, layer), layer)
            layer.forward = forward
    return [made[id(layer)] for layer in cells_within(module)]


def as_torch_has_it(forward, cell: nn.RNNCellBase):
    """A method for a `cell` of PyTorch's, called as those are: (x, states), the shown state first;
    it returns the states likewise."""

    def torch_forward(self, x, states=None):
        given = states if isinstance(states, tuple | list) else (states,)
        new = forward(x, *reversed(given))
        return tuple(reversed(new)) if isinstance(new, tuple) else new

    # Python says its name where it gets other arguments
    torch_forward.__qualname__ = f"{type(cell).__name__}.forward"
    return torch_forward


def where_cells_are(module) -> tuple[str, list]:
    """The attribute that holds the cells, and the cells: `layers`, or else the one that holds most
    modules."""
    held = {name: cells_in(getattr(module, name, None)) for name in ("layers", *own_names(module))}
    if held["layers"] or getattr(module, "layers", None) is not None:
        return "layers", held["layers"]
    name = max(held, key=lambda name: len(held[name]))
    return name, held[name]


def cells_within(module) -> list:
    """The cells; of a layer that has stand-ins inside of it, as a class of the student's or a
    ModuleList may, these."""
    return [cell for layer in where_cells_are(module)[1] for cell in stand_ins_in(layer) or [layer]]


def stand_ins_in(layer) -> list[StandIn]:
    inside = [layer] if isinstance(layer, StandIn) else layer.modules()
    return [one for one in inside if isinstance(one, StandIn)]


def own_names(module) -> list[str]:
    return [*module._modules, *(name for name in vars(module) if not name.startswith("_"))]
