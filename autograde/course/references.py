"""What an exercise declares as right and as wrong, put in a student's place and judged: in this
process, since it is the author's own.
"""

import warnings
from contextlib import contextmanager
from functools import wraps

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from ..exercise.declared import Computed, Exercise, Module, Recurrence, Value
from ..exercise.rules import compiled, names_in
from ..exercise.shapes import spec
from ..exercise.verdict import Cell, Verdict
from ..judge import examine
from ..student.respond import respond

TORCH = {  # what formulas name, with vectors in place of columns
    **{name: getattr(torch, name) for name in ("sigmoid", "tanh", "exp", "sin", "relu", "dot")},
    **{"softplus": F.softplus, "hard_sigmoid": F.hardsigmoid, "diagonal": torch.diagonal},
    **{"total": torch.sum, "average": torch.mean, "softmax": lambda a: torch.softmax(a, dim=-1)},
}


def references_of(exercise: Exercise) -> tuple[list, list[tuple]]:
    """Right references; and wrong ones, each as (its name, itself, what is said of it). Of a
    recurrence, one is a choice of formulas, {part: formula}, and another formula that does the same
    may be told. A stack has none."""
    if isinstance(exercise, Recurrence):
        bent = [(part, f) for part in exercise.rule.parts for f in list(part.variants)[1:]]
        return [{}], [(f"{p.name} = {f}", {p.name: f}, "") for p, f in bent]
    if isinstance(exercise, Computed):
        right, wrong = exercise.right, exercise.wrong
    elif isinstance(exercise, Value):
        right, wrong = exercise.answer, exercise.slips
    else:
        return [], []
    named = [(getattr(one, "__name__", repr(one)), one, said) for one, said in wrong.items()]
    return [right], named


@contextmanager
def quiet():
    """References may overflow where a right answer must not."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


@quiet()
def verdict_on(exercise: Exercise, reference, seed: int, raised: list | None = None) -> Verdict:
    """raised: gets what the reference raises."""
    names, make = {}, {Module: as_module, Recurrence: as_step}.get(type(exercise))
    if callable(reference):
        reference = recorded(reference, [] if raised is None else raised)
    if base := getattr(exercise, "base", None):
        names[base] = type(base, (nn.Module,), {})
    names[exercise.name] = make(exercise, reference, names.get(base)) if make else reference
    return examine(exercise, lambda questions: respond(questions, names), Cell(), seed)


def recorded(reference, raised: list):
    @wraps(reference)
    def called(*arguments, **further):
        try:
            return reference(*arguments, **further)
        except Exception as problem:
            given = (getattr(one, "shape", one) for one in (*arguments, *further.values()))
            problem.add_note(", ".join(str(tuple(g) if isinstance(g, tuple) else g) for g in given))
            raised.append(problem)
            raise

    return called


def as_module(exercise: Module, reference, base: type | None) -> type:
    """The class whose forward is a reference."""
    shapes = {name: spec(of) for name, of in exercise.parameters.items()}
    made = lambda *sizes: dict(zip(exercise.made_with, sizes))
    shape = lambda name, sizes: shapes[name].shape(made(*sizes))
    forward = lambda inputs, held: reference(*inputs, **held)
    return class_of(exercise, base, shapes, shape, forward)


def as_step(exercise: Recurrence, choice: dict[str, str], base: type | None) -> type:
    """The class whose forward computes the formulas of a rule under a choice."""
    rule, shapes = exercise.rule, dict(exercise.parameters)
    bent = " ".join(choice.values())
    shapes |= {name: of for name, of in exercise.absent.items() if name in bent}
    shape = lambda name, sizes: [dict(zip("nm", sizes))[size] for size in shapes[name]]

    def forward(inputs, held):
        state = inputs[-1]
        env = {"zero": torch.zeros_like(state), "one": torch.ones_like(state)}
        env |= held | dict(zip(rule.inputs, inputs))
        waiting = list(rule.parts)
        while waiting:  # a part may use a later one
            formulas = {part.name: choice.get(part.name, part.right) for part in waiting}
            ready = lambda part, left=formulas: not {*names_in(left[part.name])} & {*left}
            part = next(filter(ready, waiting), waiting[0])
            env[part.name] = eval(compiled(formulas[part.name]), TORCH, env)
            waiting.remove(part)
        out = [env[name] for name in rule.outputs.values()]
        return out[0] if len(out) == 1 else tuple(out)

    return class_of(exercise, base, shapes, shape, forward)


def class_of(exercise, base: type | None, names, shape, forward) -> type:
    """A class with parameters of these names, for shape(name, sizes), and forward(inputs, held)."""

    def __init__(self, *sizes):
        nn.Module.__init__(self)
        for name in names:
            setattr(self, name, nn.Parameter(torch.zeros(*shape(name, sizes))))
        self.reset_parameters()

    def reset_parameters(self):
        for held in self.parameters() if exercise.draws else ():
            nn.init.normal_(held, exercise.draws.mean, exercise.draws.std)

    methods = {"__init__": __init__, "reset_parameters": reset_parameters}
    methods["forward"] = lambda self, *inputs: forward(inputs, {n: getattr(self, n) for n in names})
    return type(exercise.name, (base or nn.Module,), methods)
