"""Guided refinement: a coarse map carried to a picture's own resolution along its edges."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from panic3d.checks import check_shape
from panic3d.errors import ConfigError
from panic3d.ops.around import mean_around


def guided_upsample(
    coarse: Float[Tensor, "1 1 h w"],
    guide: Float[Tensor, "1 3 h w"],
    fine_guide: Float[Tensor, "1 3 h2 w2"],
    radius: int = 3,
    epsilon: float = 1e-4,
) -> Float[Tensor, "1 1 h2 w2"]:
    """Refine a map: around each pixel it becomes a linear function of the picture's colours.

    Args:
        coarse: the map.
        guide: the picture at the map's resolution, in [0, 1].
        fine_guide: the picture at its own.
        radius: of the squares in which the function is fitted, pixels of the map.
        epsilon: variance of colours that counts as nothing.

    Returns:
        The map at the picture's resolution, not clamped.

    Raises:
        ConfigError: the radius or epsilon is not positive.

    Source: He, Sun and Tang 2013, eqs. 14-16, for colours; He and Sun 2015 (arXiv:1505.00996) for
    fitting at the lower resolution. Here a fit counts by how well it explains the map, so that of
    two that reach a pixel the one that saw the edge in question decides (Dai et al. 2015, in kind).
    """
    if radius < 1 or not epsilon > 0:
        raise ConfigError(f"radius, epsilon are {radius}, {epsilon}, expected positive numbers")
    sizes = check_shape("coarse", coarse, "1 1 H W")
    check_shape("guide", guide, "1 3 H W", **sizes)
    check_shape("fine_guide", fine_guide, "1 3 H2 W2")
    # Variances are differences of squares: in float32 little is left of them.
    x, y = guide[0].double(), coarse[0].double()
    rows, columns = sizes["H"], sizes["W"]
    mean_x, mean_y = _mean(x, radius), _mean(y, radius)
    pairs = [(i, j) for i in range(3) for j in range(i, 3)]
    products = _mean(torch.stack([x[i] * x[j] for i, j in pairs]), radius)
    covariance = x.new_zeros(rows, columns, 3, 3)
    for k, (i, j) in enumerate(pairs):
        covariance[..., i, j] = covariance[..., j, i] = products[k] - mean_x[i] * mean_x[j]
    covariance += epsilon * torch.eye(3, dtype=x.dtype, device=x.device)
    cross = (_mean(x * y, radius) - mean_x * mean_y).permute(1, 2, 0)
    slope = torch.linalg.solve(covariance, cross)
    offset = mean_y[0] - (slope * mean_x.permute(1, 2, 0)).sum(-1)
    # What of the map's variance the fit leaves.
    left = _mean(y * y, radius)[0] - mean_y[0] ** 2 - (slope * cross).sum(-1)
    weight = 1 / (left.clamp(min=0) + epsilon)
    fits = torch.cat([slope.permute(2, 0, 1), offset[None]]) * weight
    fits = _mean(fits, radius) / _mean(weight[None], radius)
    wide = functional.interpolate(
        fits[None].float(), size=fine_guide.shape[-2:], mode="bilinear", align_corners=False
    )
    return (wide[:, :3] * fine_guide).sum(1, keepdim=True) + wide[:, 3:]


def _mean(planes: Float[Tensor, "c h w"], radius: int) -> Float[Tensor, "c h w"]:
    """Return means over squares; at the border over what of them there is."""
    return mean_around(planes[None], radius)[0]
