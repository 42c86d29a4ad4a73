"""What lies in a submission's folder, and the notebook that is rebuilt from it: values in, values
out, no notebook run."""

import io
import json
import os
import zipfile
from copy import deepcopy
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell

from autograde.course import files, ours
from autograde.course.account import IN_TOOLS, HandedIn, Taken, account
from autograde.course.cells import read_sheet
from autograde.course.files import A_FOLDER, EMPTY_ZIP, Found, Reader, TooMuch, read_file, shown
from autograde.course.rebuild import rebuild
from autograde.course.release import Assignment
from autograde.course.submission import handed_in_at, read_submission
from autograde.pages.graded import grade_id
from grader_tests.samples.students import ALL_NOTEBOOKS, NOTEBOOKS, RELEASE, filled, solutions

GIVEN = {name: nbformat.read(RELEASE / f"{name}.ipynb", as_version=4) for name in NOTEBOOKS}
KIT = {"lstm_kit/checks.py": "", "img/01_cell.svg": ""}
FIRST, SECOND = NOTEBOOKS[:2]
SOLVED = solutions()


def work(name: str, change=lambda notebook: None) -> bytes:
    notebook = filled(name, SOLVED)
    change(notebook)
    return json.dumps(notebook).encode()


def taken(**paths: bytes) -> dict[str, Taken]:
    return account("ada", [Found(path, data) for path, data in paths.items()], GIVEN, KIT).notebooks


# ---------------------------------------------------------------- every file is accounted for
@pytest.mark.parametrize(
    "path",
    [
        "01_basic_lstm (1).ipynb",
        "Copy of 01_basic_lstm.ipynb",
        "01_Basic_LSTM.IPYNB",
        "lstm/lstm/01_basic_lstm.ipynb",
        "homework.ipynb",
        "notebook.json",
        "02_stacking.ipynb",
    ],
)
def test_a_notebook_is_told_by_its_cells(path):
    data = work(FIRST)
    found = taken(**{path: data})
    assert found[FIRST].data == data and not found[FIRST].asks
    assert found[FIRST].notes == (f"{path} was taken as 01_basic_lstm.ipynb.",)


def test_the_name_decides_where_the_cells_say_nothing():
    data = json.dumps({"cells": [{"cell_type": "code", "source": "x = 1"}]}).encode()
    found = taken(**{"lstm 02_stacking-1.ipynb": data, "other.ipynb": data})
    assert found[SECOND].data == data and found[FIRST].data is None
    assert "other.ipynb is no notebook of this assignment; it was not used." in found[FIRST].notes


def test_what_a_file_defines_decides_last():
    cells = [{"cell_type": "code", "source": SOLVED["LSTM"]}]
    data = json.dumps({"cells": cells}).encode()
    assert taken(**{"Untitled.ipynb": data})[SECOND].data == data


def test_a_copy_as_given_out_is_no_rival():
    blank = (RELEASE / f"{FIRST}.ipynb").read_bytes()
    found = taken(**{f"{FIRST}.ipynb": blank, f"{FIRST} (1).ipynb": work(FIRST)})
    assert found[FIRST].data == work(FIRST) and not found[FIRST].asks


def test_two_that_differ_ask_a_person_and_the_fuller_is_taken():
    def shorten(notebook):
        del notebook.cells[-1]
        cell = next(cell for cell in notebook.cells if cell.id == "LSTMCell")
        cell.source = "class LSTMCell(nn.Module):\n    pass"

    found = taken(**{f"{FIRST}.ipynb": work(FIRST, shorten), "other.ipynb": work(FIRST)})
    assert found[FIRST].data == work(FIRST)
    assert "other.ipynb and 01_basic_lstm.ipynb differ" in found[FIRST].asks[0]


@pytest.mark.parametrize(
    "path",
    [f".history/{FIRST}_2026.ipynb", f".virtual_documents/{FIRST}.ipynb", f".~{FIRST}.ipynb"],
)
def test_an_earlier_copy_of_an_editor_asks_only_where_it_is_fuller(path):
    path = f"{path.format(FIRST)}.ipynb"

    def less(notebook):
        cell = next(cell for cell in notebook.cells if cell.id == "LSTMCell")
        cell.source = cell.source[: len(cell.source) // 2]

    full, half = work(FIRST), work(FIRST, less)
    assert not taken(**{f"{FIRST}.ipynb": full, path: half})[FIRST].asks
    (ask,) = taken(**{f"{FIRST}.ipynb": half, path: full})[FIRST].asks
    assert f"{FIRST}.ipynb and {path} differ" in ask
    (ask,) = taken(**{path: full})[FIRST].asks
    assert f"{path}, a copy that an editor has made on the way, was marked" in ask


def test_a_fuller_checkpoint_asks():
    """Of a notebook that is as given out; else it is no rival."""
    blank = (RELEASE / f"{FIRST}.ipynb").read_bytes()
    copy = f".ipynb_checkpoints/{FIRST}-checkpoint.ipynb"
    found = taken(**{f"{FIRST}.ipynb": blank, copy: work(FIRST)})
    assert found[FIRST].data == work(FIRST) and "a copy that Jupyter" in found[FIRST].asks[0]
    found = taken(**{f"{FIRST}.ipynb": work(FIRST), copy: blank})
    assert found[FIRST].data == work(FIRST) and not found[FIRST].asks


@pytest.mark.parametrize(
    "path, change, asks",
    [
        (f"{FIRST}.py", lambda text: text, False),
        (f"{FIRST}.py", lambda text: text.replace("\n\n", "\n \n\n"), False),
        (f"{FIRST}.py", lambda text: text.replace("sigmoid", "tanh"), True),
        (f"{FIRST}.py", lambda text: text.replace("class", "# class"), False),
        ("mine.py", lambda text: text.replace("sigmoid", "tanh"), False),
    ],
)
def test_another_version_of_a_class_in_a_text_named_like_its_notebook_asks(path, change, asks):
    beside = f"# %%\n{change(SOLVED['LSTMCell'])}\n# %%\n".encode()
    found = taken(**{f"{FIRST}.ipynb": work(FIRST), path: beside})
    said = [f"its classes are others in {path}. Look which" in ask for ask in found[FIRST].asks]
    assert said == [True] * asks


def test_outputs_are_no_difference():
    def run(notebook):
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.execution_count = 5

    found = taken(**{f"{FIRST}.ipynb": work(FIRST), "copy.ipynb": work(FIRST, run)})
    assert not found[FIRST].asks


def test_a_bonus_that_is_not_there_asks_nobody():
    found = taken(**{f"{name}.ipynb": work(name) for name in NOTEBOOKS[:3]}, **{"a.png": b""})
    assert found[NOTEBOOKS[3]] == Taken(missing="04_peepholes.ipynb was not handed in.")


@pytest.mark.parametrize(
    "path, data", [("04_peepholes.html", b"<p>"), ("04_peepholes.png", b"\x89PNG"), ("b.zip", None)]
)
def test_something_in_place_of_a_notebook_asks(path, data):
    some = {f"{name}.ipynb": work(name) for name in NOTEBOOKS[:3]}
    why = EMPTY_ZIP if data is None else ""
    files = [Found(name, data) for name, data in some.items()] + [Found(path, data, why)]
    found = account("ada", files, GIVEN, KIT).notebooks
    assert path in found[NOTEBOOKS[3]].asks[0] and not found[FIRST].asks


def test_a_folder_with_the_name_of_a_notebook_is_what_lies_in_it():
    inner, folder = f"{FIRST}.ipynb/{FIRST}.ipynb", Found(f"{FIRST}.ipynb", why=A_FOLDER)
    found = account("ada", [folder, Found(inner, work(FIRST))], GIVEN, KIT).notebooks[FIRST]
    assert found.data and not found.asks
    found = account("ada", [folder, Found(f"{FIRST}.ipynb/a.png", b"")], GIVEN, KIT)
    assert "a folder" in found.notebooks[FIRST].asks[0]


def as_text(name: str) -> bytes:
    return "\n\n".join(cell.source for cell in filled(name, SOLVED).cells).encode()


def with_the_class(notebook):
    notebook.cells.insert(2, nbformat.v4.new_code_cell(SOLVED["LSTMCell"]))


ELSEWHERE = {  # beside a first notebook as it was given out
    "solution.py": SOLVED["LSTMCell"].encode(),
    "01_basic_lstm.py": as_text(FIRST),
    "01_basic_lstm.pdf": b"%PDF",
    "02_stacking.ipynb": work(SECOND, with_the_class),
}


@pytest.mark.parametrize("path", ELSEWHERE)
def test_a_class_that_stands_elsewhere_asks(path):
    blank = (RELEASE / f"{FIRST}.ipynb").read_bytes()
    rest = {f"{SECOND}.ipynb": work(SECOND)}
    (ask,) = taken(**rest | {f"{FIRST}.ipynb": blank, path: ELSEWHERE[path]})[FIRST].asks
    assert ask.startswith("LSTMCell: nothing is written in 01_basic_lstm.ipynb") and path in ask
    if "pdf" in path or path == f"{SECOND}.ipynb":
        found = taken(**rest | {f"{FIRST}.ipynb": work(FIRST), path: ELSEWHERE[path]})
        assert not found[FIRST].asks and not found[SECOND].asks
    assert not taken(**rest | {f"{FIRST}.ipynb": blank, "plot.py": b"x = 1"})[FIRST].asks


LINK_TO_WORK = b"Mine: https://colab.research.google.com/drive/1a?usp=sharing"


@pytest.mark.parametrize(
    "path, data",
    [
        *(("link.txt", LINK_TO_WORK), ("a.url", b""), ("text.html", b"<a>")),
        *(("answers.docx", b"PK"), ("my.bak", b"PK"), ("a.tar.zst", b""), ("01.lnk", b"L")),
        *(("work.qmd", b"#"), ("a.patch", b"---"), ("mail.eml", b"To:"), ("lstm.7z.001", b"7z")),
    ],
)
def test_a_link_or_a_document_beside_a_blank_notebook_asks(path, data):
    blank, rest = (RELEASE / f"{FIRST}.ipynb").read_bytes(), {f"{SECOND}.ipynb": work(SECOND)}
    (ask,) = taken(**rest, **{f"{FIRST}.ipynb": blank, path: data})[FIRST].asks
    assert f"there is {path}: look whether the work is there" in ask
    (ask,) = taken(**rest, **{path: data})[FIRST].asks
    assert f"there is {path}: look whether the work is there" in ask
    assert not taken(**{f"{FIRST}.ipynb": work(FIRST), path: data})[FIRST].asks


@pytest.mark.parametrize("path", ["photo.jpg", "scan.HEIC", ".work.ipynb.icloud", "note.txt"])
def test_beside_a_hand_in_without_any_work_everything_asks(path):
    blank = {f"{name}.ipynb": (RELEASE / f"{name}.ipynb").read_bytes() for name in NOTEBOOKS}
    files = {path: b"x", "img/01_cell.svg": b"<svg>", "venv/a.bin": b"x"}
    asked = [about.asks for about in taken(**blank, **files).values()]
    assert all(f"there is {path}: look" in ask for (ask,) in asked)
    assert not any(about.asks for about in taken(**blank, **{"img/01_cell.svg": b""}).values())
    some = taken(**blank | {f"{FIRST}.ipynb": work(FIRST)}, **files)
    assert not some[SECOND].asks or path == "scan.HEIC"


@pytest.mark.parametrize("path", ["model.pt", "~$notes.docx", ".git/HEAD", "a.tmp", "plot.png"])
def test_what_code_and_programs_leave_behind_asks_nobody(path):
    blank, rest = (RELEASE / f"{FIRST}.ipynb").read_bytes(), {f"{SECOND}.ipynb": work(SECOND)}
    assert not taken(**rest, **{f"{FIRST}.ipynb": blank, path: b"x"})[FIRST].asks


LEFT_BY_SYSTEMS = (
    *("Icon\r", "Icon\\r", ".directory", ".localized", "ehthumbs.db", "Thumbs.db:encryptable"),
    *(f"{FIRST}.ipynb:Zone.Identifier", f".~lock.{FIRST}.ipynb#", f".#{FIRST}.ipynb"),
    *(".gitignore", ".gitkeep", ".jupyter_ystore.db", ".dropbox.attr"),
)


@pytest.mark.parametrize("path", LEFT_BY_SYSTEMS)
def test_what_systems_and_editors_keep_for_themselves_asks_nobody(path):
    blank = {f"{name}.ipynb": (RELEASE / f"{name}.ipynb").read_bytes() for name in NOTEBOOKS}
    assert not any(about.asks for about in taken(**blank, **{path: b"x"}).values())
    there = {f"{SECOND}.ipynb": work(SECOND)}
    assert not taken(**there, **{path: b"x"})[FIRST].asks


@pytest.mark.parametrize("name", ["{}.pdf", ".{}.ipynb.swp", "{}.ipynb.crdownload"])
def test_what_is_named_like_a_notebook_is_no_work_of_another(name):
    own, other = name.format(FIRST), name.format(SECOND)
    there = {f"{SECOND}.ipynb": work(SECOND)}
    blank = {f"{FIRST}.ipynb": (RELEASE / f"{FIRST}.ipynb").read_bytes()}
    for given in (there, there | blank):
        assert not taken(**given, **{other: b"x"})[FIRST].asks
        (ask,) = taken(**given, **{own: b"x"})[FIRST].asks
        assert f"there is {own}: look whether the work is there" in ask
    assert taken(**blank, **{other: b"x"})[SECOND].asks


@pytest.mark.parametrize("path", [f"{FIRST} (1).ipynb", "Untitled.ipynb"])
def test_an_empty_file_beside_work_asks_nobody(path):
    work_of = {f"{name}.ipynb": work(name) for name in NOTEBOOKS}
    assert not any(about.asks for about in taken(**work_of, **{path: b""}).values())
    assert any(about.asks for about in taken(**work_of, **{path: b"{"}).values())
    blank = (RELEASE / f"{FIRST}.ipynb").read_bytes()
    found = taken(**work_of | {f"{FIRST}.ipynb": blank, f"{FIRST} (1).ipynb": b""})
    assert found[FIRST].asks


def test_a_long_text_is_not_there_for_its_links():
    own = {"notes.md": LINK_TO_WORK * 100, "todo.txt": b"none"}
    assert not taken(**{f"{SECOND}.ipynb": work(SECOND)}, **own)[FIRST].asks


SIDES = {  # as git leaves them within a cell, and nbdime around whole cells
    "git": ("<<<<<<< HEAD", ">>>>>>> main"),
    "nbdime": (
        f"<b>{'&lt;' * 7} local</b>",
        "<b>&gt;&gt;&gt;&gt;&gt;&gt;&gt; r</b>",
    ),
}


@pytest.mark.parametrize("tool", SIDES)
def test_an_unfinished_merge_asks(tool):
    def change(notebook):
        at = place(notebook, "LSTMCell")
        first, last = map(nbformat.v4.new_markdown_cell, SIDES[tool])
        notebook.cells[at : at + 1] = [first, notebook.cells[at], last]

    (ask,) = taken(**{f"{FIRST}.ipynb": work(FIRST, change)})[FIRST].asks
    assert ask == f"{FIRST}.ipynb has both sides of an unfinished merge: look which one counts."


def test_a_class_in_the_file_of_another_notebook_asks_where_its_own_is_not_there():
    cells = [cell for name in NOTEBOOKS for cell in filled(name, SOLVED).cells]
    all_in_one = nbformat.from_dict({"cells": cells})
    metadata_lost(all_in_one)
    found = taken(**{"lstm.ipynb": json.dumps(all_in_one).encode()})
    for name, about in found.items():
        assert about.data or "there is lstm.ipynb: look whether the work is there" in about.asks[0]
    rest = {f"{name}.ipynb": work(name) for name in NOTEBOOKS[1:]}
    assert not taken(**rest)[FIRST].asks


def test_the_kit_under_another_name_asks_nobody():
    blank = (RELEASE / f"{FIRST}.ipynb").read_bytes()
    kit = {"lstm_kit/cell.py": SOLVED["LSTMCell"]}
    files_ = [Found(f"{FIRST}.ipynb", blank), Found("cell (1).py", SOLVED["LSTMCell"].encode())]
    assert not account("ada", files_, GIVEN, kit).notebooks[FIRST].asks


# ---------------------------------------------------------------- outside of the marks
UNMARKED = [name for name in ALL_NOTEBOOKS if name not in NOTEBOOKS]
FURTHER = {name: nbformat.read(RELEASE / f"{name}.ipynb", as_version=4) for name in UNMARKED}
(GRU,) = UNMARKED


def gru(change=lambda notebook: None) -> bytes:
    notebook = filled(GRU, solutions((GRU,)))
    change(notebook)
    return json.dumps(notebook).encode()


def metadata_lost(notebook):
    for number, cell in enumerate(notebook.cells):
        cell.metadata, cell.id = {}, f"cell-{number}"


def only_the_answer(notebook):
    notebook.cells = [cell for cell in notebook.cells if cell.id == "GRUCell"]
    metadata_lost(notebook)


UNREAD = "is larger than 64 MB"
BESIDE = {  # where it lies, and what is in it
    "at its place": Found(f"{GRU}.ipynb", gru()),
    "in a zip": Found(f"lstm.zip/lstm/{GRU}.ipynb", gru()),
    "beside the four": Found("gru (1).ipynb", gru()),
    "a copy of Jupyter's": Found("further/.ipynb_checkpoints/gru-checkpoint.ipynb", gru()),
    "without metadata": Found("gru.ipynb", gru(metadata_lost)),
    "its class alone": Found("Untitled.ipynb", gru(only_the_answer)),
    "broken": Found(f"{GRU}.ipynb", b'{"cells": ['),
    "of another kind": Found(f"{GRU}.ipynb", b'{"cells": []}'),
    "not read": Found(f"{GRU}.ipynb", why=UNREAD),
}


@pytest.mark.parametrize("handed_in", [NOTEBOOKS, NOTEBOOKS[:3], NOTEBOOKS[1:2], ()])
@pytest.mark.parametrize("what", BESIDE)
def test_a_notebook_without_marks_changes_nothing(what, handed_in):
    """Nor is it missed."""
    four = [Found(f"{name}.ipynb", work(name)) for name in handed_in]
    without = account("ada", four, GIVEN, KIT)
    assert account("ada", four, GIVEN, KIT, further=FURTHER) == without
    assert account("ada", [*four, BESIDE[what]], GIVEN, KIT, further=FURTHER) == without
    assert set(without.notebooks) == set(NOTEBOOKS)


def test_work_in_the_place_of_a_notebook_without_marks_is_found():
    data = work(FIRST)
    found = account("ada", [Found(f"{GRU}.ipynb", data)], GIVEN, KIT, further=FURTHER)
    assert found.notebooks[FIRST].data == data


LINK = "is no ordinary file, but a link"


@pytest.mark.parametrize(
    "path, asks",
    [("work", True), ("parts/work", True), (".config/work", False), ("env/bin/python", False)],
)
def test_a_link_beside_the_notebooks_may_have_led_to_work(path, asks):
    found = [Found("01_basic_lstm (1).ipynb", work(FIRST)), Found("parts/02.ipynb", work(SECOND))]
    first = account("ada", [*found, Found(path, why=LINK)], GIVEN, KIT).notebooks[FIRST]
    assert first.data and any(f"{path} {LINK}" in said for said in first.asks) == asks
    assert asks or any(f"{path} {LINK}" in said for said in first.notes)


TOOLS = [".Trash", "venv/lib/nbgrader", "repo/.git", "__pycache__", "lstm.zip/node_modules/a"]
BLANK = (RELEASE / f"{FIRST}.ipynb").read_bytes()


@pytest.mark.parametrize("folder", TOOLS)
def test_a_notebook_in_a_folder_of_tools_is_noted_and_asks_where_only_it_has_work(folder):
    place = f"{folder}/{FIRST}.ipynb"
    found = taken(**{f"{FIRST}.ipynb": work(FIRST), place: BLANK})[FIRST]
    assert found.data == work(FIRST) and not found.asks
    assert found.notes == (f"Not used, since {IN_TOOLS}: {place}.",)
    for rest in ({}, {f"{FIRST}.ipynb": BLANK}, {f"{SECOND}.ipynb": work(SECOND)}):
        found = taken(**rest, **{place: work(FIRST)})[FIRST]
        assert found.data == work(FIRST) and f"{place}, {IN_TOOLS}, was marked" in found.asks[0]


@pytest.mark.parametrize("folder", TOOLS)
def test_what_else_lies_in_a_folder_of_tools_asks_nobody(folder):
    """Packages bring notebooks of their own, and broken ones."""
    other = json.dumps({"cells": [{"cell_type": "code", "source": "x = 1"}]}).encode()
    rest = {f"{name}.ipynb": work(name) for name in NOTEBOOKS[:3]}
    files_ = {f"{folder}/test.ipynb": other, f"{folder}/bad.ipynb": b"{", f"{folder}/a.py": b"x"}
    assert taken(**rest, **files_) == taken(**rest)
    del rest[f"{FIRST}.ipynb"]
    broken = taken(**rest, **{f"{folder}/{FIRST}.ipynb": b"{"})[FIRST]
    assert f"{folder}/{FIRST}.ipynb: look whether the work is there" in broken.asks[0]


@pytest.mark.parametrize("name", ["{}.ipynb", FIRST + " {}.ipynb"])
@pytest.mark.parametrize("cells", [b"{broken", b'{"cells": []}'])
def test_a_thousand_files_that_are_no_work_take_few_sentences(name, cells):
    """What is said of others would drown in them."""
    junk = {name.format(number): cells for number in range(1000)}
    for found in taken(**junk, **{f"{FIRST}.ipynb": work(FIRST)}).values():
        assert len([*found.notes, *found.asks]) < 10
        assert sum(map(len, [*found.notes, *found.asks])) < 2000


def test_the_kit_is_the_releases_and_a_text_the_students():
    files_ = [
        Found("lstm/lstm_kit/checks.py", b"evil = 1"),
        Found("lstm/mine.py", b"x = 1"),
        Found("../up.py", b"x = 2"),
    ]
    own = account("ada", files_, GIVEN, KIT).own
    assert own["mine.py"] == own["lstm/mine.py"] == "x = 1"
    assert not any("checks" in path or ".." in path for path in own)


def test_a_class_that_was_written_into_the_kit_asks():
    """Grading reads the release's kit, so that such a class is not judged."""
    kit = KIT | {"lstm_kit/cell.py": "class LSTMCell:\n    pass  # given\n"}
    own = b"class LSTMCell:\r\n    x = 1\r\n"

    def imported(notebook):
        cell = next(cell for cell in notebook.cells if cell.id == "LSTMCell")
        cell.source = "from lstm_kit.cell import LSTMCell"

    def asks(notebook: bytes, text: bytes) -> str:
        files_ = [Found(f"{FIRST}.ipynb", notebook), Found("lstm_kit/cell.py", text)]
        return " ".join(account("ada", files_, GIVEN, kit).notebooks[FIRST].asks)

    said = "LSTMCell: not defined in 01_basic_lstm.ipynb, but lstm_kit/cell.py is not as in the"
    blank = (RELEASE / f"{FIRST}.ipynb").read_bytes()
    assert said in asks(work(FIRST, imported), own) and said in asks(blank, own)
    assert not asks(work(FIRST, imported), kit["lstm_kit/cell.py"].replace("\n", "\r\n").encode())
    assert not asks(work(FIRST), own) and not asks(blank, b"x = 1")


@pytest.mark.parametrize("code", ["utf-8", "utf-8-sig", "latin-1", "utf-16"])
def test_a_text_of_the_students_keeps_its_bytes(code):
    """Their code read it at their desk as it is; and a class that was exported into it is seen."""
    data = "def cell():\n    class LSTMCell:  # Müller\n        pass\n".encode(code)
    found = account("ada", [Found("gates.py", data), Found("02.ipynb", work(SECOND))], GIVEN, KIT)
    assert found.own["gates.py"].encode("utf-8", "surrogateescape") == data
    assert any("gates.py" in said for said in found.notebooks[FIRST].asks)


def test_files_that_cannot_lie_together_are_left_out():
    paths = ["a.py/b.py", "x/a.py", f"{'n' * 200}.py", "ok.py"]
    own = account("ada", [Found(path, b"x = 1") for path in paths], GIVEN, KIT).own
    assert "ok.py" in own and "a.py/b.py" in own
    assert "a.py" not in own and not any(len(path) > 150 for path in own)


# ---------------------------------------------------------------- the careful reader
def zipped(**entries: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return file.getvalue()


def read(folder: Path) -> dict[str, Found]:
    return {found.path: found for found in Reader().folder(folder)}


def test_folders_and_zips_are_opened(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b.ipynb").write_bytes(b"{}")
    inner = zipped(**{"c.ipynb": b"{}", "__MACOSX/._c.ipynb": b"x"})
    (tmp_path / "all.zip").write_bytes(zipped(**{"inner.zip": inner, "../../up.ipynb": b"{}"}))
    (tmp_path / "none.zip").write_bytes(zipped())
    assert read(tmp_path)["none.zip"].why == EMPTY_ZIP
    assert read(tmp_path).keys() == {
        "none.zip",
        "a/b.ipynb",
        "all.zip/inner.zip/c.ipynb",
        "all.zip/../../up.ipynb",
    }


def test_of_folders_of_tools_notebooks_alone_are_read(tmp_path):
    """And nothing else of them is counted."""
    for folder in ("venv/lib/python3", ".Trash", "__MACOSX"):
        (tmp_path / folder).mkdir(parents=True)
        for number in range(900):
            (tmp_path / folder / f"{number}.py").write_bytes(b"x")
        (tmp_path / folder / "a.ipynb").write_bytes(b"{}")
        (tmp_path / folder / "._a.ipynb").write_bytes(b"\x00\x05\x16\x07")
    inner = {"repo/venv/x.py": b"x", "repo/venv/b.IPYNB": b"{}", "repo/.git/c.ipynb": b"{}"}
    (tmp_path / "venv" / "a.zip").write_bytes(zipped(**inner))
    assert read(tmp_path).keys() == {
        *("venv/lib/python3/a.ipynb", ".Trash/a.ipynb", "__MACOSX/a.ipynb"),
        *("venv/a.zip/repo/venv/b.IPYNB", "venv/a.zip/repo/.git/c.ipynb"),
    }


def test_what_has_the_name_of_a_zip_only_is_said_to_be_what_it_is(tmp_path):
    for number, data in enumerate((b"", b"<html>", b"7z\xbc\xaf\x27\x1c", b"PK\x03\x04")):
        (tmp_path / f"{number}.zip").write_bytes(data)
    said = [file.why for file in read(tmp_path).values()]
    for why, part in zip(
        said, ("is empty", "a web page", "an archive, but no zip", "cannot be"), strict=True
    ):
        assert part in why


def test_a_notebook_is_no_file_of_macos_whatever_its_name(tmp_path):
    """On a disk and in a zip."""
    files = {"._01_basic_lstm.ipynb": work(FIRST), "._02_stacking.ipynb": b"\x00\x05\x16\x07"}
    for name, data in (files | {"a.zip": zipped(**files)}).items():
        (tmp_path / name).write_bytes(data)
    found = read(tmp_path)
    assert found.keys() == {"._01_basic_lstm.ipynb", "a.zip/._01_basic_lstm.ipynb"}
    taken = account("ada", list(found.values()), GIVEN, KIT).notebooks[FIRST]
    assert taken.data == files["._01_basic_lstm.ipynb"] and not taken.asks


def test_nothing_but_files_is_opened(tmp_path):
    (tmp_path / "link.ipynb").symlink_to("/etc/passwd")
    (tmp_path / "folder").symlink_to("/etc")
    (tmp_path / "dir.ipynb").mkdir()
    os.mkfifo(tmp_path / "pipe.ipynb")
    found = read(tmp_path)
    assert {path: about.why for path, about in found.items()} == {
        "link.ipynb": "is no ordinary file, but a link",
        "folder": "is no ordinary file, but a link",
        "dir.ipynb": "is no ordinary file, but a folder",
        "pipe.ipynb": "is no ordinary file, but a named pipe",
    }
    assert not any(about.data for about in found.values())


def test_a_name_longer_than_any_folder_takes_is_not_shown_whole(tmp_path):
    (tmp_path / "a.zip").write_bytes(zipped(**{f"{'x' * 60_000}.ipynb": b"{}", "b.ipynb": b"{}"}))
    short, long = read(tmp_path).values()
    assert short.data and not long.data
    assert len(long.path) < 300 and long.why == "has too long a name"


def test_limits_hold(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "FILE_BYTES", 1 << 20)
    bomb = zipped(**{"b.ipynb": b"0" * (2 << 20)})
    (tmp_path / "bomb.zip").write_bytes(bomb)
    deep = zipped(**{"x.ipynb": b"{}"})
    for _ in range(6):
        deep = zipped(**{"deeper.zip": deep})
    (tmp_path / "deep.zip").write_bytes(deep)
    whys = [about.why for about in read(tmp_path).values()]
    assert "is larger than 1 MB" in whys
    assert any("too deep in other zips" in why for why in whys)
    monkeypatch.setattr(files, "ALL_BYTES", 4 << 20)
    many = {f"{number}.ipynb": b"0" * (1 << 20) for number in range(9)}
    (tmp_path / "many.zip").write_bytes(zipped(**many))
    with pytest.raises(TooMuch, match="more than 4 MB"):
        read(tmp_path)
    monkeypatch.setattr(files, "MOST_FILES", 3)
    assert "is a zip of more than 3 files" in [
        found.why for found in Reader().opened("many.zip", read_file(tmp_path / "many.zip"), 0)
    ]
    for number in range(5):
        (tmp_path / f"{number}.ipynb").write_bytes(b"{}")
    with pytest.raises(TooMuch):
        read(tmp_path)


def test_any_name_can_be_shown():
    name = os.fsdecode(b"M\xfcller\n\x1b[31m.ipynb")
    assert shown(name) == "M\\xfcller\\n\\x1b[31m.ipynb"


TIMES = {
    b"2026-03-01 12:00:00 UTC": True,
    b"2026-03-01 12:00:00.123456 UTC": True,
    b"\xef\xbb\xbf2026-03-01T12:00:00+02:00\n": True,
    b"": False,
    b"9" * 31: False,
    b"9999-12-31 23:59:59 UTC": False,
    b"0001-01-01 00:00:00 UTC": False,
    b"yesterday": False,
    b"13.03.2026 11:00": True,
    b"01.03.2026 11:00": False,  # January or March
    b"3/1/26 11:00 PM": False,
    b"03.03.2026": True,
    b"10:00": False,
    b"Friday 10:00": False,
    b"27 Nov 10:00": False,
    b"Fri, 27 Nov 2026 10:00:00 +0000": True,
    b"2026-03-01 12:00:00 +0100": True,
    b"2026-03-01 12:00:00 Europe/Berlin": True,
    b"2026-03-01 12:00:00 XYZT": False,
    b"2026-03-01 12:00:00XYZT": False,
    b"\xff\xfe\x00": False,
    "\ufeff2026-03-01 12:00:00 UTC\r\n".encode("utf-16-le"): True,
    b"2026-03-01 12:00:00 +99999999999999": False,
}


@pytest.mark.parametrize("text", TIMES)
def test_a_timestamp_is_a_time_or_is_said(tmp_path, text):
    (tmp_path / "timestamp.txt").write_bytes(text)
    when, why = handed_in_at(tmp_path)
    assert (when is not None, why is None) == (TIMES[text], TIMES[text])


def submission_in(folder: Path) -> HandedIn:
    (folder / f"{FIRST}.ipynb").write_bytes(work(FIRST))
    return read_submission("ada", folder, Assignment("lstm", GIVEN, KIT, {}))


@pytest.mark.parametrize(
    "name, asks",
    [
        *[(name, True) for name in ("Timestamp.TXT", "timestamp.txt.txt", "timestamp (1).txt")],
        *[(name, True) for name in ("timestamp", " timestamp.txt", "TIMESTAMP.txt ")],
        *[(name, False) for name in ("timestamps.csv", "my timestamp.py", "time.txt")],
    ],
)
def test_a_time_under_nearly_its_name_is_said(tmp_path, name, asks):
    (tmp_path / name).write_text("2026-03-01 12:00:00 UTC")
    found = submission_in(tmp_path)
    said = [ask for ask in found.notebooks[FIRST].asks if "it counts as on time" in ask]
    assert found.timestamp is None and bool(said) == asks
    assert not asks or said[0].startswith(f"{name} is not read")
    (tmp_path / "timestamp.txt").write_text("2026-03-01 12:00:00 UTC")
    assert submission_in(tmp_path).timestamp and not submission_in(tmp_path).notebooks[FIRST].asks


def test_a_time_that_lies_deeper_is_noted(tmp_path):
    (tmp_path / "lstm").mkdir()
    (tmp_path / "lstm" / "timestamp.txt").write_text("2026-03-01 12:00:00 UTC")
    found = submission_in(tmp_path)
    assert found.timestamp is None and found.notebooks[FIRST].notes == (
        "lstm/timestamp.txt is not the timestamp.txt of the hand-in; it was not used.",
    )


# ---------------------------------------------------------------- a notebook in any state
UNREADABLE = {
    b"": "the file is empty",
    b" \n": "the file is empty",
    b"\x00" * 99: "nothing but zero bytes",
    b"{'cells'": "it is not valid JSON",
    b"\n<!DOCTYPE html>\n<title>Log in</title>": "it is a web page",
    b"\xef\xbb\xbf<HTML lang='de'>": "it is a web page",
    b"version https://git-lfs.github.com/spec/v1\noid sha256:7\n": "it is a pointer of Git LFS",
    b"%PDF-1.7\n%\xe2\xe3": "it is a PDF",
    b"\x89PNG\r\n\x1a\n": "it is a picture",
    b"\x1f\x8b\x08\x00": "it is an archive, but no zip",
    b"#!/usr/bin/env python\n# coding: utf-8\n": "it is a script",
    b"# %%\nimport torch\n": "it is a script",
    b'{"cells": [': "cut off before its end",
    b'{"cells": []}\nSent from my phone': "there is more behind its end",
    b'{"cells": []}\x00\x00': "there is more behind its end",
    b'{\n<<<<<<< HEAD\n"cells": []\n>>>>>>> x\n}': "merge conflict",
    b"[1, 2]": "it is not a notebook",
    b"{}": "it has no cells",
    b'{"cells": 5}': "it has no cells",
    b"[" * 100_000: "it is not valid JSON",
    b"[" + b"{}," * 2_000_000 + b"{}]": "it holds more than",
}


@pytest.mark.parametrize("data", UNREADABLE, ids=range(len(UNREADABLE)))
def test_what_cannot_be_read_says_why(data):
    with pytest.raises(ValueError, match=UNREADABLE[data]):
        read_sheet(data)


@pytest.mark.parametrize(
    "encoding",
    [*("utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be"), "utf-32", "utf-32-le"],
)
def test_every_encoding_is_read(encoding):
    data = '{"cells": [{"cell_type": "code", "source": ["# ö\\n", "x"]}]}'.encode(encoding)
    assert read_sheet(data).texts[0].source == "# ö\nx"


def test_an_old_format_with_odd_cells_is_read():
    sheets = [{"cells": [{"cell_type": "code", "input": "x"}, 7]}, {"cells": 5}, 3]
    assert [t.source for t in read_sheet(json.dumps({"worksheets": sheets}).encode()).texts] == [
        "x"
    ]


def test_a_notebook_as_a_server_hands_it_out_is_read():
    cells = [{"cell_type": "code", "source": "x = 1"}]
    data = json.dumps({"name": "01.ipynb", "type": "notebook", "content": {"cells": cells}})
    assert read_sheet(data.encode()).texts[0].source == "x = 1"


@pytest.mark.parametrize(
    "lines, text",
    [
        (["def f():", "    pass"], "def f():\n    pass"),  # as a script writes them
        (["def f():", "", "    pass"], "def f():\n\n    pass"),
        (["def f():\n", "    pa", "ss"], "def f():\n    pass"),
        (["x"], "x"),
        ([], ""),
    ],
)
def test_lines_without_their_ends_are_lines(lines, text):
    data = json.dumps({"cells": [{"cell_type": "code", "source": lines}]}).encode()
    assert read_sheet(data).texts[0].source == text


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.replace(b"\\n", b"\n"),  # line ends and tabs as they are, in a text
        lambda data: data.replace(b"    ", b"\t"),
        lambda data: b"\xef\xbb\xbf" * 2 + data,
    ],
)
def test_what_json_forbids_and_cannot_be_mistaken_is_read(change):
    text = {"cell_type": "code", "source": "def f():\n    pass"}
    (read,) = read_sheet(change(json.dumps({"cells": [text]}).encode())).texts
    assert read.source.expandtabs(4) == text["source"]


def test_zeros_in_a_text_are_left_out():
    text = {"cell_type": "code", "source": "x = 1\n\x00\x00"}
    assert read_sheet(json.dumps({"cells": [text]}).encode()).texts[0].source == "x = 1\n"


def test_surrogates_become_text():
    data = b'{"cells": [{"cell_type": "code", "source": "\\ud800", "id": "\\udfff"}]}'
    text = read_sheet(data).texts[0]
    (text.source + text.id).encode()


# ---------------------------------------------------------------- rebuilt, in the student's order
def rebuilt(change, name: str = FIRST):
    return rebuild(Taken(work(name, change)), GIVEN[name])


def keys(notebook) -> list[str]:
    return [grade_id(cell) or cell.id for cell in notebook.cells]


def place(notebook, name: str) -> int:
    return next(k for k, cell in enumerate(notebook.cells) if cell.id == name)


def test_the_students_order_is_kept():
    def change(notebook):
        at = place(notebook, "test_LSTMCell")
        check = notebook.cells.pop(at)
        notebook.cells.insert(at + 3, check)
        notebook.cells.insert(at, new_code_cell("helper = 1"))

    found = rebuilt(change)
    order = keys(found.notebook)
    assert order.index("LSTMCell") < order.index("own-1") < order.index("test_LSTMCell")
    nbformat.validate(found.notebook)


def test_an_answer_that_was_typed_into_a_text_stays_below_it():
    """Not one in which an editor has changed blanks."""

    def change(notebook):
        for name, more in (("title", "\n\nMy answer."), ("idea", "  \n\n")):
            notebook.cells[place(notebook, name)].source += more

    found = rebuilt(change).notebook
    at = place(found, "title")
    assert found.cells[at].source == GIVEN[FIRST].cells[place(GIVEN[FIRST], "title")].source
    assert found.cells[at + 1].id.startswith("own-")
    assert found.cells[at + 1].source.endswith("My answer.")
    assert sum(cell.id.startswith("own-") for cell in found.cells) == 1


def test_cells_that_are_gone_come_back_where_they_were():
    def change(notebook):
        gone = ("setup_01", "test_LSTMCell", "title")
        notebook.cells = [cell for cell in notebook.cells if cell.id not in gone]

    assert keys(rebuilt(change).notebook) == keys(GIVEN[FIRST])


def test_the_last_written_copy_counts_and_the_others_run():
    def change(notebook):
        copy = deepcopy(notebook.cells[place(notebook, "LSTMCell")])
        copy.source, copy["id"] = copy.source + "\n# last", "copy"
        notebook.cells.append(copy)

    found = rebuilt(change).notebook
    answer = next(cell for cell in found.cells if grade_id(cell) == "LSTMCell")
    assert answer.source.endswith("# last") and found.cells[-1] is answer
    assert [cell.source for cell in found.cells if cell.id == "own-1"] == [SOLVED["LSTMCell"]]


@pytest.mark.parametrize("kind", ["code", "raw", "markdown"])
def test_an_answer_in_another_cell_is_found(kind):
    def change(notebook):
        cell = notebook.cells[place(notebook, "LSTMCell")]
        cell.source = GIVEN[FIRST].cells[place(GIVEN[FIRST], "LSTMCell")].source
        new = {"code": new_code_cell, "markdown": new_markdown_cell}.get(kind)
        extra = new(SOLVED["LSTMCell"]) if new else nbformat.v4.new_raw_cell(SOLVED["LSTMCell"])
        notebook.cells.append(extra)

    found = rebuilt(change)
    answer = next(cell for cell in found.notebook.cells if grade_id(cell) == "LSTMCell")
    assert answer.cell_type == "code" and answer.source == SOLVED["LSTMCell"]
    assert any("is as given out" in note for note in found.notes)


@pytest.mark.parametrize(
    "around",
    ["{}", "```python\n{}\n```", "~~~ py\n{}\n~~~", "Mine:\n\n```\n{}\n```\nThanks.", "{}\n```"],
)
def test_an_answer_in_markdown_is_what_stands_within_fences(around):
    def change(notebook):
        at = place(notebook, "LSTMCell")
        marks = notebook.cells[at].metadata
        text = around.format(SOLVED["LSTMCell"])
        notebook.cells[at] = new_markdown_cell(text, id="LSTMCell", metadata=marks)

    found = rebuilt(change)
    answer = next(cell for cell in found.notebook.cells if grade_id(cell) == "LSTMCell")
    assert answer.cell_type == "code" and answer.source.strip() == SOLVED["LSTMCell"].strip()
    assert bool(found.asks) == ("Mine:" in around)
    assert not found.asks or "and not 'Mine:': look whether" in found.asks[0]


@pytest.mark.parametrize("around", ["My answer:\n\n{}", "## Your turn\n\nAbout 25 minutes.\n\n{}"])
@pytest.mark.parametrize("key", ["LSTMCell", "task_LSTMCell"])
def test_an_answer_in_markdown_that_is_no_code_asks(around, key):
    """Turned into a text that says more, or merged with the text above it."""

    def change(notebook):
        del notebook.cells[place(notebook, "LSTMCell")]
        at = place(notebook, "task_LSTMCell")
        new = new_markdown_cell(around.format(SOLVED["LSTMCell"]), id=key)
        notebook.cells[at : at + (key != "LSTMCell")] = [new]

    (ask,) = rebuilt(change).asks
    assert "turned into a text, and not all of it is code: look" in ask


def test_an_answer_in_two_fences_is_whole():
    head, mark, forward = SOLVED["LSTMCell"].partition("    def forward(")

    def change(notebook):
        at = place(notebook, "LSTMCell")
        text = f"```\n{head}```\nand\n```\n{mark}{forward}\n```"
        marks = notebook.cells[at].metadata
        notebook.cells[at] = new_markdown_cell(text, id="LSTMCell", metadata=marks)

    (answer,) = [c for c in rebuilt(change).notebook.cells if grade_id(c) == "LSTMCell"]
    assert compile(answer.source, "", "exec") and mark in answer.source


def test_an_answer_that_is_nowhere_asks():
    def change(notebook):
        del notebook.cells[place(notebook, "LSTMCell")]

    assert "The cell LSTMCell is missing" in rebuilt(change).asks[0]


@pytest.mark.parametrize("other", ["cell_parameters", "test_LSTMCell", "setup_01"])
def test_marks_that_were_exchanged_lead_nobody_astray(other):
    def change(notebook):
        one, two = (notebook.cells[place(notebook, name)] for name in ("LSTMCell", other))
        marks = one.metadata["nbgrader"], two.metadata["nbgrader"]
        two.metadata["nbgrader"], one.metadata["nbgrader"] = marks
        one["id"], two["id"] = two["id"], one["id"]

    found = {grade_id(cell): cell.source for cell in rebuilt(change).notebook.cells}
    assert found["LSTMCell"] == SOLVED["LSTMCell"]
    assert found["cell_parameters"] == SOLVED["cell_parameters"]


def test_an_answer_in_another_ones_cell_is_not_undone_by_the_stub():
    def change(notebook):
        first = notebook.cells[place(notebook, "cell_parameters")]
        first.source += "\n" + SOLVED["LSTMCell"]
        stub = notebook.cells[place(notebook, "LSTMCell")]
        stub.source = GIVEN[FIRST].cells[place(GIVEN[FIRST], "LSTMCell")].source

    found = rebuilt(change)
    sources = {grade_id(cell): cell.source for cell in found.notebook.cells}
    assert sources["LSTMCell"] == "" and SOLVED["LSTMCell"] in sources["cell_parameters"]
    assert "LSTMCell is written in the cell cell_parameters" in " ".join(found.notes)


def test_a_picture_stays_with_its_text():
    picture = {"a.png": {"image/png": "iVBORw0KGgo="}, "b": {"text/html": "<script>"}, "c": 5}

    def change(notebook):
        notebook.cells.append(new_markdown_cell("![](attachment:a.png)"))
        notebook.cells[-1]["attachments"] = picture

    cell = rebuilt(change).notebook.cells[-1]
    assert cell.attachments == {"a.png": {"image/png": "iVBORw0KGgo="}}


def test_a_written_answer_is_kept_with_its_picture():
    marks = {"grade_id": "why", "solution": True, "grade": True, "locked": False, "points": 2}
    picture = {"a.png": {"image/png": "iVBORw0KGgo="}}
    release, notebook = deepcopy(GIVEN[FIRST]), filled(FIRST, SOLVED)
    for book, text in ((release, "*Your answer*"), (notebook, "Because ![](attachment:a.png)")):
        book.cells.append(new_markdown_cell(text, id="why", metadata={"nbgrader": marks}))
    notebook.cells[-1]["attachments"] = picture
    cell = rebuild(Taken(json.dumps(notebook).encode()), release).notebook.cells[-1]
    assert cell.source == "Because ![](attachment:a.png)" and cell.attachments == picture


def test_an_edited_set_up_runs_beside_the_original():
    def change(notebook):
        notebook.cells[place(notebook, "setup_01")].source += "\nimport math"

    found = rebuilt(change).notebook
    order = keys(found)
    assert order.index("own-1") == order.index("setup_01") + 1
    assert found.cells[order.index("own-1")].source.endswith("import math")


# ---------------------------------------------------------------- troubles of our side
TROUBLES = {
    "ModuleNotFoundError: No module named 'einops'": "where it is a file of the student's own, ask",
    "forward raised ModuleNotFoundError: No module named 'a.b'": "the package a.b is not there",
    "ModuleNotFoundError: No module named 'lstm_kit.stack'": None,
    "ImportError: cannot import name 'x' from 'torch' (/a/b.py)": "torch has no x",
    "ImportError: IProgress not found. Please update jupyter": "something that it imports",
    "AttributeError: `np.float_` was removed in the NumPy 2.0 release.": "an older NumPy",
    "AssertionError: Torch not compiled with CUDA enabled": "it asks for a GPU",
    "RuntimeError: torch.cuda.Stream requires CUDA support": "it asks for a GPU",
    "FileNotFoundError: [Errno 2] No such file or directory: 'nvidia-smi'": "it asks for a GPU",
    "FileNotFoundError: [Errno 2] No such file or directory: 'a.csv'": "the file a.csv was not",
    "OSError: [Errno 28] No space left on device": "it met a limit of the box",
    "Timeout: this cell was stopped after 30 seconds; is there an endless loop?": "took longer",
    "OSError: 'seaborn' is not a valid package style, path of": "a style of an older matplotlib",
    "RuntimeError: set_trace() is not available while a notebook is graded": "set_trace() waits",
    "RuntimeError: PyTorch is not linked with support for mps devices": "it asks for a GPU",
    "NameError: name 'x' is not defined": None,
    "TypeError: forward() missing 1 required positional argument: 'h'": None,
}


@pytest.mark.parametrize("error", TROUBLES)
def test_an_error_is_ours_or_the_students(error):
    found, expected = ours.trouble(error, {"lstm_kit"}, None), TROUBLES[error]
    assert found is None if expected is None else expected in found


def test_a_module_that_grading_leaves_out_is_named():
    """Which is no trouble of ours, and yet nothing that a student could see at the desk."""
    said = "ModuleNotFoundError: No module named 'lstm_kit.cell'"
    assert ours.left_out(said, {"lstm_kit"}).startswith("lstm_kit.cell is not there when")
    assert not ours.left_out("ModuleNotFoundError: No module named 'einops'", {"lstm_kit"})


@pytest.mark.parametrize(
    "line, other",
    [
        *[("class Cell[T](nn.Module):", True), ("    def step[T](self, x: T):", True)],
        *[("type Vector = list[float]", True), ("print(t'{x}')", True), ("print 'x'", True)],
        *[("except ValueError, TypeError:", True), ("raise ValueError, 'x'", True)],
        *[("class Cell(nn.Module)", False), ("type = = 3", False), ("print('isn't')", False)],
        *[("x = y z", False), ("def f(x, y", False), ("for k in range(3)", False)],
    ],
)
def test_a_syntax_may_be_another_pythons(line, other):
    said = ours.syntax_trouble("SyntaxError: invalid syntax", f"x = 1\n{line}\n    y = 2", 2)
    assert bool(said) == other
    assert not ours.syntax_trouble("NameError: name 'x' is not defined", line, 1)


@pytest.mark.parametrize("line", ["class Cell[T](nn.Module):", "@ x", "except A, B:  # why"])
def test_a_line_that_others_hang_on_is_left(line):
    assert ours.without_line(f"x = 1\n{line}\n    y = 2", 2) is None


def test_a_syntax_is_ours_where_the_student_had_a_newer_python():
    error = "SyntaxError: f-string: unmatched '['"
    assert "Python 3.99" in ours.trouble(error, set(), "3.99.1")
    assert ours.trouble("SyntaxError: invalid syntax", set(), None) is None
    assert ours.trouble("SyntaxError: invalid syntax", set(), "3.8.1") is None


ASIDE = {  # a cell that does not define LSTMCell when it runs, and its line that is quoted
    "%load my_cell.py": "%load my_cell.py",
    "# %load my_cell.py\n": "# %load my_cell.py",
    "import torch\n!cat my_cell.py": "!cat my_cell.py",
    "%%writefile a.py\nclass LSTMCell(nn.Module):\n    pass": "%%writefile a.py",
    "# class LSTMCell(nn.Module):\n#     pass": "# class LSTMCell(nn.Module):",
    '"""\n    class LSTMCell(nn.Module):\n        pass\n"""': "class LSTMCell(nn.Module):",
    "class MyCell(nn.Module):\n    pass": "class MyCell(nn.Module):",
    "pass": None,
    "# I have not got LSTMCell done\nx = 5 % 2": None,
}


@pytest.mark.parametrize("source", ASIDE)
def test_a_line_that_may_stand_for_the_work_is_found(source):
    assert ours.set_aside(source, "LSTMCell") == ASIDE[source]


CLASS = "class LSTMCell(nn.Module):\n    x = 'a'\n    y = 1 < 2\n"
WIDE = "class LSTMCell(nn.Module):\n    def __init__(self):\n        if x:\n            y = 2\n"
PASTED = {  # what becomes of the class on its way through other programs
    "mark": "\ufeff" + CLASS,
    "no-break spaces": CLASS.replace("    ", "\xa0" * 4),
    "separators": CLASS.replace("\n", "\u2028"),
    "tabs": CLASS.replace("    x", "\tx"),
    "fences": f"```python\n{CLASS}```",
    "html": CLASS.replace("<", "&lt;").replace("'", "&#39;"),
    "typeset": CLASS.replace("'", "\u2019"),
    "full width": CLASS.replace("(", "\uff08").replace(")", "\uff09").replace(":", "\uff1a"),
    "wide tabs": WIDE.replace("         ", "\t "),
    "bold": WIDE.replace("__", "**"),
    "escaped": WIDE.replace("_", "\\_"),
    "colours": WIDE.replace("class", "\x1b[1;34mclass\x1b[0m\x08"),
    "Word": WIDE.replace("\n", "\x0b"),
    "several": "\u200b" + CLASS.replace("'", "\u2019").replace("    ", "\xa0" * 4),
}


@pytest.mark.parametrize("how", PASTED)
def test_what_pasting_brings_along_is_put_right(how):
    assert not ours.is_code(PASTED[how])
    assert ours.as_typed(PASTED[how]).strip() in (CLASS.strip(), WIDE.strip())


def test_no_more_is_put_right_than_is_needed():
    assert ours.as_typed("\ufeffx = '\u201c&lt;\t'") == "x = '\u201c&lt;\t'"
    assert ours.as_typed("class LSTMCell(nn.Module)\n    pass") is None


@pytest.mark.parametrize(
    "source, line, said",
    [
        (f"Here it is:\n\n{CLASS}", 1, "Here it is:"),
        ("1 class LSTMCell(nn.Module):\n2     pass", 1, "1 class LSTMCell(nn.Module):"),
        (f"x = 1\n{CLASS}    y =", 5, None),
        ("class LSTMCell(nn.Module)\n    pass", 1, None),
        ("x = = 1", 1, None),
    ],
)
def test_a_line_above_the_class_that_is_no_python_is_found(source, line, said):
    assert ours.above_class(source, line, "LSTMCell") == said


@pytest.mark.parametrize(
    "source, lost",
    [
        *[(WIDE.replace("\n", end), "its line ends") for end in (" ", "", "\\n", "\r\t")],
        ("x = 1\n" + WIDE.replace("  ", ""), "its indentation"),
        (WIDE + "        y = (", None),
        ("class LSTMCell(nn.Module):\n    x = = 1", None),
        ("class LSTMCell(nn.Module):\nx = 1", None),
        ("x = = 1", None),
    ],
)
def test_what_a_class_has_lost_on_its_way_is_found(source, lost):
    assert ours.crushed(source, "LSTMCell") == lost


@pytest.mark.parametrize(
    "cell, found",
    [
        (new_code_cell("x = 1\nclass Mine(nn.Module):\n    pass"), "'class Mine(nn.Module):'"),
        (new_code_cell("# class Mine(nn.Module):\n%matplotlib inline"), None),
        (new_code_cell("# at https://a.org/b"), "the link https://a.org/b"),
        (new_code_cell("# %load mine.py"), "'# %load mine.py'"),
        (
            new_markdown_cell("![](attachment:a)", attachments={"a": {"image/png": "a"}}),
            "a picture",
        ),
        (new_markdown_cell("See https://a.org/mine ."), "the link https://a.org/mine"),
        (new_markdown_cell("As https://a.org/given says"), None),
    ],
)
def test_what_may_stand_for_a_class_that_is_not_written_is_found(cell, found):
    assert ours.in_its_place([cell], "See https://a.org/given .") == found


@pytest.mark.parametrize(
    "name, called, found",
    [
        *[("LSTM", called, called == "MyLSTM") for called in ("LSTM", "MyLSTM", "MyLSTMCell")],
        *[("LSTMCell", called, True) for called in ("LSTMCellNew", "MyLSTMCell", "LSTMCell_2")],
        *[("LSTMCell", called, False) for called in ("Cell", "OldLSTMCell", "RNNCell")],
    ],
)
def test_another_try_at_a_class_is_named_after_it(name, called, found):
    cells = [new_code_cell(f"class {called}(nn.Module):\n    pass")]
    given = "from lstm_kit.cell import LSTMCell\nclass OldLSTMCell: pass"
    assert bool(ours.another_try(cells, given, name)) == found
    cells.append(new_code_cell(f"{name} = {called}"))
    assert not ours.another_try(cells, given, name)


@pytest.mark.parametrize(
    "source, found",
    [
        ("import a\nfrom torch.nn import LSTM, LSTMCell", "from torch.nn import LSTM, LSTMCell"),
        ("LSTMCell = LSTMCell(3, 5)", "LSTMCell = LSTMCell(3, 5)"),
        ("from a import MyLSTMCell\ncell = LSTMCell(3, 5)", None),
        ("LSTMCell = MyLSTMCell", None),
    ],
)
def test_what_takes_the_name_of_a_class_is_found(source, found):
    assert ours.renamed([new_code_cell(source)], "LSTMCell") == found


@pytest.mark.parametrize("magic", ["%%time", "%%capture out", "\n  \n%%time -n", "%%prun"])
def test_a_magic_that_runs_a_cell_is_left_out_and_no_line_moves(magic):
    source = f"{magic}\nx = 1"
    assert ours.unwrapped(source).split("\n") == [*[""] * source.count("\n"), "x = 1"]
    assert ours.unwrapped("x = 1\n%%time") == "x = 1\n%%time"
    assert ours.unwrapped("%%timeit\nx = 1") == "%%timeit\nx = 1"


CELL = """%matplotlib widget
import pandas as pd
from a import (
    b,
)
x = 1


class A:
    y = pd.z
"""


@pytest.mark.parametrize(
    "line, gone", [(1, "%matplotlib"), (2, "import pandas"), (4, "    b,"), (10, None)]
)
def test_a_statement_is_left_out_and_no_line_moves(line, gone):
    left = ours.without_statement(CELL, line)
    if gone is None:
        assert left is None
    else:
        assert gone not in left and len(left.split("\n")) == len(CELL.split("\n"))
        assert "class A:" in left
        compile(left.replace("%matplotlib widget", ""), "cell", "exec")


@pytest.mark.parametrize(
    "condition, machine",
    [
        ("assert torch.cuda.is_available(), 'no GPU'", True),
        ("if not os.path.exists('/content'):\n    raise SystemExit", True),
        ("assert torch.__version__ > '3'", True),
        ("key = os.environ['KEY']", True),
        ("class A:\n    key = os.environ['KEY']", False),
        ("assert LSTMCell(2, 3).b_f.shape == (2,)", False),
        ("class A:\n    assert torch.cuda.is_available()", False),
    ],
)
def test_a_condition_on_the_machine_is_no_mistake(condition, machine):
    line = condition.count("\n") + 1
    assert bool(ours.machine_trouble(condition, line)) == machine


@pytest.mark.parametrize(
    "why, remedy",
    [
        ("cannot be read (Permission denied)", "chmod u+rX)"),
        ("whose owner is root, cannot be read (Permission denied)", "chmod a+rX, as its owner)"),
    ],
)
def test_a_closed_folder_is_not_said_to_be_without_notebooks(why, remedy):
    found = account("ada", [Found("lstm", why=why)], GIVEN, KIT).notebooks.values()
    asks = {ask for taken in found for ask in taken.asks}
    assert asks == {f"lstm {why}: give it back its rights ({remedy}, then grade again."}
    assert all(taken.asks for taken in found)
