"""Answers about a function of tables. pandas is imported where a table is asked for, and only
then."""

import importlib

from .function import invoke
from .protocol import pack_table
from .telling import describe


def answer(namespace: dict, question: dict) -> dict:
    """What the function returns for each of the drawn inputs, and the inputs afterwards."""
    function = namespace.get(question["name"])
    if not callable(function) or isinstance(function, type):
        return {"defined": "no" if function is None else "other"}
    return {"defined": "yes", "tables": [call(function, asked) for asked in question["calls"]]}


def call(function, asked: dict) -> dict:
    given = arguments_of(asked)
    try:
        told = {"out": pack_table(invoke(function, given))}
        told["again"] = pack_table(invoke(function, arguments_of(asked)))
    except Exception as error:
        told = {"failure": describe(error)}
    tables = [name for name, value in asked.items() if isinstance(value, dict)]
    return told | {"after": [pack_table(given[name]) for name in tables]}


def arguments_of(asked: dict) -> dict:
    """Arguments by name, made afresh: tables as DataFrames, numbers as they are."""
    pandas = importlib.import_module("pandas")
    table = lambda value: pandas.DataFrame(value) if isinstance(value, dict) else value
    return {name: table(value) for name, value in asked.items()}
