"""The rendered solutions: runs the worked notebooks into `notebooks/`, and makes pages of them that
need no network."""
