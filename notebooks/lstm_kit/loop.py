"""`check_loop(train)`: what a training loop does, seen from the network and the optimizer that it
is given; its text is not looked at."""

import inspect
import linecache
import sys
import textwrap
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field

import torch
from torch import nn

from .checks import demonstrate

BATCHES = [["ada", "bo"], ["cyd"], ["dot", "eli", "fay"], ["gus", "hal"]]
SECONDS = 10.0  # that four batches may take
TOO_OFTEN = 20  # calls of the network, for four batches
RUNGS = (  # what a loop has to do, in the order in which it can be seen
    "the loop runs",
    "the network reads every batch once",
    "for every batch there is one gradient, and one step along it",
    "the gradient is that of this batch alone",
    "the loss is the mean over all letters",
    "the loss of every batch is returned as a number",
)
KNOWN_ERRORS = {  # a piece of PyTorch's message -> what it means here
    "scalar outputs": "backward() wants one number, and network(names) gives one for every letter.",
    "does not require grad": "backward() finds no way back from this loss to the parameters: "
    "something cuts it, such as detach() or torch.no_grad().",
}


class Fault(Exception):
    """What is the matter with a loop. rung: the place in RUNGS of what does not hold."""

    def __init__(self, rung, text):
        super().__init__(text)
        self.rung = rung


@dataclass
class Step:
    """One call of the network. names: what it read; passes: how often its losses were gone back
    from; weights: of its losses in the value whose gradient was asked for; gradient: of this batch
    alone."""

    names: list
    mean: float
    passes: int = 0
    weights: torch.Tensor | None = None
    gradient: torch.Tensor | None = None


@dataclass
class Seen:
    """All that a loop did. events: "read", "zero", "backward" and "step" in their order; used: the
    gradient that the optimizer found at each step, None where there was none."""

    steps: list = field(default_factory=list)
    events: list = field(default_factory=list)
    used: list = field(default_factory=list)
    returned: object = None


class Network(nn.Module):
    """A network of two numbers that writes down what is asked of it."""

    def __init__(self, seen):
        super().__init__()
        self.seen = seen
        self.weight = nn.Parameter(torch.tensor([0.5, -0.25]))

    def forward(self, names):
        """A loss for every letter, and for the end of every name."""
        if len(self.seen.steps) == TOO_OFTEN:
            raise Fault(1, "The network is asked again and again: is there an endless loop?")
        letters = "".join(f"{name}." for name in names)
        goals = torch.tensor([[ord(letter) % 7 - 3.0, ord(letter) % 5 - 2.0] for letter in letters])
        losses = (self.weight - goals).square().sum(1)
        step = Step(names, losses.mean().item())
        self.seen.steps.append(step)
        self.seen.events.append("read")
        if losses.requires_grad:  # not under torch.no_grad()
            losses.register_hook(lambda weights: self.backward_came(step, weights, goals))
        return losses

    def backward_came(self, step, weights, goals):
        self.seen.events.append("backward")
        step.passes += 1
        step.weights = weights.detach().clone()
        step.gradient = 2 * (weights[:, None] * (self.weight.detach() - goals)).sum(0)

    def zero_grad(self, set_to_none=True):
        self.seen.events.append("zero")
        super().zero_grad(set_to_none)


class Optimizer(torch.optim.SGD):
    def __init__(self, network):
        self.seen, self.weight = network.seen, network.weight
        super().__init__(network.parameters(), lr=0.01)

    def zero_grad(self, set_to_none=True):
        self.seen.events.append("zero")
        super().zero_grad(set_to_none)

    def step(self, closure=None):
        """As PyTorch's own: a closure comes first, and has gradients."""
        with torch.enable_grad():
            loss = closure() if closure else None
        self.seen.events.append("step")
        gradient = self.weight.grad
        self.seen.used.append(None if gradient is None else gradient.clone())
        super().step()
        return loss


def watched(train):
    """What a loop does with four batches. Raises what it raises."""
    seen = Seen()
    network = Network(seen)
    seen.returned = train(network, [list(names) for names in BATCHES], Optimizer(network))
    return seen


# ---------------------------------------------------------------- what is the matter
def judge(seen):
    """Raises Fault at the first rung that does not hold."""
    for rung, fault in enumerate((reads, order, alone, mean, returns), 1):
        if said := fault(seen):
            raise Fault(rung, said)


def reads(seen):
    given = [step.names for step in seen.steps]
    if not given and isinstance(seen.returned, Iterator):
        kind = type(seen.returned).__name__
        return (
            f"The network was not called: what comes back is {article(kind)} {kind}, which runs "
            "only when somebody goes over it. Return a list at the end."
        )
    if not given:
        return "network was not called. Call the one that your function is given, for every batch."
    if sorted(map(repr, given)) != sorted(map(repr, BATCHES)):
        said = f"For {len(BATCHES)} batches network was called {times(len(given))}"
        if all(names == BATCHES for names in given):
            return f"{said}, with the whole list of batches. Give it one batch at a time."
        if len(given) > 1 and all(names == given[0] for names in given):
            return f"{said}, with the same batch. Give it the one that your loop has come to."
        if given == BATCHES[:1]:
            return f"{said}, with the first of them. Does return stand inside of the loop?"
        counts = {given.count(batch) for batch in BATCHES}
        if len(counts) == 1 and sum(counts) * len(BATCHES) == len(given):
            return (
                f"{said}, {times(*counts)} with each. Once is enough: keep its losses in a "
                "variable, and go over the batches once."
            )
        return (
            f"{said}, and not once with each. Go over batches in a loop, and call network(names) "
            "for every one that comes."
        )


def order(seen):
    passes, took = [step.passes for step in seen.steps], len(seen.used)
    missing = ["No step() of the optimizer that your function is given."] * (not took)
    if not any(passes):
        missing = [
            "No gradient comes back to the network: backward() is not called, or not on a value "
            "that is made from what network returned.",
            *missing,
        ]
    if missing:
        return " ".join(missing)
    if seen.events.index("step") < seen.events.index("backward"):
        return "step() comes before backward(), and finds no gradient yet."
    if any(used is None or not used.any() for used in seen.used):
        return (
            "zero_grad() stands between backward() and step(): it wipes out the gradient that "
            "step() needs. Put it before backward()."
        )
    for number, count in enumerate(passes, 1):
        if count != 1:
            often = f"{times(count)}, and once is asked for" if count else "never"
            return f"The losses of batch {number} went through backward() {often}."
    if took != len(BATCHES):
        return f"step() was called {times(took)} for {len(BATCHES)} batches."


def alone(seen):
    """A gradient may be shortened before the step, but not turned."""
    own = [step.gradient for step in seen.steps]
    for place, used in enumerate(seen.used):
        if any(alike(used, sum(own[first : place + 1])) for first in range(place)):
            return (
                f"At step {place + 1} the gradient of the batch before is still there. PyTorch "
                "adds a new gradient to the old one until zero_grad() is called: call it for "
                "every batch, before backward()."
            )
        if torch.cosine_similarity(used, own[place], dim=0) < 1 - 1e-4:
            return (
                f"At step {place + 1} the gradient is not that of this batch's losses, nor a part "
                "of it in the same direction."
            )


def mean(seen):
    for step in seen.steps:
        count = len(step.weights)
        if alike(step.weights, torch.full((count,), 1 / count)):
            continue
        if alike(step.weights, torch.ones(count)):
            return (
                "The losses are summed up, so that a batch with more letters makes a longer step, "
                "and the loss tells how large the batch is. Take the mean."
            )
        if alike(step.weights, step.weights[:1].expand(count)):
            return (
                f"Each of the {count} losses of a batch counts {step.weights[0]:.3g}; in their "
                f"mean it counts 1/{count}, which is {1 / count:.3g}."
            )
        return "Some losses count more than others. Take the mean of all that the network gives."


def returns(seen):
    found, expected = seen.returned, [step.mean for step in seen.steps]
    if not isinstance(found, list | tuple) or len(found) != len(expected):
        size = f" of {len(found)}" if isinstance(found, list | tuple) else ""
        kind = type(found).__name__
        form = "None" if found is None else f"{article(kind)} {kind}{size}"
        return f"It returns {form}; a list of {len(expected)} is asked for."
    if any(isinstance(value, torch.Tensor) and value.requires_grad for value in found):
        return (
            "The list holds tensors, and with each of them all that PyTorch keeps for a backward "
            "pass. loss.item() is the number alone."
        )
    if odd := [type(one).__name__ for one in found if not is_number(one)]:
        return f"The list holds {article(odd[0])} {odd[0]}; numbers are asked for."
    if not all(alike(torch.as_tensor(one), torch.tensor(two)) for one, two in zip(found, expected)):
        return "The numbers in the list are not the mean losses of the batches."


def times(count):
    return "once" if count == 1 else f"{count} times"


def article(word):
    return "an" if word[0].lower() in "aeiou" or word == "ndarray" else "a"


def is_number(value):
    """Whether it is one number, in a tensor or an array too."""
    try:
        return not isinstance(value, str) and torch.as_tensor(value).numel() == 1
    except (TypeError, ValueError, RuntimeError):
        return False


def alike(one, other):
    return one.shape == other.shape and torch.allclose(one.double(), other.double(), rtol=1e-4)


# ---------------------------------------------------------------- what is said
def check_loop(train):
    """Say what a training loop does as it should, up to the first thing that it does not."""
    if isinstance(train, type) or not callable(train):
        kind = "class" if isinstance(train, type) else type(train).__name__
        print(f"check_loop takes a function; this is {article(kind)} {kind}.", file=sys.stderr)
        return
    told = []
    demonstrate(lambda: told.append(verdict(train)), seconds=SECONDS, of_class=False)
    for held, said in told:
        if held is None:
            print(f"{name_of(train)}: {said}", file=sys.stderr)
            continue
        print("\n".join([name_of(train), *(f"  ✓ {rung}" for rung in RUNGS[:held])]))
        if held < len(RUNGS):
            print(f"  ✗ {RUNGS[held]}")
        print(said)


def name_of(train):
    return getattr(train, "__name__", "train")


def verdict(train):
    """How many rungs hold, and a sentence; None in place of the number for a loop that is not
    there."""
    try:
        seen = watched(train)
        if not seen.events and not isinstance(seen.returned, Iterator):
            return None, "not written yet. Fill in the cell above, then run it and this one again."
        judge(seen)
    except Fault as fault:
        return fault.rung, textwrap.fill(str(fault), 100)
    except Exception as error:
        return 0, in_words(error, train)
    return len(RUNGS), f"{name_of(train)}: all that a training loop needs is there."


def in_words(error, train):
    """What was raised, and the line of the loop at which it stopped."""
    said = f"It stopped with {type(error).__name__}: {error}"
    for piece, meaning in KNOWN_ERRORS.items():
        said = meaning if piece in said else said
    frames = traceback.extract_tb(error.__traceback__)
    inner = inspect.unwrap(train)  # what a decorator stands around
    file = getattr(getattr(inner, "__code__", None), "co_filename", None)
    own = [frame.lineno for frame in frames if frame.filename == file]
    text = linecache.getline(file, own[-1]).strip() if own else ""
    where = f"\n  in your line {own[-1]}: {text}" if own else ""
    return textwrap.fill(said, 100) + where
