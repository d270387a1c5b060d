"""What Danbooru would call a remix: from the palette, and from what can be measured of the hair."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from panic3d.characters.parts.hair import hair_tags as grown_tags
from panic3d.characters.remix.fit import FALL_M
from panic3d.characters.remix.layout import style_ties
from panic3d.characters.remix.parts import Part
from panic3d.characters.remix.plan import Remix
from panic3d.characters.remix.recolour import inner_colour
from panic3d.characters.remix.skin import LIPSTICK
from panic3d.characters.remix.sources import Asset, Library

_LENGTHS = ((-0.05, "short_hair"), (-0.15, "medium_hair"), (-0.40, "long_hair"))
"""Lowest end of the hair in metres from the head bone, and what it is called."""

_COLOURS: dict[str, tuple[str, ...]] = {
    "gradient": ("gradient_hair", "multicolored_hair"),
    "streaks": ("streaked_hair", "multicolored_hair"),
    "inner": ("colored_inner_hair", "multicolored_hair"),
    "split": ("split-color_hair", "multicolored_hair", "two-tone_hair"),
}

_WORN: dict[str, tuple[str, ...]] = {
    "cat ears": ("animal_ears", "cat_ears"),
    "clip": ("hair_ornament", "hairclip"),
    "ribbon": ("hair_ribbon",),
    "ornaments": ("hair_ornament",),
}
"""Words of an index's description, and what they say of what is worn in the hair."""


def remix_tags(library: Library, remix: Remix) -> tuple[str, ...]:
    """Return the names of all that a remix shows, but for clothes and accessories."""
    if remix.grown is not None:
        return tuple(
            sorted({*remix.palette.tags, *grown_tags(remix.grown), *_face_tags(library, remix)})
        )
    found = set(remix.palette.tags) | set(_COLOURS.get(remix.hair_colour.kind, ()))
    hair, second = remix.palette.hair, remix.palette.hair_second
    if remix.hair_colour.kind == "inner" and inner_colour(hair, second) != second:
        # Its inside is but in shade.
        hues = [tag for tag in remix.palette.tags if tag.endswith("_hair")]
        found -= {*_COLOURS["inner"], *hues[1:]}
    name = remix.hair
    if name is None and _fused(library, remix):
        name = remix.face
    if name is not None:
        found |= hair_tags(library[name], 1.0 if remix.hair is None else remix.hair_form.length)
        if remix.ornaments or _tied(library, remix):
            found |= {
                tag
                for word, tags in _WORN.items()
                if word in library[name].description
                for tag in tags
            }
    if remix.hair is None and _fused(library, remix):
        found |= whole_tags(library[remix.face])
    if remix.hair is not None and remix.hair_form.wave > 0.005:
        found.add("wavy_hair")
    return tuple(sorted(found | _face_tags(library, remix)))


def _face_tags(library: Library, remix: Remix) -> set[str]:
    """Return what the paint of the face shows, and its ears."""
    found: set[str] = set()
    if remix.blush > 0.3:
        found.add("blush")
    if remix.lips > LIPSTICK and not _fused(library, remix):
        found |= {"lipstick", "lips", "makeup"}
    if remix.ear_point > 0:
        found.add("pointy_ears")
    return found


def _tied(library: Library, remix: Remix) -> bool:
    """Say whether the hair has tails that something ties, with or without other ornaments."""
    head = library[remix.face].parts.head
    hair = None if remix.hair is None else library[remix.hair].parts.hair
    if head is None or hair is None:
        return False
    return any(ties.any() for ties in style_ties(hair, head.skull))


def _fused(library: Library, remix: Remix) -> bool:
    head = library[remix.face].parts.head
    return head is not None and head.whole


def hair_tags(asset: Asset, length: float = 1.0) -> frozenset[str]:
    """Return what can be measured of a model's hair: its length, tails, a fringe.

    Args:
        asset: with hair.
        length: factor by which what hangs is longer.
    """
    lowest, found = _measured(asset)
    fall = max(FALL_M - lowest, 0.0)
    lowest -= (length - 1) * fall**2 / (fall + 0.02)
    if "twintails" in found:
        return found | {"long_hair"}
    return found | {next((tag for end, tag in _LENGTHS if lowest > end), "very_long_hair")}


@lru_cache(maxsize=64)
def _measured(asset: Asset) -> tuple[float, frozenset[str]]:
    parts = asset.parts
    pieces = parts.hair.parts if parts.hair is not None else ()
    if parts.head is not None and parts.head.whole:
        pieces = parts.head.parts
    points = np.concatenate([part.positions for part in pieces if part.role == "hair"])
    if parts.head is None:
        # Hair by itself has no head bone to measure from: from its top, which lies 0.23 m above.
        points = points + np.array([0.0, 0.23 - float(points[:, 1].max()), 0.0])
    lowest = float(np.quantile(points[:, 1], 0.004))
    found: set[str] = set()
    hanging = points[points[:, 1] < 0.06]
    # Tails hang farther out than any bob.
    left = bool((hanging[:, 0] > 0.155).mean() > 0.04)
    right = bool((hanging[:, 0] < -0.155).mean() > 0.04)
    if left and right:
        found |= {"twintails"}
    elif left or right:
        found |= {"side_ponytail"}
    fringe = (np.abs(points[:, 0]) < 0.035) & (points[:, 2] > 0.07) & (points[:, 1] < 0.135)
    if fringe.mean() > 0.004:
        found.add("bangs")
    return lowest, frozenset(found)


_BALL_M = (0.08, 0.20)
"""Diameter of a bun."""
_ROUND = 0.85
"""Its least extent, of its largest."""
_STREAK_LAB = 0.07
"""Distance of a and b in OKLab from which on one lock has another colour than the rest."""


@lru_cache(maxsize=16)
def whole_tags(asset: Asset) -> frozenset[str]:
    """Return what can be measured of a head that has its own hair: buns, streaks, a fringe."""
    head = asset.parts.head
    assert head is not None and head.whole
    hair = [part for part in head.parts if part.role == "hair"]
    found: set[str] = set()
    buns = [part for part in hair if _is_bun(part, head.skull.centre)]
    if buns:
        found.add("hair_bun")
        found |= {1: {"single_hair_bun"}, 2: {"double_bun"}}.get(len(buns), set())
    loose = [part for part in hair if not any(part is bun for bun in buns)]
    if loose:
        points = np.concatenate([part.positions for part in loose])
        eyes = [part.positions[:, 1] for part in head.parts if part.role == "iris"]
        low = 0.5 * (float(np.mean(np.concatenate(eyes))) + float(points[:, 1].max()))
        front = points[:, 2] > head.skull.centre[2] + 0.06
        if bool((front & (np.abs(points[:, 0]) < 0.05) & (points[:, 1] < low)).any()):
            found.add("bangs")
        if 0.01 < _other_colour(loose) < 0.4:
            found |= {"streaked_hair", "multicolored_hair"}
    return frozenset(found)


def _is_bun(part: Part, centre: NDArray[np.float64]) -> bool:
    extent = np.ptp(part.positions, axis=0)
    middle = (part.positions.max(0) + part.positions.min(0)) / 2
    small, large = float(extent.min()), float(extent.max())
    around = bool(np.linalg.norm(middle - centre) < 0.5 * large)  # a cap of hair holds the skull
    return _BALL_M[0] < large < _BALL_M[1] and small > _ROUND * large and not around


def _other_colour(parts: Sequence[Part]) -> float:
    """Return the share of the hair's surface whose hue and chroma are not those of the rest."""
    colours, areas = [], []
    for part in parts:
        height, width = part.paint.texture.shape[:2]
        uv = part.uvs[part.faces].mean(1)
        row = np.clip(uv[:, 1] * height, 0, height - 1).astype(np.int64)
        column = np.clip(uv[:, 0] * width, 0, width - 1).astype(np.int64)
        colours.append(part.paint.lab[row, column])
        corner = part.positions[part.faces]
        across = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
        areas.append(np.linalg.norm(across, axis=1))
    lab, area = np.concatenate(colours), np.concatenate(areas)
    usual = np.median(lab[:, 1:], axis=0)
    other = np.linalg.norm(lab[:, 1:] - usual, axis=1) > _STREAK_LAB
    return float(area[other].sum() / area.sum())
