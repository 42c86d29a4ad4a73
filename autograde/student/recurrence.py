"""Answers about one step of a recurrence."""

import contextlib
import copy

import torch
from torch import nn

from .building import built
from .classes import of_class
from .forms import adapt, returned
from .holes import mend
from .parameters import found, hold, load, own_name, survey, tensor_of
from .protocol import BEFORE_RESET, DRAWN_AGAIN
from .slopes import gradients
from .spread import straighten
from .telling import after, attempt, describe, name_of, pack, unpack
from .watching import (
    Trace,
    construct,
    default_dtype,
    end_in,
    recorded,
    with_built_ins,
)

DTYPES = (torch.float64, torch.float32)  # the first one in which the class runs is taken
MOST_PARAMETERS = 60


@of_class
def answer(namespace: dict, question: dict) -> dict:
    """Builds of the class that is asked for, and what its reset_parameters() does."""
    cls = namespace[question["name"]]
    builds = [
        with_built_ins(question, build, best_build, cls, question, build)
        for build in question["builds"]
    ]
    whole = [told for told, build in zip(builds, question["builds"]) if build["sequence"]]
    if all(always_raises(told) or gives_a_matrix(told) for told in whole):
        builds = [
            with_built_ins(question, build, mended, told, cls, question, build)
            for told, build in zip(builds, question["builds"])
        ]
    told = {"builds": builds, "resets": []}
    told["resets"] = [attempt(reset_asked, cls, question)]
    if any(
        is_of_other_form(*pair, question["diagonal"]) for pair in zip(builds, question["builds"])
    ):
        told["kept"] = [
            with_built_ins(question, build, as_it_is, cls, question, build)
            for build in question["builds"]
        ]
    return told


def best_build(cls: type, question: dict, build: dict) -> dict:
    """The first answer without a fault, or else the one with the fewest. Where the constructor
    raises, nothing else is tried but to build it without its reset_parameters()."""
    answers = []
    for dtype in DTYPES:
        for repair in (False, True):
            answers.append(attempt(build_answer, cls, question, build, dtype, repair))
            if "found" not in answers[-1]:
                return answers[-1]
            if not faults(answers[-1]):
                return answers[-1]
    return min(answers, key=faults)


def always_raises(told: dict) -> bool:
    calls = told.get("calls", ())
    return bool(calls) and all("failure" in call for call in calls)


def gives_a_matrix(told: dict) -> bool:
    calls = told.get("calls", ())
    return bool(calls) and all(
        any(len(value.get("shape", ())) == 2 for value in call.get("out", ())) for call in calls
    )


def mended(told: dict, cls: type, question: dict, build: dict) -> dict:
    """The answer of a mended forward, with what was in its way; as before where that is no help."""
    if not (always_raises(told) or gives_a_matrix(told)):
        return told
    better = attempt(build_answer, cls, question, build, DTYPES[0], False, True)
    helps = better.get("raised") or better.get("spread")
    ran = {"built_in": told.get("built_in", [])}
    return better | ran if helps and faults(better) <= faults(told) else told


def is_of_other_form(told: dict, build: dict, diagonal: list[str]) -> bool:
    """Whether parameters are kept in another form than asked, so that the class is to be asked as
    it is as well."""
    if "found" not in told:
        return False
    for name, packed in build["weights"].items():
        attribute, shape = told["found"][name], packed["shape"]
        fits = (
            attribute["shape"] in (shape, shape[:1])
            if name in diagonal
            else (attribute["shape"] == shape)
        )
        if not fits or attribute["bias"]:
            return True
    return "calls" not in told


def build_answer(cls, question, build, dtype, repair, mending=False) -> dict:
    """What judge.answers.Build holds, of one instance in this precision, with its forward mended
    where that is asked for."""
    told, weights = {}, build["weights"]
    with default_dtype(dtype):
        try:
            module, told = built(cls, build["sizes"], dtype)
            told |= adapt(module, question["inputs"])
            told |= survey(module, question["parameters"], question["absent"])
            if {"reset_failure", "constructor"} & told.keys():
                told["unset"] = []  # what it would have given values
            told["made"] = load(module, weights, question["diagonal"], dtype, repair)
            for name, value in build["extra"].items():
                if found(module, name).holds_weights:
                    told["made"] |= load(module, {name: value}, question["diagonal"], dtype)
        except Exception as error:
            return told | {"failure": describe(error)}
        if mending:
            about = about_first(question, build, dtype)
            told["raised"], function = mend(module, *about)
            if function:
                told["spread"] = straighten(module, *about, function)
        leaves = {name: (module, own_name(module, name)) for name in weights}
        for name, (_, own) in leaves.items():  # forward may ask for what the constructor misspells
            vars(module).update({name: getattr(module, own)} if name != own else {})
        leaves = {name: place for name, place in leaves.items() if tensor_of(*place).requires_grad}
        if not build["sequence"]:
            module.eval()  # a step is the same in both modes
        return told | asked_about(module, question, build, leaves, dtype)


def about_first(question: dict, build: dict, dtype: torch.dtype) -> tuple:
    """What a forward is mended for: the first call's arguments, its units, and the outputs."""
    first = build["calls"][0]
    return arguments_of(first, dtype), first["units"], question["outputs"]


def as_it_is(cls, question, build) -> dict:
    """The answer of the class with its own parameters, of a mended forward where it raises."""
    told = attempt(kept_answer, cls, question, build)
    if not (build["sequence"] and always_raises(told)):
        return told
    better = attempt(kept_answer, cls, question, build, True)
    return better if better.get("raised") and faults(better) <= faults(told) else told


def kept_answer(cls, question, build, mending=False) -> dict:
    """The same of the class as it is: its own parameters stay where and as they are, with numbers
    drawn for all of them, which are told."""
    dtype = DTYPES[0]
    with default_dtype(dtype):
        module, told = built(cls, build["sizes"], dtype)
        told |= adapt(module, question["inputs"])
        held = hold(module, question["fill"])
        told["held"] = {name: pack(tensor) for name, tensor in held.items()}
        if mending:
            told["raised"], _ = mend(module, *about_first(question, build, dtype))
        return told | asked_about(module, question, build, {}, dtype)


def asked_about(module, question: dict, build: dict, leaves: dict, dtype: torch.dtype) -> dict:
    """Calls and gradients of an instance that holds its weights."""
    first, *others = build["calls"]
    told = recorded(call, module, question, first, dtype)
    calls = [once_more(told, module, question, first, dtype)]
    for asked in others:
        told = call(module, question, asked, dtype)
        calls.append(once_more(told, module, question, asked, dtype))
    told = {"calls": calls, "dtype": name_of(dtype)}
    slopes = build["sequence"] and build["sequence"]["directions"]
    if slopes and question.get("task") != "values":
        run = over_steps(module, question["outputs"])
        first = build is question["builds"][0]
        told["gradients"] = attempt(gradients, run, build["sequence"], leaves, dtype, first)
    return told


def arguments_of(asked: dict, dtype: torch.dtype) -> list[torch.Tensor]:
    return [unpack(packed, dtype) for packed in asked["arguments"].values()]


def call(module, question: dict, asked: dict, dtype: torch.dtype) -> dict:
    """One step: outputs and intermediate results, and arguments afterwards.

    Where watching breaks what is watched, the step is taken unwatched.
    """
    arguments, trace = arguments_of(asked, dtype), Trace(asked["units"])
    told = {}
    try:
        try:
            out = trace.over(module, *arguments)
        except Exception:
            arguments = arguments_of(asked, dtype)
            out = module(*arguments)
        outputs, told["form"] = returned(out, question["outputs"])
        told["out"] = [pack(value) for value in outputs]  # now, before the next call changes them
    except Exception as error:
        end_in(error)
        told = {"failure": describe(error)}
    return told | {"after": [after(value) for value in arguments]} | trace.told()


def once_more(told: dict, module, question: dict, asked: dict, dtype: torch.dtype) -> dict:
    """A call, as told, and the same call once more, where that is asked for."""
    if not asked["twice"] or "failure" in told:
        return told
    try:
        again, _ = returned(module(*arguments_of(asked, dtype)), question["outputs"])
        return told | {"again": [pack(value) for value in again]}
    except Exception as error:
        del told["out"], told["form"]
        return told | {"failure": describe(error)}


def over_steps(module, count: int):
    """A loss over a sequence: the shown state at every step, and all states at the end."""

    def run(loss, x, *states):
        total, states = 0.0, list(states)
        for t in range(x.shape[0]):
            states, form = returned(module(x[t] * 1.0, *states), count)
            if len(states) != count:
                raise TypeError(f"forward returned {form}")
            total = total + (loss[t] * states[-1]).sum()
        return total + sum((loss[-1 - k] * state).sum() for k, state in enumerate(states))

    return run


def faults(told: dict) -> int:
    """How many calls of an answer raised or came back in another precision than asked."""
    if "calls" not in told:
        return 99
    return sum("failure" in call or other_precision(call, told) for call in told["calls"])


def other_precision(call: dict, told: dict) -> bool:
    return any(value.get("dtype") != told["dtype"] for value in call["out"])


# ---------------------------------------------------------------- reset_parameters
def reset_answer(cls: type, *ways: list[int], complete=lambda module, told, sizes: None) -> dict:
    """Every parameter set to one value, then what reset_parameters() made of it, twice; of one that
    has raised in the constructor as well. The class is made with the first sizes of `ways` that it
    can be made with; `complete` adds to an instance what it lacks."""
    with default_dtype(torch.float32):
        module, told, sizes = first_built(cls, ways)
        coerced = of_another_type(module)
        module.to(torch.float32)
        complete(module, told, sizes)
        if "constructor" in told:
            return drawn_twice(module)
        if told:
            return attempt(drawn_twice, module) | {"failure": told["reset_failure"]}
        return drawn_twice(module) | {"coerced": coerced}


def first_built(cls: type, ways: tuple) -> tuple:
    """As `built`, and with which sizes. Raises what that raises with the last of them."""
    *others, last = ways
    for sizes in others:
        with contextlib.suppress(Exception):
            return *built(cls, sizes, None), sizes
    return *built(cls, last, None), last


def give_asked(question: dict):
    """What gives an instance the parameters that its reset_parameters() asks for in vain, each as
    another one of its kind is: that they are missing is judged by itself."""
    names = question["parameters"]

    def complete(module, *_):
        for _ in names:
            try:
                return module.reset_parameters()
            except AttributeError as error:
                kind = str(error.name).partition("_")[0]
                like = [one for one in names if one.partition("_")[0] == kind]
                like = [one for one in like if found(module, one).holds_weights]
                if error.obj is not module or error.name not in names or not like:
                    return
                setattr(module, error.name, copy.deepcopy(getattr(module, like[0])))
            except Exception:
                return  # which is told when it is asked

    return complete


def reset_asked(cls: type, question: dict) -> dict:
    """What becomes of its parameters; before anything is drawn, only of what the constructor makes
    them, which costs these."""
    if question.get("task") != "values":
        return reset_answer(cls, question["reset_sizes"], complete=give_asked(question))
    with default_dtype(torch.float32):
        return {"coerced": of_another_type(construct(cls, *question["reset_sizes"]))}


def drawn_twice(module) -> dict:
    held = every_parameter(module)
    with torch.no_grad():
        for parameter in held.values():
            parameter.fill_(BEFORE_RESET)
    module.reset_parameters()
    held |= dict(module.named_parameters())
    kept = list(held)[:MOST_PARAMETERS]
    parameters = {name: pack(held[name]) for name in kept}
    module.reset_parameters()
    held |= dict(module.named_parameters())  # which may be new ones
    again = {name: pack(held[name].reshape(-1)[:DRAWN_AGAIN]) for name in kept}
    return {"parameters": parameters, "again": again}


def of_another_type(module) -> list[str]:
    """The parameters that are made with other numbers than PyTorch makes by default."""
    made = dict(module.named_parameters())
    other = [name for name, value in made.items() if value.dtype != torch.get_default_dtype()]
    return other[:MOST_PARAMETERS]


def cells_in(value) -> list:
    """The modules in a container, in their order; none where it is no container."""
    if isinstance(value, nn.ModuleDict | dict):
        value = list(value.values())
    if isinstance(value, nn.ModuleList | nn.Sequential | list | tuple):
        return [item for item in value if isinstance(item, nn.Module)]
    return []


def every_parameter(module) -> dict[str, torch.nn.Parameter]:
    """All parameters by name, those of cells in a plain list among them."""
    held = dict(module.named_parameters())
    ids = {id(parameter) for parameter in held.values()}
    for k, layer in enumerate(cells_in(getattr(module, "layers", None))):
        for name, value in layer.named_parameters():
            if id(value) not in ids:
                held[f"layers.{k}.{name}"] = value
                ids.add(id(value))
    return held


# ---------------------------------------------------------------- whole runs, for a picture
@of_class
@torch.no_grad()
def show(namespace: dict, question: dict) -> dict:
    """All states at every step of each run: (steps, states, units)."""
    dtype = DTYPES[0]
    with default_dtype(dtype):
        module, _ = built(namespace[question["name"]], question["sizes"], dtype)
        adapt(module, question["inputs"])
        (weights,) = question["weights"]["own"]
        load(module, without_gone(module, weights, question), question["diagonal"], dtype)
        runs = [
            states_of(module, question["outputs"], *[unpack(v, dtype) for v in run.values()])
            for run in question["runs"]
        ]
    return {"mode": "own", "runs": [pack(run) for run in runs]}


def without_gone(module, weights: dict, question: dict) -> dict:
    """Weights but for those of parameters that should be gone, and are."""
    gone = [name for name in question["absent"] if not found(module, name).holds_weights]
    return {name: value for name, value in weights.items() if name not in gone}


def states_of(module, count: int, x, *states) -> torch.Tensor:
    every = []
    for x_t in x:
        states, _ = returned(module(x_t * 1.0, *states), count)
        every.append(torch.stack([state * 1.0 for state in states]))
    return torch.stack(every)
