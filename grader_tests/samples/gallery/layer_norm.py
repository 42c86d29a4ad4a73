"""Layer normalisation: a module with parameters."""

import torch

from autograde.exercise import Module

EPS = 1e-5


def layer_norm(x, gain, bias):
    """gain * (x − mean) / √(variance + 1e-5) + bias, mean and variance over the last axis"""
    mean = x.mean(dim=-1, keepdim=True)
    variance = ((x - mean) ** 2).mean(dim=-1, keepdim=True)
    return gain * (x - mean) / torch.sqrt(variance + EPS) + bias


def by_d_less_one(x, gain, bias):
    spread = x.var(dim=-1, keepdim=True)
    return gain * (x - x.mean(dim=-1, keepdim=True)) / torch.sqrt(spread + EPS) + bias


def batch_norm(x, gain, bias):
    spread = x.var(dim=0, unbiased=False)
    return gain * (x - x.mean(dim=0)) / torch.sqrt(spread + EPS) + bias


def eps_outside(x, gain, bias):
    spread = x.std(dim=-1, keepdim=True, unbiased=False)
    return gain * (x - x.mean(dim=-1, keepdim=True)) / (spread + EPS) + bias


LAYER_NORM = Module(
    "LayerNorm",
    "layer_norm",
    {"runs": 0.5, "parameters": 1, "y": 3, "gradients": 1, "untouched": 0.5},
    made_with=("d",),
    parameters={"gain": "d", "bias": "d"},
    inputs={"x": "N d"},
    returns=("y",),
    right=layer_norm,
    wrong={
        by_d_less_one: "the variance is divided by d − 1, not by d (unbiased=False)",
        batch_norm: "mean and variance go over the rows, as in batch normalisation",
        eps_outside: "1e-5 is added to the standard deviation, not to the variance",
    },
    equations={"y": r"y = g * \frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}} + b"},
)
