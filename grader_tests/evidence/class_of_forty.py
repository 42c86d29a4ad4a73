"""`python -m grader_tests.evidence.class_of_forty FOLDER`: a class of 40, right, wrong and hostile,
graded, with feedback and report, every page looked at."""

import json
import sys
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook

from grader_tests.samples.hostile import HOSTILE, hand_in_hostile
from grader_tests.samples.mistakes import code, named, singles
from grader_tests.samples.students import STUDENTS, answers, hand_in, solutions
from grader_tests.support.browser import PHONE, WIDE, chromium, window
from grader_tests.support.courses import (
    autograde,
    checked,
    class_report,
    configure,
    make_course,
    nbgrader,
)

SIZE, DUE = 40, "2026-03-01 12:00:00 UTC"
LATE = {"late_zero": "2026-03-04 12:00:00 UTC", "late_little": "2026-03-01 13:00:00 UTC"}
LIMITS = "\nc.Judge.answer_seconds = 15\n"  # for the one that would answer never
PENALTY = """
from nbgrader.plugins import LateSubmissionPlugin
class TenPercentADay(LateSubmissionPlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return min(1, 0.1 * -(-total_seconds_late // 86400)) * score
c.AssignLatePenalties.plugin_class = TenPercentADay
"""
CHOSEN = (
    "endless loop in forward",
    "os._exit in forward",
    "an exception whose text raises",
    "test cell deleted",
    "points forged",
    "malformed JSON",
    "notebook missing",
    "torch and builtins patched",
    "nn.LSTMCell made and not used",
    "lstm_cell underneath, well hidden",
)
PAGE = """from IPython.display import HTML, Image, display
display(HTML("<script>document.title = 'owned'</script><img src='http://example.com/a.png'>"))
print("</pre></main><script>document.title = 'owned'</script> \\x1b[31m" + "long" * 5000)
raise ValueError("<img src='http://example.com/b.png' onerror='document.title = 1'>")
"""


def shared_mistake() -> str:
    """A mistake that many make: the old cell state is lost."""
    return solutions()["LSTMCell"].replace(
        "c_t = f_t * c + i_t * candidate", "c_t = f_t * i_t * candidate"
    )


def hostile_page(folder: Path):
    """Everything that could break a page which shows it."""
    hand_in(folder, solutions() | {"LSTM": PAGE + solutions()["LSTM"]})
    path = folder / "01_basic_lstm.ipynb"
    notebook = nbformat.read(path, as_version=4)
    texts = [
        "# </main><script>document.title = 'owned'</script>\n\n![x](http://example.com/c.png)\n"
        "\n<img src='http://example.com/d.png'> $\\frac{1$ $c_t$",
        "text",
    ]
    notebook.cells.insert(6, nbformat.v4.new_markdown_cell(texts[0], id="mine"))
    notebook.cells.insert(7, nbformat.v4.new_code_cell(PAGE, id="mine-too"))
    path.write_text(json.dumps(notebook))


def make_class(folder: Path) -> list[str]:
    """A course of 40 submissions, not graded yet; the students' names."""
    make_course(folder)
    configure(folder, LIMITS + PENALTY)
    submitted = lambda name: folder / "submitted" / name / "lstm"
    for name in STUDENTS:
        hand_in(submitted(name), answers(name))
    for name, when in LATE.items():
        hand_in(submitted(name), solutions())
        (submitted(name) / "timestamp.txt").write_text(when)
    for hostile in HOSTILE:
        if hostile.name in CHOSEN:
            hand_in_hostile(
                submitted("hostile_" + "".join(c if c.isalnum() else "_" for c in hostile.name)),
                hostile,
            )
    hostile_page(submitted("hostile_page"))
    for k in range(3):
        hand_in(submitted(f"loses_the_state_{k}"), solutions() | {"LSTMCell": shared_mistake()})
    rest = SIZE - len(list((folder / "submitted").iterdir()))
    wrong = {
        cls: (singles if cls.endswith("Cell") else named)(cls)
        for cls in ("LSTMCell", "LSTM", "CoupledLSTMCell", "PeepholeLSTMCell")
    }
    for k in range(rest):
        cells = {
            cls: code(cls, mistakes[(k * len(mistakes)) // rest]) for cls, mistakes in wrong.items()
        }
        hand_in(submitted(f"wrong_{k:02}"), solutions() | cells)
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}", "lstm_course") as gradebook:
        gradebook.update_or_create_assignment("lstm", duedate=DUE)
        gradebook.add_student("absent", first_name="Ab", last_name="Sent")
    return sorted(path.name for path in (folder / "submitted").iterdir())


def main(folder: Path) -> list[str]:
    names = make_class(folder)
    done = autograde(folder)
    if done.returncode != 1:  # 1: something needs a person
        sys.exit(done.stdout + done.stderr)
    checked(nbgrader(folder, "generate_feedback", "lstm"))
    checked(class_report(folder))
    return names


def look(folder: Path):
    """Print what Chromium and axe find in every page, with pictures of them in FOLDER/shots."""
    (folder / "shots").mkdir(exist_ok=True)
    pages = [folder / "reports" / "lstm.html", *sorted(folder.glob("feedback/*/lstm/*.html"))]
    with chromium() as browser:
        for scheme, size in (("light", WIDE), ("dark", PHONE)):
            with window(browser, scheme, size) as look_at:
                for path in pages:
                    name = f"{path.parent.parent.name}_{path.stem}_{scheme}"
                    print(
                        name,
                        *(look_at(path, shot=folder / "shots" / f"{name}.png") or ["nothing"]),
                        flush=True,
                    )


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
    look(Path(sys.argv[1]).resolve())
