"""The whole journey in a real browser: a student from the release to the feedback, an instructor
from the submission to the marks.

Two JupyterLab servers, one for each, share nbgrader's exchange, as on a course's machine. No other
machine can be reached.
"""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from playwright.sync_api import Page, expect

from grader_tests.samples.students import EXERCISES, RELEASE, solutions
from grader_tests.support.browser import PATIENCE, chromium, fetch, free_port, new_page
from grader_tests.support.courses import NBGRADER, checked, make_course, nbgrader

SOLVED = solutions()
MISTAKE = SOLVED["LSTMCell"].replace(
    "self.W_f = nn.Linear(hidden_dim, hidden_dim", "self.W_f = nn.Linear(hidden_dim, input_dim"
)
MARKS = [
    (cell.metadata.nbgrader, cell.source)
    for cell in nbformat.read(RELEASE / "01_basic_lstm.ipynb", as_version=4).cells
    if cell.cell_type == "code"
]
STUBS = {
    marks.grade_id: source.splitlines()[0] for marks, source in MARKS if marks.solution
}  # what a student fills in -> its first line
POINTS = EXERCISES["LSTMCell"].points
TOTAL = sum(marks.get("points", 0) for marks, _ in MARKS)
COMMENT = "Clear names, and one line for each equation: well done."
NOTIFICATIONS = (
    '{"fetchNews": "false", "checkForUpdates": false}'  # or JupyterLab opens with a question
)


class Lab:
    """A JupyterLab server in a folder, with a home of its own."""

    def __init__(self, folder: Path, home: Path):
        port = free_port()
        settings = home / "settings" / "@jupyterlab" / "apputils-extension"
        settings.mkdir(parents=True)
        (settings / "notification.jupyterlab-settings").write_text(NOTIFICATIONS)
        places = {
            "HOME": home,
            "JUPYTERLAB_SETTINGS_DIR": home / "settings",
            "JUPYTERLAB_WORKSPACES_DIR": home / "workspaces",
            "IPYTHONDIR": home / "ipython",
        }
        places |= {
            f"JUPYTER_{kind}_DIR": home / kind.lower() for kind in ("CONFIG", "DATA", "RUNTIME")
        }
        environment = os.environ | {key: str(place) for key, place in places.items()}
        environment["PATH"] = f"{NBGRADER.parent}{os.pathsep}{os.environ['PATH']}"
        options = [
            "--no-browser",
            "--allow-root",
            f"--ServerApp.port={port}",
            "--ServerApp.port_retries=0",
            "--IdentityProvider.token=secret",
        ]
        self.log = home / "server.log"
        self.url = f"http://127.0.0.1:{port}"
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "jupyterlab", *options],
                cwd=folder,
                env=environment,
                stdout=log,
                stderr=log,
            )
        assert fetch(self.process, f"{self.url}/api/status?token=secret"), self.log.read_text()

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()


class Journey:
    """What the steps share."""

    def __init__(self, folder: Path, browser):
        self.exchange, self.course, self.desk = (
            folder / "exchange",
            folder / "course",
            folder / "desk",
        )
        self.exchange.mkdir(mode=0o777)
        self.exchange.chmod(0o777)
        self.desk.mkdir()
        make_course(self.course)
        line = f"c.Exchange.root = {str(self.exchange)!r}\n"
        with open(self.course / "nbgrader_config.py", "a") as file:
            file.write(line)
        (self.desk / "nbgrader_config.py").write_text(f"c = get_config()\n{line}")
        checked(nbgrader(self.course, "release_assignment", "lstm"))
        self.student, self.instructor = (
            Lab(self.desk, folder / "student_home"),
            Lab(self.course, folder / "instructor_home"),
        )
        self.pages = {}
        for lab in (self.student, self.instructor):
            page, asked = new_page(browser, viewport={"width": 1400, "height": 1000})
            page.set_default_timeout(PATIENCE * 1000)
            self.pages[lab] = page, asked
        self.shots = Path(os.environ["JOURNEY_SHOTS"]) if "JOURNEY_SHOTS" in os.environ else None

    def shoot(self, page: Page, name: str):
        """A picture of the step, where somebody wants to look at it."""
        if self.shots:
            self.shots.mkdir(exist_ok=True, parents=True)
            page.screenshot(path=self.shots / f"{name}.png")


@pytest.fixture(scope="module")
def journey(tmp_path_factory):
    expect.set_options(timeout=PATIENCE * 1000)
    with chromium() as browser:
        journey = Journey(tmp_path_factory.mktemp("journey"), browser)
        yield journey
        journey.student.stop()
        journey.instructor.stop()


@pytest.fixture(scope="module")
def desk(journey) -> Page:
    """What the student sees."""
    page, _ = journey.pages[journey.student]
    page.goto(f"{journey.student.url}/lab?token=secret")
    page.locator("#jupyterlab-splash").wait_for(state="detached")
    kernel = page.get_by_role(
        "button", name="Select Kernel"
    )  # a question that comes now and then, and sometimes twice
    page.add_locator_handler(kernel, lambda button: button.click(), no_wait_after=True)
    return page


@pytest.fixture(scope="module")
def office(journey) -> Page:
    """What the instructor sees."""
    page, _ = journey.pages[journey.instructor]
    page.goto(f"{journey.instructor.url}/lab?token=secret")  # signs in
    return page


# ---------------------------------------------------------------- movements
def choose(page: Page, menu: str, entry: str):
    page.get_by_role("menuitem", name=menu, exact=True).click()
    page.locator(".lm-Menu").get_by_text(entry, exact=True).click()


def notebook(page: Page):
    return page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")


def cell(page: Page, words: str):
    return notebook(page).locator(".jp-CodeCell").filter(has_text=words)


def wait_for_kernel(page: Page, lab: Lab):
    """Until the notebook's kernel is there and connected, JupyterLab forgets what one runs."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        kernels = [
            session["kernel"] for session in page.request.get(f"{lab.url}/api/sessions").json()
        ]
        if kernels and all(
            kernel["connections"] and kernel["execution_state"] == "idle" for kernel in kernels
        ):
            return
        page.wait_for_timeout(200)
    pytest.fail("The kernel did not start.")


def run_all(page: Page, lab: Lab):
    """Run All Cells, and wait for the last one whose code is not folded away.

    Where JupyterLab forgot the wish all the same, one presses again.
    """
    wait_for_kernel(page, lab)
    prompt = cell(page, "check(").last.locator(".jp-InputPrompt")
    for attempt in range(5):
        choose(page, "Run", "Run All Cells")
        try:
            return expect(prompt).to_have_text(re.compile(r"\d"), timeout=PATIENCE * 1000 / 3)
        except AssertionError:
            continue
    pytest.fail("The cells do not run.")


def write(page: Page, words: str, text: str):
    """Put `text` into the cell with these words, and run it and the cell below it."""
    cell(page, words).locator(".cm-content").fill(text)
    page.keyboard.press("Shift+Enter")
    page.keyboard.press("Shift+Enter")


def answered(page: Page, words: str) -> str:
    """The text of a window of the formgrader that says so, once it is there; closes it."""
    window = page.locator(".modal.in")
    window.get_by_text(re.compile("success|error", re.IGNORECASE)).first.wait_for()
    text = window.inner_text()
    window.get_by_role("button", name="OK").click()
    window.wait_for(state="detached")
    assert words in text
    return text


def assignments(page: Page):
    page.get_by_role("tab", name="Assignments").click()


def sliders_move_the_picture(journey, page: Page):
    """Below the check of the cell stands the unit to play with; the keyboard moves it."""
    page.keyboard.press("Shift+Enter")
    page.keyboard.press("Shift+Enter")
    played = notebook(page).locator(".jp-CodeCell").filter(has=page.locator(".noUi-handle"))
    picture = played.locator("img")
    expect(picture).to_have_attribute("alt", re.compile("with b_f = 2, b_i = 0, b_o = 1:"))
    played.get_by_role("slider", name="forget bias b_f").press("ArrowLeft")
    expect(picture).to_have_attribute("alt", re.compile("with b_f = 1.5, b_i = 0, b_o = 1:"))
    expect(played.get_by_role("status")).to_contain_text("b_f = 1.5")
    journey.shoot(page, "03-played-with")


# ---------------------------------------------------------------- the student
def test_student_fetches_and_runs_the_release(journey, desk):
    choose(desk, "Nbgrader", "Assignment List")
    desk.locator("#released_assignments_list").get_by_role("button", name="Fetch").click()
    fetched = desk.locator("#fetched_assignments_list")
    fetched.locator(".assignment-notebooks-link").click()
    journey.shoot(desk, "01-assignments")
    fetched.get_by_role("link", name="01_basic_lstm").click()
    notebook(desk).wait_for()
    run_all(desk, journey.student)
    cell(desk, "check(LSTMCell)").get_by_text("not written yet").wait_for()
    expect(notebook(desk).locator("mjx-container").first).to_be_visible()
    cell(desk, "check(LSTMCell)").scroll_into_view_if_needed()
    journey.shoot(desk, "02-not-written-yet")


def test_student_is_told_the_mistake(journey, desk):
    write(desk, STUBS["LSTMCell"], MISTAKE)
    told = cell(desk, "check(LSTMCell)").locator(".jp-OutputArea")
    expect(told).to_contain_text("W_f has shape (input_dim, hidden_dim); it should be")
    expect(told).not_to_contain_text("Traceback")
    journey.shoot(desk, "03-the-mistake")


def test_student_corrects_validates_and_submits(journey, desk):
    for name, line in STUBS.items():
        write(desk, line, SOLVED[name])
    cell(desk, "check(LSTMCell)").get_by_text("all checks passed").wait_for()
    sliders_move_the_picture(journey, desk)
    notebook(desk).get_by_role("button", name="Validate").click()
    window = desk.locator(".jp-Dialog").filter(has_text="Validation Results")
    expect(window).to_contain_text("Success! Your notebook passes all the tests.")
    journey.shoot(desk, "04-validated")
    window.get_by_role("button", name="Ok").click()
    window.wait_for(state="detached")
    assert "input_dim, hidden_dim" in (journey.desk / "lstm" / "01_basic_lstm.ipynb").read_text(
        encoding="utf-8"
    )
    assignments(desk)
    desk.locator("#fetched_assignments_list").get_by_role("button", name="Submit").click()
    desk.locator("#submitted_assignments_list").get_by_role(
        "button", name="Fetch Feedback"
    ).wait_for()
    journey.shoot(desk, "05-submitted")


# ---------------------------------------------------------------- the instructor
STRIKES = (  # Markdown of a student's, each of which would run where it is not made clean
    "<script>window.struck = 1</script>",
    "<img src=x onerror='window.struck = 1'><svg onload='window.struck = 1'><g/></svg>",
    "<details open ontoggle='window.struck = 1'>x</details><input autofocus onfocus='struck = 1'>",
    "<iframe srcdoc='<script>parent.struck = 1</script>'></iframe>",
    "$\\href{javascript:struck=1}{x}$ $$\\unicode{<img src=x onerror=struck=1>}$$",
    "[press](javascript:window.struck=1) <a href='&#106;avascript:struck=1'>press</a>",
    "<math><mtext><style><img src=x onerror='window.struck = 1'></style></mtext></math>",
)


PICTURE = {  # as JupyterLab keeps what is pasted into a text: one red point
    "image.png": {
        "image/png": "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLv"
        "AAAAAElFTkSuQmCC"
    }
}


def with_picture(text: str) -> nbformat.NotebookNode:
    return new_markdown_cell(f"{text} ![pasted](attachment:image.png)", attachments=PICTURE)


def add_texts(course: Path):
    """Cells of text into what was collected, as a student may have written them."""
    (path,) = (course / "submitted").glob("*/lstm/01_basic_lstm.ipynb")
    handed_in = nbformat.read(path, as_version=4)
    handed_in.cells += [new_markdown_cell(f"Struck? {text}") for text in STRIKES]
    handed_in.cells.append(with_picture("My sketch:"))
    nbformat.write(handed_in, path)


def pictures_are_seen(page: Page):
    picture = page.get_by_role("img", name="pasted")
    expect(picture).to_have_count(1)
    for one in page.locator("img[src]").all():
        one.scroll_into_view_if_needed()
        assert one.evaluate("one => one.decode().then(() => one.naturalWidth)")


def nothing_struck(page: Page):
    """The students' text is there, and none of it has run, nor would where it is pressed."""
    expect(page.get_by_text("Struck?").first).to_be_attached()
    assert page.get_by_text("Struck?").count() >= len(STRIKES)
    for link in page.locator("a", has_text="press").all():
        assert "javascript" not in (link.get_attribute("href") or "")
    assert page.evaluate("window.struck === undefined")


def test_instructor_collects_and_autogrades(journey, office):
    office.goto(f"{journey.instructor.url}/formgrader")
    office.locator(".collect a").click()
    answered(office, "Successfully collected")
    add_texts(journey.course)
    office.locator(".num-submissions a").click()
    office.locator(".autograde a").click()
    log = answered(office, "Successfully autograded")
    assert "Protection in force" in log and "no box" not in log
    expect(office.locator("#main-table .score")).to_have_text(f"{TOTAL:g} / 24")
    journey.shoot(office, "06-autograded")


def test_instructor_marks_and_comments(journey, office):
    office.get_by_role("link", name="Manual Grading").click()
    for link in ("lstm", "01_basic_lstm", "Submission #1"):
        office.locator("#main-table").get_by_role("link", name=link).click()
    score, comment = office.locator("#test_LSTMCell"), office.locator("#LSTMCell-comment")
    expect(score).to_have_attribute("placeholder", f"{POINTS:g}")
    expect(office.locator("math[display=block]").first).to_be_visible()
    assert (
        office.evaluate("document.fonts.load('16px \"Course Math\"').then(fonts => fonts.length)")
        == 1
    )
    nothing_struck(office)
    pictures_are_seen(office)
    journey.shoot(office, "07-a-submission")
    office.get_by_text(f"{POINTS:g} of {POINTS:g} points").wait_for()
    with office.expect_response(
        lambda answer: "/api/grade/" in answer.url and answer.request.method == "PUT"
    ):
        score.fill(f"{POINTS - 1:g}")
        score.press("Tab")
    with office.expect_response(
        lambda answer: "/api/comment/" in answer.url and answer.request.method == "PUT"
    ):
        comment.fill(COMMENT)
        comment.press("Tab")
    journey.shoot(office, "08-marked")


def test_instructor_releases_feedback(journey, office):
    office.goto(f"{journey.instructor.url}/formgrader/manage_submissions/lstm")
    expect(office.locator("#main-table .score")).to_have_text(f"{TOTAL - 1:g} / 24")
    office.locator("#main-table .generate-feedback a").click()
    answered(office, "Successfully generated feedback")
    office.locator("#main-table .release-feedback a").click()
    answered(office, "Successfully released feedback")
    journey.shoot(office, "09-released")


# ---------------------------------------------------------------- another assignment
def hand_in_another(course: Path):
    """One of the course's own, with a test and a written answer: generated, and handed in."""
    marks = {"locked": False, "task": False, "schema_version": 3}
    total, test, why = (
        {"nbgrader": marks | more}
        for more in (
            {"grade_id": "total", "grade": False, "solution": True},
            {"grade_id": "test", "grade": True, "solution": False, "points": 2},
            {"grade_id": "why", "grade": True, "solution": True, "points": 3},
        )
    )
    cells = [
        new_code_cell("total = sum", metadata=total),
        new_code_cell("assert total([1, 2]) == 3", metadata=test),
        new_markdown_cell("Why?", metadata=why),
    ]
    (course / "source" / "ps1").mkdir()
    nbformat.write(new_notebook(cells=cells), course / "source" / "ps1" / "sums.ipynb")
    checked(nbgrader(course, "generate_assignment", "ps1"))
    handed_in = nbformat.read(course / "release" / "ps1" / "sums.ipynb", as_version=4)
    handed_in.cells[0].source = "total = sum"
    handed_in.cells[-1] |= {"source": with_picture("So:").source, "attachments": PICTURE}
    (course / "submitted" / "ada" / "ps1").mkdir(parents=True)
    nbformat.write(handed_in, course / "submitted" / "ada" / "ps1" / "sums.ipynb")


def test_an_assignment_of_the_courses_own_is_graded_as_ever(journey, office):
    hand_in_another(journey.course)
    office.goto(f"{journey.instructor.url}/formgrader/manage_submissions/ps1")
    office.locator(".autograde a").click()
    answered(office, "Successfully autograded")
    expect(office.locator("#main-table .score")).to_have_text("2 / 5")
    office.get_by_role("link", name="Manual Grading").click()
    for link in ("ps1", "sums", "Submission #1"):
        office.locator("#main-table").get_by_role("link", name=link).click()
    pictures_are_seen(office)
    with office.expect_response(
        lambda answer: "/api/grade/" in answer.url and answer.request.method == "PUT"
    ):
        office.locator("#why").fill("2.5")
        office.locator("#why").press("Tab")
    journey.shoot(office, "10-another-assignment")
    office.goto(f"{journey.instructor.url}/formgrader/manage_submissions/ps1")
    expect(office.locator("#main-table .score")).to_have_text("4.5 / 5")


# ---------------------------------------------------------------- the student again
def test_student_reads_the_feedback(journey, desk):
    assignments(desk)
    submitted = desk.locator("#submitted_assignments_list")
    submitted.get_by_role("button", name="Fetch Feedback").click()
    submitted.get_by_text("view feedback").click()
    desk.locator(".jp-DirListing-item").filter(has_text="01_basic_lstm.html").dblclick()
    page = desk.frame_locator(".jp-HTMLViewer iframe").locator("body")
    expect(page).to_contain_text(COMMENT)
    expect(page).to_contain_text(re.compile(rf"\b{TOTAL - 1:g}(\.0)? (/|of) {TOTAL:g}"))
    expect(page).not_to_contain_text("$$")
    journey.shoot(desk, "11-feedback")


def test_no_other_machine_was_asked(journey):
    assert [asked for _, asked in journey.pages.values()] == [[], []]
