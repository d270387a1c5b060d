"""What Danbooru would call a remix: from the palette, and from what can be measured of the hair."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from panic3d.characters.remix.fit import FALL_M
from panic3d.characters.remix.plan import Remix
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
    found = set(remix.palette.tags) | set(_COLOURS.get(remix.hair_colour.kind, ()))
    name = remix.hair
    if name is None and _fused(library, remix):
        name = remix.face
    if name is not None:
        found |= hair_tags(library[name], 1.0 if remix.hair is None else remix.hair_form.length)
        if remix.ornaments:
            found |= {
                tag
                for word, tags in _WORN.items()
                if word in library[name].description
                for tag in tags
            }
    if remix.hair is not None and remix.hair_form.wave > 0.005:
        found.add("wavy_hair")
    if remix.blush > 0.3:
        found.add("blush")
    return tuple(sorted(found))


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
