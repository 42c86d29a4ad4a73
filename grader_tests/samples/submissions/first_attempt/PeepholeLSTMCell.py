class PeepholeLSTMCell(LSTMCell):
    def __init__(self, input_dim, hidden_dim):
        super().__init__(input_dim, hidden_dim)

    def forward(self, x, c, h):
        f = torch.sigmoid(self.W_f(h) + self.U_f(x) + self.b_f)
        i = torch.sigmoid(self.W_i(h) + self.U_i(x) + self.b_i)
        o = torch.sigmoid(self.W_o(h) + self.U_o(x) + self.b_o)
        candidate = torch.tanh(self.W_c(h) + self.U_c(x) + self.b_c)
        c = f * c + i * candidate
        h = o * torch.tanh(c)
        return c, h
