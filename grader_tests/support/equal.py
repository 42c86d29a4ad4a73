"""Whether a changed solution computes the same as the one it was made from, shown without the
judge."""

import inspect

import torch

from grader_tests.samples.students import EXERCISES
from grader_tests.support.function_level import namespace_of


def same(name: str, source: str, right: str, trials: int = 20) -> bool:
    """Whether a mutant does everything that the right answer does: parameters, draws, values,
    gradients, purity."""
    torch.manual_seed(3)
    try:
        right, mutant = (namespace_of(name, text)[name] for text in (right, source))
        return all(
            same_once(right, mutant, sizes, EXERCISES[name].kind)
            for sizes in sizes_of(EXERCISES[name].kind, trials)
        )
    except Exception:
        return False


def sizes_of(kind: str, trials: int):
    for k in range(trials):
        n, m, layers, steps = 1 + k % 5, 1 + (k * 7) % 6, 1 + k % 4, 1 + k % 3
        yield (n, m) if kind == "recurrence" else (n, m, layers), steps


def same_once(right, mutant, sizes, kind) -> bool:
    (sizes, steps), made = sizes, []
    for cls in (right, mutant):
        torch.manual_seed(11)
        made.append(cls(*sizes))
    a, b = made
    shapes = [
        {name: tuple(p.shape) for name, p in module.named_parameters() if p.requires_grad}
        for module in made
    ]
    if (
        shapes[0] != shapes[1]
        or inspect.getmro(right)[1:-1][-1] is not inspect.getmro(mutant)[1:-1][-1]
        or not same_draws(a, b)
    ):
        return False
    b.load_state_dict(a.state_dict())
    a.double(), b.double()
    n, m = sizes[:2]
    state = (m,) if kind == "recurrence" else (sizes[2], m)
    x = torch.randn(*(() if kind == "recurrence" else (steps,)), n, dtype=torch.float64)
    given = [x, torch.randn(*state, dtype=torch.float64), torch.randn(*state, dtype=torch.float64)]
    results = []
    for module in (a, b):
        copies = [value.clone().requires_grad_() for value in given]
        passed = [value * 1.0 for value in copies]
        out = module(*passed)
        out = (
            flat(out) if kind == "recurrence" else [torch.stack(list(out[0])), *out[1]]
        )  # outputs may be a list, states may not
        sum((k + 1.5) * (value**2).sum() for k, value in enumerate(out)).backward()
        if not all(torch.equal(before, after) for before, after in zip(given, passed)):
            return False
        results.append(
            out + [value.grad for value in copies] + [p.grad for p in module.parameters()]
        )
    return len(results[0]) == len(results[1]) and all(
        u is v is None or torch.allclose(u, v, rtol=1e-9, atol=1e-9) for u, v in zip(*results)
    )


def same_draws(a, b) -> bool:
    """Whether reset_parameters draws each parameter alike: the same numbers from the same seed,
    parameter by parameter."""
    drawn = []
    for module in (a, b):
        with torch.no_grad():
            for p in module.parameters():
                p.fill_(7.0)
        torch.manual_seed(5)
        module.reset_parameters()
        drawn.append([p.detach().clone() for p in module.parameters()])
    return all(torch.equal(u, v) for u, v in zip(*drawn))


def flat(out) -> list:
    return (
        [part for value in out for part in flat(value)] if isinstance(out, tuple | list) else [out]
    )
