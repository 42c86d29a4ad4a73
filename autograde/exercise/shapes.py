"""What an argument is, as a text:

"T d"           an array of floats; a name is a size, 3 is 3, 2d is twice d
"T d > 0"       the same, of positive numbers
"T d < 1"       the same, of numbers between 0 and 1, or another whole number
"int n < c"     an array of whole numbers from 0 on, below a size or a number
"bool T S"      an array of truth values
"float", "float > 0", "float < 1", "int < 5"    a number
"size T"        the size itself, as a whole number
"a|b|c"         a text, one of these
"… ?"           in a column of a table: some are missing
"""

import re
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache

KINDS = ("float", "int", "bool", "size")
MEANT = {"integer": "int", "boolean": "bool", "double": "float"}  # what others call them
SIZE = re.compile(r"(\d*)([A-Za-z_]\w*)|(\d+)")
FORM = re.compile(
    rf"(?:(?P<kind>{'|'.join(KINDS)})\b)? *(?P<dims>(?:\w+ *)*?)"
    r"(?: *(?P<sign>[<>]) *(?P<bound>\w+))?(?P<missing> *\?)?"
)


@dataclass(frozen=True)
class Spec:
    """kind: "float", "int", "bool", "size" or "text". dims: of an array; none for a number. below:
    of numbers from 0 on; a number, or a size that whole ones stay below. choices: of a text."""

    kind: str
    dims: tuple[str, ...] = ()
    below: str = ""
    positive: bool = False
    choices: tuple[str, ...] = ()
    missing: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Names of sizes in it."""
        found = (SIZE.fullmatch(word) for word in (*self.dims, self.below) if word)
        return tuple(match[2] for match in found if match[2])

    def shape(self, sizes: dict[str, int]) -> tuple[int, ...]:
        return tuple(length(word, sizes) for word in self.dims)


def length(word: str, sizes: dict[str, int]) -> int:
    """A size in numbers: "T", "2d" or "3"."""
    times, name, number = SIZE.fullmatch(word).groups()
    return int(number) if number else int(times or 1) * sizes[name]


@cache
def spec(text: str) -> Spec:
    """What a text of the forms above says. Raises ValueError."""
    if not isinstance(text, str):
        raise ValueError(f'{text!r} is no text: write it as "T d", "int n < c" or "float > 0"')
    if "|" in text:
        choices = text.removesuffix("?").split("|")
        return Spec("text", choices=tuple(map(str.strip, choices)), missing=text.endswith("?"))
    match = FORM.fullmatch(text.strip())
    dims = tuple(match["dims"].split()) if match else ()
    bad = not match or not all(map(SIZE.fullmatch, dims)) or not text.strip()
    bad = bad or (match["sign"] == ">" and match["bound"] != "0")
    kind = (match["kind"] or "float") if match else ""
    if kind == "float" and match["sign"] == "<":
        bad = bad or not match["bound"].isdigit()
    elif match and match["sign"] == "<":
        bad = bad or kind != "int"
    if bad or (kind == "size" and len(dims) != 1):
        raise ValueError(f'"{text}" is no argument: write it as "T d", "int n < c" or "float > 0"')
    for word in dims:
        if near := get_close_matches(word, KINDS, cutoff=0.75) or [
            *filter(None, [MEANT.get(word)])
        ]:
            raise ValueError(f'"{text}" has a size {word}, which may be a slip for {near[0]}')
        if re.fullmatch(r"([A-Za-z])\1+", word):
            two = " ".join(word)
            said = f'which may be a slip for {word[0]} or for "{two}": call it otherwise'
            raise ValueError(f'"{text}" has a size {word}, {said}')
    below = match["bound"] if match["sign"] == "<" else ""
    if "0" in (*dims, below):
        raise ValueError(f'"{text}" has a 0, so that nothing can be drawn: write a larger number')
    return Spec(kind, dims, below, match["sign"] == ">", (), bool(match["missing"]))
