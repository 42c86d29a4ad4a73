"""Whose a file of a download is, which attempt counts, what is late: names in, a plan out. And what
is read of a download, and how it comes into its place."""

import json
import os
import zipfile
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from autograde.course import collect, files
from autograde.course.downloads import ANONYMOUS, NO_NAME, Item, entry_of, plan
from autograde.course.release import NotReady
from autograde.pages.roster import Person, Problem, Roster
from grader_tests.samples.students import NOTEBOOKS

FIRST, SECOND, *_ = NOTEBOOKS
# ruff: disable[E501]
NAMES = {  # name in a download -> what it says
    f"doejane_12_345_{FIRST}.ipynb": (
        "canvas",
        "doejane",
        "12",
        "doejane_12_345_",
        f"{FIRST}.ipynb",
        False,
        345,
    ),
    "doejane_LATE_12_345_a_b-2.ipynb": (
        "canvas",
        "doejane",
        "12",
        "doejane_LATE_12_345_",
        "a_b-2.ipynb",
        True,
        345,
    ),
    "late_12_345_x.ipynb": ("canvas", "late", "12", "late_12_345_", "x.ipynb", False, 345),
    "doe_jane_12_345_6_7_x.ipynb": (
        "canvas",
        "doe_jane",
        "12",
        "doe_jane_12_345_",
        "6_7_x.ipynb",
        False,
        345,
    ),
    "doejane_12_text.html": ("canvas", "doejane", "12", "doejane_12_", "text.html", False, 0),
    "doejane_LATE_12_link.html": (
        "canvas",
        "doejane",
        "12",
        "doejane_LATE_12_",
        "link.html",
        True,
        0,
    ),
    "_12_345_x.ipynb": ("canvas", "", "12", "_12_345_", "x.ipynb", False, 345),
    "a.zip/sub/müllerjörg_1_2_l.zip": (
        "canvas",
        "müllerjörg",
        "1",
        "müllerjörg_1_2_",
        "l.zip",
        False,
        2,
    ),
    "Jane Doe_12_assignsubmission_file_/a/x.ipynb": (
        "moodle",
        "Jane Doe",
        "12",
        "Jane Doe_12_assignsubmission_file_",
        "a/x.ipynb",
        False,
        0,
    ),
    "Jane Doe_12_assignsubmission_file/x.ipynb": (
        "moodle",
        "Jane Doe",
        "12",
        "Jane Doe_12_assignsubmission_file_",
        "x.ipynb",
        False,
        0,
    ),
    "z.zip/J D_12_assignsubmission_file_x_1_2_y": (
        "moodle",
        "J D",
        "12",
        "J D_12_assignsubmission_file_",
        "x_1_2_y",
        False,
        0,
    ),
    "J_1_assignsubmission_file_/K_2_assignsubmission_file_/x": (
        "moodle",
        "J",
        "1",
        "J_1_assignsubmission_file_",
        "K_2_assignsubmission_file_/x",
        False,
        0,
    ),
    "J_1_assignsubmission_onlinetext/onlinetext.html": (
        "moodle",
        "J",
        "1",
        "J_1_assignsubmission_onlinetext_",
        "onlinetext.html",
        False,
        0,
    ),
    "J_1_assignsubmission_file_\\x.ipynb": (
        "moodle",
        "J",
        "1",
        "J_1_assignsubmission_file_",
        "x.ipynb",
        False,
        0,
    ),
    "Jane\\xa0Doe_1_assignsubmission_file_/a\\u200bb.py": (
        "moodle",
        "Jane\\xa0Doe",
        "1",
        "Jane\\xa0Doe_1_assignsubmission_file_",
        "a\\u200bb.py",
        False,
        0,
    ),
    "cs_2026_11_lstm/notes.txt": None,  # a folder that is named after a course and a date
    "anon_ab1c2_345_x.ipynb": None,
    "LATE_anon_ab1c2_345_6_x.ipynb": None,
    "submissions.zip": None,
    "x.ipynb": None,
}
CLASS = [
    Person("ada", "Ada", "Lovelace", "ada@uni.example", "5001"),
    Person("berg", "Jan", "van der Berg"),
    Person("brien", "Sinéad Mary", "O'Brien-Kelly"),
    Person("mueller", "Jörg", "Müller"),
    Person("muller", "Jorg", "Muller"),
    Person("jd1", "Jane", "Doe", lms="5007"),
    Person("jd2", "Jane", "Doe"),
    Person("jd3", "Jane", "Doe"),
    Person("lee1", "Kim", "Lee"),
    Person("lee2", "Lee", "Kim"),
    Person("li.wei@uni.example", "伟", "李"),
    Person("s1234567"),
    Person("acc", "Zoë", "Ångström"),
]
WHOSE = {  # (platform, name, number) -> whose, or a part of the reason
    ("canvas", "lovelaceada", "5001"): "ada",
    ("canvas", "byronaugustaada", "5001"): "ada",  # another name, but Canvas's number
    ("canvas", "lovelaceada", "5999"): "whose number is another than 5999",
    ("canvas", "müllerjörg", "5001"): "its number 5001 is ada, its name mueller",
    ("canvas", "vanderbergjan", "1"): "berg",
    ("canvas", "bergjanvander", "1"): "berg",
    ("moodle", "Jan van der Berg", "1"): "berg",
    ("moodle", "van der Berg Jan", "1"): "berg",
    ("canvas", "obrienkellysinéadmary", "1"): "brien",
    ("moodle", "Sinéad Mary OBrien-Kelly", "1"): "brien",  # Moodle leaves apostrophes out
    ("moodle", "Sine\u0301ad Mary O’Brien\u2010Kelly", "1"): "brien",  # as macOS writes it
    ("moodle", "SINEAD MARY O'BRIEN-KELLY", "1"): "brien",
    ("moodle", "Sinéad\\xa0Mary O'Brien-Kelly", "1"): "brien",  # a space that does not break
    ("moodle", "Sinéad O'Brien", "1"): "nobody in the gradebook",
    ("canvas", "müllerjörg", "1"): "mueller",
    ("canvas", "mullerjorg", "1"): "muller",
    ("canvas", "angstromzoe", "1"): "acc",
    ("canvas", "doejane", "5007"): "jd1",
    (
        "canvas",
        "doejane",
        "1",
    ): "it may be jd2 or jd3: `nbgrader db student add ID --lms-user-id 1`",
    ("moodle", "Jane Doe", "1"): "it may be jd1 or jd2 or jd3: give --roster",
    ("canvas", "leekim", "1"): "it may be lee1 or lee2",
    ("canvas", "李伟", "1"): "li.wei@uni.example",
    ("canvas", "liweiuniexample", "1"): "li.wei@uni.example",
    ("canvas", "s1234567", "1"): "s1234567",
    ("canvas", "groupseven", "1"): "nobody in the gradebook has its name or its number 1",
    ("canvas", "", "1"): "nobody",
}
ATTEMPTS = [  # files of jan, downloads that they are in -> path to file, files that are older
    # the newest of several attempts, whatever Canvas has added to its name
    ([f"jan_1_7_{FIRST}.ipynb", f"jan_1_9_{FIRST}-1.ipynb"], (0, 0), {f"{FIRST}.ipynb": 1}, [0]),
    ([f"jan_1_9_{FIRST}-2.ipynb", f"jan_1_7_{FIRST}-1.ipynb"], (0, 0), {f"{FIRST}.ipynb": 0}, [1]),
    ([f"jan_1_9_{FIRST}-12.ipynb"], (0,), {f"{FIRST}.ipynb": 0}, []),
    # one download for each notebook
    (
        [f"jan_1_7_{FIRST}.ipynb", f"jan_1_5_{SECOND}.ipynb"],
        (0, 1),
        {f"{FIRST}.ipynb": 0, f"{SECOND}.ipynb": 1},
        [],
    ),
    # two downloads of one assignment
    (["jan_1_7_lstm.zip", "jan_1_9_lstm-1.zip"], (0, 1), {"lstm-1.zip": 1}, [0]),
    (["jan_1_9_lstm-1.zip", "jan_1_7_lstm.zip"], (0, 1), {"lstm-1.zip": 0}, [1]),
    (["jan_1_7_lstm.zip", "jan_1_7_lstm.zip"], (0, 1), {"lstm.zip": 1}, [0]),
    # numbers that a student has given to files of their own
    (
        ["jan_1_7_lab-1.ipynb", "jan_1_8_lab-2.ipynb"],
        (0, 0),
        {"lab-1.ipynb": 0, "lab-2.ipynb": 1},
        [],
    ),
    (["jan_1_7_lab.ipynb", "jan_1_8_lab-2.ipynb"], (0, 0), {"lab.ipynb": 0, "lab-2.ipynb": 1}, []),
    (
        ["jan_1_7_lab-1.ipynb", "jan_1_8_lab-2.ipynb"],
        (0, 1),
        {"lab-1.ipynb": 0, "lab-2.ipynb": 1},
        [],
    ),
]
LISTS = [  # a row of a platform's own list, what a file says -> whose it is
    (
        {"Student": "Doe, Jane", "ID": "41", "SIS Login ID": "jd2"},
        ("canvas", "doejane", "41"),
        "jd2",
    ),
    ({"Student": "Bergé, J.", "ID": "42", "SIS Login ID": "berg"}, ("canvas", "bergéj", "9"), ""),
    (
        {"Identifier": "Participant 9", "Full name": "Jane Doe", "ID number": "jd3"},
        ("moodle", "Jane Doe", "9"),
        "jd3",
    ),
    (
        {"Identifier": "Teilnehmer/in 9", "Full name": "J. v. d. Berg", "ID number": "berg"},
        ("moodle", "J v d Berg", "9"),
        "berg",
    ),
    (
        {"Identifier": "Participant 9", "Full name": "Jane Doe", "ID number": ""},
        ("moodle", "Jane Doe", "9"),
        "",
    ),
    (
        {"id": "s1234567", "first_name": "Zed", "last_name": "Zander", "lms_user_id": "88"},
        ("canvas", "zanderzed", "88"),
        "s1234567",
    ),
    (
        {"id": "s1234567", "first_name": "Zed", "last_name": "Zander", "email": "z@z"},
        ("moodle", "Zed Zander", "3"),
        "s1234567",
    ),
]
# ruff: enable[E501]


@pytest.mark.parametrize("name", NAMES)
def test_what_a_name_says(name):
    said = entry_of(name)
    assert said == NAMES[name] or tuple(vars(said).values()) == NAMES[name]


@pytest.mark.parametrize("key", WHOSE, ids=lambda key: key[1])
def test_whose_it_is(key):
    student, why = Roster(CLASS).of_file(*key, trusted=key[0] == "canvas")
    assert student == WHOSE[key] or (not student and WHOSE[key] in why)


def test_a_class_of_three_hundred_with_the_same_few_names():
    """Everybody whose number is known is found, and nobody is taken for another."""
    people = [
        Person(f"s{k}", "Anna" if k % 2 else "Anna Lena", f"Müller-Schmidt {k % 10}", lms=f"{k}")
        for k in range(300)
    ]
    roster, few = Roster(people), Roster([*people[:20], Person("alone", "Zoe", "Zander")])
    for person in people:
        name = f"{person.last} {person.first}"
        assert roster.of_file("canvas", name, person.lms, trusted=True) == (person.id, "")
        student, why = roster.of_file("moodle", name, person.lms, trusted=False)
        assert not student and why.startswith("it may be s")
    assert few.of_file("moodle", "Zander Zoe", "9", trusted=False) == ("alone", "")


# ---------------------------------------------------------------- a plan
def planned(*paths: str, people=CLASS, downloads=(0,) * 99, folders_too=False, **about):
    items = [Item(path, download, **about) for path, download in zip(paths, downloads)]
    return plan(items, Roster(people), set(NOTEBOOKS), folders_too)


def files_of(found, student: str = "berg") -> dict[str, str]:
    return {path: item.shown for path, item in found.students[student].files.items()}


@pytest.mark.parametrize("paths, downloads, expected, older", ATTEMPTS)
def test_which_attempt_counts(paths, downloads, expected, older):
    paths = [path.replace("jan", "vanderbergjan") for path in paths]
    found = planned(*paths, downloads=downloads)
    assert files_of(found) == {path: paths[k] for path, k in expected.items()}
    assert found.students["berg"].older == [paths[k] for k in older] and not found.left


def test_a_copy_in_moodle_is_left_to_grading():
    folder = "Jan van der Berg_4_assignsubmission_file_"
    found = planned(f"{folder}/{FIRST}.ipynb", f"{folder}/{FIRST}-1.ipynb", f"{folder}/a/b.py")
    assert set(files_of(found)) == {f"{FIRST}.ipynb", f"{FIRST}-1.ipynb", "a/b.py"}
    assert set(found.students["berg"].prefixes.values()) == {folder}


def test_the_newest_of_two_downloads_of_moodle():
    path, old, new = "J Z_4_assignsubmission_file_/x", datetime(2026, 3, 1), datetime(2026, 3, 2)
    items = [Item(path, 0, when=new, why=""), Item(path, 1, when=old)]
    found = plan(items, Roster([Person("jz", "J", "Z")]), set(NOTEBOOKS))
    assert found.students["jz"].files["x"].download == 0


def test_late_is_what_the_platform_says():
    found = planned(f"vanderbergjan_LATE_1_2_{FIRST}.ipynb", f"lovelaceada_5001_3_{FIRST}.ipynb")
    assert found.students["berg"].late and not found.students["ada"].late


@pytest.mark.parametrize(
    "paths, left",
    [
        (["anon_ab1c2_345_x.ipynb"], [ANONYMOUS]),
        (["all.zip/LATE_anon_ab1c2_345_6_lstm.zip"], [ANONYMOUS]),
        (["readme.md"], [NO_NAME]),
        ([".DS_Store", "submissions/Thumbs.db"], []),
        (["vanderbergjan_1_2_../../x.ipynb"], ["its path leads out of the folder"]),
        (["a.zip/../Jan van der Berg_1_assignsubmission_file_/x"], ["leads out of the folder"]),
        (["vanderbergjan_1_2_timestamp.txt"], ["only nbgrader may write a file of this name"]),
        (["vanderbergjan_1_2_TimeStamp.TXT"], ["only nbgrader may write a file of this name"]),
        # two persons of the platform, one of the gradebook
        (
            ["vanderbergjan_1_2_x.ipynb", "vanderbergjan_8_3_x.ipynb"],
            ["it may be berg, who cannot have both numbers 1 and 8"] * 2,
        ),
    ],
)
def test_what_is_left_out_says_why(paths, left):
    found = planned(*paths)
    assert not found.students and len(found.left) == len(left)
    assert all(part in why for part, (_, why) in zip(left, found.left))


def test_who_lost_a_notebook_on_the_way_is_left_out_as_a_whole():
    good = [Item(f"vanderbergjan_1_{k}_{name}.ipynb") for k, name in enumerate(NOTEBOOKS)]
    broken = Item("vanderbergjan_1_9_lstm.zip", why="cannot be unpacked (Bad CRC-32)")
    found = plan([*good, broken], Roster(CLASS), set(NOTEBOOKS))
    assert not found.students and len(found.left) == 5
    large = Item("vanderbergjan_1_9_data.csv", why="is larger than 64 MB")
    found = plan([*good, large], Roster(CLASS), set(NOTEBOOKS))
    assert len(files_of(found)) == 4 and found.left == [(large.shown, large.why)]


def test_numbers_that_are_not_the_platforms_decide_nothing():
    """The gradebook may have another number where nbgrader has a place for the platform's."""
    people = [Person("ada", "Ada", "Lovelace", lms="77"), Person("bob", "Bob", "Byron", lms="78")]
    found = planned("lovelaceada_5001_2_x.ipynb", "byronbob_5002_3_x.ipynb", people=people)
    assert set(found.students) == {"ada", "bob"}


def test_a_zip_that_was_unpacked_into_a_folder_of_its_name():
    found = planned(f"vanderbergjan_1_2_lstm/{FIRST}.ipynb", folders_too=True)
    assert set(files_of(found)) == {f"{FIRST}.ipynb"}


@pytest.mark.parametrize("row, key, student", LISTS)
def test_a_list_of_the_platforms_tells_more(row, key, student):
    roster = Roster(CLASS)
    roster.learn([row, {"SIS Login ID": "ada"}])
    assert roster.of_file(*key, trusted=True)[0] == student


def test_a_list_that_names_nobody_is_refused():
    with pytest.raises(Problem, match="names no student of the gradebook"):
        Roster(CLASS).learn([{"a": "b"}, {"Student": "Else, Someone"}])


# ---------------------------------------------------------------- what is read
def read(tmp_path: Path, *given: Path) -> list[Item]:
    with collect.staged(tmp_path / "collecting", list(given)) as (_, items):
        return items


def zipped(path: Path, members: dict[str, bytes | zipfile.ZipInfo]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def test_the_zip_and_the_folder_say_the_same(tmp_path):
    names = ["a_1_2_x.ipynb", "b_2_3_x.zip", "J Z_1_assignsubmission_file_/a/x.ipynb"]
    path = zipped(
        tmp_path / "all.zip", {**dict.fromkeys(names, b"x"), "__MACOSX/._x": b"", "._y": b""}
    )
    with zipfile.ZipFile(path) as archive:
        archive.extractall(tmp_path / "all")
    inside = [item.shown for item in read(tmp_path, path)]
    assert inside == [f"all.zip/{name}" for name in sorted(names)]
    unpacked = [item.shown for item in read(tmp_path, tmp_path / "all")]
    assert sorted(path.replace("all/", "all.zip/") for path in unpacked) == inside
    outer = zipped(tmp_path / "cs_2026_11_lstm.zip", {"all.zip": path.read_bytes()})
    nested = [item.shown for item in read(tmp_path, outer)]
    assert nested == [f"cs_2026_11_lstm.zip/{name}" for name in inside]
    assert not (tmp_path / ".autograde" / "lstm.collecting").exists()


def test_a_hand_in_that_is_a_zip_stays_closed(tmp_path):
    inner = zipped(tmp_path / "inner.zip", {f"{FIRST}.ipynb": b"{}"}).read_bytes()
    path = zipped(tmp_path / "all.zip", {"anon_ab1c2_345_lstm.zip": inner})
    assert [item.shown for item in read(tmp_path, path)] == ["all.zip/anon_ab1c2_345_lstm.zip"]
    path = zipped(tmp_path / "all.zip", {"doejane_1_2_lstm.zip": inner})
    with collect.staged(tmp_path / "collecting", [path]) as (_, (item,)):
        assert item.at.read_bytes() == inner
    alone = tmp_path / "doejane_1_2_lstm.zip"
    alone.write_bytes(inner)
    assert [item.shown for item in read(tmp_path, alone)] == [alone.name]


def test_names_in_a_zip_are_utf_8_though_nothing_says_so(tmp_path):
    name = "müllerjörg_1_2_x.ipynb"
    path = zipped(tmp_path / "all.zip", {name: b"x"})
    with zipfile.ZipFile(path) as archive:
        assert archive.infolist()[0].flag_bits & files.SAYS_UTF8
    data, flag = bytearray(path.read_bytes()), files.SAYS_UTF8 >> 8
    for sign, at in ((b"PK\x03\x04", 7), (b"PK\x01\x02", 9)):
        data[data.index(sign) + at] &= ~flag
    path.write_bytes(bytes(data))
    assert [item.shown for item in read(tmp_path, path)] == [f"all.zip/{name}"]


def encrypted(path: Path) -> Path:
    zipped(path, {"a_1_2_x.ipynb": b"x"})
    data = bytearray(path.read_bytes())
    for sign, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(sign) + at] |= 1
    path.write_bytes(bytes(data))
    return path


def broken(path: Path) -> Path:
    zipped(path, {"a_1_2_x.ipynb": b"text of a notebook"})
    path.write_bytes(path.read_bytes().replace(b"text of", b"TEXT of"))
    return path


def linked(path: Path) -> Path:
    link = zipfile.ZipInfo("a_1_2_x.ipynb")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(link, "/etc/passwd")
    return path


def large(path: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a_1_2_x.ipynb", bytes(files.FILE_BYTES + 1))
    return path


@pytest.mark.parametrize(
    "make, why",
    [
        (encrypted, "has a password"),
        (broken, "cannot be unpacked (Bad CRC-32"),
        (linked, "is no ordinary file, but a link"),
        (large, "is larger than 64 MB"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path, make, why):
    (item,) = read(tmp_path, make(tmp_path / "all.zip"))
    assert item.at is None and item.why.startswith(why)


@pytest.mark.parametrize(
    "data, why",
    [
        (b"", "the file is empty"),
        (b"PK\x03\x04 cut off", "cannot be opened"),
        (b"<html>please log in</html>", "it is a web page"),
    ],
)
def test_a_download_that_is_no_zip_is_refused(tmp_path, data, why):
    path = tmp_path / "all.zip"
    path.write_bytes(data)
    with pytest.raises(NotReady, match=f"{why}.* Nothing was changed"):
        read(tmp_path, path)


def test_more_than_a_class_can_hand_in_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(collect, "MOST_FILES", 2)
    path = zipped(tmp_path / "all.zip", {f"a_1_{k}_x.ipynb": b"" for k in range(3)})
    with pytest.raises(NotReady, match="Nothing was changed, since there are more than 2 files"):
        read(tmp_path, path)


def test_links_in_a_folder_are_not_followed(tmp_path):
    (tmp_path / "all").mkdir()
    (tmp_path / "secret").write_text("x")
    (tmp_path / "all" / "a_1_2_x.ipynb").symlink_to(tmp_path / "secret")
    (item,) = read(tmp_path, tmp_path / "all")
    assert item.at is None and "but a link" in item.why


# ---------------------------------------------------------------- into its place
def hand_ins(tmp_path: Path, count: int = 3) -> list[tuple[Path, Path, Path]]:
    """New ones beside old ones."""
    moves = []
    for k in range(count):
        move = tmp_path / f"new.{k}", tmp_path / f"s{k}" / "lstm", tmp_path / "earlier" / f"s{k}"
        for folder, text in zip(move[:2], ("new", "old")):
            folder.mkdir(parents=True)
            (folder / "x").write_text(text)
        moves.append(move)
    return moves


def there(moves) -> list[str]:
    return [(place / "x").read_text() for _, place, _ in moves]


def test_what_was_there_is_kept(tmp_path):
    moves = hand_ins(tmp_path)
    exchange_of(tmp_path, moves)
    assert there(moves) == ["new"] * 3
    assert [(aside / "x").read_text() for *_, aside in moves] == ["old"] * 3


def exchange_of(tmp_path, moves):
    (tmp_path / "staged").mkdir()
    collect.exchange(tmp_path / "staged", moves)


@pytest.mark.parametrize("fails", range(6))
def test_all_or_none(tmp_path, monkeypatch, fails):
    """Whichever step of it the file system refuses."""
    moves, rename, count = hand_ins(tmp_path), os.rename, iter(range(99))

    def once(source, target):
        if next(count) == fails:
            raise OSError(28, "No space left on device")
        rename(source, target)

    monkeypatch.setattr(os, "rename", once)
    with pytest.raises(OSError):
        exchange_of(tmp_path, moves)
    assert there(moves) == ["old"] * 3


@pytest.mark.parametrize("killed", range(6))
def test_old_or_new_after_it_was_killed(tmp_path, monkeypatch, killed):
    """At any step; the next run puts back what stood between."""
    moves, rename, count = hand_ins(tmp_path), os.rename, iter(range(99))

    def once(source, target):
        if next(count) == killed:
            raise SystemExit
        rename(source, target)

    monkeypatch.setattr(os, "rename", once)
    with pytest.raises(SystemExit):
        exchange_of(tmp_path, moves)
    monkeypatch.undo()
    collect.put_back(tmp_path / "staged")
    assert there(moves) == ["new"] * (killed // 2) + ["old"] * (3 - killed // 2)


def test_late_is_as_late_as_is_certain():
    due, changed = datetime(2026, 3, 1, 12), datetime(2026, 3, 9, 12)
    (hand_in,) = planned("vanderbergjan_LATE_1_2_x.ipynb", when=changed).students.values()
    assert collect.handed_in_at(hand_in, due) == due + timedelta(seconds=1)
    assert collect.handed_in_at(hand_in, None).timestamp() == changed.timestamp()
    (hand_in,) = planned("vanderbergjan_1_2_x.ipynb", when=changed).students.values()
    assert collect.handed_in_at(hand_in, due) is None


def test_a_record_that_is_broken_is_none(tmp_path):
    path = collect.names_file(tmp_path, "lstm")
    path.parent.mkdir()
    for text in ("", "[1]", "{", json.dumps({"ada": {"late": True}})):
        path.write_text(text)
        assert collect.collected(tmp_path, "lstm") in ({}, {"ada": {"late": True}})
