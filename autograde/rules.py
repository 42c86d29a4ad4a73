"""The update rules of a cell, right and bent, as data: tables of variants for every part of the rule.

A part is one thing that can go wrong by itself: each gate's sum, each gate's function, the new cell state, the state
that is stored, the new hidden state. The first row of every table is the right one; each further row is a mistake: its
key, the formula that such code computes, and the words in which a student reads it. `{k}` is the gate's letter, `{g}`
its symbol. Formulas take a `Step` and work on a batch of rows; a row that cannot be computed at these sizes gives None.
"""
from dataclasses import dataclass, field
from itertools import permutations

import numpy as np

SYMBOLS = {"f": "f_t", "i": "i_t", "o": "o_t", "c": "c̃_t"}
RIGHT = "right"


def sigmoid(a):
    return 1 / (1 + np.exp(-np.clip(a, -500, 500)))


def softmax(a):
    e = np.exp(a - a.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


@dataclass
class Step:
    """One step's inputs (rows of a batch) and a cell's parameters: x (B, n), c and h (B, m), p name -> array."""

    x: np.ndarray
    c: np.ndarray
    h: np.ndarray
    p: dict
    peephole: str = ""
    c_new: np.ndarray | None = field(default=None)

    def W(self, k, v):
        return times(self.p.get(f"W_{k}"), v)

    def U(self, k, v):
        return times(self.p.get(f"U_{k}"), v)

    def V(self, k, v):
        V = self.p.get(f"V_{k}")
        return v * V if V is not None and V.ndim == 1 else times(V, v)

    def b(self, k):
        return self.p.get(f"b_{k}")


def times(M, v):
    """M applied to every row of v, or None where the shapes do not fit."""
    return None if M is None or v is None or M.shape[1] != v.shape[-1] else v @ M.T


def total(*terms):
    return None if any(term is None for term in terms) else sum(terms)


def neg(a):
    return None if a is None else -a


def dot(a, b):
    return (a * b).sum(axis=-1, keepdims=True) + 0 * a


# ---- the sum inside a gate: variants(s, k) -> the three or four terms that are added
def terms(s: Step, k: str) -> dict:
    peep = k in s.peephole
    return {"W": s.W(k, s.h), "U": s.U(k, s.x), "b": s.b(k), "V": s.V(k, s.c) if peep else 0.0}


def bend(s, k, **changed):
    return total(*(terms(s, k) | changed).values())


def sums(k: str, peephole: bool, gates: str) -> dict:
    """Key -> (formula, words) of every way to get the sum inside gate k; words say what the sum leaves out or mixes up."""
    rows = {
        RIGHT: (lambda s: bend(s, k), ""),
        "no W": (lambda s: bend(s, k, W=0.0), f"leaves out W_{k} h_{{t−1}}"),
        "no U": (lambda s: bend(s, k, U=0.0), f"leaves out U_{k} x_t"),
        "no b": (lambda s: bend(s, k, b=0.0), f"leaves out the bias b_{k}"),
        "2b": (lambda s: bend(s, k, b=2 * s.b(k)), f"adds the bias b_{k} twice"),
        "2W": (lambda s: bend(s, k, W=2 * s.W(k, s.h)), f"adds W_{k} h_{{t−1}} twice"),
        "2U": (lambda s: bend(s, k, U=2 * s.U(k, s.x)), f"adds U_{k} x_t twice"),
        "-W": (lambda s: bend(s, k, W=neg(s.W(k, s.h))), f"subtracts W_{k} h_{{t−1}}"),
        "-U": (lambda s: bend(s, k, U=neg(s.U(k, s.x))), f"subtracts U_{k} x_t"),
        "-b": (lambda s: bend(s, k, b=-s.b(k)), f"subtracts the bias b_{k}"),
        "b only": (lambda s: 0 * s.h + s.b(k), f"is b_{k} alone, without W_{k} h_{{t−1}} and U_{k} x_t"),
        "nothing but W": (lambda s: s.W(k, s.h), f"is W_{k} h_{{t−1}} alone"),
        "nothing but U": (lambda s: s.U(k, s.x), f"is U_{k} x_t alone"),
        "W on c": (lambda s: bend(s, k, W=s.W(k, s.c)), f"multiplies W_{k} with c_{{t−1}}; it belongs to h_{{t−1}}"),
        "U on h": (lambda s: bend(s, k, U=s.U(k, s.h)), f"multiplies U_{k} with h_{{t−1}}; it belongs to x_t"),
        "W on x": (lambda s: bend(s, k, W=s.W(k, s.x)), f"multiplies W_{k} with x_t; it belongs to h_{{t−1}}"),
        "W, U swapped": (lambda s: bend(s, k, W=s.W(k, s.x), U=s.U(k, s.h)), f"swaps the two matrices: W_{k} belongs to h_{{t−1}} and U_{k} to x_t"),
        "W transposed": (lambda s: bend(s, k, W=s.h @ s.p[f"W_{k}"]), f"uses W_{k} transposed"),
        "U transposed": (lambda s: bend(s, k, U=times(s.p[f"U_{k}"].T, s.x)), f"uses U_{k} transposed (which runs only where input_dim equals hidden_dim)"),
        "sum negated": (lambda s: neg(bend(s, k)), f"has its sign turned round, so that the gate is 1 − {SYMBOLS[k]}" if k != "c" else "has its sign turned round"),
        "W dot": (lambda s: bend(s, k, W=s.W(k, s.h) * s.U(k, s.x), U=0.0), f"multiplies W_{k} h_{{t−1}} and U_{k} x_t; they are added"),
        "W times b": (lambda s: bend(s, k, U=s.U(k, s.x) * s.b(k), b=0.0), f"multiplies U_{k} x_t with b_{k}; they are added"),
    }
    for j in gates:
        if j == k:
            continue
        rows |= {
            f"W_{j}": (lambda s, j=j: bend(s, k, W=s.W(j, s.h)), f"uses W_{j} in place of W_{k}"),
            f"U_{j}": (lambda s, j=j: bend(s, k, U=s.U(j, s.x)), f"uses U_{j} in place of U_{k}"),
            f"b_{j}": (lambda s, j=j: bend(s, k, b=s.b(j)), f"uses b_{j} in place of b_{k}"),
            f"sum of {j}": (lambda s, j=j: bend(s, j), f"is the sum of {SYMBOLS[j]}: it uses W_{j}, U_{j} and b_{j}"),
            f"+b_{j}": (lambda s, j=j: total(bend(s, k), s.b(j)), f"adds b_{j} as well"),
        }
    if peephole and k != "c":
        rows |= peeks(k)
    if peephole and k == "c":
        rows |= {f"+V_{j}": (lambda s, j=j: total(bend(s, k), s.V(j, s.c)), f"adds a peephole, V_{j} c_{{t−1}}; the candidate has none") for j in "fio"}
    return rows


def peeks(k: str) -> dict:
    rows = {
        "no V": (lambda s: bend(s, k, V=0.0), f"leaves out the peephole V_{k} c_{{t−1}}"),
        "V on h": (lambda s: bend(s, k, V=s.V(k, s.h)), f"multiplies V_{k} with h_{{t−1}}; a peephole sees the cell state c_{{t−1}}"),
        "V on tanh c": (lambda s: bend(s, k, V=s.V(k, np.tanh(s.c))), f"lets V_{k} see tanh(c_{{t−1}}); a peephole sees c_{{t−1}} itself"),
        "V on σ c": (lambda s: bend(s, k, V=s.V(k, sigmoid(s.c))), f"lets V_{k} see σ(c_{{t−1}}); a peephole sees c_{{t−1}} itself"),
        "-V": (lambda s: bend(s, k, V=neg(s.V(k, s.c))), f"subtracts the peephole V_{k} c_{{t−1}}; it is added"),
        "2V": (lambda s: bend(s, k, V=2 * s.V(k, s.c)), f"adds the peephole V_{k} c_{{t−1}} twice"),
        "V for W": (lambda s: bend(s, k, W=0.0), f"has the peephole V_{k} c_{{t−1}} in place of W_{k} h_{{t−1}}; it needs both"),
        "V for U": (lambda s: bend(s, k, U=0.0), f"has the peephole V_{k} c_{{t−1}} in place of U_{k} x_t; it needs both"),
        "V summed": (lambda s: bend(s, k, V=s.V(k, s.c).sum(-1, keepdims=True)), f"adds up V_{k} c_{{t−1}} over the units; each unit has its own entry"),
        "V mean": (lambda s: bend(s, k, V=s.V(k, s.c).mean(-1, keepdims=True)), f"averages V_{k} c_{{t−1}} over the units; each unit has its own entry"),
        "V on new c": (lambda s: None if s.c_new is None else bend(s, k, V=s.V(k, s.c_new)),
                       f"lets V_{k} see the new c_t. In the original papers the output gate does; in this exercise it sees c_{{t−1}}, as the other gates do"),
        "V transposed": (lambda s: bend(s, k, V=times(s.p[f"V_{k}"].T, s.c)) if s.p[f"V_{k}"].ndim == 2 else None, f"uses V_{k} transposed"),
        "V diagonal": (lambda s: bend(s, k, V=np.diagonal(s.p[f"V_{k}"]) * s.c) if s.p[f"V_{k}"].ndim == 2 else None, f"uses only the diagonal of the full matrix V_{k}"),
    }
    rows |= {f"V_{j}": (lambda s, j=j: bend(s, k, V=s.V(j, s.c)), f"uses V_{j} in place of V_{k}") for j in "fio" if j != k}
    return rows


# ---- the function around the sum: variants(a) -> the gate
def shapes_of_gate(k: str, peephole: bool) -> dict:
    tanh, name = k == "c", SYMBOLS[k]
    right = np.tanh if tanh else sigmoid
    rule = "tanh" if tanh else "σ"
    rows = {RIGHT: (lambda s, a: right(a), "")}
    rows |= {"σ": (lambda s, a: sigmoid(a), f"{name} goes through σ")} if tanh else {"tanh": (lambda s, a: np.tanh(a), f"{name} goes through tanh")}
    rows |= {
        "identity": (lambda s, a: a, f"{name} is the bare sum, without {rule}"),
        "relu": (lambda s, a: np.maximum(a, 0), f"{name} goes through relu"),
        "softmax": (lambda s, a: softmax(a), f"{name} goes through softmax"),
        "twice": (lambda s, a: right(right(a)), f"{name} goes through {rule} twice"),
        "σ of tanh": (lambda s, a: sigmoid(np.tanh(a)), f"{name} goes through tanh and then σ"),
        "tanh of σ": (lambda s, a: np.tanh(sigmoid(a)), f"{name} goes through σ and then tanh"),
        "negated": (lambda s, a: -right(a), f"{name} has its sign turned round"),
        "1 −": (lambda s, a: 1 - right(a), f"{name} is 1 − {rule}(…)"),
        "one": (lambda s, a: np.ones_like(a), f"{name} is always 1"),
        "zero": (lambda s, a: np.zeros_like(a), f"{name} is always 0"),
        "exp": (lambda s, a: np.exp(np.clip(a, -50, 50)), f"{name} goes through exp"),
        "squared": (lambda s, a: right(a) ** 2, f"{name} is squared"),
        "1 − tanh": (lambda s, a: 1 - np.tanh(a), f"{name} is 1 − tanh(…)"),
        "σ of 1 −": (lambda s, a: sigmoid(1 - a), f"{name} is σ(1 − …)"),
        "hard σ": (lambda s, a: np.clip(a / 6 + 0.5, 0, 1), f"{name} goes through the hard sigmoid"),
        "softplus": (lambda s, a: np.logaddexp(0, a), f"{name} goes through softplus"),
        "half": (lambda s, a: right(a) / 2, f"{name} is halved"),
        "sin": (lambda s, a: np.sin(a), f"{name} goes through sin"),
        "of 2": (lambda s, a: right(2 * a), f"{name} is {rule} of twice the sum"),
        "of half": (lambda s, a: right(a / 2), f"{name} is {rule} of half the sum"),
    }
    if peephole and not tanh:
        rows["V after σ"] = (lambda s, a: total(sigmoid_without_V(s, k), s.V(k, s.c)), f"the peephole V_{k} c_{{t−1}} is added after σ; it belongs inside")
        rows["V times σ"] = (lambda s, a: sigmoid_without_V(s, k) * s.V(k, s.c), f"{name} is multiplied with the peephole V_{k} c_{{t−1}}; it is added inside σ")
    return rows


def sigmoid_without_V(s, k):
    a = bend(s, k, V=0.0)
    return None if a is None else sigmoid(a)


# ---- the new cell state, from the gates: variants(s, f, i, o, g)
def soft(v):
    return np.tanh(v)


CELL = {
    RIGHT: (lambda s, f, i, o, g: f * s.c + i * g, "f_t * c_{t−1} + i_t * c̃_t"),
    "no memory": (lambda s, f, i, o, g: i * g + 0 * f, "i_t * c̃_t: nothing is kept of c_{t−1}"),
    "only memory": (lambda s, f, i, o, g: f * s.c + 0 * g, "f_t * c_{t−1}: nothing new is written"),
    "f + ig": (lambda s, f, i, o, g: f + i * g, "f_t + i_t * c̃_t: the forget gate is not multiplied with c_{t−1}"),
    "c + ig": (lambda s, f, i, o, g: s.c + i * g, "c_{t−1} + i_t * c̃_t: there is no forget gate in it"),
    "fc + g": (lambda s, f, i, o, g: f * s.c + g, "f_t * c_{t−1} + c̃_t: there is no input gate in it"),
    "c + g": (lambda s, f, i, o, g: s.c + g, "c_{t−1} + c̃_t: neither gate is in it"),
    "fc + i": (lambda s, f, i, o, g: f * s.c + i, "f_t * c_{t−1} + i_t: the candidate is not in it"),
    "ic + fg": (lambda s, f, i, o, g: i * s.c + f * g, "i_t * c_{t−1} + f_t * c̃_t: f_t and i_t are swapped"),
    "fc + fg": (lambda s, f, i, o, g: f * s.c + f * g, "f_t * c_{t−1} + f_t * c̃_t: the candidate is weighted by f_t, not i_t"),
    "ic + ig": (lambda s, f, i, o, g: i * s.c + i * g, "i_t * c_{t−1} + i_t * c̃_t: the old state is weighted by i_t, not f_t"),
    "fc + og": (lambda s, f, i, o, g: f * s.c + o * g, "f_t * c_{t−1} + o_t * c̃_t: the candidate is weighted by o_t, not i_t"),
    "oc + ig": (lambda s, f, i, o, g: o * s.c + i * g, "o_t * c_{t−1} + i_t * c̃_t: the old state is weighted by o_t, not f_t"),
    "fc + i + g": (lambda s, f, i, o, g: f * s.c + i + g, "f_t * c_{t−1} + i_t + c̃_t: i_t and c̃_t are added; they are multiplied"),
    "f + c + ig": (lambda s, f, i, o, g: f + s.c + i * g, "f_t + c_{t−1} + i_t * c̃_t: f_t and c_{t−1} are added; they are multiplied"),
    "fig": (lambda s, f, i, o, g: f * i * g, "f_t * i_t * c̃_t: no trace of c_{t−1}, and the sum is lost"),
    "fcig": (lambda s, f, i, o, g: f * s.c * i * g, "f_t * c_{t−1} * i_t * c̃_t: the two parts are multiplied; they are added"),
    "fc − ig": (lambda s, f, i, o, g: f * s.c - i * g, "f_t * c_{t−1} − i_t * c̃_t: the two parts are added in the rule"),
    "ig − fc": (lambda s, f, i, o, g: i * g - f * s.c, "i_t * c̃_t − f_t * c_{t−1}: the two parts are added in the rule"),
    "fh + ig": (lambda s, f, i, o, g: f * s.h + i * g, "f_t * h_{t−1} + i_t * c̃_t: it keeps h_{t−1} in place of c_{t−1}"),
    "f tanh c + ig": (lambda s, f, i, o, g: f * soft(s.c) + i * g, "f_t * tanh(c_{t−1}) + i_t * c̃_t: the old state is squashed"),
    "f(c + ig)": (lambda s, f, i, o, g: f * (s.c + i * g), "f_t * (c_{t−1} + i_t * c̃_t): the forget gate weights the new part as well"),
    "f(c + g)": (lambda s, f, i, o, g: f * (s.c + g), "f_t * (c_{t−1} + c̃_t)"),
    "i(c + g)": (lambda s, f, i, o, g: i * (s.c + g), "i_t * (c_{t−1} + c̃_t): one gate weights both parts"),
    "i(fc + g)": (lambda s, f, i, o, g: i * (f * s.c + g), "i_t * (f_t * c_{t−1} + c̃_t): the input gate weights the old part as well"),
    "(f + i) c g": (lambda s, f, i, o, g: (f + i) * s.c * g, "(f_t + i_t) * c_{t−1} * c̃_t"),
    "(fc + i) g": (lambda s, f, i, o, g: (f * s.c + i) * g, "(f_t * c_{t−1} + i_t) * c̃_t: the parts are grouped the wrong way"),
    "fc + ig + c": (lambda s, f, i, o, g: f * s.c + i * g + s.c, "f_t * c_{t−1} + i_t * c̃_t + c_{t−1}: c_{t−1} is added once more"),
    "fc + ig + g": (lambda s, f, i, o, g: f * s.c + i * g + g, "f_t * c_{t−1} + i_t * c̃_t + c̃_t: c̃_t is added once more"),
    "f + i": (lambda s, f, i, o, g: f + i, "f_t + i_t: neither c_{t−1} nor c̃_t is in it"),
    "fc + c g": (lambda s, f, i, o, g: f * s.c + s.c * g, "f_t * c_{t−1} + c_{t−1} * c̃_t"),
    "fc + ic": (lambda s, f, i, o, g: f * s.c + i * s.c, "f_t * c_{t−1} + i_t * c_{t−1}: the candidate is not in it"),
    "fg + ig": (lambda s, f, i, o, g: f * g + i * g, "f_t * c̃_t + i_t * c̃_t: c_{t−1} is not in it"),
    "fc + ih": (lambda s, f, i, o, g: f * s.c + i * s.h, "f_t * c_{t−1} + i_t * h_{t−1}: the candidate is not in it"),
    "f·c + ig": (lambda s, f, i, o, g: dot(f, s.c) + i * g, "the dot product of f_t and c_{t−1}, plus i_t * c̃_t: * is elementwise"),
    "fc + i·g": (lambda s, f, i, o, g: f * s.c + dot(i, g), "f_t * c_{t−1} plus the dot product of i_t and c̃_t: * is elementwise"),
    "f·c + i·g": (lambda s, f, i, o, g: dot(f, s.c) + dot(i, g), "two dot products: * is elementwise, not @"),
    "candidate": (lambda s, f, i, o, g: g + 0 * f, "c̃_t alone"),
    "unchanged": (lambda s, f, i, o, g: s.c + 0 * f, "c_{t−1}, unchanged"),
    "forget": (lambda s, f, i, o, g: f + 0 * s.c, "f_t alone"),
    "input": (lambda s, f, i, o, g: i + 0 * s.c, "i_t alone"),
    "mean": (lambda s, f, i, o, g: (f * s.c + i * g) / 2, "half of f_t * c_{t−1} + i_t * c̃_t"),
    "zeros": (lambda s, f, i, o, g: 0 * f, "0"),
}
COUPLED = {  # here i stands for 1 − f, unless the variant says otherwise
    RIGHT: (lambda s, f, i, o, g: f * s.c + (1 - f) * g, "f_t * c_{t−1} + (1 − f_t) * c̃_t"),
    "swapped": (lambda s, f, i, o, g: (1 - f) * s.c + f * g, "(1 − f_t) * c_{t−1} + f_t * c̃_t: the roles of f_t and 1 − f_t are swapped"),
    "(1−f)(c + g)": (lambda s, f, i, o, g: (1 - f) * (s.c + g), "(1 − f_t) * (c_{t−1} + c̃_t)"),
    "1 − f g": (lambda s, f, i, o, g: f * s.c + 1 - f * g, "f_t * c_{t−1} + 1 − f_t * c̃_t: the brackets around 1 − f_t are missing"),
    "1 + f": (lambda s, f, i, o, g: f * s.c + (1 + f) * g, "f_t * c_{t−1} + (1 + f_t) * c̃_t"),
    "f − 1": (lambda s, f, i, o, g: f * s.c + (f - 1) * g, "f_t * c_{t−1} + (f_t − 1) * c̃_t: the sign is turned round"),
    "−f": (lambda s, f, i, o, g: f * s.c - f * g, "f_t * c_{t−1} − f_t * c̃_t: 1 − f_t has lost its 1"),
    "1 − o": (lambda s, f, i, o, g: f * s.c + (1 - o) * g, "f_t * c_{t−1} + (1 − o_t) * c̃_t: it is coupled to the output gate"),
    "fc + (1−f)": (lambda s, f, i, o, g: f * s.c + (1 - f), "f_t * c_{t−1} + (1 − f_t): the candidate is not in it"),
    "fc + (1−f) + g": (lambda s, f, i, o, g: f * s.c + (1 - f) + g, "f_t * c_{t−1} + (1 − f_t) + c̃_t"),
    "(1−f) g": (lambda s, f, i, o, g: (1 - f) * g, "(1 − f_t) * c̃_t: nothing is kept of c_{t−1}"),
    "f + (1−f) g": (lambda s, f, i, o, g: f + (1 - f) * g, "f_t + (1 − f_t) * c̃_t: the forget gate is not multiplied with c_{t−1}"),
    "c + (1−f) g": (lambda s, f, i, o, g: s.c + (1 - f) * g, "c_{t−1} + (1 − f_t) * c̃_t: the old state is not weighted by f_t"),
    "f c (1−f) g": (lambda s, f, i, o, g: f * s.c * (1 - f) * g, "f_t * c_{t−1} * (1 − f_t) * c̃_t: the two parts are added in the rule"),
    "fc − (1−f) g": (lambda s, f, i, o, g: f * s.c - (1 - f) * g, "f_t * c_{t−1} − (1 − f_t) * c̃_t: the two parts are added in the rule"),
    "(1−f) c g": (lambda s, f, i, o, g: f * s.c + (1 - f) * s.c, "f_t * c_{t−1} + (1 − f_t) * c_{t−1}: the candidate is not in it"),
    "fh": (lambda s, f, i, o, g: f * s.h + (1 - f) * g, "f_t * h_{t−1} + (1 − f_t) * c̃_t: it keeps h_{t−1} in place of c_{t−1}"),
    "f (1−f) g": (lambda s, f, i, o, g: f * (1 - f) * g, "f_t * (1 − f_t) * c̃_t: no trace of c_{t−1}, and the sum is lost"),
    "f tanh c": (lambda s, f, i, o, g: f * soft(s.c) + (1 - f) * g, "f_t * tanh(c_{t−1}) + (1 − f_t) * c̃_t: the old state is squashed"),
    "dot": (lambda s, f, i, o, g: dot(f, s.c) + dot(1 - f, g), "two dot products: * is elementwise, not @"),
    "σ(1 − a)": (lambda s, f, i, o, g: f * s.c + sigmoid(1 - logit(f)) * g, "f_t * c_{t−1} + σ(1 − a) * c̃_t, with a the sum inside f_t: 1 − goes outside of σ"),
    "1 − tanh": (lambda s, f, i, o, g: f * s.c + (1 - np.tanh(logit(f))) * g, "f_t * c_{t−1} + (1 − tanh(a)) * c̃_t: it is 1 − f_t, and f_t goes through σ"),
    "half": (lambda s, f, i, o, g: f * s.c + 0.5 * (1 - f) * g, "f_t * c_{t−1} + ½ (1 − f_t) * c̃_t"),
    "2 − f": (lambda s, f, i, o, g: f * s.c + (2 - f) * g, "f_t * c_{t−1} + (2 − f_t) * c̃_t"),
    "(1−f)²": (lambda s, f, i, o, g: f * s.c + (1 - f) ** 2 * g, "f_t * c_{t−1} + (1 − f_t)² * c̃_t"),
    "own i": (lambda s, f, i, o, g: None if i is None else f * s.c + i * g, "f_t * c_{t−1} + i_t * c̃_t: a separate input gate is still there"),
    **{key: CELL[key] for key in ("only memory", "fc + g", "c + g", "fc + fg", "fc + og", "f(c + g)", "candidate", "unchanged", "forget", "zeros", "fc + c g", "mean")},
}
COUPLED["fc + fg"] = (CELL["fc + fg"][0], "f_t * c_{t−1} + f_t * c̃_t: the candidate is weighted by f_t, not by 1 − f_t")
COUPLED["fc + g"] = (CELL["fc + g"][0], "f_t * c_{t−1} + c̃_t: the candidate is not weighted by 1 − f_t")
COUPLED["fc + og"] = (CELL["fc + og"][0], "f_t * c_{t−1} + o_t * c̃_t: the candidate is weighted by o_t, not by 1 − f_t")
COUPLED["mean"] = (lambda s, f, i, o, g: (f * s.c + (1 - f) * g) / 2, "half of f_t * c_{t−1} + (1 − f_t) * c̃_t")


def logit(f):
    f = np.clip(f, 1e-12, 1 - 1e-12)
    return np.log(f) - np.log1p(-f)


STORED = {
    RIGHT: (lambda s, c, o: c, ""),
    "tanh": (lambda s, c, o: np.tanh(c), "the squashed state, tanh(c_t), is returned"),
    "gated": (lambda s, c, o: o * c, "o_t * c_t is returned"),
    "old": (lambda s, c, o: s.c + 0 * c, "the old c_{t−1} is returned"),
    "σ": (lambda s, c, o: sigmoid(c), "σ(c_t) is returned"),
    "negated": (lambda s, c, o: -c, "−c_t is returned"),
    "h": (lambda s, c, o: o * np.tanh(c), "h_t is returned"),
}
HIDDEN = {  # from o, the new c, the candidate g
    RIGHT: (lambda s, o, c, g: o * np.tanh(c), "o_t * tanh(c_t)"),
    "no tanh": (lambda s, o, c, g: o * c, "o_t * c_t: tanh is missing"),
    "tanh outside": (lambda s, o, c, g: np.tanh(o * c), "tanh(o_t * c_t): tanh goes around c_t alone"),
    "σ": (lambda s, o, c, g: o * sigmoid(c), "o_t * σ(c_t): it is tanh, not σ"),
    "old c": (lambda s, o, c, g: o * np.tanh(s.c), "o_t * tanh(c_{t−1}): it uses the old cell state"),
    "old c, no tanh": (lambda s, o, c, g: o * s.c, "o_t * c_{t−1}: it uses the old cell state, without tanh"),
    "no gate": (lambda s, o, c, g: np.tanh(c), "tanh(c_t): the output gate is missing"),
    "candidate": (lambda s, o, c, g: o * np.tanh(g), "o_t * tanh(c̃_t): it uses the candidate in place of c_t"),
    "bare candidate": (lambda s, o, c, g: o * g, "o_t * c̃_t: it uses the candidate in place of tanh(c_t)"),
    "twice": (lambda s, o, c, g: o * np.tanh(np.tanh(c)), "o_t * tanh(tanh(c_t)): tanh is applied twice"),
    "σ outside": (lambda s, o, c, g: sigmoid(o * c), "σ(o_t * c_t)"),
    "sum": (lambda s, o, c, g: o + np.tanh(c), "o_t + tanh(c_t): they are multiplied"),
    "difference": (lambda s, o, c, g: o - np.tanh(c), "o_t − tanh(c_t): they are multiplied"),
    "negated": (lambda s, o, c, g: -o * np.tanh(c), "−o_t * tanh(c_t)"),
    "relu": (lambda s, o, c, g: o * np.maximum(c, 0), "o_t * relu(c_t): it is tanh, not relu"),
    "h": (lambda s, o, c, g: o * np.tanh(s.h), "o_t * tanh(h_{t−1}): it uses h_{t−1} in place of c_t"),
    "unchanged": (lambda s, o, c, g: s.h + 0 * o, "h_{t−1}, unchanged"),
    "c": (lambda s, o, c, g: c + 0 * o, "c_t itself"),
    "o": (lambda s, o, c, g: o + 0 * c, "o_t alone"),
    "dot": (lambda s, o, c, g: dot(o, np.tanh(c)), "the dot product of o_t and tanh(c_t): * is elementwise"),
    "plus h": (lambda s, o, c, g: o * np.tanh(c) + s.h, "o_t * tanh(c_t) + h_{t−1}"),
    "half": (lambda s, o, c, g: o * np.tanh(c) / 2, "half of o_t * tanh(c_t)"),
    "times c": (lambda s, o, c, g: o * np.tanh(c) * c, "o_t * tanh(c_t) * c_t"),
    "σ of gate": (lambda s, o, c, g: sigmoid(o) * np.tanh(c), "σ(o_t) * tanh(c_t): σ is applied twice"),
    "zeros": (lambda s, o, c, g: 0 * o, "0"),
    "sin": (lambda s, o, c, g: o * np.sin(c), "o_t * sin(c_t): it is tanh, not sin"),
}


@dataclass(frozen=True)
class Gate:
    """One way to compute a gate: which sum, which function, how many slips that is, and the words for them."""

    gate: str
    sum: str
    shape: str

    @property
    def slips(self) -> int:
        return (self.sum != RIGHT) + (self.shape != RIGHT)


class Rulebook:
    """All variants of every part for one kind of cell ("plain", "coupled" or "peephole")."""

    def __init__(self, kind: str):
        self.kind, self.peephole = kind, kind == "peephole"
        self.gates = "foc" if kind == "coupled" else "fioc"
        self.sums = {k: sums(k, self.peephole, self.gates) for k in "fioc"}
        self.functions = {k: shapes_of_gate(k, self.peephole) for k in "fioc"}
        self.cell = COUPLED if kind == "coupled" else CELL
        self.stored, self.hidden = STORED, HIDDEN

    def step(self, x, c, h, p) -> Step:
        return Step(x, c, h, p, "fio" if self.peephole else "")

    def gate(self, s: Step, way: Gate):
        """The gate's values (B, m), or None where they cannot be computed at these sizes."""
        a = self.sums[way.gate][way.sum][0](s)
        return None if a is None else self.functions[way.gate][way.shape][0](s, a + 0 * s.h)

    def ways(self, k: str, most: int = 2) -> list[Gate]:
        rows = [Gate(k, a, b) for a in self.sums[k] for b in self.functions[k]]
        return sorted((row for row in rows if row.slips <= most), key=lambda row: row.slips)

    def everywhere(self) -> list[dict[str, Gate]]:
        """Slips made in every gate at once: the same sum or function in all, or the parameters in another order."""
        common = [key for key in self.sums[self.gates[0]] if key != RIGHT and all(key in self.sums[k] for k in self.gates)]
        rows = [{k: Gate(k, key, RIGHT) for k in self.gates} for key in common]
        rows += [{k: Gate(k, key, RIGHT) for k in self.gates if k in self.peephole_gates} for key in self.common_peeks()]
        shapes = [key for key in self.functions["f"] if key != RIGHT and key in self.functions["o"]]
        sigmoids = self.gates.replace("c", "")
        rows += [{k: Gate(k, RIGHT, key) for k in sigmoids} for key in shapes]
        rows += [{k: Gate(k, RIGHT, key) for k in self.gates} for key in shapes if key in self.functions["c"]]
        for order in permutations(self.gates):
            moved = {k: Gate(k, f"sum of {j}", RIGHT) for k, j in zip(self.gates, order) if j != k}
            if len(moved) > 1:
                rows.append(moved)
        for letter in "WUbV":
            for order in permutations("fio" if letter == "V" else self.gates):
                moved = {k: Gate(k, f"{letter}_{j}", RIGHT) for k, j in zip(order, sorted(order)) if j != k}
                if len(moved) > 1 and all(way.sum in self.sums[k] for k, way in moved.items()):
                    rows.append(moved)
        for j in self.gates:  # one gate's parameter used in all
            for letter in ("W_", "U_", "b_", "V_", "sum of "):
                moved = {k: Gate(k, f"{letter}{j}", RIGHT) for k in self.gates if f"{letter}{j}" in self.sums[k]}
                if len(moved) > 1:
                    rows.append(moved)
        return rows

    @property
    def peephole_gates(self) -> str:
        return "fio" if self.peephole else ""

    def common_peeks(self) -> list[str]:
        return [key for key in peeks("f") if not key.startswith("V_")] if self.peephole else []

    def words(self, way: Gate) -> list[str]:
        """What a student reads about one gate that is not right."""
        symbol, lines = SYMBOLS[way.gate], []
        if way.sum != RIGHT:
            lines.append(f"the sum inside {symbol} {self.sums[way.gate][way.sum][1]}")
        if way.shape != RIGHT:
            lines.append(self.functions[way.gate][way.shape][1])
        return lines
