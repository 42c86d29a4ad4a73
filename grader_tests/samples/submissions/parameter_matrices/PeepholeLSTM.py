class PeepholeLSTM(LSTM):
    def __init__(self, input_dim, hidden_dim, n_layers):
        super().__init__(input_dim, hidden_dim, n_layers)
        self.layers = nn.ModuleList(PeepholeLSTMCell(hidden_dim if k else input_dim, hidden_dim) for k in range(n_layers))
