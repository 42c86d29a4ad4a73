"""One page about a whole class, with the same as CSV and JSON beside it.

Scores come from the gradebook, with what a person has changed in it; criteria and mistakes from the
graded notebooks.
"""

import csv
import io
import json
import re
import tokenize
import warnings
from base64 import b64encode
from collections import defaultdict
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from statistics import median

from matplotlib import rc_context
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from nbgrader.api import Gradebook, MissingEntry

from ..exercise.declared import Exercise
from ..exercise.text import for_csv
from ..exercise.verdict import Result
from . import graded
from .feedback import PAGES, shown
from .summary import first_sentence, score_of, worths
from .whole import whole

COLORS = {
    "lost": "#D55E00",
    "none": "#D9D9D6",
    "met": "#56B4E9",
}  # told apart by colour-blind readers too

NO_NOTEBOOK = "its graded notebook is not there, or cannot be read: grade again."


def write(data: dict, folder: Path) -> Path:
    """What `gather` gave as ASSIGNMENT.html, .csv and .json into `folder`; the path of the page."""
    path, sheet = folder / f"{data['assignment']}.html", io.StringIO()
    csv.writer(sheet).writerows(table(data))
    for end, text in (
        (".json", json.dumps(data, indent=1, ensure_ascii=False)),
        (".csv", f"\ufeff{sheet.getvalue()}"),
        (".html", page(data)),
    ):
        with whole(path.with_suffix(end)) as draft:
            draft.write_text(text, encoding="utf-8", newline="")
    return path


# ---------------------------------------------------------------- gathering
def gather(
    gradebook: Gradebook,
    assignment: str,
    exercises: dict[str, Exercise],
    given: str,
    graded_in: Callable[[str], Path],
    formgrader: str,
) -> dict:
    """Everything that the report says, as plain data. given: all texts that students were given;
    graded_in: a student to the folder of their graded notebooks; formgrader: its address, for
    links.
    """
    notebooks = worths(gradebook, assignment, exercises)
    students, absent = [], []
    for student in sorted(gradebook.students, key=lambda student: student.id):
        try:
            submission = gradebook.find_submission(assignment, student.id)
        except MissingEntry:
            absent.append(student.id)
            continue
        folder = graded_in(student.id)
        students.append(about(submission, student, folder, formgrader))
    folders = {s["student"]: graded_in(s["student"]) for s in students}
    return {
        "assignment": assignment,
        "points": sum(one.points for one in notebooks if not one.bonus),
        "notebooks": [asdict(one) for one in notebooks],
        "students": students,
        "absent": absent,
        "criteria": criteria(exercises, students),
        "mistakes": mistakes(students),
        "alike": alike({name: written(folder) for name, folder in folders.items()}, given),
    }


def about(submission, student, folder: Path, formgrader: str) -> dict:
    """One student: scores as nbgrader's own export counts them, criteria, mistakes, and what a
    person should look at.
    """
    found = {
        "student": student.id,
        "name": " ".join(filter(None, (student.first_name, student.last_name))),
        "scores": {n.name: round(n.score, 6) for n in submission.notebooks},
        "penalty": round(submission.late_submission_penalty or 0.0, 6),
        "days_late": round(submission.total_seconds_late / 86400, 2),
        "criteria": {},
        "mistakes": [],
        "flags": [],
        "links": {},
        "notes": [],
        "seconds": {},
    }
    found["score"] = round(score_of(submission), 6)
    for notebook in submission.notebooks:
        run = read(graded.graded_at(folder / f"{notebook.name}.ipynb"), notebook.name, found)
        waiting = [grade.name for grade in notebook.grades if grade.needs_manual_grade]
        if said := graded.wanted(run, notebook.flagged, waiting):
            found["flags"] += [f"{notebook.name}: {what}" for what in said]
            found["links"][notebook.name] = f"{formgrader}/submissions/{notebook.id}/"
    return found


def read(notebook, name: str, found: dict) -> graded.Run:
    """Adds what the judge left in one graded notebook; what the run saw of it."""
    run = graded.run_of(notebook)
    if not notebook.cells:
        found["notes"].append(f"{name}: {NO_NOTEBOOK}")
        return run
    found["seconds"][name] = run.seconds
    found["notes"] += [f"{name}: {note}" for note in run.notes]
    for _, verdict in graded.verdicts(notebook):
        for result in verdict.results:
            found["criteria"][f"{verdict.name}.{result.key}"] = (
                None if graded.has_nothing(result.sentence) else result.met
            )
            found["mistakes"] += [
                {"exercise": verdict.name, "criterion": result.title, "mistake": what}
                for what in what_is_wrong(result)
            ]
    return run


def what_is_wrong(result: Result) -> list[str]:
    """Short names of mistakes, the same for every student who made them; else the reason itself,
    without its numbers.
    """
    if result.met:
        return []
    said = re.sub(r"(?<!\w)-?\d+(\.\d+)?(?!\w)", "…", first_sentence(result.sentence))
    return list(result.mistakes) or [said]


def criteria(exercises: dict[str, Exercise], students: list[dict]) -> list[dict]:
    """Every criterion, and how many students met it."""
    return [
        {
            "key": (key := f"{exercise.name}.{criterion.key}"),
            "exercise": exercise.name,
            "title": criterion.title,
            "points": criterion.points,
            "met": sum(bool(student["criteria"].get(key)) for student in students),
        }
        for exercise in exercises.values()
        for criterion in exercise.criteria
    ]


def mistakes(students: list[dict]) -> list[dict]:
    """Each mistake with who made it, the most frequent first; one reason for several criteria of a
    class counts once.
    """
    found = {}
    for student in students:
        for made in student["mistakes"]:
            entry = found.setdefault(
                (made["exercise"], made["mistake"]),
                {
                    "exercise": made["exercise"],
                    "mistake": made["mistake"],
                    "criteria": [],
                    "students": [],
                },
            )
            entry["criteria"] += [made["criterion"]] * (made["criterion"] not in entry["criteria"])
            entry["students"] += [student["student"]] * (
                student["student"] not in entry["students"]
            )
    return sorted(found.values(), key=lambda entry: -len(entry["students"]))


# ---------------------------------------------------------------- alike beyond the obvious
LENGTH, SHARED = 30, 3  # characters of a remark that counts, and remarks that a pair must share


def written(folder: Path) -> list[str]:
    """The code that a student has written, cell by cell."""
    return [
        cell.source
        for path in sorted(folder.glob("*.ipynb"))
        for cell in graded.graded_at(path).cells
        if cell.cell_type == "code" and shown(cell)
    ]


def remarks(source: str) -> set[str]:
    """Comments and texts of some length. Code is no evidence: all write the same equations."""
    found = set()
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type in (tokenize.COMMENT, tokenize.STRING):
                found |= {line.strip(" #\"'\t") for line in token.string.splitlines()}
    except (tokenize.TokenError, SyntaxError):
        pass
    return {line for line in found if len(line) >= LENGTH}


def alike(cells: dict[str, list[str]], given: str) -> list[dict]:
    """Pairs who share remarks of their own that nobody else has: a hint, no proof."""
    owners, pairs = defaultdict(set), defaultdict(list)
    for student, sources in cells.items():
        for line in set().union(*map(remarks, sources)):
            owners[line].add(student)
    for line, students in sorted(owners.items()):
        if len(students) == 2 and line not in given:
            pairs[tuple(sorted(students))].append(line)
    return [
        {"students": list(pair), "shared": lines}
        for pair, lines in pairs.items()
        if len(lines) >= SHARED
    ]


# ---------------------------------------------------------------- CSV
def table(data: dict) -> list[list]:
    """The report as lines of a CSV file: the head, then a student each."""
    notebooks = [notebook["name"] for notebook in data["notebooks"]]
    keys = [criterion["key"] for criterion in data["criteria"]]
    head = [
        *("student", "name", *notebooks, "late penalty", "score", "out of"),
        *("seconds", "for a person", "mistakes", *keys),
    ]
    return [head, *(table_line(s, notebooks, keys, data["points"]) for s in data["students"])]


def table_line(s: dict, notebooks: list[str], keys: list[str], most: float) -> list:
    said = dict.fromkeys(f"{made['exercise']}: {made['mistake']}" for made in s["mistakes"])
    return [
        for_csv(s["student"]),
        for_csv(s["name"]),
        *(s["scores"].get(name, 0.0) for name in notebooks),
        s["penalty"],
        s["score"],
        most,
        round(sum(s["seconds"].values()), 2),
        "; ".join(s["flags"]),
        "; ".join(said),
        *("" if s["criteria"].get(key) is None else int(s["criteria"][key]) for key in keys),
    ]


# ---------------------------------------------------------------- the page
def page(data: dict) -> str:
    seconds = [sum(s["seconds"].values()) for s in data["students"]]
    return PAGES.get_template("report.html.j2").render(
        data=data,
        count=len(data["students"]),
        total=data["points"],
        median=median(s["score"] for s in data["students"]),
        histogram=picture(histogram(data)),
        heat=picture(heat_map(data)),
        by_exercise=by_exercise(data),
        people=[s for s in data["students"] if s["flags"]],
        odd=[s for s in data["students"] if s["notes"]],
        seconds=(sum(seconds), median(seconds), max(seconds)),
        slowest=sorted(data["students"], key=lambda s: -sum(s["seconds"].values()))[:5],
    )


def by_exercise(data: dict) -> dict[str, list[dict]]:
    """Exercise to its mistakes, where any were made; `alone`: made by one student."""
    found = defaultdict(list)
    for mistake in data["mistakes"]:
        found[mistake["exercise"]].append(mistake | {"alone": len(mistake["students"]) == 1})
    order = dict.fromkeys(criterion["exercise"] for criterion in data["criteria"])
    return {name: found[name] for name in order if found[name]}


def picture(figure: Figure) -> str:
    """A figure as text for an <img>."""
    file = io.BytesIO()
    with rc_context({"svg.fonttype": "none"}), warnings.catch_warnings(action="ignore"):
        figure.savefig(file, format="svg", metadata={"Date": None})  # a browser has all letters
    return "data:image/svg+xml;base64," + b64encode(file.getvalue()).decode()


def histogram(data: dict) -> Figure:
    figure = Figure(figsize=(7, 2.6), layout="constrained")
    axis, top = figure.subplots(), max([data["points"], *(s["score"] for s in data["students"])])
    axis.hist(
        [s["score"] for s in data["students"]],
        bins=min(24, max(6, int(top))),
        range=(0, top),
        color=COLORS["met"],
        edgecolor="white",
    )
    axis.axvline(
        data["points"], color="0.3", linestyle="--", label=f"full marks ({data['points']:g})"
    )
    axis.set(xlabel="points", ylabel="students")
    axis.yaxis.get_major_locator().set_params(integer=True)
    axis.legend()
    return figure


def heat_map(data: dict) -> Figure:
    """Students, best first, by criteria; a line between exercises."""
    students, keys = sorted(data["students"], key=lambda s: -s["score"]), data["criteria"]
    level = {True: 2, False: 0, None: 1}
    values = [[level[s["criteria"].get(key["key"])] for key in keys] for s in students]
    figure = Figure(
        figsize=(0.2 * len(keys) + 2.2, 0.17 * len(students) + 3.2), layout="constrained"
    )
    axis = figure.subplots()
    axis.imshow(
        values,
        cmap=ListedColormap(list(COLORS.values())),
        vmin=0,
        vmax=2,
        aspect="auto",
        interpolation="none",
    )
    axis.set_xticks(
        range(len(keys)),
        [f"{key['exercise']}: {key['title']}" for key in keys],
        rotation=90,
        fontsize=6,
    )
    axis.set_yticks(range(len(students)), [s["student"] for s in students], fontsize=6)
    axis.tick_params(length=0)
    for place, (one, other) in enumerate(zip(keys, keys[1:])):
        if one["exercise"] != other["exercise"]:
            axis.axvline(place + 0.5, color="black", linewidth=1)
    return figure
