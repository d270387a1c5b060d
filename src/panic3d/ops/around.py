"""What lies around each pixel: squares as rows of columns, which costs a fraction of whole ones."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor
from torch.nn import functional


def highest_around(values: Float[Tensor, "n c h w"], radius: int) -> Float[Tensor, "n c h w"]:
    """Return the highest value within `radius` pixels along each axis."""
    side = 2 * radius + 1
    columns = functional.max_pool2d(values, (side, 1), 1, (radius, 0))
    return functional.max_pool2d(columns, (1, side), 1, (0, radius))


def mean_around(values: Float[Tensor, "n c h w"], radius: int) -> Float[Tensor, "n c h w"]:
    """Return the mean within `radius` pixels along each axis; at borders of what there is."""
    side = 2 * radius + 1
    columns = functional.avg_pool2d(values, (side, 1), 1, (radius, 0), count_include_pad=False)
    return functional.avg_pool2d(columns, (1, side), 1, (0, radius), count_include_pad=False)
