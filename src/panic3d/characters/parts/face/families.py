"""Families of faces: proportions and features that belong together, drawn at random within each.

A family is an asset: what one split of a data set shows, another does not.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from panic3d.characters.parts.face.design import (
    BrowDesign,
    EarDesign,
    EyeDesign,
    FaceDesign,
    MouthDesign,
    SkinDesign,
)
from panic3d.characters.shape import HeadShape

Span = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class FaceFamily:
    """Ranges of what faces of a family look like; see `HeadShape` and `EyeDesign`."""

    weight: float = 1.0
    boys: float = 0.25
    """Share of boys."""
    scale: Span = (0.82, 1.06)
    """Of the whole character."""
    height: Span = (0.243, 0.252)
    """Chin to crown at scale 1, metres."""
    eye_level: Span = (0.378, 0.396)
    """Height of the eyes, in heights of the head above the chin."""
    width: Span = (0.98, 1.04)
    depth: Span = (0.98, 1.02)
    jaw: Span = (0.94, 1.05)
    cheek: Span = (0.0, 0.003)
    eye_x: Span = (0.0395, 0.0415)
    eye_width: Span = (0.045, 0.049)
    eye_aspect: Span = (0.74, 0.84)
    eye_tilt: Span = (0.02, 0.10)
    mouth_width: Span = (0.026, 0.032)
    mouth_level: Span = (0.375, 0.425)
    """Between chin (0) and eyes (1)."""
    nose: Span = (0.012, 0.017)
    peak: Span = (0.42, 0.52)
    arch: Span = (2.3, 3.0)
    lower_peak: Span = (0.50, 0.62)
    lower_arch: Span = (2.2, 2.8)
    upper_share: Span = (0.56, 0.62)
    lash: Span = (0.075, 0.105)
    wing: Span = (0.08, 0.16)
    wing_rise: Span = (0.02, 0.08)
    iris: Span = (0.58, 0.66)
    iris_height: Span = (0.94, 1.04)
    brow_height: Span = (0.34, 0.46)
    brow_thickness: Span = (0.045, 0.075)
    brow_tilt: Span = (-0.02, 0.10)
    brow_arch: Span = (0.06, 0.12)
    small_body: bool = False
    """Shoulders narrower than the head."""
    irises: tuple[str, ...] = ("shaded", "banded", "rayed", "glow")
    highlights: tuple[str, ...] = ("double", "single", "wide", "triple", "soft")


FACE_FAMILIES: dict[str, FaceFamily] = {
    "soft": FaceFamily(weight=1.5),
    "round": FaceFamily(
        height=(0.232, 0.243),
        scale=(0.80, 0.97),
        eye_level=(0.345, 0.37),
        width=(1.03, 1.09),
        jaw=(1.02, 1.12),
        cheek=(0.003, 0.007),
        eye_width=(0.047, 0.052),
        eye_aspect=(0.82, 0.94),
        eye_tilt=(0.0, 0.06),
        nose=(0.009, 0.012),
        mouth_width=(0.022, 0.028),
        lower_arch=(2.4, 3.0),
        iris=(0.62, 0.70),
        boys=0.2,
    ),
    "sharp": FaceFamily(
        eye_aspect=(0.60, 0.72),
        eye_tilt=(0.13, 0.22),
        peak=(0.42, 0.50),
        lower_peak=(0.60, 0.68),
        wing=(0.12, 0.2),
        wing_rise=(0.06, 0.12),
        jaw=(0.88, 0.97),
        brow_tilt=(0.08, 0.2),
        iris=(0.52, 0.60),
        boys=0.3,
    ),
    "gentle": FaceFamily(
        eye_aspect=(0.70, 0.82),
        eye_tilt=(-0.12, -0.04),
        peak=(0.46, 0.58),
        lower_peak=(0.46, 0.54),
        wing_rise=(-0.07, -0.01),
        brow_tilt=(-0.14, -0.04),
        cheek=(0.001, 0.005),
        boys=0.15,
    ),
    "boyish": FaceFamily(
        boys=0.9,
        height=(0.246, 0.256),
        scale=(0.98, 1.08),
        eye_level=(0.385, 0.405),
        eye_width=(0.042, 0.046),
        eye_aspect=(0.58, 0.72),
        eye_tilt=(0.03, 0.14),
        jaw=(1.02, 1.14),
        lash=(0.05, 0.075),
        wing=(0.03, 0.08),
        nose=(0.015, 0.019),
        mouth_width=(0.029, 0.036),
        brow_thickness=(0.075, 0.12),
        brow_height=(0.24, 0.34),
        iris=(0.54, 0.62),
        weight=1.2,
    ),
    "mature": FaceFamily(
        height=(0.252, 0.262),
        scale=(0.98, 1.07),
        eye_level=(0.40, 0.425),
        eye_width=(0.042, 0.046),
        eye_aspect=(0.56, 0.68),
        width=(0.95, 1.0),
        jaw=(0.95, 1.04),
        nose=(0.016, 0.020),
        lash=(0.09, 0.12),
        iris=(0.54, 0.60),
        boys=0.3,
    ),
    "doll": FaceFamily(
        height=(0.240, 0.25),
        scale=(0.80, 0.97),
        eye_level=(0.355, 0.378),
        eye_x=(0.041, 0.0435),
        eye_width=(0.052, 0.057),
        eye_aspect=(0.84, 0.96),
        upper_share=(0.58, 0.64),
        arch=(2.6, 3.4),
        lash=(0.10, 0.13),
        mouth_width=(0.018, 0.024),
        nose=(0.008, 0.011),
        jaw=(0.90, 1.0),
        cheek=(0.001, 0.005),
        iris=(0.64, 0.72),
        boys=0.08,
    ),
    "retro": FaceFamily(
        height=(0.25, 0.26),
        eye_level=(0.385, 0.405),
        eye_width=(0.044, 0.048),
        eye_aspect=(0.98, 1.14),
        eye_tilt=(0.04, 0.12),
        arch=(2.1, 2.5),
        jaw=(0.82, 0.92),
        width=(0.96, 1.02),
        iris=(0.66, 0.76),
        iris_height=(0.96, 1.02),
        lash=(0.08, 0.12),
        brow_thickness=(0.06, 0.10),
        highlights=("double", "triple", "wide"),
        boys=0.25,
    ),
    "drowsy": FaceFamily(
        eye_aspect=(0.50, 0.60),
        eye_tilt=(-0.04, 0.04),
        arch=(3.6, 4.6),
        peak=(0.46, 0.54),
        upper_share=(0.40, 0.48),
        lower_arch=(2.0, 2.4),
        iris=(0.60, 0.68),
        iris_height=(1.3, 1.45),
        brow_tilt=(-0.06, 0.02),
        boys=0.3,
    ),
    "plain": FaceFamily(
        eye_aspect=(0.66, 0.78),
        eye_width=(0.040, 0.044),
        eye_x=(0.037, 0.0395),
        lash=(0.055, 0.08),
        wing=(0.03, 0.07),
        wing_rise=(0.0, 0.03),
        iris=(0.62, 0.72),
        iris_height=(0.88, 0.98),
        irises=("flat", "split", "shaded"),
        highlights=("single", "none", "soft"),
        boys=0.4,
    ),
    "chibi": FaceFamily(
        weight=1.2,
        boys=0.2,
        scale=(1.4, 1.9),
        small_body=True,
        height=(0.234, 0.248),
        eye_level=(0.34, 0.375),
        width=(1.0, 1.10),
        depth=(0.88, 0.97),
        jaw=(1.04, 1.2),
        cheek=(0.003, 0.009),
        eye_x=(0.040, 0.043),
        eye_width=(0.042, 0.050),
        eye_aspect=(0.90, 1.12),
        eye_tilt=(0.0, 0.08),
        nose=(0.007, 0.011),
        mouth_width=(0.018, 0.025),
        mouth_level=(0.40, 0.46),
        lash=(0.08, 0.12),
        iris=(0.64, 0.74),
        brow_thickness=(0.07, 0.12),
    ),
}
"""All families."""


class DrawnFace(NamedTuple):
    """A face drawn from a family."""

    design: FaceDesign
    shape: HeadShape
    scale: float
    boy: bool
    expression: dict[str, float]
    tags: frozenset[str]
    """Of all of it, whether the expression shows it or not."""


_PUPIL_SHARES = {
    "slit": 0.022,
    "none": 0.014,
    "heart": 0.012,
    "star": 0.012,
    "cross": 0.012,
    "ring": 0.014,
    "white": 0.012,
    "flower": 0.010,
    "diamond": 0.010,
    "spiral": 0.009,
}
_PUPIL_TAGS = {
    "slit": ("slit_pupils",),
    "none": ("no_pupils",),
    "heart": ("heart-shaped_pupils", "symbol-shaped_pupils"),
    "star": ("star-shaped_pupils", "symbol-shaped_pupils"),
    "cross": ("cross-shaped_pupils", "symbol-shaped_pupils"),
    "ring": ("ringed_eyes",),
    "white": ("white_pupils",),
    "flower": ("flower-shaped_pupils", "symbol-shaped_pupils"),
    "diamond": ("diamond-shaped_pupils", "symbol-shaped_pupils"),
    "spiral": ("@_@",),
}
_MARK_TAGS = {
    "mole_under_eye": ("mole", "mole_under_eye"),
    "mole_under_mouth": ("mole", "mole_under_mouth"),
    "scar_across_eye": ("scar", "scar_on_face", "scar_across_eye"),
    "scar_on_cheek": ("scar", "scar_on_face", "scar_on_cheek"),
    "scar_on_nose": ("scar", "scar_on_face", "scar_on_nose"),
    "bandaid_on_face": ("bandaid", "bandaid_on_face"),
    "whisker_markings": ("whisker_markings", "facial_mark"),
    "facial_tattoo": ("facial_tattoo", "tattoo"),
    "teardrop_facial_mark": ("teardrop_facial_mark", "facial_mark"),
    "star_facial_mark": ("star_facial_mark", "facial_mark"),
    "heart_facial_mark": ("heart_facial_mark", "facial_mark"),
    "forehead_mark": ("forehead_mark",),
    "facepaint": ("facepaint",),
}
_MARK_SHARES = {"mole_under_eye": 0.03, "mole_under_mouth": 0.013}
_MARK_SHARE = 0.0105

# Share, weights of expressions, tags.
_EXPRESSIONS: tuple[tuple[float, dict[str, float], tuple[str, ...]], ...] = (
    (0.27, {}, ("closed_mouth", "expressionless")),
    (0.20, {"smile": 0.6}, ("closed_mouth", "smile")),
    (0.07, {"smile": 1.0, "browUp": 0.3}, ("closed_mouth", "smile")),
    (0.06, {"grin": 1.0}, ("open_mouth", "smile", ":d", "teeth", "upper_teeth_only")),
    (
        0.05,
        {"happy": 1.0},
        ("open_mouth", "smile", "closed_eyes", "^_^", "happy", ":d", "teeth", "upper_teeth_only"),
    ),
    (0.03, {"smileEyes": 1.0, "smile": 0.8}, ("closed_mouth", "smile", "closed_eyes", "^_^")),
    (0.03, {"blink": 1.0}, ("closed_mouth", "closed_eyes")),
    (0.03, {"wink": 1.0}, ("closed_mouth", "smile", "one_eye_closed")),
    (0.02, {"wink": 1.0, "grin": 0.8}, ("open_mouth", "smile", "one_eye_closed", ":d")),
    (0.03, {"aa": 0.8}, ("open_mouth",)),
    (0.025, {"oh": 0.8}, ("open_mouth", ":o")),
    (0.02, {"surprised": 1.0}, ("open_mouth", ":o", "surprised", "wide-eyed", "raised_eyebrows")),
    (0.02, {"wide": 1.0, "browUp": 0.6}, ("closed_mouth", "wide-eyed", "raised_eyebrows")),
    (0.03, {"angry": 1.0}, ("closed_mouth", "frown", "angry", "v-shaped_eyebrows")),
    (0.02, {"browAngry": 0.9, "aa": 0.7}, ("open_mouth", "angry", "v-shaped_eyebrows", "shouting")),
    (
        0.025,
        {"browAngry": 0.7, "smile": 0.9},
        ("closed_mouth", "smile", "smirk", "v-shaped_eyebrows"),
    ),
    (0.03, {"sad": 1.0}, ("closed_mouth", "frown", "sad", "raised_inner_eyebrows")),
    (0.03, {"half": 1.0}, ("closed_mouth", "half-closed_eyes", "expressionless")),
    (0.02, {"half": 1.0, "smile": 0.8}, ("closed_mouth", "half-closed_eyes", "smile")),
    (0.025, {"cat": 1.0}, ("closed_mouth", ":3", "smile")),
    (0.025, {"pout": 1.0}, ("closed_mouth", "pout")),
    (0.02, {"frown": 0.9}, ("closed_mouth", "frown")),
    (0.02, {"ih": 0.7}, ("parted_lips",)),
    (0.015, {"squint": 1.0}, ("closed_mouth", "narrowed_eyes")),
)
TAGGED_FACES = tuple((face, tags) for _, face, tags in _EXPRESSIONS)
"""Expressions that characters wear at rest, and what they are called."""


def draw_face(rng: np.random.Generator, family: str, ranges: FaceFamily | None = None) -> DrawnFace:
    """Draw a face.

    Args:
        rng: random numbers.
        family: a name of `FACE_FAMILIES`.
        ranges: to draw from instead of the family's own.
    """
    f = ranges or FACE_FAMILIES[family]

    def pick(span: Span) -> float:
        return float(rng.uniform(*span))

    boy = bool(rng.random() < f.boys)
    tags = {"1boy", "male_focus"} if boy else {"1girl"}
    shape, scale = _draw_shape(rng, f, boy)
    tags |= _age_tags(family, shape, scale, boy)
    eyes = EyeDesign(
        peak=pick(f.peak),
        arch=pick(f.arch),
        lower_peak=pick(f.lower_peak),
        lower_arch=pick(f.lower_arch),
        upper_share=pick(f.upper_share),
        lash=pick(f.lash) * (0.72 if boy else 1.0),
        wing=pick(f.wing) * (0.6 if boy else 1.0),
        wing_rise=pick(f.wing_rise),
        spikes=int(rng.integers(0, 2 if boy else 4)),
        spike_length=float(rng.uniform(0.08, 0.15)),
        lower_lash=float(rng.uniform(0.014, 0.028)) if rng.random() < 0.85 else 0.0,
        crease=float(rng.uniform(0.05, 0.11)) if rng.random() < 0.8 else 0.0,
        iris=str(rng.choice(f.irises)),
        pupil=_weighted(rng, _PUPIL_SHARES, "round"),
        highlight=str(rng.choice(f.highlights)),
        iris_width=pick(f.iris),
        iris_height=pick(f.iris_height),
        gaze=(0.0, 0.0),
    )
    if rng.random() < 0.014 and eyes.pupil == "round":  # small irises, white on three sides
        eyes = _replace(eyes, iris_width=0.42, iris_height=0.68)
        tags.add("sanpaku")
    elif eyes.highlight == "none" or rng.random() < 0.012:
        eyes = _replace(eyes, highlight="none")
        tags.add("empty_eyes")
    if eyes.spikes >= 3 or eyes.lash > 0.112:
        tags.add("long_eyelashes")
    tags.update(_PUPIL_TAGS.get(eyes.pupil, ()))
    if shape.eye_tilt > 0.125:
        tags.add("tsurime")
    if shape.eye_tilt < -0.045:
        tags.add("tareme")
    if family == "drowsy":
        tags.add("jitome")
    look = rng.random()
    if look < 0.10:
        side = float(rng.choice([-1.0, 1.0]))
        eyes = _replace(eyes, gaze=(side * float(rng.uniform(0.12, 0.22)), 0.0))
        tags.add("looking_to_the_side")
    elif look < 0.14:
        eyes = _replace(eyes, gaze=(0.0, float(rng.uniform(0.10, 0.16))))
        tags.add("looking_up")
    elif look < 0.18:
        eyes = _replace(eyes, gaze=(0.0, -float(rng.uniform(0.10, 0.16))))
        tags.add("looking_down")
    else:
        tags.add("looking_at_viewer")
    brows = _draw_brows(rng, f, boy, tags)
    design = FaceDesign(
        eyes=eyes,
        brows=brows,
        mouth=_draw_mouth(rng, boy, tags),
        skin=_draw_skin(rng, boy, tags),
        ears=_draw_ears(rng, tags),
    )
    shares = np.array([share for share, _, _ in _EXPRESSIONS])
    _, expression, named = _EXPRESSIONS[int(rng.choice(len(shares), p=shares / shares.sum()))]
    tags.update(named)
    return DrawnFace(design, shape, scale, boy, dict(expression), frozenset(tags))


_CHILD_SCALE, _CHILD_CHEST = 0.88, 0.3


def _age_tags(family: str, shape: HeadShape, scale: float, boy: bool) -> set[str]:
    """Return what proportions say of age; most characters are neither young nor old."""
    if family == "chibi":
        return {"chibi"}
    if family == "mature":  # grown-up features; of men the name means lines and years besides
        return set() if boy else {"mature_female"}
    small = scale < _CHILD_SCALE and shape.chest < _CHILD_CHEST
    return {"child"} if family == "round" and small else set()


def _replace(eyes: EyeDesign, **changes: object) -> EyeDesign:
    return replace(eyes, **changes)  # type: ignore[arg-type]


def _weighted(rng: np.random.Generator, shares: dict[str, float], other: str) -> str:
    at = rng.random()
    for name, share in shares.items():
        at -= share
        if at < 0:
            return name
    return other


def _draw_shape(rng: np.random.Generator, f: FaceFamily, boy: bool) -> tuple[HeadShape, float]:
    def pick(span: Span) -> float:
        return float(rng.uniform(*span))

    height, chin = pick(f.height), -0.034 + float(rng.uniform(-0.004, 0.004))
    chin += 0.012 if f.small_body else 0.0  # no neck to speak of
    eye_y = chin + pick(f.eye_level) * height
    eye_width = pick(f.eye_width)
    mouth_y = chin + pick(f.mouth_level) * (eye_y - chin)
    width = pick(f.width)
    adult = boy and f.scale[1] > 1.05
    if f.small_body:
        bust = _bust(rng, (0.062, 0.076), (-0.056, -0.046), (0.024, 0.029), (0.034, 0.042))
        bust["arm_radius"], bust["torso_width"] = float(rng.uniform(0.021, 0.025)), 0.62
    elif adult:
        bust = _bust(rng, (0.128, 0.156), (-0.140, -0.122), (0.040, 0.046), (0.070, 0.084))
        bust["arm_radius"], bust["torso_width"] = float(rng.uniform(0.036, 0.043)), 1.11
    elif boy:
        bust = _bust(rng, (0.116, 0.130), (-0.124, -0.114), (0.037, 0.042), (0.066, 0.078))
        bust["arm_radius"], bust["torso_width"] = float(rng.uniform(0.031, 0.036)), 1.02
    else:
        bust = _bust(rng, (0.100, 0.116), (-0.124, -0.112), (0.033, 0.038), (0.066, 0.078))
        bust["arm_radius"], bust["torso_width"] = float(rng.uniform(0.029, 0.033)), 0.98
    young = f.scale[1] < 1.0
    full = 0.12 if f.small_body else 0.9 if young else 1.15
    bust["chest"] = 0.0 if boy else float(rng.beta(2.0, 1.8)) * full
    bust["torso_front"] = float(rng.uniform(0.94, 1.22))
    bust["torso_back"] = float(rng.uniform(0.84, 1.12))
    shape = HeadShape(
        chin_y=chin,
        crown_y=chin + height,
        width=width,
        depth=pick(f.depth),
        jaw=pick(f.jaw) * (1.05 if boy else 1.0),
        cheek=pick(f.cheek) * (0.5 if boy else 1.0),
        brow_depth=float(rng.uniform(0.0, 0.002)),
        back=float(rng.uniform(1.16, 1.42) if f.small_body else rng.uniform(0.95, 1.04)),
        eye_x=pick(f.eye_x) * (0.5 + 0.5 * width),
        eye_y=eye_y,
        eye_width=eye_width,
        eye_height=eye_width * pick(f.eye_aspect) * (0.93 if boy else 1.0),
        eye_tilt=pick(f.eye_tilt),
        nose_y=mouth_y + float(rng.uniform(0.40, 0.46)) * (eye_y - mouth_y),
        nose_length=pick(f.nose),
        mouth_y=mouth_y,
        mouth_width=pick(f.mouth_width),
        ear_y=eye_y - 0.017,
        ear_size=float(rng.uniform(0.054, 0.064)),
        **bust,
    )
    return shape, pick(f.scale)


def _bust(
    rng: np.random.Generator, shoulder_x: Span, shoulder_y: Span, neck_radius: Span, neck: Span
) -> dict[str, float]:
    return {
        "shoulder_x": float(rng.uniform(*shoulder_x)),
        "shoulder_y": float(rng.uniform(*shoulder_y)),
        "neck_radius": float(rng.uniform(*neck_radius)),
        "neck_length": float(rng.uniform(*neck)),
    }


def _draw_brows(rng: np.random.Generator, f: FaceFamily, boy: bool, tags: set[str]) -> BrowDesign:
    def pick(span: Span) -> float:
        return float(rng.uniform(*span))

    thickness = pick(f.brow_thickness) * (1.35 if boy else 1.0)
    kind = rng.random()
    dots = False
    length = float(rng.uniform(0.82, 1.0))
    if kind < 0.05:
        thickness = float(rng.uniform(0.14, 0.18))
    elif kind < 0.075:
        dots = True
    elif kind < 0.11:
        length = float(rng.uniform(0.50, 0.6))
    if thickness > 0.125:
        tags.add("thick_eyebrows")
    if dots or length < 0.65:
        tags.add("short_eyebrows")
    return BrowDesign(
        height=pick(f.brow_height),
        length=length,
        thickness=thickness,
        arch=pick(f.brow_arch),
        tilt=pick(f.brow_tilt),
        taper=float(rng.uniform(0.55, 0.85)),
        shift=float(rng.uniform(-0.02, 0.03)),
        dots=dots,
    )


def _draw_mouth(rng: np.random.Generator, boy: bool, tags: set[str]) -> MouthDesign:
    lips = 0.0
    if not boy and rng.random() < 0.07:
        lips = float(rng.uniform(0.55, 0.9))
        tags.update(("lips", "makeup"))
    fang = bool(rng.random() < 0.045)
    if fang:
        tags.update(("fang", "skin_fang"))
    return MouthDesign(
        curve=float(rng.uniform(0.02, 0.14)),
        wave=0.0,
        line=float(rng.uniform(0.0010, 0.0014)),
        lips=lips,
        fang=fang,
    )


def _draw_skin(rng: np.random.Generator, boy: bool, tags: set[str]) -> SkinDesign:
    blush = float(rng.uniform(0.10, 0.35))
    kind = rng.random()
    lines = stickers = False
    if kind < 0.14:
        blush = float(rng.uniform(0.65, 0.95))
        tags.add("blush")
    elif kind < 0.18:
        lines, blush = True, 0.5
        tags.add("blush")
    elif kind < 0.205:
        stickers = True
        tags.add("blush_stickers")
    freckles = bool(rng.random() < 0.025)
    if freckles:
        tags.add("freckles")
    marks = []
    at = rng.random()
    for name in _MARK_TAGS:
        at -= _MARK_SHARES.get(name, _MARK_SHARE)
        if at < 0:
            marks.append(name)
            tags.update(_MARK_TAGS[name])
            break
    eyeshadow = 0.0
    if not boy and rng.random() < 0.06:
        eyeshadow = float(rng.uniform(0.45, 0.8))
        tags.update(("eyeshadow", "makeup"))
    bags = bool(rng.random() < 0.022)
    if bags:
        tags.add("bags_under_eyes")
    return SkinDesign(
        blush=blush,
        blush_lines=lines,
        blush_stickers=stickers,
        nose=str(rng.choice(["shade", "dot", "line", "none"], p=[0.5, 0.22, 0.18, 0.10])),
        freckles=freckles,
        marks=tuple(marks),
        eyeshadow=eyeshadow,
        bags=bags,
    )


def _draw_ears(rng: np.random.Generator, tags: set[str]) -> EarDesign:
    pointed = rng.random() < 0.06
    point = float(rng.uniform(0.45, 1.0)) if pointed else float(rng.uniform(0.0, 0.06))
    if pointed:
        tags.add("pointy_ears")
        if point > 0.7:
            tags.update(("long_pointy_ears", "elf"))
    return EarDesign(point=point, spread=float(rng.uniform(0.2, 0.5)))
