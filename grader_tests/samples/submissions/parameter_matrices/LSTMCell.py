class LSTMCell(nn.Module):
    def __init__(self, input_dim, hidden_dim):
        super().__init__()
        for k in "fioc":
            setattr(self, f"W_{k}", nn.Parameter(torch.empty(hidden_dim, hidden_dim)))
            setattr(self, f"U_{k}", nn.Parameter(torch.empty(hidden_dim, input_dim)))
            setattr(self, f"b_{k}", nn.Parameter(torch.empty(hidden_dim)))
        self.reset_parameters()

    def reset_parameters(self):
        with torch.no_grad():
            for p in self.parameters():
                p.normal_()

    def forward(self, x, c, h):
        a = {k: getattr(self, f"W_{k}") @ h + getattr(self, f"U_{k}") @ x + getattr(self, f"b_{k}") for k in "fioc"}
        new = a["f"].sigmoid() * c + a["i"].sigmoid() * a["c"].tanh()
        return new, a["o"].sigmoid() * new.tanh()
