"""A head from the feed-forward generator: the portrait with its matte in, a field out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Bool, Float, UInt8
from torch import Tensor
from torch.nn import functional

from panic3d.checks import check_shape
from panic3d.image import Picture
from panic3d.models.feedforward import FeedForward
from panic3d.pipeline.head import HeadField, Settings, exactly
from panic3d.pipeline.mean_face import FRAME
from panic3d.pipeline.paste import PasteConfig
from panic3d.render.volume import Clouds

DIRECT_SETTINGS = Settings(
    clouds=Clouds(cull=0.5),
    paste=PasteConfig(max_deviation_m=1e-3),
    coarse_samples=128,
    fine_samples=32,
    volume_resolution=256,
    jitter=False,
)
"""How these heads are looked at: nothing cropped, since hair may reach the box's sides."""

WHITE = 235
"""What an opaque picture's background must reach in every channel to be taken for white."""


def with_matte(picture: Picture) -> UInt8[np.ndarray, "h w 4"]:
    """Return a picture's straight RGBA; of an opaque one, white that the border reaches is cut."""
    rgba = picture.rgba
    if rgba[..., 3].min() < 255:
        return rgba
    from skimage.measure import label

    # Four-connected, so that white does not leak through a slanted line of ink.
    regions = label(rgba[..., :3].min(-1) >= WHITE, connectivity=1)
    border = np.concatenate([regions[0], regions[-1], regions[:, 0], regions[:, -1]])
    outside: Bool[np.ndarray, "h w"] = np.isin(regions, np.unique(border[border > 0]))
    cut = rgba.copy()
    cut[outside, 3] = 0
    return cut


def portrait_tensor(rgba: UInt8[np.ndarray, "h w 4"]) -> Float[Tensor, "1 4 h w"]:
    """Return a picture in [0, 1], straight alpha."""
    return torch.from_numpy(np.ascontiguousarray(rgba)).permute(2, 0, 1)[None].float() / 255


def plane_tensor(plane: UInt8[np.ndarray, "h w"]) -> Float[Tensor, "1 1 h w"]:
    """Return a plane in [0, 1]."""
    return torch.from_numpy(np.ascontiguousarray(plane))[None, None].float() / 255


def sized(portrait: Float[Tensor, "n 4 h w"], size: int) -> Float[Tensor, "n 4 s s"]:
    """Bring a portrait to a size, colours weighted by alpha; what is fully clear becomes white."""
    if portrait.shape[-2:] == (size, size):
        return portrait
    colour, alpha = portrait[:, :3], portrait[:, 3:]
    small = functional.interpolate(
        torch.cat([colour * alpha, alpha], 1),
        (size, size),
        mode="bilinear",
        align_corners=False,
        antialias=True,
    )
    alpha = small[:, 3:]
    clear = alpha < 1e-3
    colour = torch.where(clear, 1.0, small[:, :3] / alpha.where(~clear, 1)).clamp(0, 1)
    return torch.cat([colour, alpha], 1)


def averaged(plane: Float[Tensor, "n 1 h w"], size: int) -> Float[Tensor, "n 1 s s"]:
    """Bring a plane to a size."""
    if plane.shape[-2:] == (size, size):
        return plane
    return functional.interpolate(
        plane, (size, size), mode="bilinear", align_corners=False, antialias=True
    )


def sized_picture(rgba: UInt8[np.ndarray, "h w 4"], size: int) -> Picture:
    """Bring a portrait to a size, see `sized`, in bytes."""
    if rgba.shape[:2] == (size, size):
        return Picture(rgba)
    levels = (sized(portrait_tensor(rgba), size)[0] * 255).round().to(torch.uint8)
    return Picture(np.ascontiguousarray(levels.permute(1, 2, 0).numpy()))


def on_white(portrait: Float[Tensor, "n 4 s s"]) -> Float[Tensor, "n 3 s s"]:
    """Lay a portrait on white."""
    return 1 + (portrait[:, :3] - 1) * portrait[:, 3:]


def reconstruct_directly(
    network: FeedForward,
    portrait: Float[Tensor, "1 4 s s"],
    settings: Settings | None = None,
    *,
    view: Float[Tensor, "1 4 h h"] | None = None,
    inside: Float[Tensor, "1 1 h h"] | None = None,
) -> HeadField:
    """Turn an aligned portrait into a head.

    Args:
        network: in eval mode; it is not changed.
        portrait: in [0, 1], straight alpha, at any size; the larger, the sharper what is put back.
        settings: how the head is looked at.
        view: what the network reads instead, likewise; None: the portrait.
        inside: how much of each pixel the owner's picture shows, 1 is all; None: all of it. A
            network that does not read it takes what is not shown for clear.

    Raises:
        ShapeError: the portrait has the wrong shape.
    """
    check_shape("portrait", portrait, "1 4 S S")
    settings = settings or DIRECT_SETTINGS
    like = next(network.parameters())
    with exactly(like):
        whole = portrait.to(like)
        read = whole if view is None else view.to(like)
        size = network.config.image_size
        small = sized(read, size)
        if network.config.reads_inside:
            shown = torch.ones_like(small[:, :1]) if inside is None else averaged(inside, size)
            small = torch.cat([small, shown.to(small)], 1)
        planes = network.planes(small)
    return head_of_planes(network, planes, whole, settings, inside)


def head_of_planes(
    network: FeedForward,
    planes: Float[Tensor, "1 c r r"],
    portrait: Float[Tensor, "1 4 s s"],
    settings: Settings,
    inside: Float[Tensor, "1 1 h h"] | None = None,
) -> HeadField:
    """Return the head that planes made before describe.

    Args:
        network: whose planes they are; of it, only the decoder is used.
        planes: of the portrait.
        portrait: in [0, 1], straight alpha.
        settings: how the head is looked at.
        inside: as of `reconstruct_directly`.
    """
    with exactly(planes):
        whole = portrait.to(planes)
        # Volumes are coarser than fine pixels, and an outline steeper than a voxel makes steps.
        outline = sized(whole, FRAME) if whole.shape[-1] > FRAME else whole
        shown: Tensor | None = None
        if inside is not None and network.config.reads_inside:
            shown = averaged(inside, outline.shape[-1])[0].to(planes)
        field = network.field(planes[0], outline[0, 3:], shown)
    none = planes.new_zeros(1, 1, 1)  # there are no styles
    return HeadField(
        network,
        none,
        planes,
        on_white(whole),
        settings,
        field=field,
        matte=whole[:, 3:],
        portrait=whole,
    )


def plain(settings: Settings, size: int) -> Settings:
    """Return settings for judging what was learned alone: no pixels put back."""
    return replace(
        settings,
        paste=None,
        render_resolution=size,
        volume_resolution=min(max(size, 32), 128),
        coarse_samples=96,
        fine_samples=24,
    )
