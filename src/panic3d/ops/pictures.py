"""Pictures to tensors and back."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from panic3d.checks import check_shape
from panic3d.image import Picture


def tensor_of(picture: Picture) -> Float[Tensor, "1 3 h w"]:
    """Return a picture's colours in [0, 1], alpha left out."""
    rgb = torch.from_numpy(picture.rgba[..., :3].copy()).permute(2, 0, 1)[None]
    return rgb.float() / 255


def picture_of(rgb: Float[Tensor, "3 h w"], alpha: Float[Tensor, "h w"] | None = None) -> Picture:
    """Return a picture of colours in [0, 1], clamped and truncated to 8 bits as the paper does.

    Args:
        rgb: colours.
        alpha: coverage; None is opaque.

    Raises:
        ShapeError: one of them has another shape, or the two do not fit each other.
    """
    sizes = check_shape("rgb", rgb, "3 H W")
    if alpha is not None:
        check_shape("alpha", alpha, "H W", **sizes)
    planes = [*rgb, torch.ones_like(rgb[0]) if alpha is None else alpha]
    levels = torch.stack(planes, -1).detach().clamp(0, 1).mul(255)
    return Picture(levels.to(torch.uint8).cpu().numpy())
