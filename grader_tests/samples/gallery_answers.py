"""Answers to the exercises of the gallery: the worked ones, others that are right, and typical
wrong ones with the criteria that they lose and a piece of what the student reads."""

SETUP = (
    "import math\n\nimport numpy as np\nimport pandas as pd\nimport torch\nfrom torch import nn\n"
)

WORKED = {
    "attention": """def attention(Q, K, V):
    scores = Q @ K.T / math.sqrt(Q.shape[-1])
    weights = torch.softmax(scores, dim=-1)
    return weights @ V""",
    "LayerNorm": """class LayerNorm(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.gain = nn.Parameter(torch.ones(d))
        self.bias = nn.Parameter(torch.zeros(d))

    def forward(self, x):
        mean = x.mean(dim=-1, keepdim=True)
        variance = x.var(dim=-1, keepdim=True, unbiased=False)
        return self.gain * (x - mean) / torch.sqrt(variance + 1e-5) + self.bias""",
    "positions": """def positions(length, width):
    P = np.zeros((length, width))
    for t in range(length):
        for k in range(width // 2):
            angle = t / 10000 ** (2 * k / width)
            P[t, 2 * k] = math.sin(angle)
            P[t, 2 * k + 1] = math.cos(angle)
    return P""",
    "most_numbers": "most_numbers = 20 * 94",
    "softmax_loss": """def softmax_loss(W, X, y):
    s = X @ W
    s = s - s.max(axis=1, keepdims=True)
    log_p = s - np.log(np.exp(s).sum(axis=1, keepdims=True))
    rows = np.arange(len(y))
    loss = -log_p[rows, y].mean()
    error = np.exp(log_p)
    error[rows, y] -= 1
    return loss, X.T @ error / len(y)""",
    "best_sellers": """def best_sellers(sales, least):
    t = sales.copy()
    t["revenue"] = t["price"] * t["units"]
    shops = t.groupby("shop").agg(revenue=("revenue", "sum"), sales=("revenue", "count"))
    shops = shops[shops["revenue"] >= least].reset_index()
    return shops.sort_values("revenue", ascending=False)""",
}

# ruff: disable[E501]
# Of each, five: what is changed in the worked answer (old, new, …), what is lost, what is read.
WRONG = {
    "attention": [
        ((" / math.sqrt(Q.shape[-1])", ""), {"Y"}, "the scores are not divided by √d"),
        (("dim=-1", "dim=0"), {"Y"}, "the softmax runs over the queries, not over the keys"),
        (("math.sqrt(Q.shape[-1])", "Q.shape[-1]"), {"Y"}, "divided by d, not by √d"),
        (("torch.softmax(scores, dim=-1)", "scores.exp() / scores.exp().sum(1, keepdim=True)"), {"large"}, "With numbers around 500 your Y is not right: it holds nan"),
        (("weights @ V", "(weights.detach() @ V).T"), {"shape", "gradients"}, "Your Y comes back transposed: it has shape (6, 3); asked for is (T, e), here (3, 6)."),
    ],
    "LayerNorm": [
        (("unbiased=False", "unbiased=True"), {"y"}, "the variance is divided by d − 1, not by d"),
        (("x.mean(dim=-1, keepdim=True)", "x.mean(dim=0)", "dim=-1, keepdim=True, unb", "dim=0, unb"), {"y"}, "as in batch normalisation"),
        ((" + self.bias", ""), {"y"}, "`bias` is missing"),
        (("torch.zeros(d)", "torch.zeros(1, d)"), {"parameters"}, "bias has shape (1, 5); it should be (d), here (5,)."),
        (("torch.ones(d)", "torch.one(d)"), {"parameters"}, "Your constructor raises AttributeError"),
        (("self.gain", "self.weight", "mean = ", "x = x.detach()\n        mean = "), {"parameters", "gradients"}, "Your parameters have other names: weight for gain."),
    ],
    "positions": [
        (("(2 * k / width)", "(4 * k / width)"), {"P"}, "the 2 is in it twice"),
        (("2 * k + 1] = math.cos", "2 * k + 1] = math.sin"), {"P"}, "sin stands where cos should"),
        (("t / 10000", "(t + 1) / 10000"), {"P"}, "positions count from 1, and should from 0"),
        (("return P", "return P.T"), {"shape"}, "asked for is (T, 2k), here (3, 10)"),
        (("range(length):", "range(1, length):"), {"P"}, "only row 0 is off"),
    ],
    "most_numbers": [
        (("20 * 94", str(given)), {"value"}, said)
        for given, said in (
            (1881, "Your most_numbers is 1881, which is not right."),
            (1879.9, "Your most_numbers is 1879.9, which is not right."),
            (940, "that is without the cosines"),
            ("'1880'", "most_numbers is a str; a number is asked for."),
            ("[1880]", "most_numbers is a list; a number is asked for."),
        )
    ],
    "softmax_loss": [
        ((".mean()", ".sum()"), {"loss"}, "it is summed over the examples"),
        (("error[rows, y] -= 1", "pass"), {"gradient"}, "1 is not subtracted at the right class"),
        (("loss, X.T", "X.T @ error / len(y), loss\n    return X.T"), {"order"}, "returns gradient, loss; the order asked for is loss, gradient"),
        (("-log_p[rows", "log_p[rows"), {"loss"}, "Your loss is -1 times the right one"),
        (("s = X @ W", "X -= 0\n    X[0, 0] = 0\n    s = X @ W"), {"loss", "gradient", "large", "untouched"}, "Your function writes into the X that was passed in"),
    ],
    "best_sellers": [
        (('t["price"] * t["units"]', 't["price"]'), {"rows", "revenue"}, "prices are summed without the units"),
        (('("revenue", "count")', '("units", "sum")'), {"sales"}, "units are summed where rows are to be counted"),
        (("ascending=False", "ascending=True"), {"order"}, "The rows stand in another order than asked: by revenue."),
        ((".reset_index()", ""), {"columns"}, "shop is the index of your table; it should be a column (reset_index())."),
        (("t = sales.copy()", "t = sales"), {"untouched"}, "so the caller's table changes"),
    ],
}  # fmt: skip

RIGHT = {
    "attention": [
        "def attention(Q, K, V):\n    s = torch.einsum('td,sd->ts', Q, K) / len(K[0]) ** 0.5\n    return torch.einsum('ts,se->te', s.softmax(1), V)",
        "def attention(V, K, Q):\n    print('hello')\n    rows = []\n    for q in Q:\n        s = torch.stack([q @ k for k in K]) / K.shape[1] ** 0.5\n        e = torch.exp(s - s.max())\n        rows.append(e / e.sum() @ V)\n    return rows",
        "def attention(q, k, v):\n    s = torch.zeros(len(q), len(k))\n    for i in range(len(q)):\n        s[i] = k @ q[i] / q.shape[1] ** 0.5\n    return {'Y': s.softmax(-1) @ v}",
        "def attention(Q, K, V):\n    Q, K, V = Q.float(), K.float(), V.float()\n    return (torch.softmax(Q @ K.mT / Q.size(1) ** 0.5, 1) @ V,)",
    ],
    "LayerNorm": [
        "class LayerNorm(nn.Module):\n    def __init__(self, size):\n        super().__init__()\n        self.bias, self.gain = (nn.Parameter(torch.empty(size).fill_(k)) for k in (0, 1))\n\n    def forward(self, z):\n        rows = [(r - r.mean()) / (((r - r.mean()) ** 2).sum() / len(r) + 1e-5) ** 0.5 for r in z]\n        return torch.stack(rows).mul_(self.gain).add_(self.bias)",
    ],
    "positions": [
        "def positions(length, width):\n    t, i = np.arange(length)[:, None], np.arange(width)\n    a = t * np.exp(-math.log(1e4) * (i // 2 * 2) / width)\n    return np.where(i % 2 == 0, np.sin(a), np.cos(a)).astype(np.float32)",
        "def positions(width, length):\n    f = lambda t, i: (math.cos if i % 2 else math.sin)(t / 10000 ** (i // 2 * 2 / width))\n    return [[f(t, i) for i in range(width)] for t in range(length)]",
        "def positions(length, width):\n    a = torch.arange(length)[:, None] / 1e4 ** (torch.arange(0, width, 2) / width)\n    return torch.stack([a.sin(), a.cos()], 2).flatten(1)",
    ],
    "most_numbers": ["most_numbers = 1880.0", "most_numbers = np.array([1880])", "most_numbers = torch.tensor(1880)"],
    "softmax_loss": [
        "def softmax_loss(W, X, y):\n    n, loss, G = len(y), 0.0, np.zeros_like(W)\n    for x, k in zip(X, y):\n        s = x @ W\n        m = s.max()\n        z = sum(math.exp(v - m) for v in s)\n        loss += m + math.log(z) - s[k]\n        p = np.exp(s - m) / z\n        p[k] -= 1\n        G += np.outer(x, p)\n    return [np.array([loss / n]), (G / n).tolist()]",
        "def softmax_loss(W, X, y):\n    w = torch.tensor(W, requires_grad=True)\n    loss = nn.functional.cross_entropy(torch.tensor(X) @ w, torch.tensor(y))\n    loss.backward()\n    return {'gradient': w.grad, 'loss': loss}",
    ],
    "best_sellers": [
        "def best_sellers(sales, least):\n    shops = {}\n    for _, row in sales.iterrows():\n        shops.setdefault(row['shop'], []).append(row['price'] * row['units'])\n    found = [(s, sum(r), float(len(r))) for s, r in shops.items() if sum(r) >= least]\n    found.sort(key=lambda one: -one[1])\n    return pd.DataFrame(found, columns=['shop', 'revenue', 'sales'])",
    ],
}  # fmt: skip

# ruff: enable[E501]


def changed(name: str, changes: tuple[str, ...]) -> str:
    """The worked answer with each old piece replaced by the new one behind it."""
    text = WORKED[name]
    for old, new in zip(changes[::2], changes[1::2]):
        assert old in text, (name, old)
        text = text.replace(old, new)
    return text
