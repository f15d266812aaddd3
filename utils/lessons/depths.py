"""How large the numbers of a deep network are, layer by layer."""

import matplotlib.pyplot as plt
import numpy as np

from utils.checks import check_mapping, check_numbers

BINS = 40


def show_sizes(quantities, title):
    """A panel a quantity, a column a layer: how the sizes of its numbers are spread.

    A column is a histogram seen from above, on a scale of powers of ten that all
    panels share: the brighter, the larger the share of a layer's numbers. Zeros have
    no power of ten and are left out.

    Args:
        quantities: `{name: list of arrays}`, one array a layer, of any shape.
        title: the finding.

    Returns:
        The matplotlib figure.

    Raises:
        ValueError: if there is no quantity, a list is empty, or a number is not finite.

    Example:

    >>> layers = [np.array([1.0, 0.1]), np.array([0.01, 0.0])]
    >>> figure = show_sizes({"signal": layers}, "the signal sinks")
    >>> figure.axes[0].get_title(plt.rcParams["axes.titlelocation"])
    'signal'
    >>> plt.close(figure)
    """
    quantities = check_mapping(quantities, "quantities", _layers)
    powers = {name: [_powers(v) for v in layers] for name, layers in quantities.items()}
    every = np.concatenate([p for layers in powers.values() for p in layers])
    low, high = (every.min(), every.max()) if len(every) else (-1, 1)
    edges = np.linspace(low - 0.5, high + 0.5, BINS + 1)
    figure, panels = plt.subplots(
        1, len(powers), figsize=(3.4 * len(powers), 2.9), sharey=True, squeeze=False
    )
    for axes, (name, layers) in zip(panels[0], powers.items()):
        counts = np.array([np.histogram(p, edges)[0] for p in layers], float)
        shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        extent = (0.5, len(layers) + 0.5, edges[0], edges[-1])
        axes.imshow(shares.T, aspect="auto", origin="lower", extent=extent, vmin=0)
        axes.set_title(name, fontsize=10)
        axes.set_xlabel("layer")
    panels[0, 0].set_ylabel("size, power of ten")
    figure.suptitle(title, x=0.02, ha="left", fontsize=11)
    return figure


def _layers(arrays, name):
    """Each layer's finite numbers in a row."""
    if not isinstance(arrays, (list, tuple)) or not len(arrays):
        raise ValueError(
            f"`{name}` must be a list of arrays, one a layer. "
            f"Received: {type(arrays).__name__}. Hand in `[array]`."
        )
    return [
        check_numbers(np.ravel(array), f"{name}[{i}]") for i, array in enumerate(arrays)
    ]


def _powers(values):
    """The powers of ten of all numbers that are not zero."""
    values = np.abs(values.astype(float))
    return np.log10(values[values > 0])
