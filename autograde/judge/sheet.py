"""The sheet on which the judge collects what it finds, and how answers are read."""

import numpy as np

from ..exercise.declared import Exercise
from ..exercise.verdict import Result, Verdict


class Sheet:
    """Collects what was found about each criterion: lost with reasons, or met."""

    def __init__(self, exercise: Exercise):
        self.exercise, self.lost, self.mistakes, self.met = exercise, {}, {}, set()
        self.notes, self.flags = [], []

    def lose(self, key: str, sentence: str, mistake: str | None = None):
        rows, names = self.lost.setdefault(key, []), self.mistakes.setdefault(key, [])
        if sentence not in rows:
            rows.append(sentence)
        if mistake and mistake not in names:
            names.append(mistake)

    def meet(self, *keys: str):
        self.met.update(keys)

    def has(self, *keys: str) -> bool:
        return any(key in self.met and key not in self.lost for key in keys)

    def verdict(self, otherwise: str) -> Verdict:
        rows = []
        for criterion in self.exercise.criteria:
            met, names = self.has(criterion.key), self.mistakes.get(criterion.key, [])
            sentence = "" if met else " ".join(self.lost.get(criterion.key) or [otherwise])
            rows.append(
                Result(
                    criterion.key,
                    criterion.title,
                    criterion.points,
                    met,
                    criterion.asks,
                    sentence,
                    () if met else tuple(names),
                    criterion.equation,
                )
            )
        return Verdict(self.exercise.name, tuple(rows), tuple(self.notes), tuple(self.flags))


# ---------------------------------------------------------------- reading answers
MOST = 1000  # items of any list or dict in an answer
TENSOR = {"shape": [int], "dtype": str, "data": str, "type": str, "writes": bool}
FOUND = {"kind": str, "type": str, "shape": [int], "bias": bool, "trains": bool}
ERROR = {"error": str, "at": str}
CALL = ERROR | {
    "out": [TENSOR],
    "again": [TENSOR],
    "after": [TENSOR],
    "trace": [TENSOR],
    "log": [[[TENSOR]]],
}
LAYER = {"type": str, "right": bool, "reads": int, "units": int, "diagonal": [str]}
BUILD = {
    "build": ERROR,
    "dtype": str,
    "mode": str,
    "made": [str],
    "found": {str: FOUND},
    "others": [str],
    "unset": [str],
    "shared": bool,
    "same": [int],
    "built_in": [str],
    "layers": str,
    "module_list": bool,
    "cells": [LAYER],
    "calls": [CALL],
    "gradients": {str: object},
}
ANSWERS = {
    "failed": str,
    "defined": str,
    "bases": [str],
    "builds": [BUILD],
    "reset": [ERROR | {"parameters": {str: TENSOR}}],
    "value": object,
}


def fitted(value, spec):
    """`value` cut to the form of `spec`: what has another type is left out (in a list of dicts it becomes an empty one)."""
    if isinstance(spec, dict):
        rows = list(value.items())[:MOST] if isinstance(value, dict) else []
        parts = {
            key: fitted(part, spec.get(key, spec.get(str)))
            for key, part in rows
            if isinstance(key, str) and (key in spec or str in spec)
        }
        return {key: part for key, part in parts.items() if part is not None}
    if isinstance(spec, list):
        rows = [fitted(part, spec[0]) for part in value[:MOST]] if isinstance(value, list) else None
        return rows if rows is None else [part for part in rows if part is not None]
    return (
        value
        if isinstance(value, spec) and (spec in (bool, object) or not isinstance(value, bool))
        else None
    )


def equal(a, b, within: float) -> bool:
    if a is None or b is None or a.shape != b.shape or not np.isfinite(a).all():
        return False
    return bool(np.abs(a - b).max(initial=0.0) <= within * max(1.0, np.abs(b).max(initial=0.0)))


def dicts(value) -> list[dict]:
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def words(value, most: int = 300) -> str:
    """Words of the student's process, cut to a length that a page can bear."""
    value = value if isinstance(value, str) else "an error"
    return value if len(value) <= most else value[:most] + " …"


def failure(row: dict) -> str:
    where = f", at `{words(row['at'], 120)}`" if row.get("at") else ""
    return f"{words(row.get('error'))}{where}"


def builds_of(questions: dict, answers: dict) -> list[tuple[dict, dict]]:
    """(question, answer) of every build; an answer that is no dict counts as empty."""
    rows = answers.get("builds") if isinstance(answers.get("builds"), list) else []
    rows = [row if isinstance(row, dict) else {} for row in rows]
    return list(zip(questions["builds"], rows + [{}] * len(questions["builds"])))


def good(row: dict) -> bool:
    """Whether every call of this build returned what can be looked at."""
    calls = row.get("calls")
    return (
        isinstance(calls, list)
        and bool(calls)
        and all(
            isinstance(case, dict) and isinstance(case.get("out"), list) and case["out"]
            for case in calls
        )
    )


def single(row: dict) -> bool:
    """Whether any of an answer was computed in single precision."""
    return row.get("dtype") == "float32" or any(
        value.get("dtype") == "float32"
        for case in dicts(row.get("calls"))
        for value in dicts(case.get("out"))
    )
