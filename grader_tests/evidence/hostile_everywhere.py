"""`python -m grader_tests.evidence.hostile_everywhere`: the whole class of hostile submissions in
every setting: as root and as an ordinary user, in both boxes, and on the worker of a Dask cluster.

Prints a row for each, and ends with an error where a submission has another mark than it deserves
or does harm. Needs root, to become an ordinary user. Takes about half an hour on two cores.
"""

import sys

from grader_tests.samples.hostile import NOTEBOOK
from grader_tests.support.hostile_class import (
    EVERY_GROUP,
    HALVES,
    HONEST,
    UNDER_LANDLOCK,
    Grading,
    grade_class,
    marks,
    open_folder,
)
from grader_tests.support.processes import watched

ON_A_WORKER = """
import sys
from distributed import LocalCluster
from autograde.__main__ import main
if __name__ == "__main__":
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        sys.argv = ["autograde", "grade", "lstm", f"--scheduler={cluster.scheduler_address}"]
        main()
"""
ALONE = "nbgrader autograde, Landlock alone"
SETTINGS = {  # what is run by Python
    "nbgrader autograde, namespaces": ("-m", "nbgrader", "autograde", "lstm"),
    ALONE: ("-c", UNDER_LANDLOCK, "autograde", "lstm"),
    "autograde grade, on Dask workers": ("-c", ON_A_WORKER),
}
ENDED_FROM_OUTSIDE = {  # names: elsewhere such a file system is full, which the cell can catch
    "files without a name",
    "folders in folders, deeper than a path may be",
}
FULL = {"01_basic_lstm": 10, "02_stacking": 8, "03_coupled_gates": 6, "04_peepholes": 4}
HEAD = ("as", "setting", "submissions", "other marks", "others harmed", "files changed", "left")


def undeserved(graded: Grading, alone: bool) -> list[str]:
    found = marks(graded.course)
    deserves = {
        name: 0 if alone and hostile.name in ENDED_FROM_OUTSIDE else hostile.deserves
        for name, hostile in graded.students.items()
    }
    return [
        f"{hostile.name}: {mark}, not {deserves[name]}"
        for name, hostile in graded.students.items()
        if (mark := found.get(name, {}).get(NOTEBOOK)) != deserves[name]
    ]


def harmed(graded: Grading) -> list[str]:
    """Neighbours, and notebooks beside, that have lost marks."""
    found = marks(graded.course)
    beside = [name for name, hostile in graded.students.items() if hostile.beside]
    return [name for name in HONEST if found.get(name) != FULL] + [
        name for name in beside if found.get(name, {}).get("02_stacking") != FULL["02_stacking"]
    ]


def changed(graded: Grading) -> list[str]:
    places = graded.before.keys() | graded.after.keys()
    return [place for place in places if graded.before.get(place) != graded.after.get(place)]


def row(ordinary: bool, setting: str) -> tuple[list[int], list[str]]:
    """Counts as HEAD has them, and what is behind those that are not 0."""
    with watched() as still_there:
        run = (ordinary, SETTINGS[setting], EVERY_GROUP)
        graded = [grade_class(half, open_folder(), *run) for half in HALVES]
        left = [str(process) for process in still_there()]
    found = lambda half: (undeserved(half, setting == ALONE), harmed(half), changed(half))
    kinds = [sum(one, []) for one in zip(*map(found, graded))]
    counts = [sum(len(half.students) for half in graded), *map(len, (*kinds, left))]
    return counts, [*sum(kinds, []), *left]


def main():
    print("| " + " | ".join(HEAD) + " |\n" + "| --- " * len(HEAD) + "|")
    bad = []
    for ordinary in (True, False):
        for setting in SETTINGS:
            counts, what = row(ordinary, setting)
            who = "ordinary user" if ordinary else "root"
            print("| " + " | ".join([who, setting, *map(str, counts)]) + " |", flush=True)
            bad += [f"{who}, {setting}: {one}" for one in what]
    print(*bad, sep="\n")
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
