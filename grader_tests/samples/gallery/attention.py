"""Scaled dot-product attention: a function of tensors."""

import math

import torch

from autograde.exercise import BuiltIns, Function


def attention(Q, K, V):
    """softmax(Q Kᵀ / √d) V, with the softmax over the keys: each row of weights sums to 1."""
    return torch.softmax(Q @ K.T / math.sqrt(Q.shape[-1]), dim=-1) @ V


def no_scale(Q, K, V):
    return torch.softmax(Q @ K.T, dim=-1) @ V


def over_queries(Q, K, V):
    return torch.softmax(Q @ K.T / math.sqrt(Q.shape[-1]), dim=0) @ V


def by_d(Q, K, V):
    return torch.softmax(Q @ K.T / Q.shape[-1], dim=-1) @ V


def no_softmax(Q, K, V):
    return Q @ K.T / math.sqrt(Q.shape[-1]) @ V


def scaled_late(Q, K, V):
    return torch.softmax(Q @ K.T, dim=-1) @ V / math.sqrt(Q.shape[-1])


ATTENTION = Function(
    "attention",
    "attention",
    {"runs": 0.5, "shape": 0.5, "Y": 3, "large": 0.5, "gradients": 1, "untouched": 0.5},
    inputs={"Q": "T d", "K": "S d", "V": "S e"},
    returns=("Y",),
    right=attention,
    wrong={
        no_scale: "the scores are not divided by √d",
        over_queries: "the softmax runs over the queries, not over the keys",
        by_d: "the scores are divided by d, not by √d",
        no_softmax: "there is no softmax",
        scaled_late: "the division by √d comes after the softmax, not before",
    },
    equations={"Y": r"Y = \mathrm{softmax}(Q K^T / \sqrt{d}) V"},
    built_ins=BuiltIns(
        "PyTorch's own attention",
        frozenset({"scaled_dot_product_attention", "MultiheadAttention"}),
        "_?scaled_dot_product",
    ),
)
