"""The aligned portrait at its own resolution: what is put back on a head.

Networks see a head at `FRAME` pixels. A picture that shows it larger has more to give to a texture,
and that is cut out and laid on the frame once more, as large as the picture has it.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float32, UInt8

from panic3d.errors import PictureError
from panic3d.geometry.similarity import Similarity
from panic3d.image import Picture
from panic3d.pipeline.cut_out import cut_out
from panic3d.pipeline.direct import portrait_tensor, sized
from panic3d.pipeline.lines import LinesRemoved
from panic3d.pipeline.mean_face import FRAME
from panic3d.pipeline.mesh_options import Ink
from panic3d.pipeline.prepare import Prepared

LARGEST = 2048
"""Of a frame, pixels: its copies in floating point are 67 MB each."""
_OF_TEXTURE = 0.75
"""Of a texture's side. A head that fills the frame has a front chart as wide, beside which the
back's still has room at a third of that scale, and the others below."""
_FAINT = 1 / 255
_OUTLINE_PX = 7.0
"""A line so near to where nothing is, in pixels of the frame, is the figure's outline."""
_SURE = 0.95


def largest_front(texture_size: int) -> int:
    """Return how large a portrait a texture has room for, pixels across the frame."""
    return min(max(round(_OF_TEXTURE * texture_size), FRAME), LARGEST)


def own_size(to_frame: Similarity, texture_size: int) -> int:
    """Return at how many pixels across the frame a picture has its own resolution.

    Args:
        to_frame: pixels of the picture to pixels of the frame, `FRAME` across.
        texture_size: of the texture that it is put on; sets the bound.
    """
    return min(max(round(FRAME / to_frame.scale), FRAME), largest_front(texture_size))


def own_pixels(prepared: Prepared, size: int, ink: Ink = "none") -> Picture:
    """Return what is reconstructed at another size, from the portrait's own pixels.

    Where lines go that were found at `FRAME` pixels, they go here too.

    Args:
        prepared: a portrait.
        size: width and height of the result.
        ink: which lines stay, of a portrait whose lines were removed.

    Raises:
        PictureError: the preparation was stopped before the portrait was aligned.
    """
    if size == FRAME and (ink == "none" or prepared.lines is None):
        return prepared.result
    if prepared.matte is None:
        raise PictureError(
            "the preparation was stopped before the portrait was aligned: let it go on"
        )
    to_frame = prepared.located.alignment.to_frame
    found = cut_out(prepared.portrait.picture, prepared.matte, to_frame, size).picture
    if prepared.lines is None:
        return found
    if ink == "drawn":
        return without_outline(found, prepared.lines)
    return without_lines(found, prepared.lines)


def without_lines(fine: Picture, removed: LinesRemoved) -> Picture:
    """Paint lines over in a larger copy of a picture that lost them.

    Args:
        fine: with its lines, square.
        removed: the same picture without them, and where they were.

    Returns:
        Half a pixel of the smaller one around its lines, colours go over into those of `fine`.
        Alpha is that of `fine`.
    """
    size = fine.size[0]
    painted = sized(portrait_tensor(removed.picture.rgba), size)[0]
    share = _enlarged(removed.lines.astype(np.float32), size)
    # All of a line, and to the middle of the next pixel.
    share = np.minimum(2 * share, 1) * (painted[3].numpy() > _FAINT)
    rgba: UInt8[np.ndarray, "s s 4"] = fine.rgba.copy()
    where = share > 0
    part = share[where][:, None]
    colour = painted[:3].permute(1, 2, 0).numpy()[where] * 255
    mixed = rgba[where, :3] * (1 - part) + colour * part
    rgba[where, :3] = np.rint(mixed).astype(np.uint8)
    return Picture(rgba)


def without_outline(fine: Picture, removed: LinesRemoved) -> Picture:
    """Carry a figure's own colours over its outline; lines within stay.

    Args:
        fine: with its lines, square.
        removed: the same picture at `FRAME` pixels without them, and where they were.

    Returns:
        The picture with the alpha of `fine`.
    """
    from scipy.ndimage import distance_transform_edt

    cover = removed.picture.rgba[..., 3]
    outline: Bool[np.ndarray, "h w"] = removed.lines & (
        distance_transform_edt(cover >= 128) <= _OUTLINE_PX
    )
    size = fine.size[0]
    share = np.minimum(2 * _enlarged(outline.astype(np.float32), size), 1)
    sure = (fine.rgba[..., 3] >= 255 * _SURE) & (
        _enlarged(removed.lines.astype(np.float32), size) == 0
    )
    if not outline.any() or not sure.any():
        return fine
    nearest = distance_transform_edt(~sure, return_distances=False, return_indices=True)
    rgba: UInt8[np.ndarray, "s s 4"] = fine.rgba.copy()
    where = share > 0
    part = share[where][:, None]
    colour = fine.rgba[..., :3][tuple(nearest[:, where])]
    rgba[where, :3] = np.rint(rgba[where, :3] * (1 - part) + colour * part).astype(np.uint8)
    return Picture(rgba)


def _enlarged(mask: Float32[np.ndarray, "h w"], size: int) -> Float32[np.ndarray, "s s"]:
    from PIL import Image

    large = Image.fromarray(mask).resize((size, size), Image.Resampling.BILINEAR)
    found: Float32[np.ndarray, "s s"] = np.array(large)
    return found
