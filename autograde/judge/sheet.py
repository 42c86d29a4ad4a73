"""The sheet on which the judge collects what it finds."""

from ..exercise.declared import Criterion, Exercise
from ..exercise.verdict import Place, Result, Verdict


class Sheet:
    """What was found about each criterion: lost with reasons, or met. A criterion that is both is
    lost.

    lost: key to sentences for the student. mistakes: key to short names of what was wrong, the same
    for every student who made them. places: key to the line that made it. notes: for the student.
    flags: for a person.
    """

    def __init__(self, exercise: Exercise):
        self.exercise = exercise
        self.lost: dict[str, list[str]] = {}
        self.mistakes: dict[str, list[str]] = {}
        self.places: dict[str, Place] = {}
        self.met: set[str] = set()
        self.computes = False  # whether something of what was asked shows, right or not
        self.openly = False  # whether it is computed step by step, whatever else runs beside it
        self.shows_little = False  # whether what was watched shows less than the rest
        self.unseen: list[str] = []  # symbols of what is right, and was never seen to be made
        self.notes: list[str] = []
        self.flags: list[str] = []

    def lose(self, key: str, sentence: str, mistake: str | None = None, place: Place | None = None):
        """Of a criterion; where the exercise has none of this key, of those that count instead."""
        instead = () if key in self.exercise.keys else self.exercise.instead_of(key)
        for one in (key, *instead):
            sentences = self.lost.setdefault(one, [])
            names = self.mistakes.setdefault(one, [])
            if sentence not in sentences:
                sentences.append(sentence)
            if mistake and mistake not in names:
                names.append(mistake)
            if place:
                self.places.setdefault(one, place)

    def meet(self, *keys: str):
        self.met.update(keys)

    def has(self, *keys: str) -> bool:
        return any(key in self.met and key not in self.lost for key in keys)

    def verdict(self, otherwise: str) -> Verdict:
        """The verdict; `otherwise` is the reason for what was neither met nor lost."""
        results = tuple(self.result(criterion, otherwise) for criterion in self.exercise.criteria)
        return Verdict(self.exercise.name, results, tuple(self.notes), tuple(self.flags))

    def result(self, criterion: Criterion, otherwise: str) -> Result:
        met = self.has(criterion.key)
        return Result(
            criterion.key,
            criterion.title,
            criterion.points,
            met,
            criterion.asks,
            "" if met else " ".join(self.lost.get(criterion.key) or [otherwise]),
            () if met else tuple(self.mistakes.get(criterion.key, [])),
            criterion.equation,
            None if met else self.places.get(criterion.key),
        )
