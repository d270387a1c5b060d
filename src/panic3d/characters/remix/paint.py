"""What the parts of a remix look like: their textures, painted anew, as surfaces."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from jaxtyping import Bool, UInt8
from numpy.typing import NDArray

from panic3d.characters.colour import mixed, oklab_from_srgb
from panic3d.characters.palette import Palette
from panic3d.characters.piece import Surface
from panic3d.characters.remix.layout import chosen_faces
from panic3d.characters.remix.mesh import texels_of
from panic3d.characters.remix.names import LABEL_OF_ROLE, Role
from panic3d.characters.remix.parts import HeadParts, Paint, Part
from panic3d.characters.remix.plan import Remix
from panic3d.characters.remix.recolour import (
    bytes_from_oklab,
    hair_texture,
    hue_texture,
    inner_colour,
    iris_texture,
    line_texture,
    tinted,
    with_alpha,
)
from panic3d.characters.remix.skin import painted_skin
from panic3d.characters.remix.sources import Library

_ORDER: Mapping[Role, int] = {"highlight": 1, "eyeline": 2, "lash": 3, "brow": 4}
_SKIN_SHADE = (0.95, 0.79, 0.78)


def head_surfaces(library: Library, head: HeadParts, remix: Remix) -> list[Surface]:
    """Return how each part of a head looks, in their order."""
    palette = remix.palette
    found: list[Surface] = []
    if head.whole:
        painted: dict[tuple[Role, int, bool], Surface] = {}
        for part in head.parts:
            key = (part.role, id(part.paint), bool(part.positions[:, 0].mean() > 0))
            if part.role != "iris":
                key = (*key[:2], False)
            if key not in painted:
                painted[key] = _surface(part, _turned(part, palette))
            found.append(painted[key])
        return found
    skins = painted_skin(head, palette, remix.blush, remix.lips)
    for part in head.parts:
        paint = _swapped(library, remix, part)
        if part.role in ("face", "ear", "neck"):
            texture = skins[id(part.paint)]
        elif part.role == "iris":
            texture = _irises(part, paint, palette)
        elif part.role in ("eyeline", "lash"):
            texture = line_texture(paint.tones, palette.line)
        elif part.role == "brow":
            texture = line_texture(paint.tones, palette.brow)
        else:
            texture = tinted(paint.texture, part.factor)
        found.append(_surface(part, texture))
    return found


def _turned(part: Part, palette: Palette) -> UInt8[np.ndarray, "h w 4"]:
    """Recolour a part of a head whose parts share one texture: only texels of its own hue."""
    aim = {
        "face": palette.skin,
        "ear": palette.skin,
        "neck": palette.skin,
        "hair": palette.hair,
        "brow": palette.brow,
        "iris": palette.eye_left if part.positions[:, 0].mean() > 0 else palette.eye_right,
    }.get(part.role)
    texture = part.paint.texture
    if aim is None:
        return texture
    lab = part.paint.lab
    seen = texels_of(part.uvs, part.faces, texture.shape[:2])
    chroma = np.hypot(lab[..., 1], lab[..., 2])
    coloured = chroma > (0.012 if part.role in ("face", "ear", "neck") else 0.05)
    if not (seen & coloured).any():
        return texture
    mean = np.median(lab[seen & coloured], axis=0).astype(np.float64)
    # Of its hue: within 40 degrees, of irises, which are painted in two colours, 75.
    along = (lab[..., 1] * mean[1] + lab[..., 2] * mean[2]) / np.hypot(mean[1], mean[2])
    own = coloured & (along > np.cos(np.radians(75 if part.role == "iris" else 40)) * chroma)
    painted = hue_texture(lab, texture[..., 3], mean, aim)
    found: UInt8[np.ndarray, "h w 4"] = np.where(own[..., None], painted, texture)
    white = seen & (chroma < 0.05) & (lab[..., 0] > 0.45)
    if part.role == "hair" and white.any():
        # A white streak takes a light tint of the hair around it.
        middle = np.median(lab[white], axis=0).astype(np.float64)
        tint = oklab_from_srgb(np.array(mixed(aim, (1.0, 1.0, 1.0), 0.55)))
        streak = lab + (tint - middle).astype(np.float32) * np.array([0.8, 1.0, 1.0], np.float32)
        streak = with_alpha(bytes_from_oklab(streak), texture[..., 3])
        pale = (chroma < 0.05) & (lab[..., 0] > 0.45)
        found = np.where(pale[..., None], streak, found)
    return found


def _surface(part: Part, texture: UInt8[np.ndarray, "h w 4"]) -> Surface:
    blended = part.role in _ORDER
    return Surface(
        name=part.role.title().replace("_", ""),
        label=LABEL_OF_ROLE[part.role],
        texture=texture,
        shade=_SKIN_SHADE if part.role in ("face", "ear", "neck") else (0.82, 0.76, 0.82),
        alpha_mode="BLEND" if blended else "MASK" if part.role == "iris" else "OPAQUE",
        culling="none" if blended else part.culling,
        draw_order=_ORDER.get(part.role, 0),
        outline=part.role in ("face", "ear", "neck"),
    )


def _swapped(library: Library, remix: Remix, part: Part) -> Paint:
    """Return the painting of a part, of another head if that is asked for."""
    other = {"iris": remix.eyes, "highlight": remix.eyes}.get(part.role)
    if other is None or other == remix.face:
        return part.paint
    head = library[other].parts.head
    assert head is not None
    return next((p.paint for p in head.parts if p.role == part.role), part.paint)


def _irises(part: Part, paint: Paint, palette: Palette) -> UInt8[np.ndarray, "h w 4"]:
    # Which half of the texture the character's left eye shows is the file's choice.
    ahead = part.positions[:, 0] > 0
    if ahead.all() or not ahead.any():  # each eye has a texture of its own
        colour = palette.eye_left if ahead.all() else palette.eye_right
        return iris_texture(paint.lab, paint.tones, colour, colour)
    left = part.uvs[part.positions[:, 0] > 0, 0].mean()
    right = part.uvs[part.positions[:, 0] < 0, 0].mean()
    halves = (palette.eye_right, palette.eye_left)
    if left < right:
        halves = (palette.eye_left, palette.eye_right)
    return iris_texture(paint.lab, paint.tones, *halves)


def hair_paint(
    part: Part, remix: Remix, tails: NDArray[np.bool_] | None = None
) -> list[tuple[Bool[np.ndarray, " f"], UInt8[np.ndarray, "h w 4"]]]:
    """Return which faces are painted how.

    Args:
        part: of hair, on a head; for a gradient its texture runs down with `Fall.share`.
        remix: what is made.
        tails: which of its locks are of tails.
    """
    every = np.ones(len(part.faces), bool)
    colour, palette = remix.hair_colour, remix.palette
    tones = part.paint.tones
    if part.role == "ornament" and not (part.ear and colour.kind != "own"):
        # A tie alone must not pass for skin.
        aim = remix.ornament_colour if remix.ornaments else palette.accent
        if aim is None:
            return [(every, tinted(part.paint.texture, part.factor))]
        return [(every, hair_texture(tones, aim))]
    if colour.kind == "own":
        return [(every, tinted(part.paint.texture, part.factor))]
    if colour.kind == "gradient" and not part.ear:
        texture = hair_texture(tones, palette.hair, palette.hair_second, colour.start, colour.end)
        return [(every, texture)]
    plain = hair_texture(tones, palette.hair)
    # Ears have the colour of the hair they grow out of, but no streaks.
    chosen = None if part.ear and colour.kind != "split" else chosen_faces(part, colour, tails)
    if chosen is None or not chosen.any():
        return [(every, plain)]
    other = palette.hair_second
    if colour.kind == "inner":
        other = inner_colour(palette.hair, other)
    second = hair_texture(tones, other)
    if chosen.all():
        return [(every, second)]
    return [(~chosen, plain), (chosen, second)]
