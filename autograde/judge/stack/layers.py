"""The layers of a stack: how many there are, of what, and where they are kept."""

from collections.abc import Iterator

from ...exercise.declared import Stack
from ..answers import Answers, Layer, words
from ..classes import judge_base, judge_constructor
from ..sheet import Sheet
from .asks import Pair, used_layers


def lose_unused(exercise: Stack, pairs: list[Pair], sheet: Sheet):
    unused = (pair for pair in pairs if pair.complete and len(used_layers(pair)) < pair.count)
    if (pair := next(unused, None)) is None:
        return  # there are too many layers, or too few, which is said
    first = min({*range(pair.count)} - {*used_layers(pair)})
    sheet.lose(
        "layers",
        f"With n_layers={pair.asked.sizes[2]}, layer {first} is never run. The rule:"
        f" {exercise.asks('layers')}.",
        "the number of layers that are run is fixed",
    )


def proper(pairs: list[Pair]) -> bool:
    """Whether any layer is of the class that is asked for."""
    return any(layer.right for pair in pairs for layer in pair.layers)


def judge_layers(exercise: Stack, pairs: list[Pair], answers: Answers, sheet: Sheet):
    surveyed = [pair for pair in pairs if pair.build.cells is not None]
    sizes = [f"n_layers={pair.asked.sizes[2]}" for pair in surveyed]
    judge_constructor([pair.build for pair in surveyed], sizes, sheet, "layers")
    for pair in surveyed:
        for sentence, mistake in complaints(exercise, pair):
            sheet.lose("layers", sentence, mistake)
    if surveyed:
        judge_base(exercise, answers, sheet, "layers")
    if proper(surveyed):
        sheet.meet("layers")


def complaints(exercise: Stack, pair: Pair) -> Iterator[tuple[str, str]]:
    """(sentence, mistake) for everything that is wrong with the layers of one build."""
    build, layers = pair.build, pair.asked.sizes[2]
    if build.constructor and (build.astray is not None or not pair.complete):
        return  # since it raises
    if build.layers == "NoneType":
        where = f": your cells are in self.{words(build.elsewhere, 40)}" if build.elsewhere else ""
        yield f"layers is missing{where}.", "layers is missing"
    elif build.astray is not None:
        yield (
            f"Your constructor makes {exercise.cell}s, but layers"
            f" {'holds other cells beside' if build.astray else 'does not hold'} them.",
            "the cells are made, and layers does not hold them alone",
        )
    elif not build.module_list:
        trains = build.layers in ("ModuleDict", "Sequential")
        why = "it should be an nn.ModuleList" if trains else "only an nn.ModuleList lets the cells'"
        yield (
            f"layers is a {words(build.layers, 40)}; {why}{'' if trains else ' parameters train'}.",
            "layers is no nn.ModuleList",
        )
    if not pair.complete and (pair.layers or build.layers != "NoneType"):
        yield (
            f"With n_layers={layers} {there_are(pair)}.",
            "the number of layers is wrong",
        )
    for k, layer in enumerate(pair.layers):
        yield from about_layer(exercise, pair, k, layer)
    if pair.shares_a_cell:
        yield (
            "Some layers are one and the same cell; each layer has a cell of its own.",
            "layers share a cell",
        )
    for other in build.others:
        yield (
            f"{words(other, 60)} trains outside of layers; only the cells should.",
            "something else trains as well",
        )


def there_are(pair: Pair) -> str:
    return "there is 1 layer" if len(pair.layers) == 1 else f"there are {len(pair.layers)} layers"


def about_layer(exercise: Stack, pair: Pair, k: int, layer: Layer) -> Iterator[tuple[str, str]]:
    n, m, _ = pair.asked.sizes
    if not layer.right:
        yield (
            f"Layer {k} is a {words(layer.type, 40)}; every layer is a {exercise.cell}.",
            f"a layer is no {exercise.cell}",
        )
    elif layer.reads not in (None, n if k == 0 else m):
        sizes = {m: "hidden_dim", n: "input_dim"}
        wanted = (
            "x_t, input_dim numbers" if k == 0 else "the h of the layer below, hidden_dim numbers"
        )
        yield (
            f"Layer {k} reads {sizes.get(layer.reads, words(str(layer.reads), 9))} numbers;"
            f" it should read {wanted}.",
            "a layer is made for the wrong size of input",
        )
    elif layer.units not in (None, m):
        yield (
            f"Layer {k} has {layer.units} units where hidden_dim is {m}.",
            "a layer has the wrong number of units",
        )
