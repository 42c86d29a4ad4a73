"""What is told of every class of modules, whatever it computes: whether it is there, under which
name, and what it is derived from."""

import re
from functools import wraps

from torch import nn


def of_class(answer):
    """`answer(namespace, question)` about a class that is there, with what is told of any."""

    @wraps(answer)
    def about(namespace: dict, question: dict) -> dict:
        told = {}
        if question["name"] not in namespace and (alias := much_like(question["name"], namespace)):
            namespace, told = namespace | {question["name"]: namespace[alias]}, {"alias": alias}
        asked = namespace.get(question["name"])
        if not is_module(asked):
            return {"defined": "no" if asked is None else "other"}
        told |= {"defined": "yes", "bases": [base.__name__ for base in asked.__mro__[1:]]}
        told["inherits"] = inherited_forward(asked, namespace.get(question.get("base")))
        return told | answer(namespace, question)

    return about


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
    own, or of a class that the student wrote, or other methods that this forward comes to."""
    own = set()
    for cls in asked.__mro__[: asked.__mro__.index(nn.Module)]:
        if cls is base or cls.__module__.partition(".")[0] == "torch":
            return "" if own & methods_behind(cls) else cls.__name__
        if "forward" in vars(cls):
            return ""
        own |= {name for name, value in vars(cls).items() if callable(value)}
    return ""


def methods_behind(cls: type) -> set[str]:
    """Names that the forward of `cls`, and the methods that it comes to, have in their code."""
    names, todo = set(), ["forward"]
    while todo:
        code = getattr(getattr(cls, todo.pop(), None), "__code__", None)
        inside = [code] if code else []
        for one in inside:  # a comprehension or a lambda has code of its own
            inside += [const for const in one.co_consts if hasattr(const, "co_names")]
            todo += set(one.co_names) - names
            names |= set(one.co_names)
    return names
