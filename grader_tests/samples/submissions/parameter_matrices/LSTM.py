class LSTM(nn.Module):
    def __init__(self, input_dim, hidden_dim, n_layers):
        super().__init__()
        self.layers = nn.ModuleList(LSTMCell(hidden_dim if k else input_dim, hidden_dim) for k in range(n_layers))

    def reset_parameters(self):
        for p in self.parameters():
            nn.init.normal_(p)

    def forward(self, x, c, h):
        rows, new_c, new_h = x, [], []
        for k, layer in enumerate(self.layers):
            state, above = (c[k], h[k]), []
            for row in rows:
                state = layer(row, *state)
                above.append(state[1])
            rows = torch.stack(above)
            new_c.append(state[0])
            new_h.append(state[1])
        return rows, (torch.stack(new_c), torch.stack(new_h))
