"""When numbers agree: the one rule that says so, and every tolerance with what it is for.

What a mark depends on is far from all of these: the proof prints by how much.
"""

import numpy as np

# ---------------------------------------------------------------- of returned values
RIGHT = 1e-5  # a right value in double precision, in whatever order its sums were taken
NAMED = 1e-6  # a known mistake, before a student is told that it is theirs
SINGLE = 2e-4  # either of the two, for code that computes in single precision
LEFT_ALONE = 1e-6  # an argument of forward, after the call
EQUAL_CALLS = 1e-4  # the same call, made twice
FOLLOWS = 1e-9  # closer than this, a value does not follow what was changed
SHOWS = 1e-6  # and so for a gate that was changed by a tenth
LITTLE = 1e-3  # an output in which nothing shows of what made it
EXACTLY = 1e-12  # a number that a student predicts, and that is not to be about right

# ---------------------------------------------------------------- of slopes
SLOPE = {"float64": 1e-5, "float32": 5e-3}  # by backward, against differences of the rule
OWN_SLOPE = {"float64": 1e-5, "float32": 5e-2}  # against differences of the student's own numbers
DOUBT = 30  # times by which two differences with other steps may disagree, and a slope be off

# ---------------------------------------------------------------- of draws
DEVIATIONS = 7.0  # standard errors by which what reset_parameters() draws may be off


def agree(got, truth, within: float) -> bool:
    """Whether `got` is `truth`, an array or a number, to `within` of its size (or of 1, where it is
    smaller). Never where one is None, `got` is nan or infinite, or their shapes differ."""
    if got is None or truth is None:
        return False
    got, truth = np.asarray(got), np.asarray(truth)
    if got.shape != truth.shape:
        return False
    if truth.ndim > 1 or not truth.size:
        return bool(which_agree(got, truth, within))
    # a search asks this thousands of times: the same in fewer steps, as there is only one size
    size, error = abs(truth).max(), abs(got - truth).max()
    return bool(error / (1.0 if size < 1.0 else size) <= within)


def which_agree(candidates, truth, within: float) -> np.ndarray:
    """The same for many: `candidates` have the shape of `truth` behind any leading axes; the result
    has one boolean for each index along those. Of a table with a column for each call, every column
    has a size of its own."""
    if candidates is None or truth is None:
        return np.False_
    candidates, truth = np.asarray(candidates), np.asarray(truth)
    lead = candidates.ndim - truth.ndim
    if lead < 0 or candidates.shape[lead:] != truth.shape:
        return np.False_
    size = (
        np.abs(truth).max(axis=-2, keepdims=True, initial=0)
        if truth.ndim > 1
        else np.abs(truth).max(initial=0)
    )
    error = np.abs(candidates - truth) / np.maximum(1.0, size)
    return error.max(axis=tuple(range(lead, candidates.ndim)), initial=0.0) <= within


def tolerance(double: float, single: bool) -> float:
    """`double`, or what code in single precision is given in its place."""
    return SINGLE if single else double
