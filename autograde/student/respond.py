"""Answers the grader's questions inside the student's process: numbers in, numbers out, and no
opinion.

Names and shapes come with the questions; no rule does. A class is built, the asked weights are put
in, it is called, and outputs, gradients, shapes and texts of exceptions go back as plain data.
"""

import re

import torch
from torch import nn

from . import recurrence, stack, value
from .telling import attempt

KINDS = {"recurrence": recurrence, "stack": stack}


@torch.enable_grad()  # a cell may have switched gradients off
def respond(question: dict, namespace: dict) -> dict:
    """The answers to a question of the judge's about the name that it asks for, in `namespace`.

    JSON-able; never raises an Exception.
    """
    if "_dynamo" in torch.__dict__:  # a compiled forward is asked as it is written
        torch.compiler.set_stance("force_eager")
    if question["kind"] == "value":
        return value.answer(namespace, question)
    kind, told = KINDS[question["kind"]], {}
    if question["name"] not in namespace and (alias := much_like(question["name"], namespace)):
        namespace, told = namespace | {question["name"]: namespace[alias]}, {"alias": alias}
    asked = namespace.get(question["name"])
    if question.get("task") == "show":
        return attempt(kind.show, namespace, question)
    if not is_module(asked):
        return {"defined": "no" if asked is None else "other"}
    told |= {"defined": "yes", "bases": [base.__name__ for base in asked.__mro__[1:]]}
    told["inherits"] = inherited_forward(asked, namespace.get(question.get("base")))
    return told | kind.answer(namespace, question)


def is_module(value) -> bool:
    return isinstance(value, type) and issubclass(value, nn.Module)


def much_like(name: str, namespace: dict) -> str:
    """The one class of the student's own whose name is much like `name`: LSTM_Cell, MyLSTMCell."""
    core = lambda text: re.sub(r"^(my|own|the)|\d+$", "", text.replace("_", "").lower())
    own = [
        key
        for key, value in namespace.items()
        if is_module(value) and value.__module__ == "__main__" and core(key) == core(name)
    ]
    return own[0] if len(own) == 1 else ""


def inherited_forward(asked: type, base: type | None) -> str:
    """The class of the course, or of PyTorch, whose forward `asked` has; "" where it has one of its
    own, or of a class that the student wrote."""
    for cls in asked.__mro__[: asked.__mro__.index(nn.Module)]:
        if cls is base or cls.__module__.partition(".")[0] == "torch":
            return cls.__name__
        if "forward" in vars(cls):
            return ""
    return ""
