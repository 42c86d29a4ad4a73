"""An instance of a class whose constructor raises: made without its reset_parameters(), or by the
same constructor going on after each statement that raises, so that the rest can be judged."""

import ast
import contextlib
import types

import torch
from torch import nn

from .detour import step_over
from .holes import give_self
from .rewriting import Endless, codes_in, compiled, raised_at, tree_of
from .telling import describe, is_own
from .watching import construct, construct_without_reset

MOST_STATEMENTS = 40  # of one constructor that raise


def built(cls: type, sizes: list[int], dtype: torch.dtype | None) -> tuple[nn.Module, dict]:
    """An instance with numbers of this type, or as it is made, and what became of its
    reset_parameters() where that raised in the constructor, or of the constructor. Raises what that
    raises where nothing can be made of it."""
    try:
        return construct(cls, *sizes).to(dtype), {}
    except Exception as error:
        told = describe(error)
        with contextlib.suppress(Exception):
            return construct_without_reset(cls, *sizes).to(dtype), {"reset_failure": told}
        module = construct_past(cls, sizes)
        if module is None:
            raise
        return module.to(dtype), {"constructor": told}


def construct_past(cls: type, sizes: list[int]) -> nn.Module | None:
    """An instance whose constructor has gone on after each statement that raises; None where there
    is no way, as where nothing has made a module of it before it is to hold something."""
    own, kept = vars(cls).get("__init__"), {}
    theirs = isinstance(own, types.FunctionType) and is_own(own.__code__.co_filename)
    function = tree_of(own) if theirs else None
    for _ in range(MOST_STATEMENTS if function else 0):
        module, mended = cls.__new__(cls), compiled(function, own, 1)
        vars(module).update(kept)
        try:
            construct(mended, module, *sizes)
            return module
        except Endless:
            return None
        except Exception as error:
            place = raised_at(error, codes_in(mended.__code__))
            if argument := lacks_argument(function, error, module, sizes):
                kept |= argument
            elif place is None:
                if not give_self(function, error):
                    return None
            elif "_modules" not in vars(module) or not step_over(function, place, draw=False):
                return None
    return None


def lacks_argument(function: ast.FunctionDef, error: Exception, module, sizes: list[int]) -> dict:
    """The argument of a constructor that is asked for as an attribute, where it was never kept."""
    if not isinstance(error, AttributeError) or error.obj is not module:
        return {}
    names = [argument.arg for argument in function.args.args[1:]]
    return {name: size for name, size in zip(names, sizes) if name == error.name}
