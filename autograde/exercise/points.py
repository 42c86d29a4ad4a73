"""Points that a course gives its criteria, in place of the exercise's own."""

import math
from dataclasses import replace

from .declared import Criterion, Exercise


class WrongPoints(ValueError):
    """Points that cannot be given; the text says which, and what can."""


def weighed(exercises: dict[str, Exercise], points: dict) -> dict[str, Exercise]:
    """The exercises with these points: name of an exercise to key of a criterion to a number. What
    is not named keeps its own. Raises WrongPoints.
    """
    named(points, "", exercises, "exercise")
    return {
        name: replace(exercise, criteria=with_points(exercise, points[name]))
        if name in points
        else exercise
        for name, exercise in exercises.items()
    }


def with_points(exercise: Exercise, points: dict) -> tuple[Criterion, ...]:
    named(points, f'["{exercise.name}"]', exercise.keys, "criterion")
    for key, number in points.items():
        if type(number) not in (int, float) or not 0 <= number < math.inf:
            raise WrongPoints(
                f'["{exercise.name}"]["{key}"] is {number!r}: points are a number, 0 or more.'
            )
    return tuple(
        replace(criterion, points=points.get(criterion.key, criterion.points))
        for criterion in exercise.criteria
    )


def named(points: dict, place: str, known, what: str):
    """Raises WrongPoints unless every key of `points` is one that there is."""
    if not isinstance(points, dict):
        raise WrongPoints(f"{place} is {points!r}: it takes a dictionary, each {what} to points.")
    if unknown := [key for key in points if key not in known]:
        raise WrongPoints(
            f"{place} has no {what} {', '.join(map(repr, unknown))}; there are: {', '.join(known)}."
        )
