"""Small Keras models as boxes and arrows, and which layer feeds which."""

import re

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
    activation = (
        config.get("activation", "linear") if kind != "Activation" else "linear"
    )
    tail = "" if activation in ("linear", None) else f"\n{activation}"
    return fixed.get(kind, kind) + tail.replace("relu", "ReLU")


def wiring(model):
    """Which layers feed which, in an order in which each follows those that feed it.

    Args:
        model: a `keras.Model`, Sequential or functional.

    Returns:
        `{name of a layer: list of the names of the layers that feed it}`.

    Example:

    >>> import keras
    >>> x = keras.Input((4,), name="x")
    >>> wiring(keras.Model(x, keras.layers.Add(name="sum")([x, x])))
    {'x': [], 'sum': ['x', 'x']}
    """
    model = keras.Model(
        model.inputs, model.outputs
    )  # a Sequential becomes a graph, too
    return {
        entry["name"]: re.findall(
            r"'keras_history': [\[(]'([^']+)'", str(entry["inbound_nodes"])
        )
        for entry in model.get_config()["layers"]
    }


def show_network(model, title, shapes=True):
    """A small Keras model as boxes and arrows, from left to right.

    Normalization and activation stand in the box of the layer that they follow.
    Boxes with weights are filled. An arrow over the boxes is a skip. `/2` is a
    stride of 2.

    Args:
        model: a `keras.Model` with at most 14 steps from input to output: a
            block, not a whole giant.
        title: the finding.
        shapes: whether rows × columns × channels stand under each box.

    Returns:
        The matplotlib axes.

    Raises:
        ValueError: if the model is too deep to be drawn on one line.

    Example:

    >>> import keras
    >>> x = keras.Input((8, 8, 4))
    >>> y = keras.layers.Add()([x, keras.layers.Conv2D(4, 3, padding="same")(x)])
    >>> axes = show_network(keras.Model(x, y), "a skip")
    >>> [text.get_text() for text in axes.texts if text.get_text()][:3]
    ['input', '8 × 8 × 4', '3 × 3, 4']
    >>> plt.close(axes.figure)
    """
    parents = wiring(model)
    layers = {layer.name: layer for layer in model.layers}
    for name in set(parents) - set(layers):  # a Sequential does not list its input
        layers[name] = model.inputs[0]._keras_history.operation
    children = {name: [n for n in parents if name in parents[n]] for name in parents}
    lines, place, last = (
        {},
        {},
        {},
    )  # text of a box, the box of a layer, the last layer in a box
    folded = ("BatchNormalization", "ReLU", "Activation")
    for name, feeds in parents.items():
        box = place[feeds[0]] if len(feeds) == 1 else None
        alone = box and len(children[feeds[0]]) == 1 and lines[box] != ["input"]
        if alone and type(layers[name]).__name__ in folded and len(lines[box]) < 3:
            lines[box].append(_words(layers[name]))
        else:
            box, lines[name] = name, [_words(layers[name])]
        place[name], last[box] = box, name
    feeds = {box: [place[parent] for parent in parents[box]] for box in lines}
    column = {}
    for box in lines:
        column[box] = max((column[parent] + 1 for parent in feeds[box]), default=0)
    if max(column.values()) > 14:
        raise ValueError(
            "At most 14 steps fit on one line; draw a block of the model. "
            f"Received: {max(column.values())}"
        )
    lane = _lanes(lines, feeds)
    columns, lanes = (
        max(column.values()) + 1,
        max(lane.values()) - min(lane.values()) + 1,
    )
    edges = [(parent, box) for box in feeds for parent in feeds[box]]
    heights = {}  # of the arrows that would run through a box and go over all instead
    for start, end in edges:
        if any(
            column[start] < column[b] < column[end] and abs(lane[b] - lane[start]) < 0.4
            for b in lane
        ):
            below = [
                h
                for (s, e), h in heights.items()
                if column[s] < column[end] and column[start] < column[e]
            ]
            heights[start, end] = max(below, default=0.2) + 0.2
    top = min(lane.values()) - 0.35 - max(heights.values(), default=0)
    size = (
        min(7.4, max(4.0, 0.92 * columns)),
        0.35 + 0.78 * (lanes - 0.5 + min(lane.values()) - top),
    )
    _, axes = plt.subplots(figsize=size)
    for box, text in lines.items():
        at = column[box], lane[box]
        filled = any(layers[n].weights for n in place if place[n] == box)
        look = {
            "facecolor": SKY if filled else "white",
            "edgecolor": BLACK,
            "linewidth": 0.8,
        }
        axes.add_patch(
            plt.Rectangle((at[0] - 0.41, at[1] - 0.27), 0.82, 0.54, zorder=2, **look)
        )
        text = "\n".join(text)
        small = 7.5 - 0.7 * max(0, text.count("\n") - 1) - (columns > 9)
        axes.text(*at, text, ha="center", va="center", fontsize=small, linespacing=1.0)
        if shapes:
            shape = " × ".join(str(side) for side in layers[last[box]].output.shape[1:])
            axes.text(
                at[0],
                at[1] + 0.29,
                shape,
                ha="center",
                va="top",
                fontsize=6,
                color="0.3",
            )
    arrow = {"arrowstyle": "-|>", "linewidth": 0.9, "shrinkA": 0, "shrinkB": 0,
             "color": BLACK, "mutation_scale": 8}  # fmt: skip
    for start, end in edges:
        (x0, y0), (x1, y1) = (column[start], lane[start]), (column[end], lane[end])
        if (start, end) in heights:
            height, x0, x1 = (
                min(lane.values()) - heights[start, end],
                x0 + 0.15,
                x1 - 0.15,
            )
            axes.plot(
                [x0, x0, x1], [y0 - 0.27, height, height], color=BLACK, linewidth=0.9
            )
            axes.annotate("", (x1, y1 - 0.27), (x1, height), arrowprops=arrow)
        else:
            axes.plot([x0 + 0.41, x1 - 0.59], [y0, y0], color=BLACK, linewidth=0.9)
            axes.annotate("", (x1 - 0.41, y1), (x1 - 0.59, y0), arrowprops=arrow)
    axes.set(
        xlim=(-0.5, columns - 0.5), ylim=(max(lane.values()) + 0.5, top), title=title
    )
    axes.axis("off")
    return axes


def _lanes(boxes, feeds):
    """The row of each box: branches side by side, what joins them in their middle."""
    single = {b: [c for c in boxes if feeds[c] == [b]] for b in boxes}

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
    for box in boxes:
        if len(feeds[box]) != 1:
            spread(box, 0.0)
            if feeds[box]:
                shift(box, np.mean([lane[parent] for parent in feeds[box]]) - lane[box])
    return lane
