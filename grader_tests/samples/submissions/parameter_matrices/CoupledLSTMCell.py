class CoupledLSTMCell(LSTMCell):
    def __init__(self, input_dim, hidden_dim):
        super().__init__(input_dim, hidden_dim)
        self.W_i = self.U_i = self.b_i = None

    def forward(self, x, c, h):
        f = torch.sigmoid(self.W_f @ h + self.U_f @ x + self.b_f)
        g = torch.tanh(self.W_c @ h + self.U_c @ x + self.b_c)
        o = torch.sigmoid(self.W_o @ h + self.U_o @ x + self.b_o)
        new = torch.lerp(g, c, f)
        return new, o * torch.tanh(new)
