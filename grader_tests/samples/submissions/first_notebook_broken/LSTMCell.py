class LSTMCell(nn.Module)
    def __init__(self, input_dim, hidden_dim):
        super().__init__()
