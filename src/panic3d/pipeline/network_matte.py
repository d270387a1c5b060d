"""Mattes by the network: a look at the whole picture, a closer one, refined along its edges."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float, Float32, Float64
from scipy import ndimage
from torch import Tensor
from torch.nn import functional

from panic3d.geometry.face_hull import face_area
from panic3d.image import Picture
from panic3d.models.matting import MattingNetwork, prior_of
from panic3d.models.unet import side_unit
from panic3d.ops.around import highest_around
from panic3d.ops.guided import guided_upsample
from panic3d.ops.pictures import tensor_of
from panic3d.pipeline.faces import fitted
from panic3d.pipeline.head import exactly

_CLOSER = 2
"""The closer look's long side, in those of the first."""
_SEEN = 0.2
"""Alpha of the first look from which something is looked at closely."""
_AROUND = 0.06
"""Room around that, of its long side."""
_BAND = 3
"""Pixels of the network around its edges that are refined."""


Faces = Sequence[Float64[np.ndarray, "28 2"]]
"""Landmarks of each, x, y in pixels from the picture's upper left corner."""


def network_alpha(
    picture: Picture, network: MattingNetwork, faces: Faces = ()
) -> Float32[np.ndarray, "h w"]:
    """Return alpha in [0, 1] by the network, refined to the picture's own resolution.

    A network that reads what is known is told where faces are; then it looks again, closer where
    that is possible, at the part of the picture that shows figures, and is told what the first look
    said.

    Args:
        picture: what is clear is taken for white.
        network: says what is character.
        faces: those that were found, as far as they are known.
    """
    white = picture.on((255, 255, 255))
    scale = min(network.config.image_size / max(white.size), 1.0)
    known = _faces_at(white, scale, faces) if network.config.reads_prior and len(faces) else None
    guide, coarse = _look(white, scale, network, known)
    if network.config.reads_prior:
        part = _shown(coarse, scale, white.size)
        longest = max(span.stop - span.start for span in part)
        # Small pictures gain by it, too: what is told it once is surer the second time.
        closer = max(min(_CLOSER * network.config.image_size / longest, 1.0), scale)
        whole = np.zeros(white.size[::-1], np.float32)
        whole[part] = _look_closer(white, part, closer, coarse, network)
        return whole
    return refined(coarse, guide, tensor_of(white)).numpy()[0, 0]


def _faces_at(picture: Picture, scale: float, faces: Faces) -> Float[Tensor, "1 1 h w"]:
    """Return 1 within faces, else 0, at some scale."""
    rows, columns = _scaled(picture, scale)
    found = np.zeros((rows, columns), bool)
    for face in faces:
        found |= face_area(face * scale, rows, columns)
    return torch.from_numpy(found)[None, None].float()


def _scaled(picture: Picture, scale: float) -> tuple[int, int]:
    """Return rows and columns of a picture at some scale."""
    columns, rows = (max(round(side * scale), 1) for side in picture.size)
    return rows, columns


def _look(
    picture: Picture, scale: float, network: MattingNetwork, prior: Tensor | None = None
) -> tuple[Float[Tensor, "1 3 h w"], Float[Tensor, "1 1 h w"]]:
    """Return a picture at some scale, and what alpha the network finds in it and its mirror image.

    Args:
        picture: opaque.
        scale: at most 1.
        network: looks.
        prior: what is known, at that scale.
    """
    rows, columns = _scaled(picture, scale)
    seen = fitted(picture, scale, side_unit(network.config.channels))
    like = next(network.parameters())
    given = {}
    if prior is not None:
        beyond = (0, seen.shape[-1] - columns, 0, seen.shape[-2] - rows)
        given["prior"] = _with_mirrored(functional.pad(prior, beyond), columns).to(like)
    with torch.no_grad(), exactly(like):
        alpha = network(_with_mirrored(seen, columns).to(like), **given).sigmoid().float().cpu()
    plain, mirrored = alpha[..., :rows, :columns]
    return seen[..., :rows, :columns], ((plain + mirrored.flip(-1)) / 2)[None]


def _with_mirrored(planes: Float[Tensor, "1 c h w"], columns: int) -> Float[Tensor, "2 c h w"]:
    """Return planes, and their mirror image; what is beyond the columns stays where it is."""
    mirrored = torch.cat([planes[..., :columns].flip(-1), planes[..., columns:]], -1)
    return torch.cat([planes, mirrored])


def _shown(
    coarse: Float[Tensor, "1 1 h w"], scale: float, size: tuple[int, int]
) -> tuple[slice, slice]:
    """Return rows and columns around what a coarse look takes for figures; all if it sees none."""
    found = ndimage.find_objects((coarse[0, 0].numpy() > _SEEN).astype(np.int8))
    if not found:
        return slice(0, size[1]), slice(0, size[0])
    rows, columns = found[0]
    room = _AROUND * max(rows.stop - rows.start, columns.stop - columns.start) + 2
    spans = []
    for span, side in zip((rows, columns), size[::-1], strict=True):
        first, last = (span.start - room) / scale, (span.stop + room) / scale
        spans.append(slice(max(int(first), 0), min(int(last) + 1, side)))
    return spans[0], spans[1]


def _look_closer(
    picture: Picture,
    part: tuple[slice, slice],
    closer: float,
    coarse: Float[Tensor, "1 1 h2 w2"],
    network: MattingNetwork,
) -> Float32[np.ndarray, "h w"]:
    """Return alpha of a part of a picture, which is looked at in a larger scale."""
    cut = Picture(np.ascontiguousarray(picture.rgba[part]))
    rows, columns = _scaled(cut, closer)
    # Where its pixels' middles lie in the coarse map, from -1 to 1.
    down, across = (
        (span.start + (torch.arange(count) + 0.5) * (span.stop - span.start) / count) / side * 2 - 1
        for span, count, side in zip(part, (rows, columns), picture.size[::-1], strict=True)
    )
    places = torch.stack(torch.meshgrid(down, across, indexing="ij")[::-1], -1)[None]
    seen = functional.grid_sample(coarse, places, padding_mode="border", align_corners=False)
    guide, alpha = _look(cut, closer, network, prior_of(seen))
    if (rows, columns) == cut.size[::-1]:
        return alpha.numpy()[0, 0]
    return refined(alpha, guide, tensor_of(cut)).numpy()[0, 0]


def refined(coarse: torch.Tensor, guide: torch.Tensor, fine: torch.Tensor) -> torch.Tensor:
    """Carry coarse alpha (1, 1, h, w) to the fine picture (1, 3, h2, w2) along its edges.

    Away from edges alpha is 0 or 1, whatever the colours there; within, colours decide.
    """
    size = fine.shape[-2:]
    wide = guided_upsample(coarse, guide, fine).clamp(0, 1)
    # Fits over an edge that the map has blurred fall short of 0 and 1.
    wide = ((wide - 0.15) / 0.7).clamp(0, 1)
    high, low = highest_around(coarse, _BAND), -highest_around(-coarse, _BAND)
    edge = functional.interpolate(((high > 0.5) & (low < 0.5)).float(), size=size)
    solid = functional.interpolate(coarse, size=size, mode="bilinear", align_corners=False) > 0.5
    return torch.where(edge > 0, wide, solid.float())
