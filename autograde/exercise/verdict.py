"""What the judge says of one exercise: a verdict, with a result for every criterion."""

from dataclasses import asdict, dataclass

from .declared import Exercise


@dataclass(frozen=True)
class Cell:
    """What became of the student's solution cell: its text, and the error that stopped it, if one
    did."""

    source: str = ""
    error: str | None = None
    line: int | None = None


@dataclass(frozen=True)
class Place:
    """A line of the student's: the number of its cell (0 where it is in none that is known), its
    own number there, and its text."""

    cell: int = 0
    line: int = 0
    text: str = ""


@dataclass(frozen=True)
class Result:
    """One criterion: `mistakes` are short names of what was wrong, the same for every student who
    made them; `place` is the line that made it, where that is known."""

    key: str
    title: str
    points: float
    met: bool
    asks: str
    sentence: str = ""
    mistakes: tuple[str, ...] = ()
    equation: str = ""
    place: Place | None = None


@dataclass(frozen=True)
class Verdict:
    """All results for one exercise; `notes` are for the student, `flags` for a person, `picture` as
    compare_runs of judge/judging.py gives it."""

    name: str
    results: tuple[Result, ...]
    notes: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    picture: dict | None = None

    @property
    def score(self) -> float:
        return round(sum(result.points for result in self.results if result.met), 6)

    @property
    def points(self) -> float:
        return round(sum(result.points for result in self.results), 6)

    def to_dict(self) -> dict:
        return {**asdict(self), "score": self.score, "points": self.points}

    @classmethod
    def from_dict(cls, told: dict) -> "Verdict":
        results = tuple(map(result_from, told["results"]))
        return cls(
            told["name"], results, tuple(told["notes"]), tuple(told["flags"]), told.get("picture")
        )


def result_from(told: dict) -> Result:
    place = told.get("place")
    return Result(
        **told | {"mistakes": tuple(told["mistakes"]), "place": Place(**place) if place else None}
    )


def zero(exercise: Exercise, why: str, flags: tuple[str, ...] = ()) -> Verdict:
    """A verdict of no points, with one reason."""
    results = tuple(
        Result(c.key, c.title, c.points, False, c.asks, why, (), c.equation)
        for c in exercise.criteria
    )
    return Verdict(exercise.name, results, (), flags)
