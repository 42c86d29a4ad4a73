"""A guest in a course that is there already, and installed from a wheel: `autograde adopt`, and
what becomes of everything else in the course."""

import shutil
from pathlib import Path

import nbformat
import pytest

from grader_tests.samples.students import RELEASE
from grader_tests.support.courses import checked, module, nbgrader

CONFIG = """
c.CourseDirectory.course_id = "lstm_course"
c.ClearSolutions.code_stub = {"python": "# write here"}
c.IncludeHeaderFooter.header = ""
"""


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> Path:
    """What `nbgrader quickstart` makes, with settings of its own."""
    base = tmp_path_factory.mktemp("guest")
    checked(nbgrader(base, "quickstart", "course"))
    folder = base / "course"
    with open(folder / "nbgrader_config.py", "a", encoding="utf-8") as config:
        config.write(CONFIG)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and ".autograde" not in path.parts
    }


def adopt(folder: Path, *words: str) -> str:
    return checked(module(folder, "autograde", "adopt", "lstm", *words)).stdout


def test_it_says_what_it_writes_and_changes_nothing_else(course):
    before = contents(course)
    said = adopt(course, "--dry-run")
    assert contents(course) == before and "lines added at its end" in said
    adopt(course)
    after = contents(course)
    changed = {path for path in before if after[path] != before[path]}
    assert changed == {"nbgrader_config.py"}
    assert after["nbgrader_config.py"].startswith(before["nbgrader_config.py"].rstrip(b"\n"))
    assert all(path.startswith("source/lstm/") for path in after.keys() - before.keys())


def test_an_empty_folder_becomes_a_course_without_a_warning(tmp_path):
    done = checked(module(tmp_path, "autograde", "adopt", "lstm"))
    assert "nbgrader_config.py                       new" in done.stdout
    assert not done.stderr and (tmp_path / "nbgrader_config.py").exists()


def test_a_course_that_is_reached_over_a_link(tmp_path):
    """By its configuration too; and with its sources in another place."""
    for name in ("course", "sources"):
        (tmp_path / name).mkdir()
    (tmp_path / "link").symlink_to("course")
    (tmp_path / "course" / "nbgrader_config.py").write_text(
        "c = get_config()\n"
        f"c.CourseDirectory.root = {str(tmp_path / 'link')!r}\n"
        f"c.CourseDirectory.source_directory = {str(tmp_path / 'sources')!r}\n"
    )
    for words in (["--CourseDirectory.source_directory=source"], []):
        checked(module(tmp_path / "link", "autograde", "adopt", "lstm", *words))
    for place in ("sources", "course/source"):
        assert (tmp_path / place / "lstm" / "01_basic_lstm.ipynb").is_file()


def test_it_can_be_run_again(course):
    """After an update, and after the instructor has changed something, which stays."""
    before = contents(course)
    adopt(course)
    assert contents(course) == before
    place = course / "source" / "lstm" / "lstm_kit" / "tasks.py"
    text = place.read_text(encoding="utf-8")
    place.write_text(f"{text}# mine\n", encoding="utf-8")
    said = next(line for line in adopt(course).splitlines() if "tasks.py" in line)
    assert "LEFT" in said and place.read_text(encoding="utf-8").endswith("# mine\n")
    place.write_text(text, encoding="utf-8")


def test_our_stubs_are_ours(course):
    """Whatever the course has set for its own; and no other notebook in a folder goes out."""
    draft = course / "source" / "lstm" / "drafts" / "old.ipynb"
    draft.parent.mkdir()
    shutil.copy(course / "source" / "lstm" / "01_basic_lstm.ipynb", draft)
    checked(nbgrader(course, "generate_assignment", "lstm"))
    folder, paths = course / "release" / "lstm", sorted(RELEASE.rglob("*.ipynb"))
    names = [path.relative_to(RELEASE) for path in paths]
    assert sorted(path.relative_to(folder) for path in folder.rglob("*.ipynb")) == names
    for path, name in zip(paths, names, strict=True):
        given = nbformat.read(folder / name, as_version=4)
        ours = nbformat.read(path, as_version=4)
        assert [cell.source for cell in given.cells] == [cell.source for cell in ours.cells]


def test_there_is_no_other_to_adopt(course):
    done = module(course, "autograde", "adopt", "gru")
    assert done.returncode == 2 and "there is: lstm" in done.stderr
