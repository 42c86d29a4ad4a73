"""The parameters of a class: what its attributes are, and asked weights put into them in whatever
form they have."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import nn

from .telling import unpack

MOST_NAMES = 20
MOST_HELD = 60
MODULES_OWN = frozenset(vars(nn.Module()))  # attributes that every module has


@dataclass
class Attribute:
    """What an attribute of a module is. kind: "linear", "parameter", "tensor", "module", "other",
    "none" or "missing"."""

    kind: str
    type: str = ""
    shape: list[int] | None = None
    bias: bool = False
    trains: bool | None = None

    @property
    def holds_weights(self) -> bool:
        return self.kind in ("linear", "parameter")

    @property
    def can_hold(self) -> bool:
        """Whether numbers can be put in, whether or not it trains."""
        return self.holds_weights or self.kind == "tensor"


def found(module: nn.Module, name: str) -> Attribute:
    """What the attribute `name` of `module` is."""
    value = getattr(module, name, None)
    if value is None:
        return Attribute("none" if hasattr(module, name) else "missing")
    if isinstance(value, nn.Module):
        weight = getattr(value, "weight", None)
        if not isinstance(weight, torch.Tensor):
            return Attribute("module", type(value).__name__)
        bias = getattr(value, "bias", None) is not None
        return Attribute("linear", "", list(weight.shape), bias, bool(weight.requires_grad))
    if isinstance(value, torch.Tensor):
        kind = "parameter" if isinstance(value, nn.Parameter) else "tensor"
        return Attribute(kind, "", list(value.shape), False, bool(value.requires_grad))
    return Attribute("other", type(value).__name__)


def tensor_of(module: nn.Module, name: str) -> torch.Tensor:
    value = getattr(module, name)
    return value.weight if isinstance(value, nn.Module) else value


def own_name(module: nn.Module, name: str) -> str:
    """The attribute that plainly means `name` ("W_f" as "Wf" or "w_f") where the name itself is
    missing."""
    if found(module, name).kind != "missing":
        return name
    own = {key.split(".")[0] for key, _ in module.named_parameters()}
    plain = name.replace("_", "").lower()
    return next((key for key in sorted(own) if key.replace("_", "").lower() == plain), name)


# ---------------------------------------------------------------- putting weights in
class Matrix(nn.Parameter):
    """A matrix that may be used in every way in which the student's own might: `W @ h`, `W(h)`,
    `W.weight @ h`, and `W(words)` as of an nn.Embedding."""

    bias = None

    @property
    def weight(self):
        return self

    def __call__(self, vector: torch.Tensor) -> torch.Tensor:
        if not vector.is_floating_point():
            return nn.functional.embedding(vector, self)
        return nn.functional.linear(vector, self)


def install(module: nn.Module, name: str, value: torch.Tensor):
    """Put a new parameter where the student's own cannot hold what is asked."""
    for table in (module.__dict__, module._parameters, module._buffers, module._modules):
        table.pop(name, None)
    setattr(module, name, Matrix(value) if value.dim() == 2 else nn.Parameter(value))


def form_of(value: torch.Tensor, shape: list[int], diagonal: bool) -> torch.Tensor | None:
    """`value` in the form that a parameter of `shape` can hold: as it is, its diagonal, or
    transposed; else None."""
    square = value.dim() == 2 and value.shape[0] == value.shape[1]
    if list(value.shape) == shape:
        return value
    if square and diagonal and [n for n in shape if n > 1] == [value.shape[0]]:
        return value.diagonal().clone().reshape(shape)  # a row or a column is one, too
    return value.T.clone() if value.dim() == 2 and list(value.T.shape) == shape else None


def are_vectors(attributes: list[Attribute]) -> bool:
    """Whether those that are there at all are vectors."""
    there = [one for one in attributes if one.kind in ("parameter", "tensor", "linear")]
    return bool(there) and all(one.kind != "linear" and len(one.shape) == 1 for one in there)


def load(
    module: nn.Module,
    weights: dict[str, dict],
    diagonal: list[str],
    dtype: torch.dtype,
    repair: bool = False,
) -> dict[str, list[int]]:
    """Put `weights` into `module`; returns the shapes of parameters that had to be made, or that
    stand under a misspelt name, by the asked name.

    repair: a transposed matrix is replaced by one in the asked form.
    """
    made, taken = {}, set()
    vectors = are_vectors([found(module, own_name(module, name)) for name in diagonal])
    for asked, packed in weights.items():
        value = unpack(packed, dtype)
        name, matrix = own_name(module, asked), value.dim() == 2
        attribute = found(module, name)
        if asked in diagonal and attribute.kind == "missing" and vectors:
            value = value.diagonal().clone()  # as the student's others are
        form = None
        if attribute.can_hold and (matrix or attribute.kind != "linear"):
            form = form_of(value, attribute.shape, asked in diagonal)
            if asked in diagonal and attribute.shape in ([], [1]):
                # one number for all units: the diagonal form of a mistake
                form, value = None, value.diagonal().clone()
        transposed = form is not None and form.dim() == 2 and form.shape != value.shape
        shared = form is not None and id(tensor_of(module, name)) in taken
        if form is None or (repair and transposed) or shared:
            value = form if shared and not transposed else value
            install(module, name, value)
            made[asked] = list(value.shape)
            continue
        if name != asked:
            made[asked] = list(form.shape)
        if attribute.kind == "tensor":
            setattr(module, name, form.requires_grad_(bool(attribute.trains)))
            continue
        taken.add(id(tensor_of(module, name)))
        with torch.no_grad():
            tensor_of(module, name).copy_(form)
            if attribute.bias:
                getattr(module, name).bias.zero_()
    return made


# ---------------------------------------------------------------- the class as it is
def hold(module: nn.Module, seed: int) -> dict[str, torch.Tensor]:
    """Every tensor that the class keeps, by name, filled with numbers drawn from `seed`, none of
    which is near zero: its parameters, its buffers, and what is in plain attributes, or in lists
    and dicts there."""
    held = dict(module.named_parameters()) | dict(module.named_buffers())
    for prefix, part in module.named_modules():
        for name, value in vars(part).items():
            if name not in MODULES_OWN:
                held |= dict(tensors_in(f"{prefix}.{name}".lstrip("."), value))
    held = {name: tensor for name, tensor in held.items() if tensor.is_floating_point()}
    draws = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for tensor in held.values():
            draw = torch.randn(tensor.shape, generator=draws, dtype=tensor.dtype)
            tensor.copy_(0.5 * (draw + 0.25 * draw.sign()))
    return dict(list(held.items())[:MOST_HELD])


def tensors_in(name: str, value) -> Iterator[tuple[str, torch.Tensor]]:
    """The tensors that an attribute holds, or a list, a tuple or a dict in it, with their names."""
    if isinstance(value, torch.Tensor):
        yield name, value
    items = value.items() if isinstance(value, dict) else ()
    items = enumerate(value) if isinstance(value, list | tuple) else items
    for key, item in items:
        if isinstance(item, torch.Tensor):
            yield f"{name}.{key}", item
        elif isinstance(item, nn.Module):
            yield from ((f"{name}.{key}.{own}", p) for own, p in item.named_parameters())


# ---------------------------------------------------------------- everything about them
def survey(module: nn.Module, names: list[str], absent: list[str]) -> dict:
    """Everything about the parameters of a cell: what is found under the names, what else trains,
    what has no values, and whether two names hold one parameter."""
    attributes = {name: found(module, name) for name in [*names, *absent]}
    holding = [name for name in names if attributes[name].holds_weights]
    held = {id(tensor_of(module, name)): name for name in holding}
    biases = {f"{name}.bias" for name in held.values()}
    every = list(module.named_parameters())
    others = [
        name for name, p in every if id(p) not in held and p.requires_grad and name not in biases
    ]
    unset = [name for name, p in every if not bool(torch.isfinite(p).all())]
    return {
        "found": {name: vars(attribute) for name, attribute in attributes.items()},
        "others": others[:MOST_NAMES],
        "unset": unset[:MOST_NAMES],
        "shared": len(held) < len(holding),
    }
