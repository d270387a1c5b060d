"""How a posed part is drawn: the passes, textures and features that its material asks for."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from panic3d.geometry.character import Material, TextureUse
from panic3d.geometry.posing import PosedPart

Mode = Literal["paper", "fixed"]

PAPER_PASSES = ("colour", "position")
SOLID_ALPHA = 0.99
"""From which a blended texel counts as opaque."""


def fixed_passes(material: Material) -> tuple[str, ...]:
    """Name the ways in which a part is drawn in fixed mode."""
    if material.alpha_mode == "BLEND" and not material.depth_write:
        return ("solid", "colour", "geometry")
    return ("colour", "geometry")


def paper_features(material: Material, name: str, solid: bool) -> tuple[str, ...]:
    """Say what a program must do to draw a part in paper mode."""
    wanted = {
        "SOLID": solid and stored_colour(material)[3] == 1.0,
        "POSITION_ONLY": name == "position",
    }
    return tuple(feature for feature, on in wanted.items() if on)


def is_coloured(part: PosedPart) -> bool:
    """Say whether its vertices' colours tint a part in fixed mode; MToon pays them no heed."""
    return part.primitive.colours is not None and part.material.toon is None


def fixed_features(part: PosedPart, name: str) -> tuple[str, ...]:
    """Say what a program must do to draw a part in fixed mode."""
    material = part.material
    textured = texture_of(part, "fixed") is not None
    geometry = name == "geometry"
    blended = material.alpha_mode == "BLEND"
    tested = material.alpha_mode == "MASK" or (blended and name != "colour")
    coloured = is_coloured(part)
    white = material.base_colour[:3] == (1.0, 1.0, 1.0) and not coloured
    glow = glow_of(part)
    glows = _glows(part) and not geometry
    wraps = [use.wrap for use in (texture_of(part, "fixed"), glow) if use is not None]
    wanted = {
        "GEOMETRY": geometry,
        "TEXTURED": textured and (tested or not geometry),
        "MIRRORED": any("mirror" in wrap for wrap in wraps),
        "VERTEX_COLOURS": coloured,
        "ALPHA_TEST": tested,
        "BLENDED": blended and name == "colour",
        "TINTED": not white or glows,
        "GLOW": glows,
        "GLOW_TEXTURED": glows and glow is not None,
        f"SOLID_DRAWN {SOLID_ALPHA}": "solid" in fixed_passes(material) and name == "colour",
    }
    return tuple(feature for feature, on in wanted.items() if on)


def _glows(part: PosedPart) -> bool:
    """Say whether a part gives light of its own: one without lights shows its colour alone."""
    use = part.material.emissive_texture
    missing = use is not None and use.uv_set >= len(part.primitive.uvs)
    return not part.material.unlit and not missing and max(part.material.emissive_colour) > 0


def glow_of(part: PosedPart) -> TextureUse | None:
    """Return the texture of the light that a part gives in fixed mode."""
    return part.material.emissive_texture if _glows(part) else None


def texture_of(part: PosedPart, mode: Mode) -> TextureUse | None:
    """Return the texture of a part's colour, if it has coordinates for it."""
    use = part.material.base_texture
    if use is None or uv_set(use, mode) >= len(part.primitive.uvs):
        return None
    return use


def uv_set(use: TextureUse, mode: Mode) -> int:
    """Return which texture coordinates are looked up; the paper's renderer knows one set."""
    return 0 if mode == "paper" else use.uv_set


def uv_matrix(use: TextureUse) -> NDArray[np.float64]:
    """Return the (3, 3) matrix of KHR_texture_transform: offset after rotation after scale."""
    c, s = np.cos(use.rotation), np.sin(use.rotation)
    moved = np.array([[1, 0, use.offset[0]], [0, 1, use.offset[1]], [0, 0, 1]])
    turned = np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]])
    found: NDArray[np.float64] = moved @ turned @ np.diag([use.scale[0], use.scale[1], 1.0])
    return found


def stored_colour(material: Material) -> tuple[float, float, float, float]:
    """Return the factor of paper mode, which multiplies texels as they are stored."""
    if material.stored_colour is not None:
        return material.stored_colour
    linear = np.clip(material.base_colour[:3], 0, 1)
    curve = np.where(linear < 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return (float(curve[0]), float(curve[1]), float(curve[2]), material.base_colour[3])
