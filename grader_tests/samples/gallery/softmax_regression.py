"""Softmax regression in NumPy: a loss and its gradient, two results of one function."""

import numpy as np

from autograde.exercise import Function


def softmax_loss(W, X, y):
    """The mean over the examples of −log p[y], with p = softmax(X W)."""
    scores = X @ W
    scores = scores - scores.max(axis=1, keepdims=True)
    log_p = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    picked = np.eye(W.shape[1])[y]
    loss = -(picked * log_p).sum() / len(X)
    return loss, X.T @ (np.exp(log_p) - picked) / len(X)


def summed(W, X, y):
    loss, gradient = softmax_loss(W, X, y)
    return loss * len(X), gradient * len(X)


def no_target(W, X, y):
    scores = X @ W
    p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    return softmax_loss(W, X, y)[0], X.T @ p / len(X)


def over_examples(W, X, y):
    scores = X @ W
    p = np.exp(scores) / np.exp(scores).sum(axis=0)
    picked = np.eye(W.shape[1])[y]
    return -(picked * np.log(p)).sum() / len(X), X.T @ (p - picked) / len(X)


SOFTMAX_REGRESSION = Function(
    "softmax_loss",
    "softmax_regression",
    {"runs": 0.5, "loss": 2, "gradient": 2, "order": 0.5, "large": 0.5, "untouched": 0.5},
    arrays="numpy",
    inputs={"W": "d c", "X": "n d", "y": "int n < c"},
    returns=("loss", "gradient"),
    right=softmax_loss,
    wrong={
        summed: "it is summed over the examples, and should be their mean",
        no_target: "1 is not subtracted at the right class",
        over_examples: "the softmax runs over the examples, not over the classes",
    },
    asks_for={"gradient": "Xᵀ (p − Y) / n, where row i of Y is 1 at y[i] and 0 elsewhere"},
    equations={"loss": r"-\frac{1}{n} \sum_i \log p_{i, y_i}"},
)
