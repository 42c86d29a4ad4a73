"""Feedback pages for a learning platform: one zip, in which every page has the name under which
the platform gave out the hand-in, so that it finds the student again.
"""

import re
import zipfile
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from nbgrader.api import Gradebook, MissingEntry, SubmittedNotebook

from ..pages.feedback import shows
from ..pages.whole import whole
from .collect import collected
from .release import NotReady

WITH_A_FILE = re.compile(r"_\d+_\d+_$")  # Canvas needs to know to which file a page belongs
HOW = {
    "canvas": "In Canvas: the assignment, Upload Submissions. It shows a page under the name of the"
    "\nfile that was handed in (….ipynb): students save it as .html to open it in a browser.",
    "moodle": "In Moodle: the assignment, Submissions, Upload multiple feedback files in a zip.",
}


def give_back(
    gradebook: Gradebook, root: Path, name: str, platform: str, folder: Callable[[str, str], Path]
) -> int:
    """Writes reports/NAME-PLATFORM.zip; the exit code. folder: a step and a student to nbgrader's
    folder. Raises NotReady where there is nothing to give back.
    """
    pages, left = {}, defaultdict(list)
    for submission in submissions_of(gradebook, name):
        student = submission.student.id
        prefixes = prefixes_of(collected(root, name).get(student, {}), platform)
        if not prefixes:
            left[f"no file collected from {platform} whose name there a page could have"].append(
                student
            )
            continue
        for notebook in submission.notebooks:
            page = folder("feedback", student) / f"{notebook.name}.html"
            about = f"{student} ({notebook.name})"
            if not page.is_file():
                left[f"no page: `nbgrader generate_feedback {name}`"].append(about)
                continue
            if is_old(page, folder("autograded", student) / f"{notebook.name}.ipynb", notebook):
                why = f"older than the marks: `nbgrader generate_feedback {name}`"
                left[why].append(about)
            pages[prefixes.get(notebook.name, prefixes[""]) + page.name] = page
    for why, who in left.items():
        print(f"{why}: {', '.join(who)}")
    if not pages:
        raise NotReady(f"There is no page of {name} to give back to {platform}.")
    path = root / "reports" / f"{name}-{platform}.zip"
    write(path, pages)
    print(f"{len(pages)} pages in {path.relative_to(root)}.\n{HOW[platform]}")
    return 1 if left else 0


def submissions_of(gradebook: Gradebook, name: str) -> list:
    try:
        submissions = gradebook.find_assignment(name).submissions
    except MissingEntry:
        return []
    return sorted(submissions, key=lambda submission: submission.student.id)


def prefixes_of(about: dict, platform: str) -> dict[str, str]:
    """Notebook to what the name of its page begins with; "" for one that was handed in otherwise.
    Nothing where the platform has not given out any.
    """
    names = about["names"] if about.get("platform") == platform else {}
    if platform == "canvas":
        names = {path: prefix for path, prefix in names.items() if WITH_A_FILE.search(prefix)}
    found = {PurePosixPath(path).stem: prefix for path, prefix in names.items()}
    return {"": next(iter(found.values()))} | found if found else {}


def is_old(page: Path, notebook: Path, marks: SubmittedNotebook) -> bool:
    """Whether the notebook was graded since, or a person has changed its mark."""
    graded = notebook.stat().st_mtime if notebook.exists() else 0
    score = marks.score - (marks.late_submission_penalty or 0)
    return page.stat().st_mtime < graded or not shows(page.read_text("utf-8", "replace"), score)


def write(path: Path, pages: dict[str, Path]):
    """The whole zip, or none."""
    with whole(path) as draft, zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, page in sorted(pages.items()):
            archive.write(page, name)
