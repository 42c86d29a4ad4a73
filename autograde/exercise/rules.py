"""Update rules as data: every part of a rule with its right formula, and the wrong ones that we
know.

A formula is text. It is computed with numpy on columns, one column for each call (`W_f @ h + U_f @
x + b_f`), shown to students in the notation of the notebooks (`W_f h_{t−1} + U_f x_t + b_f`), and
turned into PyTorch code by the tests. To add a mistake, add a line to a table: the formula that
such code computes, and a remark (or nothing)."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache, cached_property
from itertools import combinations, permutations

import numpy as np


def softmax(a):
    e = np.exp(a - a.max(axis=-2, keepdims=True))
    return e / e.sum(axis=-2, keepdims=True)


def sigmoid(a):
    return 1 / (1 + np.exp(np.minimum(-a, 500)))  # beyond that, no number is large enough


def diagonal(M):
    return np.diagonal(M)[:, None]


FUNCTIONS = {
    "sigmoid": sigmoid,
    "tanh": np.tanh,
    "softmax": softmax,
    "exp": np.exp,
    "sin": np.sin,
    "relu": lambda a: np.maximum(a, 0),
    "softplus": lambda a: np.logaddexp(0, a),
    "hard_sigmoid": lambda a: np.clip(a / 6 + 0.5, 0, 1),
    "dot": lambda a, b: (a * b).sum(axis=-2, keepdims=True),
    "total": lambda a: a.sum(axis=-2, keepdims=True),
    "average": lambda a: a.mean(axis=-2, keepdims=True),
    "diagonal": diagonal,
}
MOST_EXCHANGED = 4  # gates of which all orders are looked at
CALL = re.compile(r"(\w+)(\(.+\))")  # a formula that is one function of something
KNOWN = {"__builtins__": {}, **FUNCTIONS}  # all that a formula can name beside its values
SHOWN = {
    "sigmoid": "σ",
    "zero": "0",
    "one": "1",
    "@": "",
    "-": "−",
    "hard_sigmoid": "hard σ",
    "total": "sum over the units of ",
    "average": "mean over the units of ",
}


@dataclass(frozen=True)
class Part:
    """One step of a rule that can be wrong by itself.

    `name` is what later formulas call it, `symbol` what students call it, `criterion` where its
    mark is. `variants` maps each formula to a remark, the right one first; a pair (remark,
    criterion) counts for another criterion. An `inline` part is shown inside the formula of the
    part after it; a `traced` one follows from the inputs alone, so that its value can be looked for
    in the student's own computation. `says` is the sentence about a wrong formula. `also`: a
    further criterion that this part decides, and the piece of a formula in which it shows."""

    name: str
    symbol: str
    criterion: str
    variants: dict[str, str | tuple[str, str]]
    inline: bool = False
    traced: bool = False
    says: str = "Your {symbol} equals {formula}"
    also: tuple[str, str] | None = None

    @property
    def right(self) -> str:
        return next(iter(self.variants))

    def remark(self, formula: str) -> str:
        meaning = self.variants.get(formula, "")
        return meaning if isinstance(meaning, str) else meaning[0]

    def counts_for(self, formula: str) -> str:
        meaning = self.variants.get(formula, "")
        return self.criterion if isinstance(meaning, str) else meaning[1]


@dataclass(frozen=True)
class Rule:
    """The parts in the order in which they are computed.

    `outputs`: name of each returned tensor and the part that it is, in the order of return.
    `inputs`: name of each argument of forward and how it is written. `together`: slips that are
    made in several parts at once, as part to formula. `found_in`: part to the output in which it is
    looked for, where that is not the first output that follows it."""

    parts: tuple[Part, ...]
    inputs: dict[str, str]
    outputs: dict[str, str]
    together: tuple[dict[str, str], ...] = ()
    found_in: tuple[tuple[str, str], ...] = ()

    def part(self, name: str) -> Part:
        return next(part for part in self.parts if part.name == name)

    def group(self, output: str) -> list[Part]:
        """The parts that are judged from this output."""
        group, moved, waiting = [], dict(self.found_in), list(self.outputs)
        for part in self.parts:
            place = moved.get(part.name, waiting[0] if waiting else "")
            group += [part] if place == output else []
            if waiting and self.outputs[waiting[0]] == part.name:
                waiting.pop(0)
        return group

    @cached_property
    def pieces(self) -> list[str]:
        """Everything that is computed on the way where all is right, as formulas."""
        trees = (ast.parse(part.right, mode="eval") for part in self.parts)
        nodes = (node for tree in trees for node in ast.walk(tree))
        made = (node for node in nodes if isinstance(node, ast.BinOp | ast.UnaryOp | ast.Call))
        return list(dict.fromkeys(map(ast.unparse, made)))

    @cached_property
    def slips_together(self) -> dict[str, "Together"]:
        """Output -> the slips of `together`, as far as they concern it."""
        return {output: Together.of(self.group(output), self.together) for output in self.outputs}

    @cached_property
    def exchanges(self) -> list["Exchange"]:
        """All ways in which gates can stand in each other's place; of more than a few gates, those
        of two."""
        gates = [part for part in self.parts if part.traced and CALL.fullmatch(part.right)]
        among = [gates] if len(gates) <= MOST_EXCHANGED else combinations(gates, 2)
        return [
            Exchange.of(self, {gate.name: other for gate, other in zip(some, order)})
            for some in among
            for order in list(permutations(some))[1:]
        ]

    def inside(self, gate: Part) -> list[Part]:
        """The parts inside of a gate."""
        return [o for o in self.parts if o.inline and o.criterion == gate.criterion]

    def shown(self, formula: str) -> str:
        """A formula in the notation of the notebooks."""
        names = SHOWN | self.inputs | {part.name: part.symbol for part in self.parts}
        formula = formula.replace(" + zero", "")  # which only makes vectors of numbers
        text = re.sub(r"[A-Za-z_]\w*|@|-", lambda m: names.get(m[0], m[0]), formula)
        return re.sub(r"(?<=[(\[]) | +(?= )", "", text)

    def written_out(self, part: Part, choice: dict[str, str]) -> str:
        """What a part is computed as under `choice` (part to formula; right where absent), with
        inline parts put in."""
        formula = choice.get(part.name, part.right)
        for other in self.parts:
            if other.inline:
                inner = choice.get(other.name, other.right)
                formula = formula.replace(f"({other.name})", f"({inner})")
                bare = inner if formula == other.name else f"({inner})"
                formula = re.sub(rf"\b{other.name}\b", lambda m, bare=bare: bare, formula)
        return self.shown(formula)

    def follow(self, env: dict, choice: dict[str, str], parts=None) -> dict:
        """`env` with the values of all parts under `choice` added; None for what cannot be computed
        at these sizes."""
        env, moved = dict(env), dict(self.found_in)
        again = (
            ()
            if parts or not moved.keys() & choice.keys()
            else [part for output in set(moved.values()) for part in self.group(output)]
        )
        for part in (
            *(parts or self.parts),
            *again,
        ):  # again: a bent gate that is looked for late may use what comes before it
            env[part.name] = value(choice.get(part.name, part.right), env)
        return env


@dataclass(frozen=True)
class Exchange:
    """Gates in each other's place, as where they are taken apart in another order than they were
    put together. roles: gate to the other one that stands for it. rule: what is computed then.
    functions: whether their sums are what is exchanged, since not all go through one function."""

    roles: dict[str, Part]
    rule: Rule
    functions: bool

    @classmethod
    def of(cls, rule: Rule, roles: dict[str, Part]) -> "Exchange":
        roles = {role: gate for role, gate in roles.items() if gate.name != role}
        names, gates = {role: gate.name for role, gate in roles.items()}, {}
        for role, gate in roles.items():
            names |= {a.name: b.name for a, b in zip(*map(rule.inside, (rule.part(role), gate)))}
            by, inner = CALL.fullmatch(rule.part(role).right)[1], CALL.fullmatch(gate.right)[2]
            if by + inner != gate.right:
                gates[gate.name] = {by + inner: ""}
        called = {gate.name: rule.part(role).symbol for role, gate in roles.items() if gates}

        def exchanged(part: Part) -> Part:
            if part.inline or part.traced:
                variants = gates.get(part.name, part.variants)
                return replace(part, variants=variants, symbol=called.get(part.name, part.symbol))
            variants = {
                renamed(formula, names): without_names(said, [g.symbol for g in roles.values()])
                for formula, said in part.variants.items()
                if formula == part.right or renamed(formula, names) != part.right
            }
            also = part.also and (part.also[0], renamed(part.also[1], names))
            return replace(part, variants=variants, also=also)

        changed = replace(
            rule,
            parts=tuple(map(exchanged, rule.parts)),
            together=tuple(slip for slip in rule.together if not slip.keys() & gates.keys()),
            found_in=tuple((names.get(name, name), output) for name, output in rule.found_in),
        )
        return cls(roles, changed, bool(gates))

    def changes(self, part: Part) -> bool:
        """Whether a part of the rule is computed otherwise."""
        return self.rule.part(part.name).right != part.right


def renamed(formula: str, names: dict[str, str]) -> str:
    return re.sub(r"\w+", lambda word: names.get(word[0], word[0]), formula)


def without_names(said: str | tuple[str, str], symbols: list[str]) -> str | tuple[str, str]:
    """A remark of a table, empty where it names one of these."""
    if isinstance(said, tuple):
        return without_names(said[0], symbols), said[1]
    return "" if any(symbol in said for symbol in symbols) else said


@dataclass(frozen=True)
class Together:
    """Slips that are made in several parts at once, laid out so that what many of them share is
    computed once.

    `parts`: name of a bent part -> what is computed for it, as (formula, {name of an earlier bent
    part: which of its values}), and for each slip which of these is its value."""

    slips: tuple[dict[str, str], ...]
    parts: dict[str, tuple[list[tuple[str, dict[str, int]]], np.ndarray]]

    @classmethod
    def of(cls, group: list[Part], together: tuple[dict[str, str], ...]) -> "Together":
        names = {part.name for part in group}
        ours = ([(n, formula) for n, formula in slip.items() if n in names] for slip in together)
        slips = tuple(map(dict, dict.fromkeys(tuple(slip) for slip in ours if len(slip) > 1)))
        bent, parts = set().union(*slips), {}
        for part in (part for part in group if part.name in bent):
            known = {}  # a formula, with the values of what it uses -> its place
            chosen = []
            for k, slip in enumerate(slips):
                formula = slip.get(part.name, part.right)
                used = names_in(formula)
                uses = tuple((n, int(parts[n][1][k])) for n in used if n in parts)
                chosen.append(known.setdefault((formula, uses), len(known)))
            computed = [(formula, dict(uses)) for formula, uses in known]
            parts[part.name] = computed, np.array(chosen)
        return cls(slips, parts)


def terms_of(formula: str) -> list[str]:
    """The terms that a formula adds up, each with its sign."""

    def terms(node: ast.expr, sign: str) -> Iterator[str]:
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
            yield from terms(node.left, sign)
            turned = {"": "-", "-": ""}[sign]
            yield from terms(node.right, sign if isinstance(node.op, ast.Add) else turned)
        else:
            yield f"{sign}({ast.unparse(node)})"

    return list(terms(ast.parse(formula, mode="eval").body, ""))


@cache
def compiled(formula: str):
    return compile(formula, formula, "eval")


def names_in(formula: str) -> tuple[str, ...]:
    """What a formula names, functions among it."""
    return compiled(formula).co_names


def value(formula: str, env: dict):
    """The value of a formula, or None where a name is missing or the shapes do not fit. Numpy warns
    of overflow and the like, unless told not to, as the judge does."""
    try:
        return eval(compiled(formula), KNOWN, env)
    except (ValueError, TypeError, NameError, AttributeError):
        return None


def columns(inputs: dict[str, np.ndarray], parameters: dict[str, np.ndarray], units: int) -> dict:
    """What formulas compute with: inputs (calls, size) as columns, matrices as they are, vectors as
    one column."""
    env = {name: array.T for name, array in inputs.items()}
    env |= {
        name: array[:, None] if array.ndim == 1 else array for name, array in parameters.items()
    }
    calls = next(iter(env.values())).shape[-1]
    return env | {"zero": np.zeros((units, calls)), "one": np.ones((units, calls))}
