"""Whether a class is filled in, and what it uses that stands outside of it."""

import dis
import re
import types

import torch

CALLS_ABOVE = {"super", "__init__"}  # all that a method does which nobody has filled in


def functions_of(cls) -> list[types.FunctionType]:
    """The functions of a class; a function itself."""
    if not isinstance(cls, type):
        return [cls] if isinstance(cls, types.FunctionType) else []
    return [value for value in vars(cls).values() if isinstance(value, types.FunctionType)]


def is_written(cls: type, others=()) -> bool:
    """Whether any method of the class does more than to call that of the class above, or it has any
    attribute besides; or a class of the same notebook that it rests on does. others: names of those
    that are exercises of their own."""
    bases = [base for base in cls.__bases__ if base.__module__ == cls.__module__]
    if any(is_written(base, others) for base in bases if base.__name__ not in others):
        return True
    for name, value in vars(cls).items():
        if isinstance(value, types.FunctionType):
            if set(value.__code__.co_names) - CALLS_ABOVE:
                return True
        elif not name.startswith("__"):
            return True
    return False


def unwritten(function: types.FunctionType, namespace: dict) -> list[str]:
    """Classes of the notebook's own that a function needs and that are as they were given out."""
    names = needed_by(function, namespace, own_functions)
    return sorted(n for n in names if is_own(namespace.get(n)) and not is_written(namespace[n]))


def is_own(cls) -> bool:
    return isinstance(cls, type) and cls.__module__ == "__main__"


def own_functions(value) -> list[types.FunctionType]:
    """Functions of the notebook: one, or those of a class."""
    return functions_of(value) if is_own(value) or not isinstance(value, type) else []


def needed_by(function: types.FunctionType, namespace: dict, within=None) -> set[str]:
    """Names that a function of the notebook uses, itself or by way of others there. within: which
    functions are in what a name means; by default it is one itself."""
    within = within or (lambda value: [] if isinstance(value, type) else functions_of(value))
    names, waiting = set(), [function]
    while waiting:
        new = globals_of(waiting.pop().__code__) - names
        names |= new
        waiting += [one for name in new for one in within(namespace.get(name))]
    return names


def borrowed(cls, namespace: dict, source: str) -> list[str]:
    """Names of numbers and tensors that the methods of a class take from other cells: after a
    restart they are there only where those cells run."""
    names = {name for function in functions_of(cls) for name in globals_of(function.__code__)}
    return sorted(
        name
        for name in names
        if name in namespace and is_data(namespace[name]) and not is_set_in(name, source)
    )


def file_of_another(cls, namespace: dict, files: set[str]) -> str:
    """The first of these files that a class, or a function, comes from, rests on, or uses by a name
    of the notebook's; "" for none. files: as "lstm_kit/cell.py"."""
    names = {name for function in functions_of(cls) for name in needed_by(function, namespace)}
    used = [*getattr(cls, "__mro__", [cls]), *(namespace.get(name) for name in sorted(names))]
    for value in used:
        module = value.__name__ if isinstance(value, types.ModuleType) else None
        module = module or getattr(value, "__module__", None)
        file = f"{module}.py".replace(".", "/", str(module).count("."))
        if file in files:
            return file
    return ""


def globals_of(code: types.CodeType) -> set[str]:
    """Names that a function, or one inside of it, looks up outside."""
    loads = {
        step.argval
        for step in dis.get_instructions(code)
        if step.opname in ("LOAD_GLOBAL", "LOAD_NAME")
    }
    inner = [globals_of(part) for part in code.co_consts if isinstance(part, types.CodeType)]
    return loads.union(*inner)


def is_data(value) -> bool:
    return isinstance(value, int | float | complex | str | list | tuple | dict | set | torch.Tensor)


def is_set_in(name: str, source: str) -> bool:
    """Whether the cell itself gives the name a value."""
    return bool(re.search(rf"(?m)^{name}\b[^=(]*=(?!=)", source))
