"""Wrong answers as data, made into code: every bent formula of the tables, and mistakes that no
formula can express.

A mistake is a change of a right answer, so that any two can be put together. Each says which
criteria it deserves to lose, and a piece of the sentence that names it.
"""

import re
from dataclasses import dataclass, field
from itertools import combinations

from autograde.exercise import Recurrence
from autograde.exercise.wirings import tables
from autograde.judge.recurrence import in_words
from autograde.judge.stack.report import PARTS
from grader_tests.samples.students import EXERCISES

TORCH = {
    "sigmoid": "torch.sigmoid",
    "tanh": "torch.tanh",
    "exp": "torch.exp",
    "sin": "torch.sin",
    "relu": "torch.relu",
    "softplus": "F.softplus",
    "hard_sigmoid": "F.hardsigmoid",
    "dot": "torch.dot",
    "diagonal": "torch.diagonal",
    "total": "torch.sum",
    "average": "torch.mean",
    "zero": "torch.zeros_like(h)",
    "one": "torch.ones_like(h)",
    "softmax": "softmax",
}


@dataclass(frozen=True)
class Mistake:
    """name: unique within its class. choice: bent formulas of a cell's parts. slots: changed pieces
    of the code (see CELL, STACK).

    loses: the criteria that it deserves to lose. told: a piece of what the student reads; more than
    one may be right.
    """

    cls: str
    name: str
    loses: frozenset[str]
    told: tuple[str, ...] = ()
    choice: tuple[tuple[str, str], ...] = ()
    slots: tuple[tuple[str, str], ...] = field(default=())

    def touches(self) -> set[str]:
        return {name for name, _ in self.choice} | {name for name, _ in self.slots}


# ---------------------------------------------------------------- cells: code from formulas
CELL = {  # slots of a cell's code, and how a right answer fills them
    "bases": "{base}",
    "arguments": "input_dim, hidden_dim",
    "super": "{super}",
    "keep": "{keep}",
    "init": "self.reset_parameters()",
    "reset": "for p in self.parameters():\n            nn.init.normal_(p)",
    "decorate": "",
    "begin": "pass",
    "lines": "{lines}",
    "return": "return stored, hidden",
    "after": "",
}
TEXT = """
def softmax(a):
    return torch.softmax(a, dim=-1)


class {name}({bases}):
    def __init__(self, {arguments}):
        {super}
        {keep}
        {init}

    def reset_parameters(self):
        {reset}

    {decorate}
    def forward(self, x, c, h):
        {begin}
        {lines}
        {return}
{after}
"""


def torch_code(formula: str) -> str:
    """A formula of the tables as PyTorch code in a method of the class."""
    words = {**TORCH}
    return re.sub(
        r"[A-Za-z_]\w*",
        lambda m: words.get(m[0], f"self.{m[0]}" if re.match(r"[WUVb]_", m[0]) else m[0]),
        formula,
    )


def cell_lines(exercise: Recurrence, choice: dict[str, str]) -> str:
    """One line for each part.

    A part that its formula needs early (a peephole on the new c_t) comes late, as in a student's
    code.
    """
    parts = [part for part in exercise.rule.parts if part.name not in dict(exercise.rule.found_in)]
    late = [part for part in exercise.rule.parts if part.name in dict(exercise.rule.found_in)]
    early = "new" not in " ".join(choice.get(part.name, "") for part in late)
    order = late + parts if early else parts[:-1] + late + parts[-1:]
    return "\n".join(
        f"{part.name} = {torch_code(choice.get(part.name, part.right))}" for part in order
    )


def cell_code(
    name: str,
    choice: dict[str, str] = {},  # noqa: B006
    slots: dict[str, str] = {},  # noqa: B006
) -> str:
    """A whole cell, right but for `choice` and `slots`, with its parameters in nn.Parameter
    matrices."""
    exercise, keep, gone = EXERCISES[name], [], []
    for parameter, sizes in exercise.parameters.items():
        if exercise.base and parameter[0] != "V":
            continue
        shape = ", ".join({"m": "hidden_dim", "n": "input_dim"}[size] for size in sizes)
        keep.append(f"self.{parameter} = nn.Parameter(torch.zeros({shape}))")
    if exercise.absent:
        gone = [f"del {', '.join(f'self.{parameter}' for parameter in exercise.absent)}"]
    own = {
        "base": exercise.base or "nn.Module",
        "super": "super().__init__(input_dim, hidden_dim)"
        if exercise.base
        else "super().__init__()",
        "keep": "\n".join([*gone, *keep]),
        "lines": cell_lines(exercise, choice),
    }
    filled = {slot: text.format(**own) for slot, text in CELL.items()} | slots
    return put_in(TEXT, {"name": name, **filled})


def put_in(text: str, slots: dict[str, str]) -> str:
    """`text` with every {slot} filled; each further line of a slot's text is indented like the
    first."""
    for slot, piece in slots.items():
        text = re.sub(
            rf"(?m)^( *)(.*)\{{{slot}\}}",
            lambda m, piece=piece: m[1] + m[2] + piece.replace("\n", "\n" + m[1]),
            text,
        )
    return text


def from_tables(name: str):
    """Every bent formula of every part of the rule, as a mistake."""
    exercise = EXERCISES[name]
    rule = exercise.rule
    for part in rule.parts:
        for formula in list(part.variants)[1:]:
            shown = (
                next(
                    other
                    for other in rule.parts
                    if other.criterion == part.criterion and not other.inline
                )
                if part.inline
                else part
            )
            loses = {part.counts_for(formula)}
            if (
                part.also
                and part.counts_for(formula) == part.criterion
                and part.also[1] not in formula
            ):
                loses.add(part.also[0])
            kept = any(
                parameter in formula for parameter in exercise.absent
            )  # it needs what should be deleted
            loses |= {"parameters"} if kept else set()
            told = in_words(rule, shown, [part], {part.name: formula})
            yield Mistake(
                name,
                f"{part.name} = {formula}",
                frozenset(loses),
                (told,),
                ((part.name, formula),),
                (("keep", "pass"),) if kept else (),
            )
    for slips in rule.together:
        parts = [rule.part(key) for key in slips]
        loses = frozenset(part.criterion for part in parts)
        yield Mistake(
            name,
            " and ".join(f"{key} = {formula}" for key, formula in slips.items()),
            loses,
            (),
            tuple(slips.items()),
        )


def slotted(cls: str, table: dict[str, tuple]) -> list[Mistake]:
    return [
        Mistake(
            cls,
            name,
            frozenset(loses.split()),
            (told,) if isinstance(told, str) else told,
            (),
            tuple(slots.items()),
        )
        for name, (loses, told, slots) in table.items()
    ]


LINE = {part: f"{part} = " for part in ("new", "hidden")}
KEEP_F = "self.W_f = nn.Parameter(torch.zeros(hidden_dim, hidden_dim))"


def cell_slots(name: str) -> dict[str, tuple]:
    """name -> (criteria lost, what is told, changed slots) for one cell: what a formula cannot
    say."""
    exercise = EXERCISES[name]
    right = cell_lines(exercise, {})
    keep = put_in("{keep}", {"keep": CELL["keep"]}) and cell_code(name)
    keep = re.search(r"(?s)super\(\).__init__\(.*?\)\n(.*?)\n *self\.reset_parameters\(\)", keep)[1]
    keep = "\n".join(line.strip() for line in keep.splitlines())
    slots_of = {
        "c changed in place": (
            "untouched",
            "writes into the c",
            {"begin": "c += 0.25\nc -= 0.25\nc.mul_(1.0)"},
        ),
        "h changed in place": ("untouched", "writes into the h", {"begin": "h.mul_(1.0)"}),
        "x changed in place": ("untouched", "writes into the x", {"begin": "x *= 1.0"}),
        "c detached": ("gradients", "is cut", {"begin": "c = c.detach()"}),
        "h detached": ("gradients", "is cut", {"begin": "h = h.data"}),
        "x detached": (
            "gradients",
            ("No gradient reaches x", "is cut"),
            {"begin": "x = x.detach()"},
        ),
        "no gradient at all": (
            "gradients",
            "A backward pass over several steps raised",
            {"decorate": "@torch.no_grad()"},
        ),
        "new state detached": (
            "gradients",
            ("is cut", "No gradient"),
            {"return": "return stored.detach(), hidden"},
        ),
        "h_t detached": (
            "gradients",
            ("is cut", "No gradient", "raised an error"),
            {"return": "return stored, hidden.detach()"},
        ),
        "pair swapped": (
            "order",
            "Your forward returns (h_t, c_t)",
            {"return": "return hidden, stored"},
        ),
        "only h returned": (
            "order",
            "forward returns one Tensor. End with",
            {"return": "return hidden"},
        ),
        "three returned": (
            "order",
            "forward returns 3 values (Tensor, Tensor, Tensor)",
            {"return": "return o, stored, hidden"},
        ),
        "nothing returned": ("order", "forward returns None", {"return": ""}),
        "h returned twice": (
            "cell",
            "your forward returns o_t * tanh(c_t)",
            {"return": "return hidden, hidden"},
        ),
        "c returned twice": ("hidden", "h_t", {"return": "return stored, stored"}),
        "a batch of one": (
            "cell hidden",
            "c_t has shape (1, ",
            {"return": "return stored[None], hidden[None]"},
        ),
        "a dot product in h": (
            "hidden",
            ("h_t has shape", "Your h_t equals"),
            {"return": "return stored, hidden.sum()"},
        ),
        "single numbers": (
            "cell hidden coupling" if exercise.absent else "cell hidden",
            "c_t has shape ()",
            {"return": "return stored.mean(), hidden.mean()"},
        ),
        "undefined name": ("", "NameError", {"begin": "print(undefined)"}),
        "noise": (
            "hidden untouched",
            "gives two different results",
            {"return": "return stored, hidden + 1e-3 * torch.randn_like(c)"},
        ),
        "remembers": (
            "hidden untouched",
            "gives two different results",
            {
                "begin": "self.calls = getattr(self, 'calls', 0) + 1",
                "return": "return stored, hidden + 1e-3 * self.calls",
            },
        ),
        "no reset": ("reset", "reset_parameters()", {"reset": "pass"}),
        "reset without the biases": (
            "reset",
            "leaves",
            {
                "reset": "for n, p in self.named_parameters():\n    if not n.startswith('b_'):\n"
                "        nn.init.normal_(p)"
            },
        ),
        "reset to zeros": (
            "reset",
            "standard deviation 0.00",
            {"reset": "for p in self.parameters():\n    nn.init.zeros_(p)"},
        ),
        "reset with a small spread": (
            "reset",
            "standard deviation 0.1",
            {"reset": "for p in self.parameters():\n    nn.init.normal_(p, std=0.1)"},
        ),
        "reset with another mean": (
            "reset",
            ("has mean 1", "has mean 0.9"),
            {"reset": "for p in self.parameters():\n    nn.init.normal_(p, mean=1.0)"},
        ),
        "reset uniform": (
            "reset",
            "reset_parameters()",
            {"reset": "for p in self.parameters():\n    nn.init.uniform_(p)"},
        ),
        "reset by Xavier": (
            "reset",
            "reset_parameters()",
            {
                "reset": "for p in self.parameters():\n"
                "    nn.init.xavier_normal_(p) if p.dim() == 2 else nn.init.normal_(p)"
            },
        ),
        "reset with one draw for all": (
            "reset",
            "reset_parameters()",
            {"reset": "for p in self.parameters():\n    p.data.fill_(torch.randn(()).item())"},
        ),
        "reset of copies": (
            "reset",
            "leaves",
            {"reset": "for p in self.parameters():\n    nn.init.normal_(p.clone().detach())"},
        ),
        "one more layer": (
            "parameters",
            "extra.weight trains as well",
            {"keep": f"{keep}\nself.extra = nn.Linear(2, 2)"},
        ),
        "U_f transposed in shape": (
            "parameters",
            "U_f has shape (input_dim, hidden_dim)",
            {"keep": f"{keep}\nself.U_f = nn.Parameter(torch.zeros(input_dim, hidden_dim))"},
        ),
        "W_f of shape (input, hidden)": (
            "parameters",
            "W_f has shape (input_dim, hidden_dim)",
            {"keep": f"{keep}\nself.W_f = nn.Parameter(torch.zeros(input_dim, hidden_dim))"},
        ),
        "b_o of size 1": (
            "parameters",
            "b_o has shape (1)",
            {"keep": f"{keep}\nself.b_o = nn.Parameter(torch.zeros(1))"},
        ),
        "b_f is no parameter": (
            "parameters",
            "b_f is a plain tensor",
            {"keep": f"{keep}\ndel self.b_f\nself.b_f = torch.zeros(hidden_dim)"},
        ),
        "W_c is a buffer": (
            "parameters",
            "W_c is a plain tensor",
            {
                "keep": f"{keep}\ndel self.W_c\nself.register_buffer('W_c', "
                "torch.zeros(hidden_dim, hidden_dim))"
            },
        ),
        "W_o does not train": (
            "parameters",
            "W_o does not train",
            {
                "keep": f"{keep}\nself.W_o = nn.Parameter(torch.zeros(hidden_dim, hidden_dim), "
                "requires_grad=False)"
            },
        ),
        "b_c uninitialised": (
            "parameters",
            "b_c is never given values",
            {"keep": f"{keep}\nself.b_c = nn.Parameter(torch.empty(hidden_dim))", "init": "pass"},
        ),
        "one matrix under two names": (
            "parameters",
            "one and the same parameter",
            {"keep": f"{keep}\nself.W_f = self.W_o"},
        ),
        "sizes swapped in the constructor": (
            "parameters",
            "has shape",
            {"arguments": "hidden_dim, input_dim"},
        ),
        "tried out at the end": (
            "runs",
            "Your cell stopped with TypeError",
            {"after": f"{name}()"},
        ),
        "no super().__init__": ("", "raised AttributeError", {"super": "pass"}),
    }
    if exercise.base:
        slots_of["sizes swapped in the constructor"] = (
            "parameters",
            "has shape",
            {"super": "super().__init__(hidden_dim, input_dim)"},
        )
        slots_of |= {
            "no subclass": (
                "parameters",
                f"is not a subclass of {exercise.base}",
                {"bases": "nn.Module", "super": "super().__init__()", "keep": own_parameters(name)},
            )
        }
    if name == "LSTMCell":
        slots_of |= {
            "a layer with a bias of its own": (
                "parameters",
                "W_i has a bias of its own",
                {
                    "keep": keep.replace(
                        "self.W_i = nn.Parameter(torch.zeros(hidden_dim, hidden_dim))",
                        "self.W_i = nn.Linear(hidden_dim, hidden_dim)",
                    ),
                    "lines": right.replace("self.W_i @ h", "self.W_i(h)"),
                },
            ),
            "a layer made in forward": (
                "parameters f gradients untouched",
                "W_f is missing",
                {
                    "keep": keep.replace(KEEP_F, "pass"),
                    "lines": right.replace(
                        "self.W_f @ h",
                        "nn.Linear(h.shape[0], h.shape[0], bias=False, dtype=h.dtype)(h)",
                    ),
                },
            ),
            "candidate detached": (
                "gradients",
                "is cut",
                {"lines": right.replace("f * c + i * g", "f * c + i * g.detach()")},
            ),
        }
    if name == "CoupledLSTMCell":
        slots_of |= {
            "1 − f detached": (
                "gradients",
                "is cut",
                {"lines": right.replace("(1 - f)", "(1 - f).detach()")},
            ),
            "the input gate's parameters kept": (
                "parameters",
                "W_i is still there",
                {"keep": "pass"},
            ),
            "only W_i deleted": ("parameters", "U_i is still there", {"keep": "del self.W_i"}),
            "the forget gate's parameters deleted": (
                "parameters f",
                "W_f is missing",
                {"keep": "del self.W_f, self.U_f, self.b_f", "lines": right.replace("_f", "_i")},
            ),
        }
    if name == "PeepholeLSTMCell":
        slots_of |= {
            "peepholes detached": (
                "gradients",
                "is cut",
                {"lines": re.sub(r"(self.V_\w) @ c", r"\1 @ c.detach()", right)},
            ),
            "V_f is no parameter": (
                "parameters",
                "V_f is a plain tensor",
                {
                    "keep": keep.replace(
                        "self.V_f = nn.Parameter(torch.zeros(hidden_dim, hidden_dim))",
                        "self.V_f = torch.randn(hidden_dim, hidden_dim)",
                    )
                },
            ),
            "a scalar for V_o": (
                "parameters",
                "V_o has shape (1)",
                {
                    "keep": keep.replace(
                        "self.V_o = nn.Parameter(torch.zeros(hidden_dim, hidden_dim))",
                        "self.V_o = nn.Parameter(torch.zeros(1))",
                    ),
                    "lines": right.replace("self.V_o @ c", "self.V_o * c"),
                },
            ),
            "V_i with a bias": (
                "parameters",
                "V_i has a bias of its own",
                {
                    "keep": keep.replace(
                        "self.V_i = nn.Parameter(torch.zeros(hidden_dim, hidden_dim))",
                        "self.V_i = nn.Linear(hidden_dim, hidden_dim)",
                    ),
                    "lines": right.replace("self.V_i @ c", "self.V_i(c)"),
                },
            ),
            "a fourth peephole": (
                "parameters",
                "V_c trains as well",
                {"keep": f"{keep}\nself.V_c = nn.Parameter(torch.zeros(hidden_dim))"},
            ),
        }
    return slots_of


def own_parameters(name: str) -> str:
    """All parameters of a cell that has no base class to inherit them from."""
    sizes = {"m": "hidden_dim", "n": "input_dim"}
    return "\n".join(
        f"self.{parameter} = nn.Parameter(torch.zeros({', '.join(sizes[size] for size in shape)}))"
        for parameter, shape in EXERCISES[name].parameters.items()
    )


# ---------------------------------------------------------------- stacks: code with slots
STACK = {
    "bases": "{base}",
    "arguments": "input_dim, hidden_dim, n_layers",
    "super": "{super}",
    "layers": "self.layers = nn.ModuleList({cell}(input_dim if k == 0 else "
    "hidden_dim, hidden_dim) for k "
    "in range(n_layers))",
    "reset": "for layer in self.layers:\n            layer.reset_parameters()",
    "decorate": "",
    "start": "c, h = list(c), list(h)",
    "time": "x",
    "before": "pass",
    "read": "x_t",
    "step": "c[k], h[k] = layer(below, c[k], h[k])",
    "up": "below = h[k]",
    "collect": "outputs.append(h[-1])",
    "outputs": "outputs",
    "finals": "torch.stack(list(c)), torch.stack(list(h))",
    "after": "",
}
STACK_TEXT = """
class {name}({bases}):
    def __init__(self, {arguments}):
        {super}
        {layers}

    def reset_parameters(self):
        {reset}

    {decorate}
    def forward(self, x, c, h):
        {start}
        outputs = []
        for x_t in {time}:
            {before}
            below = {read}
            for k, layer in enumerate(self.layers):
                {step}
                {up}
            {collect}
        return {outputs}, ({finals})
{after}
"""
SUBSTACK_TEXT = STACK_TEXT[: STACK_TEXT.index("    def reset_parameters")] + "{after}\n"


def stack_code(name: str, slots: dict[str, str] = {}) -> str:  # noqa: B006
    exercise = EXERCISES[name]
    own = {
        "base": exercise.base or "nn.Module",
        "super": "super().__init__(input_dim, hidden_dim, n_layers)"
        if exercise.base
        else "super().__init__()",
        "cell": exercise.cell,
    }
    filled = {slot: text.format(**own) for slot, text in STACK.items()} | slots
    cell = cell_code(exercise.cell) + "\n" if exercise.base else ""
    return cell + put_in(SUBSTACK_TEXT if exercise.base else STACK_TEXT, {"name": name, **filled})


KNOWN = tables(EXERCISES["LSTM"].states, tuple(EXERCISES["LSTM"].called.items()))
TABLES = KNOWN.parts | {"outputs": KNOWN.outputs, "finals": KNOWN.finals}
LOSES = PARTS | {"outputs": "outputs", "finals": "final"}  # table -> criterion


def wired(table: str, key: str, **slots: str) -> tuple:
    """A row of the judge's tables of wirings, as code: what it deserves to lose, what is told of
    it, and the changed slots."""
    return LOSES[table], TABLES[table][key].says, slots


WIRED = {  # name -> a slip of one of the tables, or of no table, with the changed slots
    "a layer reads the layer below one step late": wired(
        "reads", "late", before="old = list(h)", up="below = old[k]"
    ),
    "raw x to all layers": wired("reads", "raw", up="below = x_t"),
    "c passed up": wired("reads", "c", up="below = c[k]"),
    "the given h passed up": wired(
        "reads", "given", start="given = h\nc, h = list(c), list(h)", up="below = given[k]"
    ),
    "the h of layer 0 passed up": wired("reads", "of layer 0", up="below = h[0]"),
    "tanh of h passed up": wired("reads", "squashed", up="below = h[k].tanh()"),
    "relu of h passed up": wired("reads", "rectified", up="below = h[k].relu()"),
    "c + h passed up": wired("reads", "sum", up="below = c[k] + h[k]"),
    "one state for all layers": wired(
        "states",
        "shared",
        start="c0, h0 = c[0], h[0]",
        step="c0, h0 = layer(below, c0, h0)",
        up="below = h0",
        collect="outputs.append(h0)",
        finals="torch.stack([c0] * len(self.layers)), torch.stack([h0] * len(self.layers))",
    ),
    "state reset each step": wired(
        "states", "reset", start="c0, h0 = c, h", before="c, h = list(c0), list(h0)"
    ),
    "only c reset each step": wired(
        "states", "c reset", start="c0, h = c, list(h)", before="c = list(c0)"
    ),
    "only h reset each step": wired(
        "states", "h reset", start="c, h0 = list(c), h", before="h = list(h0)"
    ),
    "the given states ignored": wired(
        "states", "zeros", start="c, h = list(torch.zeros_like(c)), list(torch.zeros_like(h))"
    ),
    "layer 0's given state for all": wired(
        "states", "first", start="c, h = [c[0]] * len(c), [h[0]] * len(h)"
    ),
    "the given c ignored": wired("states", "c zeros", start="c, h = [0 * s for s in c], list(h)"),
    "the given h ignored": wired("states", "h zeros", start="c, h = list(c), [0 * s for s in h]"),
    "layer 0's given c for all": wired(
        "states", "c first", start="c, h = [c[0]] * len(c), list(h)"
    ),
    "layer 0's given h for all": wired(
        "states", "h first", start="c, h = list(c), [h[0]] * len(h)"
    ),
    "the given h for c as well": wired("states", "h alone", start="c, h = list(h), list(h)"),
    "the given c for h as well": wired("states", "c alone", start="c, h = list(c), list(c)"),
    "one list for both states": wired("states", "both from c", start="c = h = list(c)"),
    "one list for both states, of h": wired("states", "both from h", start="c = h = list(h)"),
    "the last layer's given state for all": wired(
        "states", "last", start="c, h = [c[-1]] * len(c), [h[-1]] * len(h)"
    ),
    "given states in reverse": wired(
        "states", "reversed", start="c, h = list(c.flip(0)), list(h.flip(0))"
    ),
    "c and h swapped at the start": wired("states", "swapped", start="c, h = list(h), list(c)"),
    "arguments of the cell swapped": wired(
        "states", "arguments", step="c[k], h[k] = layer(below, h[k], c[k])"
    ),
    "results of the cell swapped": wired(
        "states",
        "crossed",
        step="h[k], c[k] = layer(below, c[k], h[k])",
        up="below = c[k]",
        collect="outputs.append(c[-1])",
        finals="torch.stack(list(h)), torch.stack(list(c))",
    ),
    "results of the cell taken in the other order": wired(
        "states", "unpacked", step="h[k], c[k] = layer(below, c[k], h[k])"
    ),
    "c kept in place of h": wired(
        "states", "c for h", collect="outputs.append(h[-1])\nh = list(c)"
    ),
    "h kept in place of c": wired(
        "states", "h for c", collect="outputs.append(h[-1])\nc = list(h)"
    ),
    "sequence read backwards": wired("time", "backwards", time="x.flip(0)"),
    "first step skipped": wired("time", "no first", time="x[1:]"),
    "last step skipped": wired("time", "no last", time="x[:-1]"),
    "only the first step": wired("time", "only first", time="x[:1]"),
    "loop over columns": wired("time", "columns", time="x.T"),
    "first x at every step": wired("time", "same x", read="x[0]"),
    "bottom layer's outputs": wired("outputs", "bottom", collect="outputs.append(h[0])"),
    "cell state as output": wired("outputs", "c", collect="outputs.append(c[-1])"),
    "tanh of h as output": wired("outputs", "squashed", collect="outputs.append(h[-1].tanh())"),
    "relu of h as output": wired("outputs", "rectified", collect="outputs.append(h[-1].relu())"),
    "c + h as output": wired("outputs", "sum", collect="outputs.append(c[-1] + h[-1])"),
    "every row is the last": wired("outputs", "aliased", outputs="[outputs[-1]] * len(outputs)"),
    "the first row is h_0": wired(
        "outputs", "shifted", before="outputs.append(h[-1])", collect="pass"
    ),
    "one row too many": wired(
        "outputs",
        "and given",
        outputs="[given_h, *outputs]",
        start="given_h = h[-1]\nc, h = list(c), list(h)",
    ),
    "only the last output": wired("outputs", "last only", outputs="outputs[-1]"),
    "a list of the last output": wired("outputs", "last row", outputs="outputs[-1:]"),
    "last output missing": wired("outputs", "no last", outputs="outputs[:-1]"),
    "first output missing": wired("outputs", "no first", outputs="outputs[1:]"),
    "outputs in reverse": wired("outputs", "backwards", outputs="outputs[::-1]"),
    "every layer's h as outputs": wired(
        "outputs", "every layer", collect="outputs.append(torch.stack(h))"
    ),
    "the final h as outputs": wired("outputs", "finals", outputs="h"),
    "final states swapped": wired(
        "finals", "swapped", finals="torch.stack(list(h)), torch.stack(list(c))"
    ),
    "final states in reverse": wired(
        "finals", "reversed", finals="torch.stack(c[::-1]), torch.stack(h[::-1])"
    ),
    "only the top layer's states": wired("finals", "top", finals="c[-1], h[-1]"),
    "the top layer's states in a row": wired(
        "finals", "top row", finals="torch.stack(c[-1:]), torch.stack(h[-1:])"
    ),
    "only layer 0's states": wired("finals", "bottom", finals="c[0], h[0]"),
    "the top layer's states for all": wired(
        "finals",
        "top for all",
        finals="torch.stack([c[-1]] * len(c)), torch.stack([h[-1]] * len(h))",
    ),
    "h_T twice": wired("finals", "only h", finals="torch.stack(list(h)), torch.stack(list(h))"),
    "c_T twice": wired("finals", "only c", finals="torch.stack(list(c)), torch.stack(list(c))"),
    "the given states returned": wired(
        "finals", "given", start="c0, h0 = c, h\nc, h = list(c), list(h)", finals="c0, h0"
    ),
    "all layers use cell 0": wired(
        "cells", "first", step="c[k], h[k] = self.layers[0](below, c[k], h[k])"
    ),
    "all layers use the last cell": wired(
        "cells", "last", step="c[k], h[k] = self.layers[-1](below, c[k], h[k])"
    ),
    "upper layers use cell 1": wired(
        "cells", "upper", step="c[k], h[k] = self.layers[min(k, 1)](below, c[k], h[k])"
    ),
    "every layer uses the cell below": wired(
        "cells",
        "of the layer below",
        step="c[k], h[k] = self.layers[k - 1](below, c[k], h[k])",
    ),
    "every layer uses the cell two below": wired(
        "cells",
        "of two layers below",
        step="c[k], h[k] = self.layers[k - 2](below, c[k], h[k])",
    ),
    "every layer uses the cell as far from the top": wired(
        "cells",
        "the other way round",
        step="c[k], h[k] = self.layers[-1 - k](below, c[k], h[k])",
    ),
    "states written in place": (
        "gradients untouched",
        "writes into the c",
        {"start": "pass"},
    ),
    "x written in place": ("untouched gradients", "writes into the x", {"before": "x_t *= 1.0"}),
    "states detached between steps": (
        "gradients",
        "is cut",
        {"before": "c, h = [row.detach() for row in c], [row.detach() for row in h]"},
    ),
    "outputs detached": ("gradients", "is cut", {"collect": "outputs.append(h[-1].detach())"}),
    "detached between layers": ("gradients", "is cut", {"up": "below = h[k].detach()"}),
    "no gradient at all": (
        "gradients",
        "A backward pass over several steps raised",
        {"decorate": "@torch.no_grad()"},
    ),
    "states kept between calls": (
        "untouched gradients",
        "gives two different results",
        {
            "start": "if hasattr(self, 'kept'):\n    c, h = self.kept\nc, h = list(c), list(h)",
            "collect": "outputs.append(h[-1])\nself.kept = c, h",
        },
    ),
    "nothing returned": (
        "",
        "Could not be marked: forward returns None: it has no return line, or ends without one.",
        {"collect": "pass", "finals": "c, h", "start": "return"},
    ),
    "no reset": ("reset", "leaves", {"reset": "pass"}),
    "reset of the first layer only": (
        "reset",
        "leaves",
        {"reset": "self.layers[0].reset_parameters()"},
    ),
    "reset to zeros": (
        "reset",
        "standard deviation 0.00",
        {"reset": "for p in self.parameters():\n    nn.init.zeros_(p)"},
    ),
    "reset uniform": (
        "reset",
        "reset_parameters()",
        {"reset": "for p in self.parameters():\n    nn.init.uniform_(p)"},
    ),
    "tried out at the end": ("runs", "Your cell stopped with TypeError", {"after": "LSTM()"}),
}
BUILT = {  # the same for the constructor, for all stacks; {cell} is the class of the layers
    "a list of cells": (
        "layers",
        "layers is a list",
        {
            "layers": "self.layers = [{cell}(input_dim if k == 0 else "
            "hidden_dim, hidden_dim) for k in "
            "range(n_layers)]"
        },
    ),
    "one cell for all layers": (
        "layers",
        "one and the same cell",
        {
            "layers": "cell = {cell}(hidden_dim, hidden_dim)\n"
            "self.layers = nn.ModuleList([{cell}(input_dim, hidden_dim)] "
            "+ [cell] * (n_layers - 1))"
        },
    ),
    "two layers, whatever is asked": (
        "layers",
        "there are 2 layers",
        {
            "layers": "self.layers = nn.ModuleList([{cell}(input_dim, hidden_dim), "
            "{cell}(hidden_dim, hidden_dim)])"
        },
    ),
    "one layer too few": (
        "layers",
        "there are 2 layers",
        {
            "layers": "self.layers = nn.ModuleList({cell}(input_dim if k == 0 else hidden_dim, "
            "hidden_dim) for k in range(max(n_layers - 1, 1)))"
        },
    ),
    "all cells built for input_dim": (
        "layers",
        "reads input_dim numbers",
        {
            "layers": "self.layers = nn.ModuleList({cell}(input_dim, hidden_dim) for k in "
            "range(n_layers))"
        },
    ),
    "all cells built for hidden_dim": (
        "layers",
        "Layer 0 reads hidden_dim numbers; it should read x_t, input_dim numbers",
        {
            "layers": "self.layers = nn.ModuleList({cell}(hidden_dim, hidden_dim) for k in "
            "range(n_layers))"
        },
    ),
    "one more parameter": (
        "layers",
        "scale trains outside of layers",
        {"layers": STACK["layers"] + "\nself.scale = nn.Parameter(torch.ones(1))"},
    ),
    "no layers": ("", "layers", {"layers": "self.cells = nn.ModuleList()\nself.layers = None"}),
}
SUBBUILT = {
    "a list of cells": ("layers", "cannot assign 'list'", BUILT["a list of cells"][2]),
    "plain cells": ("", "Layer 0 is a LSTMCell", {"layers": "pass"}),
    "its cells in the first layer alone": (
        "layers",
        "Layer 1 is a LSTMCell",
        {"layers": "self.layers[0] = {cell}(input_dim, hidden_dim)"},
    ),
    "its cells in the upper layers alone": (
        "layers",
        "Layer 0 is a LSTMCell",
        {
            "layers": "for k in range(1, n_layers):\n"
            "    self.layers[k] = {cell}(hidden_dim, hidden_dim)"
        },
    ),
    "called without arguments": (
        "runs",
        "missing 3 required positional arguments",
        {"after": "{name}()"},
    ),
    "no super().__init__": ("", "raised AttributeError", {"super": "pass"}),
    "super().__init__ without sizes": ("", "raised TypeError", {"super": "super().__init__()"}),
}


def stack_slots(name: str) -> dict[str, tuple]:
    exercise = EXERCISES[name]
    slots_of = BUILT | (SUBBUILT if exercise.base else WIRED)
    named = {
        key: (
            loses,
            told,
            {
                slot: text.replace("{cell}", exercise.cell).replace("{name}", name)
                for slot, text in slots.items()
            },
        )
        for key, (loses, told, slots) in slots_of.items()
    }
    return named


# ---------------------------------------------------------------- all of them
def code(cls: str, *mistakes: Mistake) -> str:
    """The source of a class with these mistakes together."""
    choice = {name: formula for mistake in mistakes for name, formula in mistake.choice}
    slots = {slot: text for mistake in mistakes for slot, text in mistake.slots}
    return (
        cell_code(cls, choice, slots)
        if EXERCISES[cls].kind == "recurrence"
        else stack_code(cls, slots)
    )


def named(cls: str) -> list[Mistake]:
    """Mistakes that no formula can express, in code."""
    return slotted(
        cls, cell_slots(cls) if EXERCISES[cls].kind == "recurrence" else stack_slots(cls)
    )


def singles(cls: str) -> list[Mistake]:
    return named(cls) + (list(from_tables(cls)) if EXERCISES[cls].kind == "recurrence" else [])


def pairs(mistakes: list[Mistake]):
    """Every two that change different pieces of the code."""
    for one, other in combinations(mistakes, 2):
        formulas = "lines" in one.touches() | other.touches() and (one.choice or other.choice)
        if not one.touches() & other.touches() and not formulas:
            yield one, other
