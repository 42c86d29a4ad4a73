"""Right answers in many hands: every class written in all the ways that come from crossing the
choices that are free.

`right_answers()` yields (class name, words for the choices, source). A source may bring its own
base classes: that is allowed too. None of this text comes from the worked solutions.
"""

from itertools import product

HEAD = (
    "import math\nimport warnings\n\nimport torch\nimport torch.nn.functional as F\n"
    "from torch import nn\n\n"
)
SQUASH = {"f": "sigmoid", "i": "sigmoid", "o": "sigmoid", "c": "tanh"}

# How a matrix is kept, and how it is multiplied with a vector.
KEEP = {
    "Linear": lambda name, out, n: f"self.{name} = nn.Linear({n}, {out}, bias=False)",
    "Parameter": lambda name, out, n: f"self.{name} = nn.Parameter(torch.randn({out}, {n}))",
    "setattr": lambda name, out, n: (
        f'setattr(self, "{name}", nn.Parameter(torch.zeros({out}, {n})))'
    ),
    "register": lambda name, out, n: (
        f'self.register_parameter("{name}", nn.Parameter(torch.ones({out}, {n})))'
    ),
}
TIMES = {
    "call": lambda M, v: f"{M}({v})",
    "linear.weight": lambda M, v: f"{M}.weight @ {v}",
    "F.linear of weight": lambda M, v: f"F.linear({v}, {M}.weight)",
    "@": lambda M, v: f"{M} @ {v}",
    "v @ M.T": lambda M, v: f"{v} @ {M}.T",
    "F.linear": lambda M, v: f"F.linear({v}, {M})",
    "mv": lambda M, v: f"torch.mv({M}, {v})",
    "matmul": lambda M, v: f"torch.matmul({M}, {v})",
    "einsum": lambda M, v: f'torch.einsum("ij,j->i", {M}, {v})',
    "sum": lambda M, v: f"({M} * {v}).sum(dim=1)",
}
PAIRS = [("Linear", "call"), ("Linear", "linear.weight"), ("Linear", "F.linear of weight")] + [
    (keep, times)
    for keep in ("Parameter", "setattr", "register")
    for times in ("@", "v @ M.T", "F.linear", "mv", "matmul", "einsum", "sum")
]
SIGMOID = {
    "torch": "torch.sigmoid({})",
    "method": "({}).sigmoid()",
    "own": "1 / (1 + torch.exp(-({})))",
    "tanh": "0.5 * (1 + torch.tanh(0.5 * ({})))",
    "module": "nn.Sigmoid()({})",
}
TANH = {
    "torch": "torch.tanh({})",
    "method": "({}).tanh()",
    "own": "(2 / (1 + torch.exp(-2 * ({}))) - 1)",
    "tanh": "torch.tanh({})",
    "module": "nn.Tanh()({})",
}
RESET = {
    "init": ["for parameter in self.parameters():", "    nn.init.normal_(parameter)"],
    "data": ["for parameter in self.parameters():", "    parameter.data.normal_()"],
    "copy": [
        "with torch.no_grad():",
        "    for name, parameter in self.named_parameters():",
        "        parameter.copy_(torch.randn_like(parameter))",
    ],
    "mean, std": [
        "for parameter in self.parameters():",
        "    torch.nn.init.normal_(parameter, mean=0.0, std=1.0)",
    ],
}
STATE = {
    "plain": "c_t = f * c + i * g",
    "addcmul": "c_t = torch.addcmul(f * c, i, g)",
    "mul": "c_t = torch.mul(f, c).add(torch.mul(i, g))",
    "stack": "c_t = torch.stack([f * c, i * g]).sum(0)",
}
COUPLED_STATE = {
    "plain": "c_t = f * c + (1 - f) * g",
    "lerp": "c_t = torch.lerp(g, c, f)",
    "by difference": "c_t = g + f * (c - g)",
    "addcmul": "i = 1.0 - f\n        c_t = torch.addcmul(f * c, i, g)",
    "σ(−a)": "i = torch.sigmoid(-a_f)\n        c_t = f * c + i * g",
}
EXTRA = {
    "": [],
    "prints": ['print("one step", x.shape)'],
    "warns": ['warnings.warn("just so you know")'],
    "speaks": [
        "# 中文注释：更新细胞状态",
        "# здесь мы обновляем состояние",
        "# اینجا حالت سلول به‌روز می‌شود",
    ],
    "asserts": ["assert x.dim() == 1 and c.shape == h.shape"],
}


def indent(lines, by=8):
    return "".join(" " * by + line + "\n" for line in lines)


def total(k, times, peep=""):
    terms = [TIMES[times](f"self.W_{k}", "h"), TIMES[times](f"self.U_{k}", "x")]
    if peep and k in "fio":
        terms.append(peep.format(k))
    return " + ".join(terms + [f"self.b_{k}"])


def one_by_one(gates, times, squash, peep=""):
    lines = []
    for k in gates:
        kind = SIGMOID if SQUASH[k] == "sigmoid" else TANH
        name = "g" if k == "c" else k
        lines += [f"a_{k} = {total(k, times, peep)}", f"{name} = {kind[squash].format(f'a_{k}')}"]
    return lines


def in_a_loop(gates, times, squash, peep=""):
    entries = [f'"{k}": {total(k, times, peep)}' for k in gates]
    names = ", ".join("g" if k == "c" else k for k in gates)
    values = ", ".join(
        (SIGMOID if SQUASH[k] == "sigmoid" else TANH)[squash].format(f'a["{k}"]') for k in gates
    )
    return ["a = {" + ", ".join(entries) + "}", 'a_f = a["f"]', f"{names} = {values}"]


def fused(gates, times, squash, peep=""):
    weight = ".weight" if times in ("call", "linear.weight", "F.linear of weight") else ""
    cat = lambda letter, tail="": (
        "torch.cat([" + ", ".join(f"self.{letter}_{k}{tail}" for k in gates) + "])"
    )  # noqa: E731
    lines = [
        f"a = {cat('W', weight)} @ h + {cat('U', weight)} @ x + {cat('b')}",
        ", ".join(f"a_{k}" for k in gates) + f" = a.chunk({len(gates)})",
    ]
    for k in gates:
        kind, name = (SIGMOID if SQUASH[k] == "sigmoid" else TANH), "g" if k == "c" else k
        term = f"a_{k} + {peep.format(k)}" if peep and k in "fio" else f"a_{k}"
        lines.append(f"{name} = {kind[squash].format(term)}")
    return lines


GATES = {"one by one": one_by_one, "in a loop": in_a_loop, "fused": fused}


def cell_source(
    name,
    keep,
    times,
    way,
    squash,
    reset,
    state,
    extra,
    gates="fioc",
    base="nn.Module",
    peephole=None,
):
    """A whole class.

    With base "nn.Module" it makes all parameters itself, else it inherits what it can.
    """
    peep = {None: "", "full": TIMES[times]("self.V_{0}", "c"), "diagonal": "self.V_{0} * c"}[
        peephole
    ]
    make = []
    if base == "nn.Module":
        make = ["super().__init__()"]
        for k in gates:
            make += [
                KEEP[keep](f"W_{k}", "hidden_dim", "hidden_dim"),
                KEEP[keep](f"U_{k}", "hidden_dim", "input_dim"),
                f"self.b_{k} = nn.Parameter(torch.zeros(hidden_dim))",
            ]
    else:
        make = ["super().__init__(input_dim, hidden_dim)"]
    for k in "fio" if peephole else "":
        make.append(
            KEEP[keep](f"V_{k}", "hidden_dim", "hidden_dim")
            if peephole == "full"
            else f"self.V_{k} = nn.Parameter(torch.randn(hidden_dim))"
        )
    make += ["self.hidden_dim, self.label = hidden_dim, 'mine'", "self.reset_parameters()"]
    body = (
        EXTRA[extra]
        + GATES[way](gates, times, squash, peep)
        + [state, f"h_t = o * {TANH[squash].format('c_t')}", "return c_t, h_t"]
    )
    text = (
        f"class {name}({base}):\n    def __init__(self, input_dim, hidden_dim):\n{indent(make)}\n"
    )
    if reset:
        text += f"    def reset_parameters(self):\n{indent(RESET[reset])}\n"
    return text + f"    def forward(self, x, c, h):\n{indent(body)}"


def plain_cell(keep="Parameter", times="@", name="LSTMCell", **other):
    choices = {
        "way": "one by one",
        "squash": "torch",
        "reset": "init",
        "state": STATE["plain"],
        "extra": "",
    } | other
    return cell_source(name, keep, times, **choices)


def cells():
    turn = 0
    for (keep, times), way, squash in product(PAIRS, GATES, SIGMOID):
        reset, state, extra = (
            list(RESET)[turn % 4],
            list(STATE)[turn % 4 if turn % 3 else turn // 3 % 4],
            list(EXTRA)[turn % 5],
        )
        turn += 1
        if way == "fused" and times in ("mv", "matmul", "sum", "einsum"):
            continue
        yield (
            "LSTMCell",
            f"{keep}, {times}, {way}, σ {squash}, reset {reset}, state {state}, {extra}",
            plain_cell(
                keep, times, way=way, squash=squash, reset=reset, state=STATE[state], extra=extra
            ),
        )
    yield (
        "LSTMCell",
        "float32 inside",
        plain_cell()
        .replace("return c_t, h_t", "return c_t.float(), h_t.float()")
        .replace(
            "def forward(self, x, c, h):\n",
            "def forward(self, x, c, h):\n        x, c, h = x.float(), c.float(), h.float()\n",
        ),
    )
    yield (
        "LSTMCell",
        "in place on its own tensors",
        plain_cell(state="c_t = c.clone()\n        c_t *= f\n        c_t += i * g"),
    )
    yield (
        "LSTMCell",
        "named tuple",
        "from collections import namedtuple\nState = namedtuple('State', 'c h')\n"
        + plain_cell().replace("return c_t, h_t", "return State(c_t, h_t)"),
    )
    yield (
        "LSTMCell",
        "a list for the pair",
        plain_cell().replace("return c_t, h_t", "return [c_t, h_t]"),
    )
    yield (
        "LSTMCell",
        "ModuleDict of its own extras",
        plain_cell("Linear", "call").replace(
            "super().__init__()\n",
            "super().__init__()\n        self.history = []\n"
            "        self.register_buffer('steps', torch.zeros(1))\n",
        ),
    )
    yield (
        "LSTMCell",
        "helper method",
        plain_cell()
        .replace(
            "    def forward",
            "    def gate(self, k, x, h):\n"
            "        return getattr(self, f'W_{k}') @ h + getattr(self, f'U_{k}') @ x + "
            "getattr(self, f'b_{k}')\n\n    def forward",
        )
        .replace("a_f = self.W_f @ h + self.U_f @ x + self.b_f", "a_f = self.gate('f', x, h)"),
    )
    yield (
        "LSTMCell",
        "tried out beside PyTorch's",
        plain_cell() + "\n\nreference = nn.LSTMCell(3, 4)\nprint(reference(torch.zeros(3)))\n",
    )
    yield (
        "LSTMCell",
        "mentions nn.LSTM in a comment",
        plain_cell().replace(
            "return c_t, h_t",
            "# not nn.LSTM(…), torch.lstm_cell(…) or _VF.lstm\n        '''nn.LSTMCell'''\n"
            "        return c_t, h_t",
        ),
    )


def coupled_cells():
    for (keep, times), state, removal in product(
        [PAIRS[0], PAIRS[1], *PAIRS[3:10]], COUPLED_STATE, ("del", "None", "anew")
    ):
        own = plain_cell(keep, times)
        gone = {
            "del": "del self.W_i, self.U_i, self.b_i",
            "None": "self.W_i = self.U_i = self.b_i = None",
            "anew": "pass",
        }[removal]
        if removal == "anew":
            source = "class Base(LSTMCell):\n    pass\n\n\n" + cell_source(
                "CoupledLSTMCell",
                keep,
                times,
                "one by one",
                "torch",
                "init",
                COUPLED_STATE[state],
                "",
                gates="foc",
            ).replace("(nn.Module)", "(LSTMCell)").replace(
                "super().__init__()", "nn.Module.__init__(self)"
            )
        else:
            source = cell_source(
                "CoupledLSTMCell",
                keep,
                times,
                "one by one",
                "torch",
                None,
                COUPLED_STATE[state],
                "",
                gates="foc",
                base="LSTMCell",
            ).replace("self.reset_parameters()", f"{gone}\n        self.reset_parameters()")
        yield "CoupledLSTMCell", f"{keep}, {times}, {state}, {removal}", own + "\n\n" + source


def peephole_cells():
    for (keep, times), way, form in product(
        [PAIRS[0], PAIRS[2], *PAIRS[3:10]],
        ("one by one", "in a loop", "fused"),
        ("full", "diagonal"),
    ):
        if way == "fused" and times in ("mv", "matmul", "sum", "einsum"):
            continue
        own = plain_cell(keep, times)
        source = cell_source(
            "PeepholeLSTMCell",
            keep,
            times,
            way,
            "torch",
            "init",
            STATE["plain"],
            "",
            base="LSTMCell",
            peephole=form,
        )
        yield "PeepholeLSTMCell", f"{keep}, {times}, {way}, {form}", own + "\n\n" + source


LAYERS = {
    "comprehension": [
        "self.layers = nn.ModuleList([{cell}(input_dim if k == 0 else hidden_dim, hidden_dim) "
        "for k in range(n_layers)])"
    ],
    "append": [
        "self.layers = nn.ModuleList()",
        "for k in range(n_layers):",
        "    self.layers.append({cell}(hidden_dim if k else input_dim, hidden_dim))",
    ],
    "sizes": [
        "sizes = [input_dim] + [hidden_dim] * (n_layers - 1)",
        "self.layers = nn.ModuleList({cell}(n, hidden_dim) for n in sizes)",
    ],
    "sum of lists": [
        "self.layers = nn.ModuleList([{cell}(input_dim, hidden_dim)] + [{cell}(hidden_dim, "
        "hidden_dim) for _ in range(n_layers - 1)])"
    ],
    "extend": [
        "self.layers = nn.ModuleList([{cell}(input_dim, hidden_dim)])",
        "self.layers.extend({cell}(hidden_dim, hidden_dim) for _ in range(1, n_layers))",
    ],
}
RUNS = {
    "time outside": """c, h = list(c), list(h)
outputs = []
for x_t in x:
    for k, cell in enumerate(self.layers):
        c[k], h[k] = cell(x_t, c[k], h[k])
        x_t = h[k]
    outputs.append(x_t)
states = torch.stack(c), torch.stack(h)""",
    "layers outside": """sequence, last_c, last_h = list(x), [], []
for k, cell in enumerate(self.layers):
    c_k, h_k, above = c[k], h[k], []
    for x_t in sequence:
        c_k, h_k = cell(x_t, c_k, h_k)
        above.append(h_k)
    sequence = above
    last_c.append(c_k)
    last_h.append(h_k)
outputs, states = sequence, (torch.stack(last_c), torch.stack(last_h))""",
    "clones": """c, h = c.clone(), h.clone()
outputs = []
for t in range(x.shape[0]):
    below = x[t]
    new_c, new_h = [], []
    for k in range(len(self.layers)):
        c_k, h_k = self.layers[k](below, c[k], h[k])
        new_c.append(c_k)
        new_h.append(h_k)
        below = h_k
    c, h = torch.stack(new_c), torch.stack(new_h)
    outputs.append(h[-1])
states = (c, h)""",
    "unbind": """states = list(zip(c.unbind(0), h.unbind(0)))
outputs = []
for x_t in x.unbind(0):
    for k in range(len(states)):
        states[k] = self.layers[k](x_t, *states[k])
        x_t = states[k][1]
    outputs.append(x_t)
states = tuple(torch.stack(rows) for rows in zip(*states))""",
    "recursion": """def up(k, below, c, h):
    if k == len(self.layers):
        return [], []
    c_k, h_k = self.layers[k](below, c[k], h[k])
    more_c, more_h = up(k + 1, h_k, c, h)
    return [c_k] + more_c, [h_k] + more_h
outputs = []
for x_t in x:
    c, h = up(0, x_t, c, h)
    outputs.append(h[-1])
states = torch.stack(list(c)), torch.stack(list(h))""",
    "dictionary": """state = {k: (c[k], h[k]) for k in range(len(self.layers))}
rows = torch.empty(0)
outputs = []
for t, x_t in enumerate(x):
    for k, layer in enumerate(self.layers):
        state[k] = layer(x_t, state[k][0], state[k][1])
        x_t = state[k][1]
    outputs += [x_t]
states = torch.stack([state[k][0] for k in state]), torch.stack([state[k][1] for k in state])""",
}
RETURNS = {
    "list": "return outputs, states",
    "stack": "return torch.stack(outputs), states",
    "list of states": "return torch.stack(outputs), [states[0], states[1]]",
    "tuple": "return tuple(outputs), (states[0].clone(), states[1].clone())",
}
STACK_RESET = {
    "layers": ["for layer in self.layers:", "    layer.reset_parameters()"],
    "parameters": RESET["init"],
}


def stack_source(
    name="LSTM",
    layers="comprehension",
    run="time outside",
    returns="list",
    reset="layers",
    cell="LSTMCell",
):
    body = (RUNS[run] + "\n" + RETURNS[returns]).split("\n")
    make = ["super().__init__()", *(line.format(cell=cell) for line in LAYERS[layers])]
    return (
        f"class {name}(nn.Module):\n    def __init__(self, input_dim, hidden_dim, n_layers):\n"
        f"{indent(make)}\n    def reset_parameters(self):\n{indent(STACK_RESET[reset])}\n"
        f"    def forward(self, x, c, h):\n{indent(body)}"
    )


def stacks():
    for layers, run, returns in product(LAYERS, RUNS, RETURNS):
        reset = "layers" if (len(run) + len(returns)) % 2 else "parameters"
        yield (
            "LSTM",
            f"{layers}, {run}, {returns}, {reset}",
            stack_source("LSTM", layers, run, returns, reset),
        )
    yield "LSTM", "a class attribute", stack_of_a_class_attribute()
    yield (
        "LSTM",
        "keywords",
        stack_source(run="time outside")
        .replace(
            "LSTMCell(input_dim if k == 0 else hidden_dim, hidden_dim)",
            "LSTMCell(hidden_dim=hidden_dim, input_dim=input_dim if k == 0 else hidden_dim)",
        )
        .replace("cell(x_t, c[k], h[k])", "cell(h=h[k], c=c[k], x=x_t)"),
    )
    for keep, times in PAIRS[::4]:
        yield (
            "LSTM",
            f"own cell: {keep}, {times}",
            plain_cell(keep, times) + "\n\n" + stack_source(),
        )


def stack_of_a_class_attribute(name="LSTM", cell="LSTMCell"):
    """The cell's class is an attribute, so that a subclass need not write a constructor."""
    text = (
        stack_source()
        .replace(
            "class LSTM(nn.Module):\n", "class LSTM(nn.Module):\n    cell_class = LSTMCell\n\n"
        )
        .replace("(LSTMCell(", "(self.cell_class(")
    )
    return text.replace("[LSTMCell(", "[self.cell_class(")


def substacks(name, cell, cell_text):
    for layers, run in product(LAYERS, RUNS):
        make = [
            "super().__init__(input_dim, hidden_dim, n_layers)",
            *(line.format(cell=cell) for line in LAYERS[layers]),
        ]
        source = (
            f"class {name}(LSTM):\n    def __init__(self, input_dim, hidden_dim, n_layers):\n"
            f"{indent(make)}"
        )
        yield (
            name,
            f"{layers}, own stack: {run}",
            "\n\n".join([plain_cell(), stack_source(run=run), cell_text, source]),
        )
    yield (
        name,
        "a class attribute",
        "\n\n".join(
            [
                plain_cell(),
                stack_of_a_class_attribute(),
                cell_text,
                f"class {name}(LSTM):\n    cell_class = {cell}\n",
            ]
        ),
    )
    loop = [
        "super().__init__(input_dim, hidden_dim, n_layers)",
        "for k in range(n_layers):",
        f"    self.layers[k] = {cell}(input_dim if k == 0 else hidden_dim, hidden_dim)",
    ]
    yield (
        name,
        "one by one in place",
        "\n\n".join(
            [
                plain_cell(),
                stack_source(),
                cell_text,
                f"class {name}(LSTM):\n    def __init__(self, input_dim, hidden_dim, "
                f"n_layers):\n{indent(loop)}",
            ]
        ),
    )


def right_answers():
    yield from cells()
    yield from coupled_cells()
    yield from peephole_cells()
    yield from stacks()
    yield from substacks(
        "CoupledLSTM",
        "CoupledLSTMCell",
        cell_source(
            "CoupledLSTMCell",
            "Parameter",
            "@",
            "one by one",
            "torch",
            None,
            COUPLED_STATE["plain"],
            "",
            gates="foc",
            base="LSTMCell",
        ).replace(
            "self.reset_parameters()",
            "del self.W_i, self.U_i, self.b_i\n        self.reset_parameters()",
        ),
    )
    yield from substacks(
        "PeepholeLSTM",
        "PeepholeLSTMCell",
        cell_source(
            "PeepholeLSTMCell",
            "Parameter",
            "@",
            "one by one",
            "torch",
            "init",
            STATE["plain"],
            "",
            base="LSTMCell",
            peephole="full",
        ),
    )
