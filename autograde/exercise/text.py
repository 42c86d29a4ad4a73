"""Text of a student is never code: where it comes in it becomes clean text, and for each place that
it is put into by hand there is one function that keeps it text there. (Templates of pages escape by
themselves.)

    clean         whatever a student's process or file sends: at the door, once
    for_html      inside an element or a quoted attribute of a page
    for_terminal  on a console
    for_csv       one field of a table that a spreadsheet opens

Imports nothing of ours, so that every room can use it.
"""

import html
import re

# What changes the text around it, or is no character at all: halves of surrogate pairs, control
# codes but for tab and line ends, marks that turn the direction of writing around, non-characters.
NO_TEXT = re.compile(
    "[\ud800-\udfff\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff]"
)
COLOUR = re.compile(r"\x1b\[[0-9;]{0,20}m")  # what a terminal and a notebook show as a colour
OTHER = "\ufffd"  # stands for what is no text
FORMULA = tuple("=+-@\t\r")  # what a spreadsheet takes for the beginning of a formula


def is_plain(text: str) -> bool:
    """Whether a text, as most are, has nothing that could be wrong: a quick look."""
    return text.isascii() and text.isprintable()


def clean(text: str) -> str:
    """`text` without what is no text, each such code as one replacement character. Raises
    nothing."""
    return text if is_plain(text) else NO_TEXT.sub(OTHER, text)


def clean_output(text: str) -> str:
    """As `clean`, for what a cell prints: colours stay, since a notebook shows them."""
    if is_plain(text):
        return text
    kept = COLOUR.findall(text)
    parts = [clean(part) for part in COLOUR.split(text)]
    return "".join(part + colour for part, colour in zip(parts, [*kept, ""], strict=True))


def cleaned(value):
    """Plain data, as JSON brings it, with every text in it clean; keys too. Raises RecursionError
    where it is nested too deep."""
    if isinstance(value, str):
        return clean_output(value)
    if isinstance(value, list):
        return [cleaned(part) for part in value]
    if isinstance(value, dict):
        return {clean(key): cleaned(part) for key, part in value.items()}
    return value


def for_html(text: str) -> str:
    """Shown as it is by a browser, quotes included."""
    return html.escape(clean(text))


def for_terminal(text: str) -> str:
    """One line of a console, without a code that moves or colours anything. To rich it goes as a
    `rich.text.Text`, in which nothing is markup."""
    return re.sub(r"\s+", " ", clean(COLOUR.sub("", text))).strip()


def for_csv(text: str) -> str:
    """A field that a spreadsheet shows and does not compute."""
    field = clean(text)
    return "'" + field if field.lstrip(" ").startswith(FORMULA) else field
