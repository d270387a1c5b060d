"""What Danbooru would call one drawing of a character."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
from jaxtyping import UInt8

from panic3d.characters.expressions import face_tags
from panic3d.characters.illustrate.style import GroundKind, IllustrationStyle, PropKind
from panic3d.characters.made import MadeCharacter

PROP_TAGS: dict[PropKind, tuple[str, ...]] = {
    "peace": ("v", "hand_up"),
    "wave": ("waving", "hand_up"),
    "chin_hand": ("hand_on_own_chin", "hand_up"),
    "cup": ("cup", "holding", "holding_cup", "disposable_cup", "drinking_straw"),
    "phone": ("phone", "cellphone", "smartphone", "holding", "holding_phone"),
    "ice_cream": ("ice_cream", "ice_cream_cone", "food", "holding", "holding_ice_cream"),
    "flower": ("flower", "holding", "holding_flower"),
    "book": ("book", "holding", "holding_book"),
    "bubble": ("speech_bubble", "english_text"),
    "lettering": ("english_text",),
    "sparkles": ("sparkle",),
    "petals": ("petals", "falling_petals"),
}
"""What stands in front, and its names."""

GROUND_TAGS: dict[GroundKind, tuple[str, ...]] = {
    "white": ("white_background", "simple_background"),
    "flat": ("simple_background",),
    "gradient": ("gradient_background", "simple_background"),
    "halo": ("simple_background",),
    "split": ("two-tone_background", "simple_background"),
    "circle": ("simple_background", "circle"),
    "dots": ("polka_dot_background", "polka_dot"),
    "stripes": ("striped_background",),
    "checks": ("checkered_background",),
    "stars": ("starry_background", "star_(symbol)"),
    "hearts": ("heart_background", "heart"),
    "halftone": ("halftone_background", "halftone"),
    "rays": ("sunburst_background",),
    "sky": ("sky", "cloud", "outdoors"),
    "foliage": ("blurry_background", "outdoors"),
    "room": ("indoors",),
    "bokeh": ("bokeh", "blurry_background"),
    "blobs": ("abstract_background",),
    "city": ("cityscape", "outdoors"),
}
"""What is behind."""

_MANNER: dict[str, tuple[str, ...]] = {
    "flat": ("flat_color",),
    "watercolour": ("faux_traditional_media",),
    "pencil": ("faux_traditional_media",),
    "sketch": ("sketch",),
    "retro": ("retro_artstyle",),
    "lineless": ("no_lineart",),
}
_HUE = re.compile(
    r"((very_)?(light|dark)_)?(aqua|blonde|blue|brown|green|orange|pink|platinum_blonde|purple|red"
    r"|yellow|dark-skinned|multicolored|two-tone|rainbow|colored)[_-].+"
    r"|heterochromia|(split-color|gradient|streaked)_hair|roots_\(hair\)"
)
"""Names of colours and of what only colours tell apart, which a picture without any hides."""
_AVERTED_DEG = 20.0
"""Turn of a head from which on eyes that look straight ahead do not look at the viewer."""
_TILTED_DEG = 9.0
_CAMERA_DEG = 12.0
_BLURRY = 0.75
_NOISY = 0.010
_COMPRESSED = 60


def drawing_tags(
    made: MadeCharacter | None,
    style: IllustrationStyle,
    expressions: Mapping[str, float],
    head_deg: tuple[float, float, float],
    occluder: UInt8[np.ndarray, "h w"],
) -> tuple[str, ...]:
    """Return the names of all that a drawing shows, sorted.

    Args:
        made: the character; None for a model of which nothing is known.
        style: of the drawing.
        expressions: all that the face shows.
        head_deg: yaw, pitch and roll that are seen.
        occluder: where things in front are seen.
    """
    found: set[str] = set()
    if made is not None:
        # The resting face's own names say more than what can be measured.
        other = dict(expressions) != dict(made.expression)
        found |= set(face_tags(made, expressions) if other else made.tags)
    if "looking_at_viewer" in found and max(map(abs, head_deg[:2])) > _AVERTED_DEG:
        found.remove("looking_at_viewer")
        found.add("looking_to_the_side")
    if abs(head_deg[2]) > _TILTED_DEG:
        found.add("head_tilt")
    if style.framing.elevation_deg > _CAMERA_DEG:
        found.add("from_above")
    elif style.framing.elevation_deg < -_CAMERA_DEG:
        found.add("from_below")
    if occluder.any():
        found |= {tag for prop in style.props for tag in PROP_TAGS[prop]}
    found |= set(GROUND_TAGS[style.ground.kind])
    found |= _manner_tags(style)
    if "monochrome" in found:
        found = {tag for tag in found if not _HUE.fullmatch(tag)}
    return tuple(sorted(found))


def _manner_tags(style: IllustrationStyle) -> set[str]:
    found = set(_MANNER.get(style.family, ()))
    finish = style.finish
    if finish.grey:
        found |= {"monochrome", "greyscale"}
    if style.shading.medium == "screen_tone":
        found.add("screentones")
    if finish.blur >= _BLURRY or finish.resample < 0.6:
        found.add("blurry")
    if finish.noise >= _NOISY:
        found.add("film_grain")
    if 0 < finish.jpeg_quality < _COMPRESSED:
        found.add("jpeg_artifacts")
    if finish.vignette > 0.1:
        found.add("vignetting")
    if finish.glow > 0.25:
        found.add("bloom")
    return found
