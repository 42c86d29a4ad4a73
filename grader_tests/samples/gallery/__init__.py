"""A gallery of exercises on the judge, one of each kind: each module is all that its author writes
beside a notebook."""

from .attention import ATTENTION
from .layer_norm import LAYER_NORM
from .positions import LENGTH, POSITIONS
from .sales import BEST_SELLERS
from .softmax_regression import SOFTMAX_REGRESSION

EXERCISES = (ATTENTION, LAYER_NORM, POSITIONS, LENGTH, SOFTMAX_REGRESSION, BEST_SELLERS)
