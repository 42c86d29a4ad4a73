"""Answers about a class of modules with any arguments: its parameters, what forward returns for
drawn weights and inputs, and slopes."""

import torch

from .building import built
from .classes import of_class
from .function import asked_about, best_builds
from .parameters import hold, load, own_name, survey, tensor_of
from .telling import describe, pack


@of_class
def answer(namespace: dict, question: dict) -> dict:
    """Instances of the class with weights put in; where it lacks some of the asked names, also as
    it is, with numbers in all that it holds."""
    cls = namespace[question["name"]]
    told = best_builds(lambda build, dtype: build_answer(cls, question, build, dtype), question)
    kept = []
    if any(build.get("made") for build in told):
        kept = best_builds(lambda build, dtype: kept_answer(cls, question, build, dtype), question)
    return {"builds": told, "kept": kept}


def build_answer(cls: type, question: dict, build: dict, dtype: torch.dtype) -> dict:
    told = {}
    try:
        module, told = built(cls, build["made_with"], dtype)
        told |= survey(module, question["parameters"], [])
        weights = {name: build["given"][name] for name in question["parameters"]}
        told["made"] = load(module, weights, [], dtype)
    except Exception as error:
        return told | {"failure": describe(error)}
    leaves = {name: (module, own_name(module, name)) for name in question["parameters"]}
    leaves = {name: place for name, place in leaves.items() if tensor_of(*place).requires_grad}
    return told | asked_about(module, question, build, leaves, dtype)


def kept_answer(cls: type, question: dict, build: dict, dtype: torch.dtype) -> dict:
    module, told = built(cls, build["made_with"], dtype)
    held = {name: pack(tensor) for name, tensor in hold(module, question["fill"]).items()}
    return told | {"held": held} | asked_about(module, question, build, {}, dtype)
