"""All choices about a face."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class EyeDesign:
    """Lids, lashes, irises. Lengths are shares of the eye's width unless said otherwise."""

    peak: float = 0.46
    """Where the upper lid is highest, 0 at the inner corner, 1 at the outer."""
    arch: float = 2.6
    """2 a round upper lid, 4 a flat one with steep sides."""
    lower_peak: float = 0.58
    lower_arch: float = 2.4
    upper_share: float = 0.60
    """Of the opening's height, what lies above the line between the corners."""
    lash: float = 0.085
    """Thickness of the upper lash line at its thickest."""
    wing: float = 0.12
    """How far the lash line runs on beyond the outer corner."""
    wing_rise: float = 0.05
    spikes: int = 2
    """Single lashes at the outer end."""
    spike_length: float = 0.12
    lower_lash: float = 0.022
    """Thickness of the line below the eye; 0 for none."""
    crease: float = 0.12
    """Height of the fold above the upper lid; 0 for none."""
    iris: str = "shaded"
    pupil: str = "round"
    highlight: str = "double"
    iris_width: float = 0.62
    iris_height: float = 0.98
    """Of the opening's height."""
    gaze: tuple[float, float] = (0.0, 0.0)
    """Where it looks: right (of the picture) and up, in widths of the iris."""


@dataclass(frozen=True, kw_only=True)
class BrowDesign:
    """Eyebrows. Lengths are shares of the eye's width."""

    height: float = 0.42
    """Above the top of the opening."""
    length: float = 0.92
    thickness: float = 0.065
    arch: float = 0.10
    tilt: float = 0.03
    """Rise of the outer end over the inner; negative looks sad."""
    taper: float = 0.75
    """How much thinner the outer end is."""
    shift: float = 0.0
    """Outwards."""
    dots: bool = False
    """Short round brows."""


@dataclass(frozen=True, kw_only=True)
class MouthDesign:
    """The mouth at rest."""

    curve: float = 0.10
    """How far the corners lie above the middle, in widths of the mouth."""
    wave: float = 0.0
    """Cat-like: two arcs."""
    line: float = 0.0011
    """Thickness of its line, metres."""
    lips: float = 0.0
    """Strength of painted lips."""
    fang: bool = False


@dataclass(frozen=True, kw_only=True)
class SkinDesign:
    """What is painted on the face."""

    blush: float = 0.35
    blush_lines: bool = False
    blush_stickers: bool = False
    nose: str = "shade"
    """How the nose is drawn: shade, dot, line or none."""
    freckles: bool = False
    marks: tuple[str, ...] = ()
    eyeshadow: float = 0.0
    bags: bool = False


@dataclass(frozen=True, kw_only=True)
class EarDesign:
    """Human ears."""

    point: float = 0.0
    """0 round, 1 a long elf's ear."""
    spread: float = 0.35
    """How far they stand off."""
    shown: bool = True


@dataclass(frozen=True, kw_only=True)
class FaceDesign:
    """All of it."""

    eyes: EyeDesign = EyeDesign()
    brows: BrowDesign = BrowDesign()
    mouth: MouthDesign = MouthDesign()
    skin: SkinDesign = SkinDesign()
    ears: EarDesign = EarDesign()


@dataclass(frozen=True, kw_only=True)
class FaceState:
    """What muscles do: the rest is all zeros. Morph targets are differences between states."""

    close_left: float = 0.0
    close_right: float = 0.0
    """1 shut."""
    smile_left: float = 0.0
    smile_right: float = 0.0
    """1 shut by the cheeks, an arch."""
    wide: float = 0.0
    """Eyes opened beyond rest."""
    lower: float = 0.0
    """Lower lids raised."""
    look: tuple[float, float] = (0.0, 0.0)
    """To the picture's right and up, in widths of the iris."""
    brow_raise: float = 0.0
    brow_knit: float = 0.0
    """Positive angry (inner ends down), negative sad."""
    open: float = 0.0
    """Mouth open, in its widths."""
    width: float = 0.0
    """Mouth wider (positive) or rounder."""
    corners: float = 0.0
    """Mouth's corners up or down, in its widths."""
    wave: float = 0.0
    """Like a cat's."""
