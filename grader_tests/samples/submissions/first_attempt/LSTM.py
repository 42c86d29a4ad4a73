class LSTM(nn.Module):
    def __init__(self, input_dim, hidden_dim, n_layers):
        super().__init__()
        self.layers = nn.ModuleList([LSTMCell(input_dim, hidden_dim)])
        for _ in range(n_layers - 1):
            self.layers.append(LSTMCell(hidden_dim, hidden_dim))

    def reset_parameters(self):
        for layer in self.layers:
            layer.reset_parameters()

    def forward(self, x, c, h):
        outputs = []
        for t in range(len(x)):
            z = x[t]
            for k, layer in enumerate(self.layers):
                c[k], h[k] = layer(z, c[k], h[k])
                z = h[k]
            outputs.append(z)
        return outputs, (c, h)

        # try it out
        lstm = LSTM(300, 20, 2)
        x = torch.randn(10, 300)
        outputs, states = lstm(x, torch.zeros(2, 20), torch.zeros(2, 20))
        print(len(outputs), outputs[0].shape)
