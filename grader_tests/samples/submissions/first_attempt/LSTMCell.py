class LSTMCell(nn.Module):
    def __init__(self, input_dim, hidden_dim):
        super().__init__()
        self.W_f = nn.Linear(hidden_dim, input_dim, bias=False)
        self.U_f = nn.Linear(input_dim, hidden_dim, bias=False)
        self.b_f = nn.Parameter(torch.zeros(hidden_dim))
        self.W_i = nn.Linear(hidden_dim, hidden_dim, bias=False)
        self.U_i = nn.Linear(input_dim, hidden_dim, bias=False)
        self.b_i = nn.Parameter(torch.zeros(hidden_dim))
        self.W_o = nn.Linear(hidden_dim, hidden_dim, bias=False)
        self.U_o = nn.Linear(input_dim, hidden_dim, bias=False)
        self.b_o = nn.Parameter(torch.zeros(hidden_dim))
        self.W_c = nn.Linear(hidden_dim, hidden_dim, bias=False)
        self.U_c = nn.Linear(input_dim, hidden_dim, bias=False)
        self.b_c = nn.Parameter(torch.zeros(hidden_dim))
        self.reset_parameters()

    def reset_parameters(self):
        for p in self.parameters():
            nn.init.normal_(p)

    def forward(self, x, c, h):
        f = torch.sigmoid(self.W_f(h) + self.U_f(x) + self.b_f)
        i = torch.sigmoid(self.W_i(h) + self.U_i(x) + self.b_i)
        o = torch.sigmoid(self.W_o(h) + self.U_o(x) + self.b_o)
        candidate = torch.tanh(self.W_c(h) + self.U_c(x) + self.b_c)
        c = f * i * candidate
        h = o * torch.tanh(c)
        return c, h
