class PeepholeLSTMCell(LSTMCell):
    def __init__(self, input_dim, hidden_dim):
        super().__init__(input_dim, hidden_dim)
        for k in "fio":
            setattr(self, f"V_{k}", nn.Parameter(torch.randn(hidden_dim)))

    def reset_parameters(self):
        for p in self.parameters():
            nn.init.normal_(p)

    def forward(self, x, c, h):
        f = torch.sigmoid(self.W_f @ h + self.U_f @ x + self.V_f * c + self.b_f)
        i = torch.sigmoid(self.W_i @ h + self.U_i @ x + self.V_i * c + self.b_i)
        o = torch.sigmoid(self.W_o @ h + self.U_o @ x + self.V_o * c + self.b_o)
        new = f * c + i * torch.tanh(self.W_c @ h + self.U_c @ x + self.b_c)
        return new, o * torch.tanh(new)
