"""Styles of illustration: every choice of how a picture is drawn, and how they are drawn by lot."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

import numpy as np

from panic3d.characters.colour import Rgb, srgb_from_oklch
from panic3d.characters.illustrate.framing import ALIGNED_FRONT as ALIGNED_FRONT
from panic3d.characters.illustrate.framing import Framing as Framing
from panic3d.characters.illustrate.framing import draw_framing as draw_framing
from panic3d.characters.illustrate.lettering import made_text
from panic3d.config import check_choice

Family = Literal[
    "anime",
    "visual_novel",
    "flat",
    "soft",
    "watercolour",
    "pencil",
    "sketch",
    "manga",
    "retro",
    "lineless",
    "painterly",
]
InkColour = Literal["black", "brown", "local", "blue", "graphite"]
Medium = Literal["digital", "watercolour", "screen_tone", "paint", "crayon"]
GroundKind = Literal[
    "white", "flat", "gradient", "halo", "split", "circle", "dots", "stripes", "checks", "stars",
    "hearts", "halftone", "rays", "sky", "foliage", "room", "bokeh", "blobs", "city",
]  # fmt: skip
PropKind = Literal[
    "peace", "wave", "chin_hand", "cup", "phone", "ice_cream", "flower", "book", "bubble",
    "lettering", "sparkles", "petals",
]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Shading:
    """How forms are coloured."""

    medium: Medium = "digital"
    tones: int = 2
    """0: none; 1: one shadow; 2: two of them; 3: a lighter tone as well."""
    softness: float = 0.03
    """Width of the borders of tones, in cosines: 0.03 is cut out, 0.5 an airbrush."""
    strength: float = 0.8
    """How dark shadows are, 1 as the materials say."""
    tint: Rgb = (0.80, 0.70, 0.85)
    """What shadows multiply by, as far as the materials do not say."""
    tint_share: float = 0.4
    light_deg: float = -30.0
    """Where light comes from: 0 above, positive from the viewer's right."""
    light_front: float = 0.55
    """Its share towards the viewer, 0 to 1."""
    cast: float = 1.0
    """Weight of cast shadows."""
    rim: float = 0.0
    """Weight of light around the edges."""
    rim_colour: Rgb = (1.0, 0.97, 0.9)
    highlight: float = 0.5
    """Weight of the band of light on hair."""
    flatness: float = 0.5
    """How far what is painted on the textures of hair, skin and cloth is smoothed away."""
    blush: float = 0.0
    """Weight of colour laid on the cheeks, where they are known."""
    tips: float = 0.0
    """How far the ends of hair take the colour of skin."""
    saturation: float = 1.0
    lightness: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Ink:
    """Drawn lines."""

    weight: float = 1.0
    """0: none are drawn."""
    width: float = 1.7
    """Of a usual line, pixels of a picture of 512."""
    outline: float = 1.5
    """Width of the character's outline, in usual lines."""
    inner: float = 0.8
    """Of creases and locks of hair."""
    texture: float = 0.5
    """Of borders in the colours of clothes."""
    colour: InkColour = "brown"
    opacity: float = 0.95
    variation: float = 0.3
    """Slow changes of width."""
    light_side: float = 0.3
    """How much thinner lines are where light falls."""
    breaks: float = 0.1
    """Share of a line that is left out."""
    jitter: float = 0.0
    """How far lines stray, pixels of a picture of 512."""
    strokes: int = 1
    """How often each line is drawn."""
    grain: float = 0.0
    """How rough the pencil is."""


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What is behind the character."""

    kind: GroundKind = "white"
    first: Rgb = (1.0, 1.0, 1.0)
    second: Rgb = (0.9, 0.9, 0.95)
    third: Rgb = (0.8, 0.85, 0.9)
    scale: float = 1.0
    """Of patterns."""
    angle_deg: float = 30.0


@dataclass(frozen=True, kw_only=True)
class Finish:
    """What happens to a picture afterwards."""

    jpeg_quality: int = 0
    """0: none."""
    subsampled: bool = True
    blur: float = 0.0
    """Pixels of a picture of 512."""
    resample: float = 1.0
    """The picture is reduced to this share and enlarged again."""
    noise: float = 0.0
    paper: float = 0.0
    glow: float = 0.0
    """Light that spreads from what is bright."""
    hue_deg: float = 0.0
    gain: Rgb = (1.0, 1.0, 1.0)
    gamma: float = 1.0
    vignette: float = 0.0
    grey: bool = False


@dataclass(frozen=True, kw_only=True)
class IllustrationStyle:
    """Every choice that makes one illustration of a character."""

    family: str = "anime"
    shading: Shading = field(default_factory=Shading)
    ink: Ink = field(default_factory=Ink)
    ground: Ground = field(default_factory=Ground)
    framing: Framing = field(default_factory=Framing)
    finish: Finish = field(default_factory=Finish)
    props: tuple[PropKind, ...] = ()
    prop_colour: Rgb = (0.85, 0.45, 0.5)
    text: str = ""
    """Lettering."""
    seed: int = 0
    """Of all noise."""
    cut_out: bool = False
    """On a white ground: lay the finished figure on it by its matte alone."""

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        found: dict[str, Any] = asdict(self)
        return found


FAMILIES: tuple[Family, ...] = (
    "anime", "visual_novel", "flat", "soft", "watercolour", "pencil", "sketch", "manga", "retro",
    "lineless", "painterly",
)  # fmt: skip
_FREQUENCY = (0.26, 0.15, 0.10, 0.10, 0.08, 0.05, 0.05, 0.04, 0.07, 0.04, 0.06)

_GROUNDS: dict[GroundKind, float] = {
    "white": 22, "flat": 12, "gradient": 12, "halo": 4, "split": 5, "circle": 6, "dots": 4,
    "stripes": 4, "checks": 3, "stars": 4, "hearts": 3, "halftone": 3, "rays": 3, "sky": 8,
    "foliage": 6, "room": 6, "bokeh": 6, "blobs": 5, "city": 4,
}  # fmt: skip
_PROPS: tuple[PropKind, ...] = (
    "peace", "wave", "chin_hand", "cup", "phone", "ice_cream", "flower", "book", "bubble",
    "lettering", "sparkles", "petals",
)  # fmt: skip


def aligned(style: IllustrationStyle) -> IllustrationStyle:
    """Return a style that shows the exact orthographic front view, with nothing in front.

    On a white ground the picture is cut out along the matte: outside it is white, whatever the
    finish does. So nothing is softened beyond the outline either.
    """
    finish = replace(style.finish, blur=0.0, resample=1.0)
    return replace(style, framing=ALIGNED_FRONT, props=(), finish=finish, cut_out=True)


def named_style(family: str, rng: np.random.Generator) -> IllustrationStyle:
    """Draw a style of one family by lot, framed as the aligned front on white, nothing in front."""
    check_choice("style", family, FAMILIES)
    style = _MAKERS[family](rng)
    return replace(style, family=family, seed=int(rng.integers(2**31)))


def draw_style(rng: np.random.Generator, family: str | None = None) -> IllustrationStyle:
    """Draw everything by lot: family, ground, framing, what is in front, finish."""
    if family is None:
        family = FAMILIES[int(rng.choice(len(FAMILIES), p=_FREQUENCY))]
    style = named_style(family, rng)
    props: list[PropKind] = []
    if rng.random() < 0.38:
        props.append(_PROPS[int(rng.integers(len(_PROPS)))])
        if rng.random() < 0.25:
            other: PropKind = "lettering" if rng.random() < 0.5 else "sparkles"
            props += [other] if other not in props else []
    return replace(
        style,
        ground=draw_ground(rng),
        framing=draw_framing(rng),
        finish=draw_finish(rng, style.finish),
        props=tuple(props),
        prop_colour=srgb_from_oklch(
            rng.uniform(0.55, 0.82), rng.uniform(0.06, 0.17), rng.uniform(0, 360)
        ),
        text=made_text(
            np.random.Generator(np.random.PCG64([style.seed, int(rng.integers(20)), 1]))
        ),
    )


def draw_ground(rng: np.random.Generator) -> Ground:
    """Draw what is behind the character by lot: colours that are lighter than most figures."""
    weights = np.array(list(_GROUNDS.values()))
    kind = list(_GROUNDS)[int(rng.choice(len(weights), p=weights / weights.sum()))]
    hue = rng.uniform(0, 360)
    dark = rng.random() < 0.15
    level = rng.uniform(0.30, 0.55) if dark else rng.uniform(0.80, 0.96)
    chroma = rng.uniform(0.02, 0.09)
    turn = float(rng.choice([0.0, 25.0, -25.0, 60.0, 180.0]))
    return Ground(
        kind=kind,
        first=srgb_from_oklch(level, chroma, hue),
        second=srgb_from_oklch(
            float(np.clip(level - rng.uniform(0.05, 0.16), 0, 1)), chroma * 1.3, hue + turn
        ),
        third=srgb_from_oklch(
            float(np.clip(level + 0.07, 0, 1)), chroma * rng.uniform(0.3, 1.2), hue - turn
        ),
        scale=float(np.exp(rng.uniform(-0.5, 0.6))),
        angle_deg=float(rng.uniform(-60, 60)),
    )


def draw_finish(rng: np.random.Generator, base: Finish) -> Finish:
    """Add by lot what scans, editing and uploads do to a picture."""
    jitter = rng.random() < 0.35
    return replace(
        base,
        jpeg_quality=int(rng.integers(45, 97)) if rng.random() < 0.65 else 0,
        subsampled=bool(rng.random() < 0.75),
        blur=float(rng.uniform(0.3, 1.0)) if rng.random() < 0.2 else 0.0,
        resample=float(rng.uniform(0.5, 0.95)) if rng.random() < 0.2 else 1.0,
        noise=float(rng.uniform(0.004, 0.02)) if rng.random() < 0.12 else base.noise,
        hue_deg=float(rng.normal(0, 5)) if jitter else 0.0,
        gain=_gain(rng) if jitter else base.gain,
        gamma=float(np.exp(rng.normal(0, 0.08))) if jitter else base.gamma,
        vignette=float(rng.uniform(0.1, 0.35)) if rng.random() < 0.06 else base.vignette,
    )


def _gain(rng: np.random.Generator) -> Rgb:
    red, green, blue = (float(v) for v in np.clip(1 + rng.normal(0, 0.025, 3), 0.9, 1.08))
    return red, green, blue


def _light_deg(rng: np.random.Generator) -> float:
    return float(rng.choice([-1.0, 1.0])) * float(rng.uniform(12, 58))


def _tint(rng: np.random.Generator) -> Rgb:
    """Return the colour of shadows: violet and blue mostly, sometimes warm."""
    hue = rng.choice([290.0, 265.0, 320.0, 20.0, 235.0], p=[0.35, 0.22, 0.2, 0.13, 0.1])
    return srgb_from_oklch(
        rng.uniform(0.72, 0.84), rng.uniform(0.03, 0.085), float(hue) + rng.normal(0, 10)
    )


def _colour_of_ink(rng: np.random.Generator, *shares: float) -> InkColour:
    names: tuple[InkColour, ...] = ("black", "brown", "local", "blue", "graphite")
    return names[int(rng.choice(len(shares), p=np.array(shares) / sum(shares)))]


def _anime(rng: np.random.Generator) -> IllustrationStyle:
    return IllustrationStyle(
        shading=Shading(
            tones=int(rng.choice([1, 2, 3], p=[0.35, 0.35, 0.3])),
            softness=float(rng.uniform(0.02, 0.07)),
            strength=float(rng.uniform(0.65, 1.0)),
            tint=_tint(rng),
            tint_share=float(rng.uniform(0.25, 0.65)),
            rim=float(rng.uniform(0.3, 0.9)) if rng.random() < 0.3 else 0.0,
            highlight=float(rng.uniform(0.25, 0.85)) if rng.random() < 0.8 else 0.0,
            flatness=float(rng.uniform(0.55, 0.95)),
            blush=float(rng.uniform(0.2, 0.7)) if rng.random() < 0.5 else 0.0,
            light_deg=_light_deg(rng),
            light_front=float(rng.uniform(0.42, 0.68)),
        ),
        ink=Ink(
            width=float(rng.uniform(1.4, 2.2)),
            outline=float(rng.uniform(1.1, 1.9)),
            inner=float(rng.uniform(0.65, 0.95)),
            colour=_colour_of_ink(rng, 0.3, 0.35, 0.35),
            variation=float(rng.uniform(0.15, 0.45)),
            light_side=float(rng.uniform(0.1, 0.5)),
            breaks=float(rng.uniform(0, 0.12)),
        ),
    )


def _visual_novel(rng: np.random.Generator) -> IllustrationStyle:
    style = _anime(rng)
    return replace(
        style,
        shading=replace(
            style.shading,
            tones=3,
            softness=float(rng.uniform(0.10, 0.25)),
            flatness=float(rng.uniform(0.3, 0.7)),
            tips=float(rng.uniform(0.1, 0.5)),
            blush=float(rng.uniform(0.3, 0.8)),
            highlight=float(rng.uniform(0.4, 0.9)),
        ),
        ink=replace(style.ink, colour="local", width=float(rng.uniform(1.2, 1.8)), opacity=0.9),
        finish=Finish(glow=float(rng.uniform(0.0, 0.3))),
    )


def _flat(rng: np.random.Generator) -> IllustrationStyle:
    style = _anime(rng)
    return replace(
        style,
        shading=replace(
            style.shading,
            tones=int(rng.choice([0, 1], p=[0.6, 0.4])),
            cast=float(rng.choice([0.0, 1.0])),
            flatness=1.0,
            highlight=0.0,
            rim=0.0,
            saturation=float(rng.uniform(0.9, 1.2)),
        ),
        ink=replace(
            style.ink,
            width=float(rng.uniform(1.8, 3.0)),
            variation=float(rng.uniform(0.0, 0.2)),
            colour=_colour_of_ink(rng, 0.4, 0.35, 0.25),
        ),
    )


def _soft(rng: np.random.Generator) -> IllustrationStyle:
    style = _anime(rng)
    return replace(
        style,
        shading=replace(
            style.shading,
            tones=2,
            softness=float(rng.uniform(0.35, 0.7)),
            flatness=float(rng.uniform(0.2, 0.6)),
            tips=float(rng.uniform(0.2, 0.7)),
            blush=float(rng.uniform(0.4, 0.9)),
            lightness=float(rng.uniform(0.0, 0.06)),
        ),
        ink=replace(
            style.ink,
            colour="local",
            width=float(rng.uniform(1.0, 1.6)),
            opacity=float(rng.uniform(0.6, 0.9)),
        ),
        finish=Finish(glow=float(rng.uniform(0.1, 0.4))),
    )


def _watercolour(rng: np.random.Generator) -> IllustrationStyle:
    style = _anime(rng)
    return replace(
        style,
        shading=replace(
            style.shading,
            medium="watercolour",
            tones=int(rng.choice([1, 2])),
            softness=float(rng.uniform(0.06, 0.2)),
            strength=float(rng.uniform(0.5, 0.8)),
            flatness=1.0,
            highlight=0.0,
            saturation=float(rng.uniform(0.8, 1.1)),
            lightness=float(rng.uniform(0.03, 0.10)),
            tips=float(rng.uniform(0, 0.3)),
        ),
        ink=replace(
            style.ink,
            colour=_colour_of_ink(rng, 0.1, 0.5, 0.25, 0.15),
            width=float(rng.uniform(1.1, 1.7)),
            opacity=float(rng.uniform(0.6, 0.9)),
            grain=float(rng.uniform(0.2, 0.5)),
            jitter=float(rng.uniform(0.3, 1.0)),
            breaks=float(rng.uniform(0.1, 0.3)),
        ),
        finish=Finish(paper=float(rng.uniform(0.3, 0.8))),
    )


def _pencil(rng: np.random.Generator) -> IllustrationStyle:
    coloured = rng.random() < 0.5
    style = _watercolour(rng)
    return replace(
        style,
        shading=replace(
            style.shading,
            medium="crayon",
            tones=1,
            saturation=float(rng.uniform(0.5, 0.9)) if coloured else 0.0,
            lightness=float(rng.uniform(0.12, 0.3)),
            strength=float(rng.uniform(0.5, 0.9)),
        ),
        ink=replace(
            style.ink,
            colour="graphite" if not coloured or rng.random() < 0.5 else "brown",
            width=float(rng.uniform(1.5, 2.2)),
            opacity=float(rng.uniform(0.75, 0.95)),
            grain=float(rng.uniform(0.6, 1.0)),
            jitter=float(rng.uniform(0.6, 1.4)),
            strokes=2,
        ),
        finish=Finish(paper=float(rng.uniform(0.4, 0.9)), grey=not coloured),
    )


def _sketch(rng: np.random.Generator) -> IllustrationStyle:
    style = _anime(rng)
    return replace(
        style,
        shading=replace(
            style.shading,
            tones=int(rng.choice([0, 1])),
            flatness=1.0,
            highlight=0.0,
            rim=0.0,
            saturation=float(rng.uniform(0.6, 1.0)),
            lightness=float(rng.uniform(0.03, 0.15)),
        ),
        ink=replace(
            style.ink,
            width=float(rng.uniform(1.3, 1.9)),
            jitter=float(rng.uniform(1.2, 2.6)),
            strokes=int(rng.choice([2, 3])),
            variation=float(rng.uniform(0.5, 0.8)),
            breaks=float(rng.uniform(0.2, 0.4)),
            opacity=float(rng.uniform(0.6, 0.85)),
            colour=_colour_of_ink(rng, 0.25, 0.3, 0.0, 0.3, 0.3),
            grain=float(rng.uniform(0.1, 0.5)),
        ),
        finish=Finish(paper=float(rng.choice([0.0, 0.3]))),
    )


def _manga(rng: np.random.Generator) -> IllustrationStyle:
    style = _anime(rng)
    return replace(
        style,
        shading=replace(
            style.shading,
            medium="screen_tone",
            tones=1,
            softness=0.02,
            flatness=1.0,
            saturation=0.0,
            strength=1.0,
            rim=0.0,
            blush=0.0,
            highlight=float(rng.uniform(0.6, 1.0)),
            tint_share=0.0,
        ),
        ink=replace(
            style.ink,
            colour="black",
            opacity=1.0,
            width=float(rng.uniform(1.5, 2.2)),
            variation=float(rng.uniform(0.4, 0.7)),
            light_side=float(rng.uniform(0.4, 0.7)),
        ),
        finish=Finish(grey=True),
    )


def _retro(rng: np.random.Generator) -> IllustrationStyle:
    style = _anime(rng)
    return replace(
        style,
        shading=replace(
            style.shading,
            tones=1,
            softness=0.02,
            strength=float(rng.uniform(0.8, 1.05)),
            flatness=1.0,
            highlight=float(rng.uniform(0.5, 0.9)),
            tint=srgb_from_oklch(0.75, 0.05, float(rng.choice([300.0, 30.0, 260.0]))),
            saturation=float(rng.uniform(0.85, 1.0)),
            lightness=-0.02,
        ),
        ink=replace(style.ink, colour="black", width=float(rng.uniform(1.5, 2.1)), variation=0.2),
        finish=Finish(
            noise=float(rng.uniform(0.008, 0.02)),
            gain=(1.03, 0.99, float(rng.uniform(0.88, 0.96))),
            gamma=1.05,
            blur=0.5,
        ),
    )


def _lineless(rng: np.random.Generator) -> IllustrationStyle:
    style = _anime(rng)
    return replace(
        style,
        shading=replace(style.shading, tones=3, strength=1.0, softness=0.02, flatness=0.9, rim=0.5),
        ink=replace(style.ink, weight=0.0),
    )


def _painterly(rng: np.random.Generator) -> IllustrationStyle:
    style = _soft(rng)
    return replace(
        style,
        shading=replace(
            style.shading,
            medium="paint",
            tones=3,
            softness=float(rng.uniform(0.2, 0.4)),
            strength=float(rng.uniform(0.9, 1.1)),
            flatness=float(rng.uniform(0.3, 0.7)),
            rim=float(rng.uniform(0.2, 0.8)),
        ),
        ink=replace(
            style.ink,
            weight=float(rng.choice([0.0, 1.0])),
            width=float(rng.uniform(0.9, 1.3)),
            opacity=float(rng.uniform(0.4, 0.7)),
        ),
    )


_MAKERS: dict[str, Callable[[np.random.Generator], IllustrationStyle]] = {
    "anime": _anime,
    "visual_novel": _visual_novel,
    "flat": _flat,
    "soft": _soft,
    "watercolour": _watercolour,
    "pencil": _pencil,
    "sketch": _sketch,
    "manga": _manga,
    "retro": _retro,
    "lineless": _lineless,
    "painterly": _painterly,
}
