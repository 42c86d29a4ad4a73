"""Answers the grader's questions inside the student's process: numbers in, numbers out, and no
opinion.

Names and shapes come with the questions; no rule does. What is asked for is made and called, and
outputs, gradients, shapes and texts of exceptions go back as plain data.
"""

import torch

from . import function, module, recurrence, stack, table, value
from .telling import attempt

KINDS = {
    "function": function,
    "module": module,
    "recurrence": recurrence,
    "stack": stack,
    "table": table,
    "value": value,
}


@torch.inference_mode(False)  # a cell may have switched gradients off
@torch.enable_grad()
def respond(question: dict, namespace: dict) -> dict:
    """The answers to a question of the judge's about the name that it asks for, in `namespace`.

    JSON-able; never raises an Exception.
    """
    if "_dynamo" in torch.__dict__:  # a compiled forward is asked as it is written
        torch.compiler.set_stance("force_eager")
    kind = KINDS[question["kind"]]
    with torch.autograd.set_detect_anomaly(False):  # it would list the stack at each operation
        if question.get("task") == "show":
            return attempt(kind.show, namespace, question)
        return kind.answer(namespace, question)
