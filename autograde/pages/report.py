"""`python -m autograde.report lstm`: one page about a whole class, with the same as CSV and JSON beside it, in the folder `reports/`.

Scores come from the gradebook, with what a person has changed in it; criteria and mistakes from the graded notebooks.
"""

import csv
import io
import json
import re
import sys
import tokenize
from base64 import b64encode
from collections import defaultdict
from pathlib import Path
from statistics import median

import nbformat
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.apps import NbGrader

from ..course.grade import NOT_WRITTEN
from ..course.plugin import Judge
from ..course.release import Assignment, NotReady
from ..exercise.verdict import Result, Verdict
from .feedback import PAGES, shown
from .summary import first_sentence

COLORS = {
    "lost": "#D55E00",
    "none": "#D9D9D6",
    "met": "#56B4E9",
}  # told apart by colour-blind readers too


class Report(NbGrader):
    """Writes reports/ASSIGNMENT.html, .csv and .json."""

    name = "autograde-report"
    description = "Write a page about what a class has got right and wrong."
    examples = "autograde-report lstm"
    aliases = {
        "course-dir": "CourseDirectory.root",
        "db": "CourseDirectory.db_url",
        "log-level": "Application.log_level",
    }
    flags = {}
    classes = [Judge]

    def start(self):
        super().start()
        if len(self.extra_args) != 1:
            self.log.error("Name one assignment, as in: autograde-report lstm")
            sys.exit(2)
        try:
            path = self.write(self.extra_args[0])
        except NotReady as problem:
            self.log.error(str(problem))
            sys.exit(2)
        print(f"{path}, and the same as .csv and .json")

    def write(self, name: str) -> Path:
        folders, root = self.coursedir, Path(self.coursedir.root)
        assignment = Judge(parent=self).assignment(
            Path(folders.format_path(folders.release_directory, ".", name)), name
        )
        with Gradebook(folders.db_url, folders.course_id) as gradebook:
            data = gather(gradebook, assignment, root / folders.autograded_directory)
        if not data["students"]:
            raise NotReady(
                f"Nothing of {name} is graded yet: run `python -m autograde {name}` first."
            )
        path = root / "reports" / f"{name}.html"
        path.parent.mkdir(exist_ok=True)
        path.with_suffix(".json").write_text(
            json.dumps(data, indent=1, ensure_ascii=False), encoding="utf-8"
        )
        with open(path.with_suffix(".csv"), "w", newline="", encoding="utf-8-sig") as file:
            csv.writer(file).writerows(table(data))
        path.write_text(page(data), encoding="utf-8")
        return path


# ---------------------------------------------------------------- gathering
def gather(gradebook: Gradebook, assignment: Assignment, autograded: Path) -> dict:
    """Everything that the report says, as plain data."""
    students, absent = [], []
    for student in sorted(gradebook.students, key=lambda student: student.id):
        try:
            submission = gradebook.find_submission(assignment.name, student.id)
        except MissingEntry:
            absent.append(student.id)
            continue
        students.append(
            about(submission, student, assignment, autograded / student.id / assignment.name)
        )
    return {
        "assignment": assignment.name,
        "points": sum(e.points for e in assignment.exercises.values() if not e.bonus),
        "notebooks": [
            {
                "name": name,
                "points": sum(e.points for e in rows),
                "bonus": all(e.bonus for e in rows),
            }
            for name in assignment.notebooks
            if (rows := assignment.in_notebook(name))
        ],
        "students": students,
        "absent": absent,
        "criteria": criteria(assignment, students),
        "mistakes": mistakes(students),
        "alike": alike(
            {s["student"]: written(autograded / s["student"] / assignment.name) for s in students},
            given(assignment),
        ),
    }


def about(submission, student, assignment: Assignment, folder: Path) -> dict:
    """One student: scores as nbgrader's own export counts them, criteria, mistakes, and what a person should look at."""
    row = {
        "student": student.id,
        "name": " ".join(filter(None, (student.first_name, student.last_name))),
        "scores": {n.name: round(n.score, 6) for n in submission.notebooks},
        "penalty": round(submission.late_submission_penalty or 0.0, 6),
        "days_late": round(submission.total_seconds_late / 86400, 2),
        "criteria": {},
        "mistakes": [],
        "flags": [],
        "notes": [],
        "seconds": {},
    }
    row["score"] = round(max(0.0, submission.score - row["penalty"]), 6)
    for notebook in submission.notebooks:
        waiting = [grade.name for grade in notebook.grades if grade.needs_manual_grade]
        row["flags"] += [f"{notebook.name}: flagged"] * notebook.flagged + [
            f"{notebook.name}: {name} waits for a person's mark" for name in waiting
        ]
    for name in assignment.notebooks:
        if (path := folder / f"{name}.ipynb").exists():
            read(nbformat.read(path, as_version=4), name, row)
    return row


def read(notebook, name: str, row: dict):
    """What the judge left in one graded notebook."""
    seen = notebook.metadata.get("autograde", {})
    row["seconds"][name] = seen.get("seconds", 0.0)
    row["flags"] += seen.get("flags", [])
    row["notes"] += [f"{name}: {note}" for note in seen.get("notes", [])]
    for verdict in (
        Verdict.from_dict(cell.metadata["autograde"])
        for cell in notebook.cells
        if "autograde" in cell.metadata
    ):
        for result in verdict.results:
            row["criteria"][f"{verdict.name}.{result.key}"] = (
                None if nothing_there(result) else result.met
            )
            row["mistakes"] += [
                {"exercise": verdict.name, "criterion": result.title, "mistake": what}
                for what in what_is_wrong(result)
            ]


def nothing_there(result: Result) -> bool:
    return result.sentence == NOT_WRITTEN or result.sentence.endswith("was not handed in.")


def what_is_wrong(result: Result) -> list[str]:
    """Short names of mistakes, the same for every student who made them; else the reason itself, without its numbers."""
    return (
        []
        if result.met
        else list(result.mistakes)
        or [re.sub(r"(?<!\w)-?\d+(\.\d+)?(?!\w)", "…", first_sentence(result.sentence))]
    )


def criteria(assignment: Assignment, students: list[dict]) -> list[dict]:
    rows = []
    for exercise in assignment.exercises.values():
        for criterion in exercise.criteria:
            key = f"{exercise.name}.{criterion.key}"
            rows.append(
                {
                    "key": key,
                    "exercise": exercise.name,
                    "title": criterion.title,
                    "points": criterion.points,
                    "met": sum(bool(s["criteria"].get(key)) for s in students),
                }
            )
    return rows


def mistakes(students: list[dict]) -> list[dict]:
    """Each mistake with who made it, the most frequent first; one reason for several criteria of a class counts once."""
    found = {}
    for student in students:
        for row in student["mistakes"]:
            entry = found.setdefault(
                (row["exercise"], row["mistake"]),
                {
                    "exercise": row["exercise"],
                    "mistake": row["mistake"],
                    "criteria": [],
                    "students": [],
                },
            )
            entry["criteria"] += [row["criterion"]] * (row["criterion"] not in entry["criteria"])
            entry["students"] += [student["student"]] * (
                student["student"] not in entry["students"]
            )
    return sorted(found.values(), key=lambda entry: -len(entry["students"]))


# ---------------------------------------------------------------- alike beyond the obvious
WORDS, SHARED = 30, 3  # characters of a remark, and remarks that a pair must share


def given(assignment: Assignment) -> str:
    """All that students were given."""
    return "\n".join(
        [cell.source for notebook in assignment.notebooks.values() for cell in notebook.cells]
        + list(assignment.kit.values())
    )


def written(folder: Path) -> list[str]:
    return [
        cell.source
        for path in sorted(folder.glob("*.ipynb"))
        for cell in nbformat.read(path, as_version=4).cells
        if cell.cell_type == "code" and shown(cell)
    ]


def remarks(source: str) -> set[str]:
    """Comments and texts of some length. Code is no evidence: everybody writes the same equations."""
    found = set()
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type in (tokenize.COMMENT, tokenize.STRING):
                found |= {line.strip(" #\"'\t") for line in token.string.splitlines()}
    except (tokenize.TokenError, SyntaxError):
        pass
    return {line for line in found if len(line) >= WORDS}


def alike(cells: dict[str, list[str]], given: str) -> list[dict]:
    """Pairs who share remarks of their own that nobody else has. A hint: it may have good reasons."""
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
    """The report as rows of a CSV file: a student each."""
    notebooks, keys = (
        [row["name"] for row in data["notebooks"]],
        [row["key"] for row in data["criteria"]],
    )
    rows = [
        [
            "student",
            "name",
            *notebooks,
            "late penalty",
            "score",
            "out of",
            "seconds",
            "for a person",
            "mistakes",
            *keys,
        ]
    ]
    for s in data["students"]:
        said = "; ".join(
            dict.fromkeys(f"{row['exercise']}: {row['mistake']}" for row in s["mistakes"])
        )
        marks = ["" if s["criteria"].get(key) is None else int(s["criteria"][key]) for key in keys]
        rows.append(
            [
                s["student"],
                s["name"],
                *(s["scores"].get(name, 0.0) for name in notebooks),
                s["penalty"],
                s["score"],
                data["points"],
                round(sum(s["seconds"].values()), 2),
                "; ".join(s["flags"]),
                said,
                *marks,
            ]
        )
    return rows


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
    names = dict.fromkeys(row["exercise"] for row in data["criteria"])
    return {
        name: rows
        for name in names
        if (
            rows := [
                row | {"alone": len(row["students"]) == 1}
                for row in data["mistakes"]
                if row["exercise"] == name
            ]
        )
    }


def picture(figure: Figure) -> str:
    """A figure as text for an <img>."""
    file = io.BytesIO()
    figure.savefig(file, format="svg", metadata={"Date": None})
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
    values = [
        [{True: 2, False: 0}.get(s["criteria"].get(row["key"]), 1) for row in keys]
        for s in students
    ]
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
        [f"{row['exercise']}: {row['title']}" for row in keys],
        rotation=90,
        fontsize=6,
    )
    axis.set_yticks(range(len(students)), [s["student"] for s in students], fontsize=6)
    axis.tick_params(length=0)
    for place, (one, other) in enumerate(zip(keys, keys[1:])):
        if one["exercise"] != other["exercise"]:
            axis.axvline(place + 0.5, color="black", linewidth=1)
    return figure


def main():
    Report.launch_instance()


if __name__ == "__main__":
    main()
