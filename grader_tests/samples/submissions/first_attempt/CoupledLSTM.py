class CoupledLSTM(LSTM):
    def __init__(self, input_dim, hidden_dim, n_layers):
        super().__init__(input_dim, hidden_dim, n_layers)
        for k in range(n_layers):
            self.layers[k] = CoupledLSTMCell(input_dim if k == 0 else hidden_dim, hidden_dim)


lstm = CoupledLSTM()
