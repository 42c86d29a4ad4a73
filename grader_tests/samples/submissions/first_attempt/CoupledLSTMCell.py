class CoupledLSTMCell(LSTMCell):
    def __init__(self, input_dim, hidden_dim):
        super().__init__(input_dim, hidden_dim)
        del self.W_i, self.U_i, self.b_i
        self.reset_parameters()

    def forward(self, x, c, h):
        f = torch.sigmoid(self.W_f(h) + self.U_f(x) + self.b_f)
        o = torch.sigmoid(self.W_o(h) + self.U_o(x) + self.b_o)
        candidate = torch.tanh(self.W_c(h) + self.U_c(x) + self.b_c)
        c = f * c + (1 - f) * candidate
        h = o * torch.tanh(c)
        return c, h
