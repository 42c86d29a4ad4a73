"""`python -m grader_tests.evidence.proof`: the grader tried on right answers, mistakes, pairs of
mistakes, mutants, random changes and seeds.

Prints a table, writes it to PROOF.md, and ends with an error where a right answer is marked down, a
mistake passes, a mutant survives that does not compute the same, or something that is said of a
lost criterion is not said again from fresh numbers. Everything here is a class's source, run and
judged without a notebook. Many more random changes: `python -m grader_tests.evidence.changes`.
"""

import argparse
import os
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from autograde.course.mutants import mutants
from autograde.course.prove import HEAD, percent, row
from autograde.exercise.verdict import Verdict
from autograde.exercise.wirings import tables
from autograde.judge import judge, recurrence
from autograde.judge.agreement import NAMED, RIGHT, tolerance
from autograde.judge.diagnose import constant
from autograde.judge.recurrence import asks, reading
from autograde.judge.stack.asks import Pair as PairOfStack
from autograde.judge.stack.reading import seen_of
from autograde.judge.wiring import Wiring
from autograde.judge.wiring import run as run_wiring
from grader_tests.evidence import changes
from grader_tests.evidence.changes import said
from grader_tests.samples.mistakes import WIRED, Mistake, code, named, pairs, singles
from grader_tests.samples.right_answers import right_answers
from grader_tests.samples.students import EXERCISES, answers, cell_before, solutions
from grader_tests.support.equal import same
from grader_tests.support.function_level import answer

PAGE = Path(__file__).resolve().parent / "PROOF.md"
MORE_OF_RIGHT = 16  # times as many right answers as others, where a part is tried
SEEDS = 100
CHANGES = 1000
OF_CHANGES = (changes.TRIED_ROW, changes.PASSED, changes.MOVED, changes.COSTLY)
UNKNOWN = (
    "no mistake that we know",
    "in a way that we do not know",
    "does not follow from the layers' states",
)
DIFFERS = "gives two different results"
# Formulas for the pairs: the classic mistakes (as numbers of the tables' rows would be unreadable,
# as formulas).
CLASSIC = {
    "i * g",
    "f + i * g",
    "i * c + f * g",
    "c + i * g",
    "f * c + g",
    "f * i * g",
    "dot(f, c) + dot(i, g) + zero",
    "sigmoid(ac)",
    "tanh(ai)",
    "sigmoid(sigmoid(ao))",
    "1 - sigmoid(af)",
    "o * new",
    "tanh(o * new)",
    "o * tanh(c)",
    "o * sigmoid(new)",
    "tanh(new)",
    "U_f @ x + b_f",
    "U_f @ x + b_f + V_f @ c",
    "W_i @ h + U_i @ x",
    "W_o @ h + U_o @ x + b_f",
    "W_i @ h + U_i @ x + b_i",
    "(1 - f) * c + f * g",
    "f * c + sigmoid(1 - af) * g",
    "f * c - f * g",
    "(1 - f) * (c + g)",
    "f * c + (1 - tanh(af)) * g",
    "(1 - f) * g",
    "W_f @ h + U_f @ x + b_f",
    "W_o @ h + U_o @ x + b_o + V_o @ new",
    "W_f @ h + U_f @ x + b_f + V_i @ c",
    "W_i @ h + U_i @ x + b_i + V_i @ tanh(c)",
    "W_i @ h + U_i @ x + b_i + V_i @ h",
    "W_c @ h + U_c @ x + b_c + V_f @ c",
    "sigmoid(W_f @ h + U_f @ x + b_f) + V_f @ c",
}
SLIPS = {
    "c changed in place",
    "c detached",
    "h detached",
    "pair swapped",
    "no reset",
    "reset without the biases",
    "reset with a small spread",
    "one more layer",
    "W_f of shape (input, hidden)",
    "b_o of size 1",
    "b_f is no parameter",
    "tried out at the end",
    "no subclass",
    "1 − f detached",
    "the input gate's parameters kept",
    "a list of cells",
    "all cells built for input_dim",
    "its cells in the first layer alone",
    "called without arguments",
}
# left out of the pairs of stacks: near twins of others, or so bad that nothing else can be seen
TWINS = {
    "the last layer's given state for all",
    "given states in reverse",
    "a list of the last output",
    "the top layer's states in a row",
    "only layer 0's states",
    "c_T twice",
    "reset uniform",
    "first output missing",
    "only the first step",
    "no gradient at all",
    "nothing returned",
    "upper layers use cell 1",
    "the given h passed up",
    "relu of h passed up",
    "c + h passed up",
    "relu of h as output",
    "c + h as output",
    "h kept in place of c",
    "results of the cell taken in the other order",
}


@dataclass(frozen=True)
class Case:
    """One submission to judge: what it is, its class and source, the seed of the questions, and the
    mistakes in it."""

    section: str
    cls: str
    name: str
    source: str
    seed: int = 1
    mistakes: tuple[Mistake, ...] = ()


@dataclass(frozen=True)
class Outcome:
    case: Case
    score: float
    points: float
    lost: frozenset[str]
    told: str
    errors: dict[
        str, float
    ]  # of each returned tensor against the rule, in units of what is allowed
    same: bool = False
    claims: int = 0  # sentences about lost criteria that were said again from fresh numbers
    unheld: tuple[str, ...] = ()  # and those that were not

    @property
    def wrong(self) -> set[str]:
        return {name for name, error in self.errors.items() if error > 1}


# ---------------------------------------------------------------- cases
def right_cases():
    for name, words, source in right_answers():
        yield Case("right", name, words, source)
    for name in EXERCISES:
        yield Case("right", name, "the worked solution", solutions()[name])
        yield Case("right", name, "parameter matrices", answers("parameter_matrices")[name])


def mistake_cases():
    for name in EXERCISES:
        for mistake in singles(name):
            yield Case("mistake", name, mistake.name, code(name, mistake), 1, (mistake,))


def classic(name: str) -> list[Mistake]:
    """The mistakes of which all pairs are tried."""
    slots = [
        mistake
        for mistake in named(name)
        if mistake.name in SLIPS or mistake.name in WIRED and mistake.name not in TWINS
    ]
    return slots + [
        mistake
        for mistake in singles(name)
        if len(mistake.choice) == 1 and mistake.choice[0][1] in CLASSIC
    ]


def pair_cases():
    for name in EXERCISES:
        for one, other in pairs(classic(name)):
            yield Case(
                "pair", name, f"{one.name} & {other.name}", code(name, one, other), 1, (one, other)
            )


def mutant_cases():
    for name in EXERCISES:
        for what, source in mutants(solutions()[name]):
            yield Case("mutant", name, what, cell_before(name) + source)


def worked(name: str) -> str:
    """The worked solution of a class, with what stands before it."""
    return cell_before(name) + solutions()[name]


def seed_cases():
    for name in EXERCISES:
        few = classic(name)
        some = [("right", code(name))] + [
            (mistake.name, code(name, mistake)) for mistake in few[:: max(1, len(few) // 2)][:2]
        ]
        for what, source in some:
            for seed in range(SEEDS):
                yield Case("seed", name, what, source, 1000 + seed)


# ---------------------------------------------------------------- judging, in many processes
def run(case: Case) -> Outcome:
    questions, answered, cell = answer(case.cls, case.source, case.seed)
    verdict = judge(EXERCISES[case.cls], questions, answered, cell)
    told = " ".join(result.sentence for result in verdict.results)
    survived = case.section == "mutant" and verdict.score == verdict.points
    claims, unheld = replayed(case, verdict) if case.mistakes else ((), ())
    return Outcome(
        case,
        verdict.score,
        verdict.points,
        frozenset(r.key for r in verdict.results if not r.met),
        told,
        errors(case.cls, questions, answered),
        survived and same(case.cls, case.source, worked(case.cls)),
        len(claims),
        unheld,
    )


def replayed(case: Case, verdict: Verdict) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What is said of lost criteria, and what of it is not said again, but for drawn numbers, where
    the same submission answers other questions."""
    questions, answered, cell = answer(case.cls, case.source, case.seed + 1)
    other = said(judge(EXERCISES[case.cls], questions, answered, cell))
    claims = said(verdict)
    return tuple(claims), tuple(key for key in claims if claims[key] != other.get(key))


def errors(name: str, questions, answers) -> dict[str, float]:
    """Name of each returned tensor -> its largest error against the rule, in units of what is
    allowed."""
    exercise, worst = EXERCISES[name], {}
    measure = {"recurrence": step_errors, "stack": stack_errors}[exercise.kind]
    pairs = [pair for pair in zip(questions.builds, answers.builds) if pair[1].answered]
    for output, error in measure(exercise, pairs):
        worst[output] = max(error, worst.get(output, 0.0))
    return worst


def step_errors(exercise, pairs):
    usable = [asks.Pair(*pair) for pair in pairs]
    usable = [pair for pair in usable if recurrence.gave_all(exercise, pair)]
    for seen in reading.seen_of(exercise, usable, reading.in_order(exercise)):
        right = exercise.rule.follow(seen.env, {})
        for output, source in exercise.rule.outputs.items():
            if seen.outputs[output] is not None:
                error = relative(seen.outputs[output], right[source])
                yield output, error / tolerance(RIGHT, seen.single)


def stack_errors(exercise, pairs):
    known = tables(exercise.states, tuple(exercise.called.items()))
    names = ("outputs", *(f"{state}_T" for state in exercise.states))
    for pair in pairs:
        seen, _ = seen_of(exercise, PairOfStack(*pair), [*range(len(pair[1].cells or ()))])
        right = run_wiring(known, seen, Wiring())
        if right is None or seen.finals is None:
            continue
        for output, got, truth in zip(
            names, (seen.outputs, *seen.finals), (right.shown[-1], *right.last)
        ):
            if got is not None and got.shape == truth.shape and np.isfinite(got).all():
                yield output, relative(got, truth) / tolerance(NAMED, seen.single)


def relative(got, truth) -> float:
    """The largest error, in units of the size of its call."""
    return float((np.abs(got - truth) / np.maximum(1.0, np.abs(truth).max(axis=-2))).max())


def some_mistakes(every: int) -> list[Case]:
    """Each such mistake, and all those that such pairs are made of."""
    pairs = [*pair_cases()][::every]
    paired = {(pair.cls, mistake.name) for pair in pairs for mistake in pair.mistakes}
    return [
        case
        for place, case in enumerate(mistake_cases())
        if place % every == 0 or (case.cls, case.name) in paired
    ]


def judged(cases, pool) -> list[Outcome]:
    began = time.monotonic()
    outcomes = list(pool.map(run, cases, chunksize=16))
    print(
        f"{outcomes[0].case.section + 's':10} {len(outcomes):6} judged in "
        f"{time.monotonic() - began:4.0f} s",
        flush=True,
    )
    return outcomes


# ---------------------------------------------------------------- what came out
def is_named(outcome: Outcome) -> bool:
    """Whether the student reads each mistake by its own words, or by a formula that gives the very
    same numbers."""
    if any(piece in outcome.told for piece in UNKNOWN):
        return False
    return all(
        not mistake.told or mistake.choice or any(told in outcome.told for told in mistake.told)
        for mistake in outcome.case.mistakes
    )


def is_deserved(outcome: Outcome) -> bool:
    """Whether exactly the criteria were lost that the mistake deserves; or as many others, where
    another formula gives the same numbers."""
    (mistake,) = outcome.case.mistakes
    if not mistake.loses or outcome.lost == mistake.loses:
        return True
    exercise = EXERCISES[mistake.cls]
    if not mistake.choice:
        return False
    rule = exercise.rule
    groups = {
        output
        for output in rule.outputs
        for part in rule.group(output)
        if part.name in dict(mistake.choice)
    }
    near = {
        criterion
        for output in groups
        for part in rule.group(output)
        for criterion in (part.criterion, *(part.also or ())[:1])
    } | {"parameters"} & mistake.loses
    return outcome.lost <= near and len(outcome.lost) <= len(mistake.loses) + 2 * any(
        map(constant, dict(mistake.choice).values())
    )


@dataclass(frozen=True)
class Proof:
    """Everything that was judged, and what came out of it. every: each such case was tried, and
    MORE_OF_RIGHT times as many of the right answers. changed: random changes, as changes.table has
    them."""

    every: int
    right: list[Outcome]
    wrong: list[Outcome]
    two: list[Outcome]
    mutant: list[Outcome]
    seeds: list[Outcome]
    changed: tuple[list[tuple[str, str]], list[str], bool]

    @cached_property
    def alone(self) -> dict[tuple[str, str], Outcome]:
        return {(o.case.cls, o.case.name): o for o in self.wrong}

    def parts(self, pair: Outcome) -> list[Outcome]:
        """What came of each mistake of a pair by itself."""
        return [self.alone[pair.case.cls, mistake.name] for mistake in pair.case.mistakes]

    @cached_property
    def down(self) -> list[Outcome]:
        return [o for o in self.right if o.score < o.points]

    @cached_property
    def cancel(self) -> list[Outcome]:
        """Pairs that cancel each other in a returned tensor."""
        return [o for o in self.two if any(part.wrong - o.wrong for part in self.parts(o))]

    @cached_property
    def passed(self) -> list[Outcome]:
        full = [o for o in self.wrong + self.two if o.score >= o.points]
        return [o for o in full if o not in self.cancel or o.wrong]

    @cached_property
    def raised(self) -> list[Outcome]:
        """Pairs that scored more than one of the two; but where two equal calls differ, which
        leaves gradients that cannot be told."""
        told = [o for o in self.two if o not in self.cancel and DIFFERS not in o.told]
        return [o for o in told if o.score > min(part.score for part in self.parts(o)) + 1e-9]

    @cached_property
    def unheld(self) -> list[Outcome]:
        return [o for o in self.wrong + self.two if o.unheld]

    @cached_property
    def equal(self) -> list[Outcome]:
        return [o for o in self.mutant if o.same]

    @cached_property
    def alive(self) -> list[Outcome]:
        return [o for o in self.mutant if o.score >= o.points and not o.same]

    @cached_property
    def unnamed(self) -> list[Outcome]:
        return [o for o in self.wrong if not is_named(o)]

    @cached_property
    def unnamed_pairs(self) -> list[Outcome]:
        return [o for o in self.two if not is_named(o)]

    @cached_property
    def undeserved(self) -> list[Outcome]:
        return [o for o in self.wrong if not is_deserved(o)]

    @cached_property
    def scores(self) -> dict[tuple[str, str], Counter]:
        """What each submission got under many seeds."""
        found = {}
        for o in self.seeds:
            found.setdefault((o.case.cls, o.case.name), Counter())[o.score, o.lost] += 1
        return found

    @cached_property
    def unstable(self) -> dict[tuple[str, str], Counter]:
        return {key: counts for key, counts in self.scores.items() if len(counts) > 1}

    @property
    def margins(self) -> tuple[float, float]:
        """The largest error of a right answer, and the smallest of a mistake."""
        right = self.right + [o for o in self.seeds if o.case.name == "right"]
        errors = (max(o.errors.values()) for o in self.wrong + self.two if o.wrong)
        return max(error for o in right for error in o.errors.values()), min(errors)

    @property
    def perfect(self) -> bool:
        """Whether everything that must be perfect is."""
        wrong = self.down, self.passed, self.alive, self.raised, self.unstable, self.unheld
        return (
            not any(wrong)
            and self.changed[-1]
            and len(self.unnamed) <= 0.05 * len(self.wrong)
            and len(self.unnamed_pairs) <= 0.2 * len(self.two)
        )


def prove(pool, every: int) -> Proof:
    right = judged([*right_cases()][:: max(1, every // MORE_OF_RIGHT)], pool)
    wrong = judged(some_mistakes(every), pool)
    changed = changes.table(changes.tried(pool, CHANGES // every))
    rest = (judged([*cases()][::every], pool) for cases in (pair_cases, mutant_cases, seed_cases))
    return Proof(every, right, wrong, *rest, changed)


def rows(proof: Proof) -> list[tuple[str, str]]:
    """The table at the head of the page."""
    wrong, two, mutant, scores = proof.wrong, proof.two, proof.mutant, proof.scores
    killed = len(mutant) - len(proof.alive) - len(proof.equal)
    near_right, near_wrong = proof.margins
    counts = {
        "right answers": len(proof.right),
        "right answers marked down": len(proof.down),
        "mistakes, one at a time": len(wrong),
        "pairs of mistakes": len(two),
        "mistakes and pairs passed": len(proof.passed),
        "claims about lost criteria, replayed from fresh numbers": sum(
            o.claims for o in wrong + two
        ),
        "claims that were false": sum(len(o.unheld) for o in proof.unheld),
        "mutants": len(mutant),
        "mutants killed": killed,
        "mutants shown to compute the same": len(proof.equal),
        "mutants that survive": len(proof.alive),
        "mistakes named as what they are": percent(len(wrong) - len(proof.unnamed), len(wrong)),
        "pairs of mistakes named as what they are": percent(
            len(two) - len(proof.unnamed_pairs), len(two)
        ),
        "mistakes that lost exactly what they deserve": percent(
            len(wrong) - len(proof.undeserved), len(wrong)
        ),
        "pairs that scored more than one of the two alone (but where two equal calls differ)": len(
            proof.raised
        ),
        "pairs that cancel each other in a returned tensor (left out of the row above)": len(
            proof.cancel
        ),
        f"submissions with one and the same mark under {SEEDS // proof.every} seeds": (
            f"{len(scores) - len(proof.unstable)} of {len(scores)}"
        ),
        **{name: count for name, count in proof.changed[0] if name in OF_CHANGES},
        "largest error of a right answer, in units of what is allowed": f"{near_right:.0e}",
        "smallest error of a mistake, in the same units": f"{near_wrong:.0e}",
    }
    return [(name, str(count)) for name, count in counts.items()]


def to_look_at(proof: Proof) -> list[str]:
    """A line for everything that is not as we would like it."""
    about = lambda o: f"{o.case.cls}: {o.case.name}"
    return [
        *(f"marked down: {about(o)}: {o.told}" for o in proof.down),
        *(f"passed: {about(o)}" for o in proof.passed),
        *(f"survives: {about(o)}" for o in proof.alive),
        *(f"scores more together: {about(o)}" for o in proof.raised),
        *(f"not named: {about(o)}" for o in proof.unnamed),
        *(f"unstable: {cls}: {name}: {dict(n)}" for (cls, name), n in proof.unstable.items()),
        *(
            f"lost {sorted(o.lost)}, not {sorted(o.case.mistakes[0].loses)}: {about(o)}"
            for o in proof.undeserved
        ),
        *(f"false: {about(o)}: {', '.join(o.unheld)}" for o in proof.unheld),
        *proof.changed[1],
        *(f"pair not named: {about(o)}" for o in proof.unnamed_pairs),
    ]


def kill_table(wrong: list[Outcome]) -> list[str]:
    """A row for each mistake that is no formula, and a row for each part of each rule for those
    that are."""
    lines = [*HEAD]
    counts = Counter()
    for o in wrong:
        (mistake,) = o.case.mistakes
        if mistake.choice:
            key = (
                o.case.cls,
                f"wrong formulas for `{mistake.choice[0][0]}`"
                if len(mistake.choice) == 1
                else "one slip in several gates",
            )
            counts[key, "all"] += 1
            counts[key, "killed"] += o.score < o.points
            counts[key, "named"] += is_named(o)
        else:
            lines.append(row(o.case.cls, mistake.name, o.lost, o.points - o.score, is_named(o)))
    for key in dict.fromkeys(key for key, _ in counts):
        lines.append(
            f"| {key[0]} | {key[1]}: {counts[key, 'killed']} of {counts[key, 'all']} killed | | "
            f"| {counts[key, 'named']} of {counts[key, 'all']} |"
        )
    return lines


def page(proof: Proof) -> str:
    text = (
        "# The grader, proven right\n\n"
        "Made by `python -m grader_tests.evidence.proof`, which fails "
        "where one of the rows in bold is not perfect.\n\n| what | seen |\n| --- | --- |\n"
    )
    bold = {"right answers marked down", "mistakes and pairs passed", "mutants that survive"}
    bold |= {"claims that were false", changes.PASSED, changes.MOVED}
    text += "".join(
        f"| {f'**{name}**' if name in bold else name} | "
        f"{f'**{value}**' if name in bold else value} |\n"
        for name, value in rows(proof)
    )
    text += (
        "\nRight answers are generated by crossing the free choices of the contract "
        "(`right_answers.py`). Mistakes are the wrong formulas of the judge's tables, made into "
        "PyTorch code, and slips that no formula can say (`mistakes.py`). "
    )
    text += (
        "Mutants are single changes of the worked solutions at the level of the syntax tree "
        "(`autograde/course/mutants.py`); one that keeps full marks must be shown, without "
        "the judge, to compute the same. A claim is what is said of a lost criterion; it is false "
        "where the same submission, asked with other numbers, is not told the same.\n"
    )
    text += "\n## Mutants that compute the same\n\n"
    for name, count in Counter(o.case.cls for o in proof.equal).items():
        alike = {o.case.name.split(":")[1].strip() for o in proof.equal if o.case.cls == name}
        text += f"- {name}: {count} ({', '.join(sorted(alike)[:6])}, …)\n"
    text += "\n## What is not as we would like it\n\n" + (
        "".join(f"- {line}\n" for line in to_look_at(proof)[:200]) or "Nothing.\n"
    )
    return text + "\n## Mistake by mistake\n\n" + "\n".join(kill_table(proof.wrong)) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--page", type=Path, default=PAGE)
    parser.add_argument(
        "--every",
        type=int,
        default=1,
        help=f"each such case; of right answers {MORE_OF_RIGHT} times as many",
    )
    options = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = "1"
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        proof = prove(pool, options.every)
    for name, value in rows(proof):
        print(f"{name:62} {value}")
    print(*to_look_at(proof)[:60], sep="\n")
    options.page.write_text(page(proof), encoding="utf-8")
    sys.exit(not proof.perfect)


if __name__ == "__main__":
    main()
