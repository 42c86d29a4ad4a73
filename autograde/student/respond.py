"""Answers the grader's questions inside the student's process: numbers in, numbers out, and no
opinion.

Names and shapes come with the questions; no rule does. A class is built, the asked weights are put
in, it is called, and outputs, gradients, shapes and texts of exceptions go back as plain data.
"""

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
    kind, asked = KINDS[question["kind"]], namespace.get(question["name"])
    if question.get("task") == "show":
        return attempt(kind.show, namespace, question)
    if not isinstance(asked, type) or not issubclass(asked, nn.Module):
        return {"defined": "no" if asked is None else "other"}
    bases = [base.__name__ for base in asked.__mro__[1:]]
    return {"defined": "yes", "bases": bases, **kind.answer(namespace, question)}
