"""The tables made into rules: one for each kind of cell."""

import re
from itertools import permutations

from autograde.exercise.rules import Part, Rule

from .tables import (
    CANDIDATE_PEEP,
    CELL,
    COUPLED,
    HIDDEN,
    OTHER_PEEP_SUM,
    OTHER_SUM,
    OUTPUT_PEEP,
    OUTPUT_SUM,
    PEEP_SQUASH,
    PEEP_STORED,
    PEEP_SUM,
    SQUASH,
    STORED,
    SUM,
)

SYMBOLS = {k: f"{k}_t" for k in "fiozrn"} | {"c": "c̃_t"}
NAMES = {k: k for k in "fiozrn"} | {"c": "g"}  # in formulas, where c is the cell state
FUNCTIONS = dict.fromkeys("fiozr", "sigmoid") | dict.fromkeys("cn", "tanh")
SHOWN = {"sigmoid": "σ", "tanh": "tanh"}
GATE_ALONE = (", as if there were no gate", ", or in 1 / (1 + exp(−…)) the minus is missing")


# ---------------------------------------------------------------- rows for one gate
def fill(text: str, k: str, peep: bool = False, j: str = "") -> str:
    """A row for gate k: `_k` and `_j` become letters, and the peephole term is put in or left
    out."""
    text = text.replace(" + peep", " + V_k @ c" if peep else "")
    return text.replace("_k", f"_{k}").replace("_j", f"_{j}")


def filled(table: dict, k: str, peep: bool = False, j: str = "") -> dict:
    return {fill(formula, k, peep, j): fill(said, k, peep, j) for formula, said in table.items()}


def sums(k: str, peepholes: str) -> dict[str, str]:
    """Every sum inside gate k, the right one first. `peepholes`: letters of the gates that have
    one."""
    peep = k in peepholes
    variants = filled(SUM, k, peep) | (filled(PEEP_SUM, k) if peep else {})
    for j in "fioc".replace(k, ""):
        variants |= filled(OTHER_SUM, k, peep, j)
    if k == "o":
        variants |= filled(OUTPUT_SUM | (OUTPUT_PEEP if peep else {}), k, peep)
    for j in peepholes.replace(k, ""):
        variants |= filled(OTHER_PEEP_SUM if peep else CANDIDATE_PEEP, k, j=j)
    return variants


def squash(text: str, k: str, peep: bool = False) -> str:
    """A formula of SQUASH for gate k: `right` and `other` become functions, `a` its sum."""
    right, other = FUNCTIONS[k], other_function(k)
    text = fill(text, k, peep).replace("right", right).replace("other", other)
    return re.sub(r"\ba\b", f"a{k}", text)


def other_function(k: str) -> str:
    return "sigmoid" if FUNCTIONS[k] == "tanh" else "tanh"


def squashes(k: str, peepholes: str = "") -> dict[str, str]:
    """Every function around the sum of gate k, the right one first."""
    peep, variants = k in peepholes, {}
    for formula, remark in SQUASH.items():
        said = fill(remark, k).replace("right", SHOWN[FUNCTIONS[k]])
        said = said.replace("other", SHOWN[other_function(k)])
        for words in GATE_ALONE if k in "cn" else ():  # the candidate is no gate
            said = said.replace(words, "")
        variants.setdefault(squash(formula, k, peep), said)
    return variants | (filled(PEEP_SQUASH, k) if peep else {})


def gate_parts(k: str, inside: dict[str, str], around: dict[str, str]) -> list[Part]:
    """The sum of gate k, and the function around it, each with its variants."""
    return [
        Part(f"a{k}", f"sum of {SYMBOLS[k]}", k, inside, inline=True),
        Part(NAMES[k], SYMBOLS[k], k, around, traced=True),
    ]


# ---------------------------------------------------------------- slips in several gates at once
def everywhere(gates: str, peepholes: str) -> tuple[dict[str, str], ...]:
    """Slips that are made in several gates at once: part to formula, as the tables have it.

    The same slip in every gate; the parameters of the gates in another order; one gate's parameters
    in all of them.
    """

    def summed(formula, letters):  # letters: gate to the letter j of another one
        return {f"a{k}": fill(formula, k, k in peepholes, j) for k, j in letters.items() if j != k}

    slips = [summed(formula, dict.fromkeys(gates, "")) for formula in list(SUM)[1:]]
    slips += [summed(formula, dict.fromkeys(peepholes, "")) for formula in PEEP_SUM]
    for among in (gates.replace("c", ""), gates):
        slips += [
            {NAMES[k]: squash(formula, k, k in peepholes) for k in among}
            for formula in list(SQUASH)[1:]
        ]
    for formulas, among in ((OTHER_SUM, gates), (OTHER_PEEP_SUM, peepholes)):
        for formula in formulas:
            slips += [summed(formula, dict(zip(among, order))) for order in permutations(among)]
            slips += [summed(formula, dict.fromkeys(among, j)) for j in among]
    several = (tuple(sorted(slip.items())) for slip in slips if len(slip) > 1)
    return tuple(dict(slip) for slip in dict.fromkeys(several))


# ---------------------------------------------------------------- whole rules
def rule(gates: str, cell: dict, peepholes: str = "") -> Rule:
    """The rule of a cell with these gates (and the candidate, "c"), its new state as in `cell`."""
    parts = [
        part
        for k in "fico"
        if k in gates
        for part in gate_parts(k, sums(k, peepholes), squashes(k, peepholes))
    ]
    hidden = {f: said for f, said in HIDDEN.items() if "i" in gates or not f.startswith("i ")}
    parts += [
        Part("new", "c_t", "cell", cell, also=("coupling", "1 - f") if cell is COUPLED else None),
        Part(
            "stored",
            "c_t",
            "cell",
            STORED | (PEEP_STORED if peepholes else {}),
            says="In place of c_t your forward returns {formula}",
        ),
        Part("hidden", "h_t", "hidden", hidden),
    ]
    return Rule(
        tuple(parts),
        inputs={"x": "x_t", "c": "c_{t−1}", "h": "h_{t−1}"},
        outputs={"c_t": "stored", "h_t": "hidden"},
        together=everywhere(gates, peepholes),
        found_in=(("ao", "h_t"), ("o", "h_t")),
    )


PLAIN = rule("fico", CELL)
COUPLED_GATES = rule("fco", COUPLED)
PEEPHOLES = rule("fico", CELL, "fio")
