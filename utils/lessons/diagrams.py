"""Small Keras models as boxes and arrows, and which layer feeds which."""

from dataclasses import dataclass
from itertools import combinations

import keras
import matplotlib.pyplot as plt
import numpy as np

from utils.plots import BLACK, SKY


def _words(layer):
    """What a layer does, as short as it can be said: one or two lines."""
    kind, config = type(layer).__name__, layer.get_config()
    window = config.get("kernel_size") or config.get("pool_size") or ()
    window = " × ".join(str(side) for side in window)
    step = config.get("strides") or config.get("pool_size") or (1,)
    step = f" /{step[0]}" if max(step) > 1 else ""
    groups = f"\n{layer.groups} groups" if getattr(layer, "groups", 1) > 1 else ""
    fixed = {
        "InputLayer": "input",
        "Add": "add", "Concatenate": "concat", "Multiply": "times",
        "BatchNormalization": "norm", "Flatten": "flatten", "Dropout": "dropout",
        "Conv2D": f"{window}, {config.get('filters')}{step}{groups}",
        "DepthwiseConv2D": f"depthwise\n{window}{step}",
        "SeparableConv2D": f"separable\n{window}, {config.get('filters')}{step}",
        "Dense": f"dense {config.get('units')}", "MaxPooling2D": f"max\n{window}{step}",
        "AveragePooling2D": f"mean\n{window}{step}",
        "GlobalAveragePooling2D": "mean\nof map",
        "ReLU": "ReLU6" if config.get("max_value") == 6 else "ReLU",
        "Activation": str(config.get("activation")),
    }  # fmt: skip
    activation = None if kind == "Activation" else config.get("activation")
    tail = "" if activation in ("linear", None) else f"\n{activation}"
    return fixed.get(kind, kind) + tail.replace("relu", "ReLU")


def wiring(model):
    """Which layers feed which, in an order in which each follows those that feed it.

    Args:
        model: a built `keras.Model`, Sequential or functional, that uses each of its
            layers once.

    Returns:
        `{name of a layer: list of the names of the layers that feed it}`.

    Raises:
        ValueError: if `model` has no graph of layers, or uses a layer twice.

    Example:

    >>> import keras
    >>> x = keras.Input((4,), name="x")
    >>> wiring(keras.Model(x, keras.layers.Add(name="sum")([x, x])))
    {'x': [], 'sum': ['x', 'x']}
    """
    entries = _graph(model).get_config()["layers"]
    for entry in entries:
        if len(entry["inbound_nodes"]) > 1:
            raise ValueError(
                f"`model` must use each layer once. Received: {entry['name']!r}, used "
                f"{len(entry['inbound_nodes'])} times. Make a layer for each use."
            )
    return {entry["name"]: list(_feeds(entry["inbound_nodes"])) for entry in entries}


def show_network(model, title, shapes=True):
    """A small Keras model as boxes and arrows, from left to right.

    Normalization and activation stand in the box of the layer that they follow.
    Boxes with weights are filled. An arrow over the boxes is a skip. `/2` is a
    stride of 2.

    Args:
        model: a built `keras.Model` with one input, one output and at most 14 steps
            from input to output: a block, not a whole giant.
        title: the finding.
        shapes: whether rows × columns × channels stand under each box.

    Returns:
        The matplotlib axes.

    Raises:
        ValueError: if the model has no graph of layers, has several inputs or
            outputs, uses a layer twice, or is too deep or too branched to be drawn.

    Example:

    >>> import keras
    >>> x = keras.Input((8, 8, 4))
    >>> y = keras.layers.Add()([x, keras.layers.Conv2D(4, 3, padding="same")(x)])
    >>> axes = show_network(keras.Model(x, y), "a skip")
    >>> [text.get_text() for text in axes.texts if text.get_text()][:3]
    ['input', '8 × 8 × 4', '3 × 3, 4']
    >>> plt.close(axes.figure)
    """
    layers = _layers(model)
    boxes, feeds = _boxes(layers, wiring(model))
    column = _columns(feeds)
    lane = _lanes(feeds)
    _check_layout(column, lane)
    edges = [(parent, box) for box in feeds for parent in feeds[box]]
    over = _heights(edges, column, lane)
    axes = _canvas(column, lane, over, title)
    for name, box in boxes.items():
        _draw_box(axes, column[name], lane[name], box, small=max(column.values()) > 8)
        if shapes:
            _draw_shape(axes, column[name], lane[name], box.shape)
    top = min(lane.values())
    for start, end in edges:
        ends = (column[start], lane[start]), (column[end], lane[end])
        if (start, end) in over:
            _draw_skip(axes, *ends, top - over[start, end])
        else:
            _draw_arrow(axes, *ends)
    return axes


@dataclass
class _Box:
    """What stands in a box: lines of text, whether it is filled, its output's shape."""

    lines: list
    filled: bool
    shape: tuple


def _graph(model):
    """The model as a graph of layers, which a Sequential becomes, too."""
    if not isinstance(model, keras.Model):
        raise ValueError(
            f"`model` must be a `keras.Model`. Received: {type(model).__name__}. "
            "Hand in `keras.Model(x, y)` of an input and an output."
        )
    try:
        return keras.Model(model.inputs, model.outputs)
    except (AttributeError, ValueError, TypeError):
        raise ValueError(
            f"`model` must be a built graph of layers. Received: {model.name!r} "
            "without input. Put `keras.Input(shape)` first, or use `keras.Model(x, y)`."
        ) from None


def _feeds(value):
    """Names of the layers whose outputs stand anywhere in a saved call, in order."""
    if isinstance(value, dict) and "keras_history" in value:
        yield value["keras_history"][0]
    elif isinstance(value, (dict, list, tuple)):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _feeds(part)


def _layers(model):
    """`{name: layer}` of a model that can be drawn, the input's layer among them."""
    graph = _graph(model)
    if len(graph.inputs) != 1 or len(graph.outputs) != 1:
        raise ValueError(
            f"`model` must have one input and one output. Received: {len(graph.inputs)}"
            f" and {len(graph.outputs)}. Draw a part, such as `keras.Model(x, y)`."
        )
    layers = {layer.name: layer for layer in graph.operations}  # `a + b` is one, too
    several = [name for name in layers if not hasattr(layers[name].output, "shape")]
    if several:
        raise ValueError(
            "`model` must have layers with one output each. Received: "
            f"{several[0]!r} with several. Draw the part before or after it."
        )
    return layers


FOLDED = ("BatchNormalization", "ReLU", "Activation")  # into the box before them


def _boxes(layers, parents):
    """`{name: box}` and `{name: names of the boxes that feed it}`.

    A box has the name of its first layer.
    """
    children = {name: [n for n in parents if name in parents[n]] for name in parents}
    boxes, place = {}, {}  # the boxes, and the box of each layer
    for name, feeds in parents.items():
        layer = layers[name]
        home = place[feeds[0]] if len(feeds) == 1 else None
        joins = (
            home is not None
            and type(layer).__name__ in FOLDED
            and len(children[feeds[0]]) == 1
            and boxes[home].lines != ["input"]
            and len(boxes[home].lines) < 3
        )
        if not joins:
            home, boxes[name] = name, _Box([], False, ())
        place[name], box = home, boxes[home]
        box.lines.append(_words(layer))
        box.filled |= bool(getattr(layer, "weights", ()))
        box.shape = layer.output.shape[1:]
    return boxes, {box: [place[parent] for parent in parents[box]] for box in boxes}


def _columns(feeds):
    """`{box: steps from the input}`, counted along the longest way."""
    column = {}
    for box in feeds:
        column[box] = max((column[parent] + 1 for parent in feeds[box]), default=0)
    return column


def _lanes(feeds):
    """`{box: row}`: branches side by side, what joins them in their middle."""
    single = {b: [c for c in feeds if feeds[c] == [b]] for b in feeds}

    def spread(box, start):
        """Rows of the branches that leave a box; returns how many rows they take."""
        used = 0
        for child in single[box]:
            used += spread(child, start + used)
        lane[box] = np.mean([lane[child] for child in single[box]]) if used else start
        return max(used, 1)

    def shift(box, by):
        lane[box] += by
        for child in single[box]:
            shift(child, by)

    lane = {}
    for box in feeds:
        if len(feeds[box]) != 1:
            spread(box, 0.0)
            if feeds[box]:
                shift(box, np.mean([lane[parent] for parent in feeds[box]]) - lane[box])
    return lane


def _check_layout(column, lane):
    """Refuse what would not fit on one line, or would hide a box behind another."""
    if max(column.values()) > 14:
        raise ValueError(
            "`model` must have at most 14 steps to fit on one line. Received: "
            f"{max(column.values())}. Draw a block, such as `keras.Model(x, y)`."
        )
    for one, other in combinations(column, 2):
        if column[one] == column[other] and abs(lane[one] - lane[other]) < 0.6:
            raise ValueError(
                f"`model` must leave room for its boxes. Received: {one!r} and "
                f"{other!r}, which would lie on each other. Draw a smaller part."
            )


def _heights(edges, column, lane):
    """`{edge: height}` of the arrows that go over all boxes, not through one of them.

    Two that share some columns get different heights.
    """
    heights = {}
    for start, end in edges:
        between = [box for box in lane if column[start] < column[box] < column[end]]
        if any(abs(lane[box] - lane[start]) < 0.4 for box in between):
            below = [
                height
                for (s, e), height in heights.items()
                if column[s] < column[end] and column[start] < column[e]
            ]
            heights[start, end] = max(below, default=0.2) + 0.2
    return heights


def _canvas(column, lane, over, title):
    """Axes on which columns, lanes and the arrows over them find room."""
    columns, last = max(column.values()) + 1, max(lane.values())
    top = min(lane.values()) - 0.35 - max(over.values(), default=0)
    width = min(7.4, max(4.0, 0.92 * columns))
    height = 0.35 + 0.78 * (last + 0.5 - top)
    _, axes = plt.subplots(figsize=(width, height))
    axes.set(xlim=(-0.5, columns - 0.5), ylim=(last + 0.5, top), title=title)
    axes.axis("off")
    return axes


def _draw_box(axes, x, y, box, small):
    look = {"facecolor": SKY if box.filled else "white", "edgecolor": BLACK}
    corner = x - 0.41, y - 0.27
    axes.add_patch(plt.Rectangle(corner, 0.82, 0.54, linewidth=0.8, zorder=2, **look))
    text = "\n".join(box.lines)
    size = 7.5 - 0.7 * max(0, text.count("\n") - 1) - small
    axes.text(x, y, text, ha="center", va="center", fontsize=size, linespacing=1.0)


def _draw_shape(axes, x, y, shape):
    text = " × ".join(str(side) for side in shape)
    axes.text(x, y + 0.29, text, ha="center", va="top", fontsize=6, color="0.3")


ARROW = {"arrowstyle": "-|>", "linewidth": 0.9, "shrinkA": 0, "shrinkB": 0,
         "color": BLACK, "mutation_scale": 8}  # fmt: skip


def _draw_arrow(axes, start, end):
    """Along the lane of the start, and in the last gap to that of the end."""
    (x0, y0), (x1, y1) = start, end
    axes.plot([x0 + 0.41, x1 - 0.59], [y0, y0], color=BLACK, linewidth=0.9)
    axes.annotate("", (x1 - 0.41, y1), (x1 - 0.59, y0), arrowprops=ARROW)


def _draw_skip(axes, start, end, height):
    """Up from the start, over all boxes, down to the end."""
    (x0, y0), (x1, y1) = start, end
    x0, x1 = x0 + 0.15, x1 - 0.15
    way = [x0, x0, x1], [y0 - 0.27, height, height]
    axes.plot(*way, color=BLACK, linewidth=0.9)
    axes.annotate("", (x1, y1 - 0.27), (x1, height), arrowprops=ARROW)
