"""Putting the portrait's own pixels back on every surface point that the front camera sees.

Source: PAniC-3D (arXiv:2303.14587), section 3.3, with the thresholds of its evaluation.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional

from panic3d.checks import check_shape
from panic3d.errors import ConfigError
from panic3d.geometry.rays import Rays


@dataclass(frozen=True, kw_only=True)
class PasteConfig:
    """When a pixel is taken from the portrait. The defaults are the paper's evaluation."""

    min_opacity: float = 0.95
    max_edge: float = 0.02
    """Largest change of position between neighbouring pixels (Sobel magnitude, metres)."""
    max_occlusion: float = 0.05
    """Largest opacity between the point and the front camera."""
    occlusion_offset_m: float = 0.01
    """How far in front of the point the look towards the front camera starts."""
    max_deviation_m: float = 5e-6
    """Largest distance of the blended position from its own ray. The blend includes the white
    background, so this asks for an opacity of 1 within a few millionths."""
    front_erosion: int = 0
    """Erode the front silhouette by a box of so many pixels and paste only inside; 0 is off."""

    def __post_init__(self) -> None:
        for name in (
            "min_opacity",
            "max_edge",
            "max_occlusion",
            "max_deviation_m",
            "occlusion_offset_m",
        ):
            if not 0 <= getattr(self, name) < math.inf:
                raise ConfigError(f"{name} is {getattr(self, name)}, expected 0 or more")
        if self.front_erosion < 0:
            raise ConfigError(f"front_erosion is {self.front_erosion}, expected 0 or more")


class Pasted(NamedTuple):
    """The stitched picture and how it came about. S is the picture's side."""

    image: Float[Tensor, "n 3 s s"]
    lookup: Float[Tensor, "n 3 s s"]
    """The portrait's colour for every pixel, wanted or not."""
    mask: Float[Tensor, "n 1 s s"]
    """Product of the masks below; in between 0 and 1 where the occlusion changes."""
    mask_opacity: Float[Tensor, "n 1 s s"]
    mask_edges: Float[Tensor, "n 1 s s"]
    mask_occlusion: Float[Tensor, "n 1 s s"]
    """Without `everywhere`, only where the other masks are not 0."""
    mask_deviation: Float[Tensor, "n 1 s s"]
    mask_front: Float[Tensor, "n 1 s s"]
    edges: Float[Tensor, "n 1 s s"]
    """Sobel magnitude of the positions."""
    deviation_m: Float[Tensor, "n 1 r r"]
    occlusion: Float[Tensor, "n 1 r r"]
    """Opacity towards the front camera; 1 where nobody asked."""


Look = Callable[[Rays, Bool[Tensor, "n m"]], Float[Tensor, "n m"]]
"""Opacity along rays (n, m, 3), sampled from march.near_m on; only the marked rays matter."""


def paste_front(
    image: Float[Tensor, "n 3 s s"],
    front: Float[Tensor, "n 3 s s"],
    position: Float[Tensor, "n 3 r r"],
    opacity: Float[Tensor, "n 1 r r"],
    rays: Rays,
    look: Look,
    *,
    near_m: float,
    box_m: float,
    config: PasteConfig | None = None,
    front_opacity: Float[Tensor, "n 1 r r"] | None = None,
    everywhere: bool = False,
) -> Pasted:
    """Stitch the portrait onto a rendered view.

    Args:
        image: the view after super-resolution.
        front: the portrait, front orthographic, in the image's range of values.
        position: blended world positions of the view, background included (`View.position`).
        opacity: of the view.
        rays: of the view, (n, r * r, 3).
        look: finds the opacity between points and the front camera.
        near_m: where marching starts along a ray, metres.
        box_m: width of the front picture, metres.
        config: thresholds.
        front_opacity: opacity of the front view; needed for `front_erosion`.
        everywhere: look for occlusion also where the other masks already say no.

    Returns:
        The stitched view; exactly the portrait's colour where the mask is 1.

    Raises:
        ShapeError: an input has the wrong shape.
        ConfigError: erosion without a front opacity.
    """
    config = config or PasteConfig()
    n, s = (check_shape("image", image, "N 3 S S")[k] for k in "NS")
    check_shape("front", front, f"N 3 {s} {s}", N=n)
    r = check_shape("position", position, "N 3 R R", N=n)["R"]
    check_shape("opacity", opacity, f"N 1 {r} {r}", N=n)
    check_shape("rays.origins", rays.origins, f"N {r * r} 3", N=n)
    check_shape("rays.directions", rays.directions, f"N {r * r} 3", N=n)
    if front_opacity is not None:
        check_shape("front_opacity", front_opacity, "N 1 Q Q", N=n)
    with torch.no_grad():
        fine_position = _resize(position, s)
        mask_opacity = (_resize(opacity, s) > config.min_opacity).to(image)
        edges = sobel_norm(fine_position)
        mask_edges = (edges < config.max_edge).to(image)
        points = position.reshape(n, 3, r * r).transpose(1, 2)
        offset = points - rays.origins
        along = (offset * rays.directions).sum(-1, keepdim=True)
        deviation = (offset - along * rays.directions).norm(dim=-1).reshape(n, 1, r, r)
        mask_deviation = functional.interpolate(deviation, (s, s), mode="nearest")
        mask_deviation = (mask_deviation < config.max_deviation_m).to(image)
        mask_front = _front_mask(fine_position, front_opacity, config.front_erosion, box_m)
        others = mask_opacity * mask_edges * mask_deviation * mask_front
        wanted = torch.ones_like(opacity) if everywhere else _pixels_behind(others, r)
        towards = Rays(
            points - points.new_tensor([0.0, 0.0, near_m - config.occlusion_offset_m]),
            points.new_tensor([0.0, 0.0, 1.0]).expand_as(points),
        )
        marked = wanted.reshape(n, r * r) > 0
        found = look(towards, marked)
        check_shape("the result of look", found, f"N {r * r}", N=n)
        occlusion = torch.where(marked, found, 1.0).reshape(n, 1, r, r)
        mask_occlusion = _resize((occlusion < config.max_occlusion).to(image), s)
        mask = others * mask_occlusion
    lookup = look_up(front, fine_position, box_m)
    return Pasted(
        image=torch.lerp(image, lookup, mask),
        lookup=lookup,
        mask=mask,
        mask_opacity=mask_opacity,
        mask_edges=mask_edges,
        mask_occlusion=mask_occlusion,
        mask_deviation=mask_deviation,
        mask_front=mask_front.to(image),
        edges=edges,
        deviation_m=deviation,
        occlusion=occlusion,
    )


def look_up(
    front: Float[Tensor, "n c s s"], position: Float[Tensor, "n 3 h w"], box_m: float
) -> Float[Tensor, "n c h w"]:
    """Return the front picture's colour at the front projection of each position."""
    n = check_shape("front", front, "N C H W")["N"]
    check_shape("position", position, "N 3 H W", N=n)
    where = torch.stack([position[:, 0], -position[:, 1]], -1) * (2 / box_m)
    return functional.grid_sample(
        front, where, mode="bilinear", padding_mode="border", align_corners=False
    )


def sobel_norm(x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n 1 h w"]:
    """Return the norm over channels of the Sobel magnitude, per pixel of distance.

    Edges are replicated; 1e-6 under each channel's root, as kornia has it.
    """
    check_shape("x", x, "N C H W")
    padded = functional.pad(x, (1, 1, 1, 1), mode="replicate")
    # Separable: difference of the outer columns, smoothed 1-2-1 along the rows, and turned.
    across = padded[..., 2:] - padded[..., :-2]
    down = padded[..., 2:, :] - padded[..., :-2, :]
    gx = (across[..., :-2, :] + 2 * across[..., 1:-1, :] + across[..., 2:, :]) / 8
    gy = (down[..., :-2] + 2 * down[..., 1:-1] + down[..., 2:]) / 8
    return (gx.square() + gy.square() + 1e-6).sum(1, keepdim=True).sqrt()


def _resize(x: Tensor, size: int) -> Tensor:
    return functional.interpolate(x, (size, size), mode="bilinear", align_corners=False)


def _pixels_behind(mask: Tensor, r: int) -> Tensor:
    """Return which pixels of an r x r picture a bilinear resize would read where mask > 0."""
    return functional.max_pool2d(functional.adaptive_max_pool2d(mask, (r, r)), 3, 1, 1)


def _front_mask(
    position: Tensor, front_opacity: Tensor | None, erosion: int, box_m: float
) -> Tensor:
    if erosion == 0:
        return torch.ones_like(position[:, :1])
    if front_opacity is None:
        raise ConfigError("front_erosion needs the front view's opacity: pass front_opacity")
    solid = (front_opacity > 0.5).to(position)
    before, after = erosion // 2, erosion - erosion // 2 - 1
    hole = functional.pad(1 - solid, (before, after, before, after))  # outside is ignored
    eroded = 1 - functional.max_pool2d(hole, erosion, 1)
    return look_up(eroded, position, box_m)
