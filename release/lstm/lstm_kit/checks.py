"""The checks for your desk: `check(YourClass)` climbs a ladder, names each rung that holds, and
stops at the first that does not.

It looks from outside. A gate is seen by pushing the other gates open or shut with large biases, the
wiring of a stack by putting a stand-in in place of every layer, and values are compared with
PyTorch's own LSTM on the same weights.
"""

import contextlib
import linecache
import sys
import textwrap
import traceback
from functools import partial
from types import FunctionType

import torch
from torch import nn

SIZES = ((3, 4), (4, 4), (5, 2))  # input_dim, hidden_dim
STACKS = ((4, 4, 3, 4), (3, 4, 2, 3), (5, 2, 1, 1))  # input_dim, hidden_dim, n_layers, steps
OPEN, SHUT = 50.0, -50.0  # biases
TOLERANCE = {torch.float64: 1e-6, torch.float32: 1e-4}
STEP = {torch.float64: 1e-5, torch.float32: 1e-2}
SLOPE_TOLERANCE = {torch.float64: 1e-5, torch.float32: 2e-2}
INPUTS = {"x": "x_t", "c": "c_{t−1}", "h": "h_{t−1}"}


class CheckFailed(AssertionError):
    """A rung that does not hold. Notebooks show its message without a traceback."""

    def _render_traceback_(self):
        return [
            textwrap.fill(line, 100, subsequent_indent="  ")
            for line in f"CheckFailed: {self}".splitlines()
        ]


def check(cls):
    """Check one class of the exercise; which ladder is climbed follows from the name of the class.

    Prints a line for each rung that holds, or one if the class is not written yet (on stderr).
    Raises CheckFailed at the first that does not hold.
    """
    name = getattr(cls, "__name__", "")
    if not isinstance(cls, type) or name not in LADDERS:
        raise CheckFailed(
            "check takes a class itself, not an object made from it, and one of these: "
            f"{', '.join(LADDERS)}."
        )
    if not written(cls):
        print(
            f"{name}: not written yet. Fill in the cell above, run it, then run this cell again.",
            file=sys.stderr,
        )
        return
    failure = climb(cls, torch.float64)
    single = failure and climb(cls, torch.float32)  # an answer may work in single precision only
    failure = max(failure, single, key=lambda failed: failed.rung) if single else None
    titles = [title for title, _ in LADDERS[name]]
    print(
        name, *[f"  ✓ {title}" for title in titles[: failure.rung if failure else None]], sep="\n"
    )
    if failure:
        print(f"  ✗ {titles[failure.rung]}")
        raise failure
    print(f"{name}: all checks passed.")


def written(cls):
    """Whether any method of the class does more than to call that of the class above, or it has any
    attribute besides."""
    own = [
        value
        for name, value in vars(cls).items()
        if isinstance(value, FunctionType) or not name.startswith("__")
    ]
    return any(
        not isinstance(value, FunctionType) or set(value.__code__.co_names) - {"super", "__init__"}
        for value in own
    )


def climb(cls, dtype):
    """The first failure when every number is of `dtype`, with the number of its rung; None if there
    is none."""
    before = torch.get_default_dtype()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(20170101)
        torch.set_default_dtype(dtype)
        try:
            for number, (_, rung) in enumerate(LADDERS[cls.__name__]):
                rung(cls)
        except CheckFailed as failure:
            failure.rung = number
            return failure
        except Exception as error:
            failure = CheckFailed(f"{cls.__name__} raised {describe(error)}")
            failure.rung = number
            return failure
        finally:
            torch.set_default_dtype(before)


def describe(error):
    """The exception in one line, with the student's own line that it passed through last."""
    text = (
        f"{type(error).__name__}: "
        f"{str(error).strip().splitlines()[0] if str(error).strip() else 'no message'}"
    )
    own = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if "lstm_kit" not in frame.filename and "site-packages" not in frame.filename
    ]
    line = linecache.getline(own[-1].filename, own[-1].lineno).strip() if own else ""
    return f"{text}\n  It happened in your line: {line}" if line else text


def need(condition, sentence):
    if not condition:
        raise CheckFailed(sentence)


def same(one, other):
    """Whether two tensors have one shape and agree as closely as their precision allows."""
    if one.shape != other.shape:
        return False
    coarse = torch.float32 if torch.float32 in (one.dtype, other.dtype) else torch.float64
    return bool((one.detach().double() - other.detach().double()).abs().max() < TOLERANCE[coarse])


# ---- cells: parameters


def shapes(rule, n, m):
    """Name to shape of every parameter of a cell with input_dim n and hidden_dim m."""
    gates = "foc" if rule == "coupled" else "fioc"
    wanted = (
        {f"W_{k}": (m, m) for k in gates}
        | {f"U_{k}": (m, n) for k in gates}
        | {f"b_{k}": (m,) for k in gates}
    )
    return wanted | ({f"V_{k}": (m, m) for k in "fio"} if rule == "peephole" else {})


def held(module, name):
    """The tensor that the attribute `name` holds: the weight of a layer, or a parameter itself."""
    value = getattr(module, name, None)
    return getattr(value, "weight", None) if isinstance(value, nn.Module) else value


class MarkedMemory(torch.overrides.TorchFunctionMode):
    """Fills memory that is set aside, and not yet given values, with NaN, so that it shows."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        return (
            out.fill_(torch.nan)
            if func in (torch.empty, torch.empty_like) and out.is_floating_point()
            else out
        )


def build(cls, *sizes):
    """An object of the class. Raises CheckFailed where the constructor raises anything."""
    try:
        with MarkedMemory():
            return cls(*sizes)
    except Exception as error:
        call = f"{cls.__name__}({', '.join(map(str, sizes))})"
        raise CheckFailed(
            f"The constructor does not work: {call} raised {describe(error)}"
        ) from None


def constructor(cls, base=None, stack=False):
    need(issubclass(cls, nn.Module), f"{cls.__name__} must be a subclass of nn.Module.")
    if base:
        need(
            base in [above.__name__ for above in cls.__mro__[1:]],
            f"{cls.__name__} must be a subclass of {base}: class {cls.__name__}({base}).",
        )
    for sizes in STACKS if stack else SIZES:
        build(cls, *sizes[: 3 if stack else 2])


def parameters(cls, rule):
    for n, m in SIZES:
        module = build(cls, n, m)
        where = f" (with input_dim={n}, hidden_dim={m})"
        for name, shape in shapes(rule, n, m).items():
            one_parameter(module, name, shape, where)
        for name in ("W_i", "U_i", "b_i") if rule == "coupled" else ():
            need(
                getattr(module, name, None) is None,
                f"{name} is still there. A cell with coupled gates has no input gate: delete "
                f"{name}, or set it to None.",
            )
        known = {id(held(module, name)): name for name in shapes(rule, n, m)}
        need(
            len(known) == len(shapes(rule, n, m)),
            "Two of the names hold one and the same parameter. Every matrix "
            "and every bias needs its own.",
        )
        others = [name for name, value in module.named_parameters() if id(value) not in known]
        need(not others, f"Nothing else may train, but there is also: {', '.join(others)}.")


def one_parameter(module, name, shape, where):
    """Look at one attribute: is it there, does it train, has it the shape and values."""
    value, tensor = getattr(module, name, None), held(module, name)
    need(
        value is not None,
        f"{name} is missing. The constructor must make it: an attribute self.{name}.",
    )
    need(
        isinstance(tensor, torch.Tensor),
        f"{name} is a {type(value).__name__}. It must be an "
        f"nn.Parameter{'' if name[0] == 'b' else ', or an nn.Linear without bias'}.",
    )
    if isinstance(value, nn.Module):
        need(name[0] != "b", f"{name} is a layer. A bias is a vector: an nn.Parameter.")
        need(
            getattr(value, "bias", None) is None,
            f"{name} has a bias of its own, on top of b_{name[2]}. Make the "
            "layer without one: bias=False.",
        )
    need(
        isinstance(tensor, nn.Parameter),
        f"{name} is a plain tensor, so nothing would train it. Wrap it in nn.Parameter.",
    )
    need(tensor.requires_grad, f"{name} does not train: its requires_grad is False.")
    right = tensor.shape == shape or (name[0] == "V" and tensor.shape == shape[:1])
    reads = {
        "W": "it takes h (hidden_dim numbers) to hidden_dim numbers",
        "U": "it takes x (input_dim numbers) to hidden_dim numbers",
        "b": "one number for each unit",
        "V": "it takes c (hidden_dim numbers) to hidden_dim numbers",
    }
    need(
        right,
        f"{name} has shape {tuple(tensor.shape)}; it should be {shape}{where}: {reads[name[0]]}.",
    )
    need(
        bool(torch.isfinite(tensor).all()),
        f"{name} has no values yet: memory was set aside, and never filled. Call "
        "self.reset_parameters() at the end of the constructor.",
    )


# ---- cells: values


def normal(*shape):
    """Random numbers, none of them near zero."""
    draw = torch.randn(*shape)
    return draw + 0.25 * draw.sign()


def prepared(cls, n, m):
    """A cell with fresh weights, and x, c, h to call it with."""
    module = build(cls, n, m).to(torch.get_default_dtype())
    with torch.no_grad():
        for value in module.parameters():
            value.copy_(0.5 * normal(*value.shape))
    return module, (normal(n), normal(m), torch.tanh(normal(m)))


@contextlib.contextmanager
def pushed(module, biases):
    """The cell with some biases at other values for a while."""
    before = {name: held(module, name).detach().clone() for name in biases}
    with torch.no_grad():
        for name, value in biases.items():
            held(module, name).fill_(value)
        yield
        for name, value in before.items():
            held(module, name).copy_(value)


def step(module, x, c, h):
    """What forward returns, without gradients, and without a chance to change x, c, h."""
    with torch.no_grad():
        return module(x.clone(), c.clone(), h.clone())


def pytorch(rule, seen=None):
    """PyTorch's own step, as a function of a cell and x, c, h, on the weights of that cell.

    `seen` is the cell state that the peephole of the output gate looks at, where that is another
    than c.
    """

    def run(module, x, c, h):
        weights = {name: held(module, name).detach() for name in shapes(rule, 1, 1)}
        for letter in "WUb" if rule == "coupled" else "":
            weights[f"{letter}_i"] = -weights[f"{letter}_f"]
        for k in "fio" if rule == "peephole" else "":
            state, peep = (seen if seen is not None and k == "o" else c), weights[f"V_{k}"]
            weights[f"b_{k}"] = weights[f"b_{k}"] + (
                peep @ state if peep.dim() == 2 else peep * state
            )
        ih, hh, bias = (torch.cat([weights[f"{letter}_{k}"] for k in "ifco"]) for letter in "UWb")
        new_h, new_c = torch.lstm_cell(x[None], (h[None], c[None]), ih, hh, bias)
        return new_c[0], new_h[0]

    return run


def pair(cls):
    for n, m in SIZES:
        module, inputs = prepared(cls, n, m)
        out = step(module, *inputs)
        need(
            out is not None,
            "forward returns nothing (None). It must end with a return of the pair (c_t, h_t).",
        )
        several = isinstance(out, tuple | list)
        returned = f"{len(out)} values" if several else f"one {type(out).__name__}"
        need(
            several and len(out) == 2,
            f"forward returns {returned}. It must return two, the pair (c_t, h_t).",
        )
        for name, value in zip(("c_t", "h_t"), out):
            need(
                isinstance(value, torch.Tensor),
                f"{name} is a {type(value).__name__}, not a tensor.",
            )
            need(
                value.dim() > 0,
                f"{name} is a single number; it should have shape (hidden_dim,). Between two "
                "vectors @ is a dot product; the elementwise product is *.",
            )
            need(
                value.shape == (m,),
                f"{name} has shape {tuple(value.shape)}; it should be "
                f"({m},), that is (hidden_dim,).",
            )
            need(bool(torch.isfinite(value).all()), f"{name} contains NaN or infinity.")
        with pushed(module, {"b_o": SHUT}):
            first, second = step(module, *inputs)
        swapped = bool(first.abs().max() < 1e-6 < second.abs().max())
        need(
            not swapped,
            "The pair comes in the wrong order: what forward returns first goes to zero when "
            "the output gate is shut, so it is h_t. The cell state comes first.",
        )


def terms(rule, k):
    peep = f", V_{k} on c_{{t−1}}" if rule == "peephole" and k in "fio" else ""
    count = "four" if peep else "three"
    return f"of the sum of {count} terms: W_{k} on h_{{t−1}}, U_{k} on x_t{peep}, and b_{k}"


def probes(rule):
    """What is looked at, in order: a title, pushed biases, the view (see `view`), and the sentence
    if it is not right."""
    candidate = "The candidate c̃_t is not right. It is the tanh " + terms(rule, "c") + "."
    if rule == "coupled":
        yield (
            "f_t = 1 keeps the cell state",
            {"b_f": OPEN},
            "c",
            "With the forget gate fully open (f_t = 1) nothing is forgotten, so nothing may be "
            "written: c_t must be c_{t−1} unchanged, and it is not.",
        )
        yield (
            "candidate c̃_t",
            {"b_f": SHUT},
            "c",
            "With the forget gate shut (f_t = 0) c_t must be the candidate alone, and it is not. "
            + candidate,
        )
        yield (
            "forget gate f_t",
            {},
            "kept",
            "How much of c_{t−1} stays in c_t is not right: the forget gate f_t alone decides "
            "it, unit by unit. f_t is the logistic sigmoid " + terms(rule, "f") + ".",
        )
        yield (
            "weight of the candidate",
            {"b_c": OPEN},
            "new",
            "How much of the candidate enters c_t is not right. Kept and new must add up to "
            "one, unit by unit; f_t itself is right.",
        )
    else:
        yield (
            "f_t = 1 and i_t = 0 keep the cell state",
            {"b_f": OPEN, "b_i": SHUT},
            "c",
            "With the forget gate fully open (f_t = 1) and the input gate shut (i_t = 0) the "
            "cell must keep its state: c_t = c_{t−1}. Yours does not. Look at the functions of "
            "f_t and i_t, and at how c_t is put together.",
        )
        yield (
            "forget gate f_t",
            {"b_i": SHUT},
            "c",
            "The forget gate f_t is not right (seen in c_t, with the input gate shut). It is "
            "the logistic sigmoid " + terms(rule, "f") + ".",
        )
        yield (
            "input gate i_t",
            {"b_f": SHUT, "b_c": OPEN},
            "c",
            "The input gate i_t is not right (seen in c_t, with the forget gate shut and the "
            "candidate at 1). It is the logistic sigmoid " + terms(rule, "i") + ".",
        )
        yield (
            "candidate c̃_t",
            {"b_f": SHUT, "b_i": OPEN},
            "c",
            "(Seen in c_t, with the forget gate shut and the input gate open.) " + candidate,
        )
    yield (
        "new cell state c_t",
        {},
        "c",
        "The new cell state c_t is not right, though its parts are. It is the sum of what is "
        "kept of c_{t−1} and what is written of the candidate.",
    )
    yield (
        "what of c_t can be shown",
        {"b_o": OPEN},
        "h",
        "With the output gate fully open (o_t = 1) h_t must be the tanh of the new cell state "
        "c_t, and it is not.",
    )
    yield (
        "output gate o_t, and h_t",
        {},
        "h",
        "The output gate o_t is not right (seen in h_t; the rest of h_t is right). It is the "
        "logistic sigmoid " + terms(rule, "o") + ", and multiplies the tanh of c_t.",
    )


def view(run, what, module, x, c, h):
    """One look at a step: c_t, h_t, "kept" (what c_{t−1} adds to c_t) or "new" (c_t where c_{t−1}
    is zero)."""
    if what == "kept":
        return run(module, x, c, h)[0] - run(module, x, torch.zeros_like(c), h)[0]
    if what == "new":
        return run(module, x, torch.zeros_like(c), h)[0]
    return run(module, x, c, h)["ch".index(what)]


def values(cls, rule, biases, what, sentence):
    for n, m in SIZES:
        module, inputs = prepared(cls, n, m)
        with pushed(module, biases):
            mine, right = (view(run, what, module, *inputs) for run in (step, pytorch(rule)))
            if not same(mine, right):
                need(
                    not (rule == "peephole" and what == "h" and late(module, mine, inputs)),
                    "The peephole of the output gate looks at the new cell state c_t. That is "
                    "the form of the original papers; in this exercise it looks at c_{t−1}, as "
                    "the other two do.",
                )
                raise CheckFailed(sentence + reactions(module, rule, what, inputs, biases))


def late(module, mine, inputs):
    """Whether h_t is that of an output gate which looks at the new cell state."""
    new = step(module, *inputs)[0]
    return same(mine, pytorch("peephole", seen=new)(module, *inputs)[1])


def reactions(module, rule, what, inputs, biases):
    """A sentence on what the result hangs on and should not, or does not hang on and should."""
    mine, right = (
        touched(run, module, rule, what, inputs, biases) for run in (step, pytorch(rule))
    )
    missing, foreign = (
        [name for name in right if name not in mine],
        [name for name in mine if name not in right],
    )
    text = f"\n  It does not change with {', '.join(missing)}, and should." if missing else ""
    return text + (f"\n  It changes with {', '.join(foreign)}, and should not." if foreign else "")


def touched(run, module, rule, what, inputs, biases):
    """Names of the parameters and inputs with which the view of a step changes.

    Pushed biases are pushed the other way.
    """
    before, names = view(run, what, module, *inputs), []
    for name in shapes(rule, 1, 1):
        tensor = held(module, name)
        kept = tensor.detach().clone()
        tensor.add_(-2 * kept if name in biases else 0.5 * normal(*kept.shape))
        if not same(view(run, what, module, *inputs), before):
            names.append(name)
        tensor.copy_(kept)
    for k, name in enumerate(INPUTS.values()):
        moved = [
            value + 0.5 * normal(*value.shape) if j == k else value
            for j, value in enumerate(inputs)
        ]
        if not same(view(run, what, module, *moved), before):
            names.append(name)
    return names


def unwritten(before, after):
    """Whether `after`, a clone of `before`, is as it was.

    PyTorch counts what is written into a tensor, be it the same number.
    """
    return same(before, after) and after._version == 0


def untouched(cls):
    module, inputs = prepared(cls, *SIZES[0])
    passed = [value.clone() for value in inputs]
    first = module(*passed)
    for name, before, after in zip("xch", inputs, passed):
        need(
            unwritten(before, after),
            f"forward changes the tensor {name} that was passed to it. Make new tensors; write "
            "into none that you were given.",
        )
    need(
        all(same(one, other) for one, other in zip(first, step(module, *inputs))),
        "Two calls with the same inputs give different results. Keep nothing from call to call, "
        "and draw nothing at random in forward.",
    )


def own_work(cls):
    """PyTorch's LSTM must not do the work."""
    module, inputs = prepared(cls, *SIZES[0])
    with Trap() as trap:
        step(module, *inputs)
    need(not trap.sprung, "forward calls PyTorch's own LSTM. Write the step yourself.")


class Trap(torch.overrides.TorchFunctionMode):
    """Notices calls to PyTorch's own LSTM."""

    sprung = False

    def __torch_function__(self, func, types, args=(), kwargs=None):
        self.sprung = self.sprung or getattr(func, "__name__", "") in ("lstm", "lstm_cell")
        return func(*args, **(kwargs or {}))


# ---- gradients and reset_parameters, for cells and stacks


def slopes(run, leaves):
    """Compare the gradient of run() for every leaf with the slope that small steps show.

    `leaves`: name to tensor.
    """
    for _ in range(2):
        for leaf in leaves.values():
            leaf.grad = None
        try:
            run().backward()
        except RuntimeError as error:
            raise CheckFailed(
                f"backward over several steps raises {type(error).__name__}: "
                f"{str(error).splitlines()[0]}\n"
                "  Usual causes: a state written in place (state[k] = …), or "
                "one kept from an earlier call."
            ) from None
    for name, leaf in leaves.items():
        need(
            leaf.grad is not None and bool(leaf.grad.abs().max() > 0),
            f"No gradient reaches {name} in a backward pass over several steps. Look for "
            "detach, .data, no_grad, or a tensor made anew from numbers.",
        )
        direction, size = nn.functional.normalize(normal(*leaf.shape), dim=None), STEP[leaf.dtype]
        with torch.no_grad():
            kept = leaf.clone()
            ends = [
                float([leaf.copy_(kept + sign * size * direction), run()][1]) for sign in (1, -1)
            ]
            leaf.copy_(kept)
        measured, found = (ends[0] - ends[1]) / (2 * size), float((leaf.grad * direction).sum())
        need(
            abs(measured - found) < SLOPE_TOLERANCE[leaf.dtype] * (1 + abs(measured)),
            f"The gradient of {name} over several steps is not right, though the values are: "
            "somewhere a state is cut off from what it was computed "
            "from (detach, .data, no_grad).",
        )


def cell_gradients(cls, rule):
    module, (_, c, h) = prepared(cls, *SIZES[0])
    x, weights = normal(3, SIZES[0][0]), normal(5, SIZES[0][1])
    leaves = {name: held(module, name) for name in shapes(rule, 1, 1)}
    leaves |= {
        "x": x.requires_grad_(),
        "the first c": c.requires_grad_(),
        "the first h": h.requires_grad_(),
    }

    def run():
        state, total = (c * 1, h * 1), 0
        for t in range(3):
            state = module(x[t], *state)
            total = total + (weights[t] * state[1]).sum()
        return total + (weights[3] * state[0]).sum() + (weights[4] * state[1]).sum()

    slopes(run, leaves)


def is_normal(name, values):
    """Raise unless `values` look drawn from a normal distribution with mean 0 and standard
    deviation 1."""
    count, (spread, mean) = values.numel(), torch.std_mean(values.detach())
    need(
        not bool((values == 7).all()),
        f"reset_parameters() leaves {name} as it is. It must draw every parameter afresh.",
    )
    need(
        bool(mean.abs() < 6 / count**0.5),
        f"After reset_parameters() the mean of {name} is {mean:.2f}; it should be near 0.",
    )
    need(
        bool((spread - 1).abs() < 6 / (2 * count) ** 0.5),
        f"After reset_parameters() the standard deviation of {name} is "
        f"{spread:.2f}; it should be near 1.",
    )


def reset(module):
    """Set every parameter to 7, call reset_parameters() and look at each."""
    with torch.no_grad():
        for value in module.parameters():
            value.fill_(7)
    need(
        callable(getattr(module, "reset_parameters", None)),
        "The method reset_parameters is missing.",
    )
    module.reset_parameters()
    for name, value in module.named_parameters():
        is_normal(name.removesuffix(".weight"), value)


def cell_reset(cls):
    reset(build(cls, 60, 120))


# ---- stacks


def kind_of(value):
    """What a student reads of a value that is not as it should be."""
    if isinstance(value, torch.Tensor):
        return f"a tensor of shape {tuple(value.shape)}"
    return f"a {type(value).__name__}"


class StandIn:
    """Takes the place of one layer's forward: an arbitrary recurrence, which writes down what it
    read and returned."""

    def __init__(self, k, n, m):
        self.k, self.sizes, self.log = k, (n, m, m), []
        self.weights = [(0.5 * normal(m, n + 2 * m)).requires_grad_() for _ in range(2)]

    def __call__(self, x, c, h):
        for name, value, size in zip("xch", (x, c, h), self.sizes):
            need(
                isinstance(value, torch.Tensor) and value.shape == (size,),
                f"Layer {self.k} is given {kind_of(value)} as {name}; it takes one of shape "
                f"({size},), called as layer(x, c, h).",
            )
        joined = torch.cat([x, c, h])
        out = [torch.tanh(self.weights[0] @ joined), torch.sin(self.weights[1] @ joined)]
        self.log.append([value.detach().clone() for value in (x, c, h, *out)])
        return tuple(out)


def stack_layers(cls, cell):
    for n, m, count, _ in STACKS:
        module = build(cls, n, m, count)
        layers = getattr(module, "layers", None)
        need(
            layers is not None,
            "The attribute layers is missing: an nn.ModuleList of n_layers cells.",
        )
        need(
            isinstance(layers, nn.ModuleList),
            f"layers is a {type(layers).__name__}. In an nn.ModuleList PyTorch finds the "
            "parameters of the cells; elsewhere it does not.",
        )
        need(len(layers) == count, f"layers holds {len(layers)} cells for n_layers={count}.")
        need(
            len({id(value) for value in module.parameters()})
            == sum(len(list(layer.parameters())) for layer in layers),
            "Some layers share their parameters, or something besides the layers trains. Every "
            "layer needs a cell of its own, and nothing else trains.",
        )
        for k, layer in enumerate(layers):
            need(
                cell in [kind.__name__ for kind in type(layer).__mro__],
                f"layers[{k}] is a {type(layer).__name__}; it should be a {cell}.",
            )
            reads, found = (n if k == 0 else m), held(layer, "U_f")
            need(
                found is None or found.shape == (m, reads),
                f"layers[{k}] is made for inputs of {0 if found is None else found.shape[-1]} "
                f"numbers; it reads {reads} (input_dim={n}, hidden_dim={m}). The first layer "
                "reads x_t, every other the h of the layer below.",
            )


def stood_in(cls, sizes):
    """A stack with a stand-in for every layer's forward: the stack, the stand-ins, x, c and h."""
    n, m, count, steps = sizes
    module = build(cls, n, m, count).to(torch.get_default_dtype())
    stand_ins = [StandIn(k, n if k == 0 else m, m) for k in range(count)]
    for layer, stand_in in zip(module.layers, stand_ins):
        layer.forward = stand_in
    return module, stand_ins, (normal(steps, n), normal(count, m), normal(count, m))


def stacked(value):
    return torch.stack(list(value)) if isinstance(value, tuple | list) else value


def unpacked(out, steps, count, m):
    """outputs, c_T and h_T as tensors. Raises CheckFailed where forward returned something else."""
    need(
        out is not None,
        "forward returns nothing (None). It must end with: return outputs, (c_T, h_T).",
    )
    fits = (
        isinstance(out, tuple | list)
        and len(out) == 2
        and isinstance(out[1], tuple | list)
        and len(out[1]) == 2
    )
    need(fits, "forward must return outputs, (c_T, h_T): the outputs, then a pair of states.")
    for name, value in zip(("outputs", "c_T", "h_T"), (out[0], *out[1])):
        listed = (
            name == "outputs"
            and isinstance(value, tuple | list)
            and len(value) > 0
            and all(isinstance(item, torch.Tensor) for item in value)
        )
        wanted = "a list of tensors, or one tensor" if name == "outputs" else "one tensor"
        like = "" if name == "outputs" else ", like the one passed in"
        need(
            listed or isinstance(value, torch.Tensor),
            f"{name} is a {type(value).__name__}; it should be {wanted}{like}.",
        )
    need(
        len(out[0]) == steps,
        f"outputs has {len(out[0])} rows for a sequence of {steps} steps; it holds the top "
        "layer's h at every step.",
    )
    tensors = [stacked(value) for value in (out[0], *out[1])]
    for name, value, shape in zip(
        ("outputs", "c_T", "h_T"), tensors, ((steps, m), (count, m), (count, m))
    ):
        need(
            value.shape == shape,
            f"{name} has shape {tuple(value.shape)}; it should be {shape} for {steps} steps, "
            f"{count} layers and hidden_dim={m}.",
        )
    return tensors


def stack_wiring(cls):
    for sizes in STACKS:
        module, stand_ins, (x, c, h) = stood_in(cls, sizes)
        with torch.no_grad():
            out = module(x.clone(), c.clone(), h.clone())
        n, m, count, steps = sizes
        outputs, last_c, last_h = unpacked(out, steps, count, m)
        logs = [stand_in.log for stand_in in stand_ins]
        for k, log in enumerate(logs):
            need(
                len(log) == steps,
                f"Layer {k} ran {len(log)} times for a sequence of {steps} steps; each layer "
                "runs once a step.",
            )
        for t in range(steps):
            for k in range(count):
                layer_input(logs, k, t, x)
                layer_state(logs, k, t, c, h)
        stack_results(logs, outputs, last_c, last_h)


def layer_input(logs, k, t, x):
    read, raw = logs[k][t][0], same(logs[k][t][0], x[t])
    if k == 0:
        need(
            raw,
            f"Layer 0 does not read x_t at step {t}: every step reads its own row of x, the "
            "first step the first row.",
        )
        return
    below = logs[k - 1]
    if same(read, below[t][4]):
        return
    need(
        not raw,
        f"Layer {k} reads the raw x_t. Only layer 0 does; every other layer reads the new h of "
        "the layer below.",
    )
    need(
        not same(read, below[t][3]),
        f"Layer {k} reads the cell state of the layer below. What goes up "
        "is h; c stays in its own layer.",
    )
    need(
        not same(read, below[t][2]),
        f"Layer {k} reads the h of the layer below one step late. It reads "
        "the new one, of the same step.",
    )
    raise CheckFailed(
        f"Layer {k} does not read the right thing at step {t}: it reads the new h of the layer "
        "below, of the same step."
    )


def layer_state(logs, k, t, c, h):
    given = (c[k], h[k]) if t == 0 else logs[k][t - 1][3:]
    read = logs[k][t][1:3]
    if all(same(one, other) for one, other in zip(read, given)):
        return
    need(
        not all(same(one, other) for one, other in zip(read, given[::-1])),
        f"Layer {k} has c and h mixed up at step {t}. A cell takes (x, "
        "c, h) and returns (c_t, h_t).",
    )
    if t == 0:
        raise CheckFailed(
            f"Layer {k} does not start from the state given for it: c[{k}] and h[{k}]."
        )
    again = all(same(one, other) for one, other in zip(read, (c[k], h[k])))
    need(
        not again,
        f"Layer {k} starts from its first state again at step {t}. It "
        "goes on from its own last state.",
    )
    raise CheckFailed(
        f"Layer {k} does not go on from its own last state at step {t}. Every layer keeps a c "
        "and an h of its own."
    )


def stack_results(logs, outputs, last_c, last_h):
    top, bottom = (torch.stack([call[4] for call in log]) for log in (logs[-1], logs[0]))
    if not same(outputs, top):
        need(
            not same(outputs, bottom),
            "outputs holds the h of the bottom layer; it should be that of the top layer.",
        )
        need(
            not (len(top) > 1 and same(outputs, top.flip(0))),
            "outputs is in reverse order: the first step comes first.",
        )
        need(
            not (len(top) > 1 and same(outputs, top[-1:].expand_as(top))),
            "Every row of outputs is the last one: all rows are one "
            "tensor, overwritten at each step.",
        )
        raise CheckFailed(
            "outputs is not right, though each layer reads and returns what it should. It holds "
            "the top layer's new h, one row a step, the first step first."
        )
    final_c, final_h = (torch.stack([log[-1][j] for log in logs]) for j in (3, 4))
    if not (same(last_c, final_c) and same(last_h, final_h)):
        need(
            not (same(last_c, final_h) and same(last_h, final_c)),
            "The final states come in the wrong order: c_T first, then h_T.",
        )
        need(
            not (same(last_c, final_c.flip(0)) and same(last_h, final_h.flip(0))),
            "The final states come in the wrong order of layers: layer 0 first.",
        )
        raise CheckFailed(
            "The final states are not right: row k of c_T and of h_T is layer k's last state."
        )


def stack_whole(cls):
    """On cells of the kit, a stack must give what PyTorch's own LSTM gives."""
    n, m, count, steps = STACKS[0]
    module = build(cls, n, m, count).to(torch.get_default_dtype())
    if any(type(layer).__module__ != "lstm_kit.cell" for layer in module.layers):
        return
    right, x, c, h = (
        nn.LSTM(n, m, count).to(torch.get_default_dtype()),
        normal(steps, n),
        normal(count, m),
        normal(count, m),
    )
    with torch.no_grad():
        for k, layer in enumerate(module.layers):
            for name, letter in (("weight_ih", "U"), ("weight_hh", "W"), ("bias_ih", "b")):
                getattr(right, f"{name}_l{k}").copy_(
                    torch.cat([held(layer, f"{letter}_{gate}") for gate in "ifco"])
                )
            getattr(right, f"bias_hh_l{k}").zero_()
        mine = unpacked(module(x, c, h), steps, count, m)
        outputs, (last_h, last_c) = right(x, (h, c))
    need(
        all(same(one, other) for one, other in zip(mine, (outputs, last_c, last_h))),
        "The results differ from those of torch.nn.LSTM on the same weights.",
    )


def stack_untouched(cls):
    module, _, inputs = stood_in(cls, STACKS[0])
    passed = [value.clone() for value in inputs]
    with torch.no_grad():
        first, again = (
            unpacked(module(*values), STACKS[0][3], STACKS[0][2], STACKS[0][1])
            for values in (passed, [value.clone() for value in inputs])
        )
    for name, before, after in zip("xch", inputs, passed):
        need(
            unwritten(before, after),
            f"forward changes the tensor {name} that was passed to it. Keep each layer's state "
            "in a list, or make new tensors; write into none that you were given.",
        )
    need(
        all(same(one, other) for one, other in zip(first, again)),
        "Two calls with the same inputs give different results. Keep nothing from call to call.",
    )


def stack_gradients(cls):
    module, stand_ins, (x, c, h) = stood_in(cls, STACKS[0])
    n, m, count, steps = STACKS[0]
    weights = [normal(steps, m), normal(count, m), normal(count, m)]
    leaves = {
        f"the parameters of layer {item.k}": value
        for item in stand_ins
        for value in item.weights[1:]
    }
    leaves |= {
        "x": x.requires_grad_(),
        "the first c": c.requires_grad_(),
        "the first h": h.requires_grad_(),
    }

    def run():
        tensors = unpacked(module(x * 1, c * 1, h * 1), steps, count, m)
        return sum((weight * tensor).sum() for weight, tensor in zip(weights, tensors))

    slopes(run, leaves)


def stack_reset(cls):
    module = build(cls, 30, 60, 2)
    for layer in module.layers:  # the layers' own reset_parameters is not what is looked at here
        layer.reset_parameters = lambda layer=layer: [
            value.data.copy_(torch.randn_like(value)) for value in layer.parameters()
        ]
    reset(module)


def cell_ladder(rule, base=None):
    yield "it can be made", partial(constructor, base=base)
    yield "parameters: names and shapes", partial(parameters, rule=rule)
    yield "forward returns the pair (c_t, h_t)", pair
    for title, *probe in probes(rule):
        yield title, partial(values, rule=rule, **dict(zip(("biases", "what", "sentence"), probe)))
    yield "x, c and h are left as they are", untouched
    yield "gradients over several steps", partial(cell_gradients, rule=rule)
    yield "reset_parameters", cell_reset
    yield "your own computation", own_work


def stack_ladder(cell, base=None):
    yield "it can be made", partial(constructor, base=base, stack=True)
    yield "layers: number, kind and sizes", partial(stack_layers, cell=cell)
    yield "x, c and h are left as they are", stack_untouched
    yield "what each layer reads, carries along and returns", stack_wiring
    yield "values: PyTorch's on the same weights", stack_whole
    yield "gradients over several steps and layers", stack_gradients
    yield "reset_parameters", stack_reset


LADDERS = {
    "LSTMCell": [*cell_ladder("plain")],
    "LSTM": [*stack_ladder("LSTMCell")],
    "CoupledLSTMCell": [*cell_ladder("coupled", "LSTMCell")],
    "CoupledLSTM": [*stack_ladder("CoupledLSTMCell", "LSTM")],
    "PeepholeLSTMCell": [*cell_ladder("peephole", "LSTMCell")],
    "PeepholeLSTM": [*stack_ladder("PeepholeLSTMCell", "LSTM")],
}
