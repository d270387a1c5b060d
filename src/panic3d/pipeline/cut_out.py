"""The character cut out of a portrait and laid on the render frame.

Mattes are looked for on the whole portrait, whose border and figure say what is ground, at a
bounded resolution. Where the face is small, the network looks again, at what surrounds the head
alone. Colours are cut out where the result needs them, at no less than twice its resolution if the
portrait has that much.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import UInt8

from panic3d.geometry.similarity import Similarity
from panic3d.image import Picture
from panic3d.pipeline.given_matte import read_matte, rembg_alpha
from panic3d.pipeline.located import reduced
from panic3d.pipeline.matting import CLEAR_SHARE, Matte, find_matte, without_crumbs
from panic3d.pipeline.mean_face import FRAME
from panic3d.pipeline.network_matte import Faces, network_alpha
from panic3d.pipeline.preparation_networks import PreparationNetworks
from panic3d.pipeline.preparation_options import PrepareOptions
from panic3d.pipeline.warp import Warped, warp

MATTE_PIXELS = 8_000_000
"""Of larger pictures a reduced copy is matted: more would take gigabytes."""
NEAR = 1.5
"""Side of what the network looks at again, in sides of the render frame: a face is a seventh of it,
and the smallest that the network has learned from are an eighth of their pictures."""
NEAR_SHARE = 0.5
"""It does so if that is less of the portrait's long side."""
_MARGIN = 16.0
"""Around what the frame needs, of its pixels or the portrait's, whichever are larger: kernels of
cutting and of warping."""


def portrait_matte(
    picture: Picture,
    to_frame: Similarity,
    options: PrepareOptions,
    networks: PreparationNetworks,
    faces: Faces = (),
) -> Matte:
    """Find a portrait's matte, as the options say.

    Args:
        picture: straight alpha.
        to_frame: pixels of the portrait to pixels of the render frame.
        options: only what concerns the matte is looked at.
        networks: the matting network is loaded if it is needed.
        faces: landmarks of those that were found, pixels of the portrait.

    Returns:
        At the portrait's own size; where the picture itself is clear, a matte from elsewhere is no
        more opaque.

    Raises:
        PictureError: a matte that was given is none of this portrait.
        MissingDependencyError: rembg is wanted and not there.
        WeightsError: the matting network is needed and not there.
    """
    own = picture.rgba[..., 3]
    if options.matte is not None:
        return Matte(np.minimum(read_matte(options.matte, picture.size), own), "file")
    if options.matting == "none":
        return Matte(own, "none")
    factor = _factor(picture.rgba.shape[0] * picture.rgba.shape[1])
    if options.matting == "rembg":
        alpha = _sized(rembg_alpha(reduced(picture, factor)), picture.size, factor)
        return Matte(np.minimum(alpha, own), "rembg")
    if (own < 128).mean() > CLEAR_SHARE:
        return find_matte(picture)
    found = find_matte(
        reduced(picture, factor), networks.matting, [face / factor for face in faces]
    )
    alpha = _sized(found.alpha, picture.size, factor)
    if found.source == "network":
        left, top, right, bottom = _window(picture.size, to_frame, (NEAR - 1) / 2 * FRAME)
        if max(right - left, bottom - top) < NEAR_SHARE * max(picture.size):
            near = Picture(np.ascontiguousarray(picture.rgba[top:bottom, left:right]))
            factor = _factor((right - left) * (bottom - top))
            shown = [(face - [left, top]) / factor for face in faces]
            found_near = network_alpha(reduced(near, factor), networks.matting, shown)
            again = np.rint(without_crumbs(found_near) * 255).astype(np.uint8)
            alpha[top:bottom, left:right] = _sized(again, near.size, factor)
    return Matte(alpha, found.source)


def cut_out(picture: Picture, matte: Matte, to_frame: Similarity, size: int = FRAME) -> Warped:
    """Lay what a matte leaves of a portrait on the render frame.

    Args:
        picture: straight alpha.
        matte: of the same size.
        to_frame: pixels of the portrait to pixels of the render frame, `FRAME` across.
        size: in which the frame is wanted, pixels across.

    Returns:
        `size` pixels each way, straight alpha, white where it is clear.
    """
    to_view = to_frame.then(Similarity(scale=size / FRAME))
    if picture.size == (size, size) and to_view == Similarity():
        inside = np.full((size, size), 255, np.uint8)
        return _white_where_clear(Warped(Picture(matte.cut(picture).rgba.copy()), inside))
    if matte.source in ("alpha", "none"):
        return _white_where_clear(warp(picture, to_view, (size, size)))
    margin = _MARGIN * max(to_view.scale, 1.0)
    left, top, right, bottom = _window(picture.size, to_view, margin, size)
    # Two pixels at least for one of the view: what warping keeps of them.
    factor = max(int(0.5 / to_view.scale), 1)
    part = Picture(np.ascontiguousarray(picture.rgba[top:bottom, left:right]))
    alpha = matte.alpha[top:bottom, left:right]
    levels = Picture(np.dstack([alpha, alpha, alpha, np.full_like(alpha, 255)]))
    small = reduced(levels, factor).rgba[..., 0]
    cut = Matte(np.ascontiguousarray(small), matte.source).cut(reduced(part, factor))
    to_part = Similarity(shift=(-float(left), -float(top))).then(Similarity(scale=1 / factor))
    return _white_where_clear(warp(cut, to_part.inverse().then(to_view), (size, size)))


def _white_where_clear(found: Warped) -> Warped:
    found.picture.rgba[found.picture.rgba[..., 3] == 0] = (255, 255, 255, 0)
    return found


def _factor(pixels: int) -> int:
    return max(int(np.ceil(np.sqrt(pixels / MATTE_PIXELS))), 1)


def _sized(
    alpha: UInt8[np.ndarray, "h w"], size: tuple[int, int], factor: int
) -> UInt8[np.ndarray, "h2 w2"]:
    """Return a writable matte of a picture that was reduced, at its own size."""
    from PIL import Image

    if factor == 1:
        return alpha.copy()
    image = Image.fromarray(np.ascontiguousarray(alpha))
    # The last pixels of the reduced one may stand for fewer.
    box = (0.0, 0.0, size[0] / factor, size[1] / factor)
    return np.array(image.resize(size, Image.Resampling.BILINEAR, box))


def _window(
    size: tuple[int, int], to_view: Similarity, margin: float, side: int = FRAME
) -> tuple[int, int, int, int]:
    """Return left, top, right, bottom of what a view of some side and a margin around it show.

    At least one pixel, if all of the portrait lies elsewhere.
    """
    low, high = -margin, side + margin
    corners = np.array([(x, y) for x in (low, high) for y in (low, high)], np.float64)
    reach = to_view.inverse()(corners)
    first = np.floor(reach.min(0)).clip(0, np.array(size) - 1).astype(int)
    last = np.ceil(reach.max(0)).clip(first + 1, size).astype(int)
    return int(first[0]), int(first[1]), int(last[0]), int(last[1])
