"""What is worn: choices as JSON can hold them, how they are drawn, and Danbooru's names of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache, lru_cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from panic3d.characters.colour import Rgb, oklab_from_srgb, shifted, srgb_from_oklch
from panic3d.characters.palette import Palette

Sex = Literal["female", "male"]

# Kind: how often girls and boys wear it.
KINDS: dict[str, tuple[float, float]] = {
    "t_shirt": (7, 11),
    "shirt": (9, 12),
    "serafuku": (9, 0),
    "blazer": (9, 9),
    "vest": (6, 6),
    "sweater": (5, 6),
    "turtleneck": (5, 6),
    "hoodie": (7, 11),
    "jacket": (5, 10),
    "kimono": (7, 6),
    "dress": (8, 0),
    "off_shoulder": (5, 0),
    "strapless": (4, 0),
    "tank_top": (4, 4),
    "camisole": (4, 0),
    "halter": (5, 0),
    "gakuran": (0, 9),
    "military": (4, 6),
    "cloak": (4, 5),
    "armor": (3, 4),
    "maid": (5, 0),
    "suspenders": (3, 4),
    "china": (4, 2),
    "overalls": (3, 2),
}


@dataclass(frozen=True, kw_only=True)
class ClothesDesign:
    """What a character wears."""

    kind: str
    colour: Rgb
    """Of the outermost main garment."""
    second: Rgb
    """Of what goes with it: collar, shirt below, trims."""
    accent: Rgb
    """Of ribbons and ties."""
    metal: Rgb
    sleeve: str = "short"
    """"none", "short", "puff", "long" or "wide"."""
    neckline: str = "round"
    """"round", "v", "square" or "boat"."""
    neck: str = ""
    """What hangs from the neck: "necktie", "bow", "ribbon", "neckerchief", "jabot" or nothing."""
    around: str = ""
    """What goes around it: "choker", "bell", "scarf", "necklace", "pendant", "fur" or nothing."""
    pattern: str = "plain"
    pattern_colour: Rgb = (1.0, 1.0, 1.0)
    hood: str = ""
    """"", "down" or "up"."""
    fullness: float = 0.0
    """Of a hood that is down: 0 lies flat, 1 stands up around the neck."""
    inner: str = ""
    """Below an open jacket or a cloak: "t_shirt", "shirt" or "turtleneck"."""
    frills: bool = False
    detached: bool = False
    """Sleeves that begin below bare shoulders."""
    bag: bool = False
    """A backpack."""
    fold: int = 0
    trim: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> ClothesDesign:
        """Undo `to_json`."""
        taken: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in values.items()
        }
        return cls(**taken)


_WITH_BAG = (
    *("t_shirt", "shirt", "serafuku", "blazer", "vest", "sweater", "jacket", "overalls"),
    *("turtleneck", "tank_top", "dress", "china", "suspenders", "maid"),
)


def draw_clothes(
    rng: np.random.Generator,
    sex: Sex,
    palette: Palette,
    kind: str | None = None,
    bags: float = 0.07,
) -> ClothesDesign:
    """Choose what to wear.

    Args:
        rng: random numbers.
        sex: says which kinds are usual.
        palette: for the colours.
        kind: one of `KINDS`; None: any.
        bags: share of backpacks, where one goes with the clothes.
    """
    column = 0 if sex == "female" else 1
    names = list(KINDS)
    weights = np.array([KINDS[name][column] for name in names])
    drawn = names[int(rng.choice(len(names), p=weights / weights.sum()))]
    kind = drawn if kind is None else kind
    white = srgb_from_oklch(rng.uniform(0.955, 0.98), rng.uniform(0.0, 0.008), 260.0)
    navy = srgb_from_oklch(rng.uniform(0.29, 0.36), rng.uniform(0.045, 0.07), 266.0)
    black = srgb_from_oklch(rng.uniform(0.24, 0.30), rng.uniform(0.004, 0.02), 275.0)
    chance = rng.random(12)
    colour, second, accent = palette.cloth, palette.cloth_second, palette.accent
    choices: dict[str, Any] = {}

    def pick(options: Mapping[str, int | float]) -> str:
        names = list(options)
        share = np.array(list(options.values()))
        return names[int(rng.choice(len(names), p=share / share.sum()))]

    tie = {"necktie": 4.0, "bow": 3.0 if sex == "female" else 0.8, "ribbon": 3.0, "": 2.0}
    if kind == "t_shirt":
        choices["sleeve"] = "short" if chance[0] < 0.75 else "long"
        choices["neckline"] = pick({"round": 6, "v": 3, "boat": 1})
        choices["pattern"] = pick({"plain": 5, "stripes": 3, "polka_dot": 1.6, "print": 3})
        choices["trim"] = bool(chance[1] < 0.35)
    elif kind == "shirt":
        colour = white if chance[2] < 0.62 else colour
        second = accent if chance[3] < 0.5 else second
        choices["sleeve"] = "short" if chance[0] < 0.35 else "long"
        choices["neck"] = pick({**tie, "jabot": 1.6})
        choices["pattern"] = pick({"plain": 7, "plaid": 2, "pinstripes": 1.2})
    elif kind == "serafuku":
        dark = chance[2] < 0.25
        colour = (navy if chance[3] < 0.5 else black) if dark else white
        second = colour if dark else (navy if chance[4] < 0.55 else palette.cloth_second)
        if not dark and _level(second) > 0.7:
            second = shifted(accent, -0.10)
        choices["sleeve"] = "short" if chance[0] < 0.6 else "long"
        choices["neck"] = pick({"neckerchief": 6, "bow": 4})
    elif kind in ("blazer", "vest"):
        colour = colour if _level(colour) < 0.8 else (navy if chance[2] < 0.6 else second)
        second = white if chance[3] < 0.85 else palette.cloth_second
        choices["sleeve"] = "long" if kind == "blazer" or chance[0] < 0.45 else "short"
        choices["neck"] = pick(tie)
        choices["pattern"] = pick({"plain": 8, "plaid": 1}) if kind == "vest" else "plain"
        choices["trim"] = bool(chance[4] < 0.4)
    elif kind in ("sweater", "turtleneck"):
        choices["sleeve"] = "long" if kind == "sweater" or chance[0] < 0.8 else "none"
        choices["pattern"] = pick({"plain": 6, "stripes": 2.5})
    elif kind == "hoodie":
        choices.update(sleeve="long", hood="down" if chance[0] < 0.5 else "up")
    elif kind == "jacket":
        colour = colour if chance[1] > 0.25 else (white if chance[2] < 0.5 else black)
        choices.update(sleeve="long", inner=pick({"t_shirt": 4, "shirt": 2, "turtleneck": 2}))
        choices["hood"] = "down" if chance[3] < 0.3 else ""
        second = second if abs(_level(second) - _level(colour)) > 0.25 else white
        choices["trim"] = bool(chance[4] < 0.5)
    elif kind == "kimono":
        choices["sleeve"] = "wide"
        choices["pattern"] = pick({"plain": 3, "floral": 4, "stripes": 1, "plaid": 1})
        second = white if chance[2] < 0.6 else second
    elif kind == "dress":
        choices["sleeve"] = pick({"short": 2, "puff": 4, "long": 2, "none": 3})
        choices["neckline"] = pick({"round": 3, "square": 3, "v": 2})
        choices["frills"] = bool(chance[0] < 0.55)
        choices["neck"] = pick({"": 4, "ribbon": 3, "bow": 1.5})
        choices["pattern"] = pick({"plain": 6, "polka_dot": 1.5, "plaid": 1, "floral": 1})
    elif kind == "off_shoulder":
        choices["sleeve"] = pick({"long": 2, "short": 3})
        choices["frills"] = bool(chance[0] < 0.7)
    elif kind in ("strapless", "halter"):
        choices["sleeve"] = "none"
        choices["detached"] = bool(chance[0] < 0.55)
        choices["frills"] = bool(kind == "strapless" and chance[1] < 0.4)
        choices["trim"] = bool(chance[2] < 0.6)
    elif kind in ("tank_top", "camisole"):
        choices["sleeve"] = "none"
        choices["frills"] = bool(kind == "camisole" and chance[1] < 0.5)
    elif kind == "gakuran":
        colour = black if chance[2] < 0.8 else navy
        choices["sleeve"] = "long"
    elif kind == "military":
        colour = colour if _level(colour) < 0.75 else black if chance[2] < 0.5 else white
        choices.update(sleeve="long", trim=True)
    elif kind == "cloak":
        choices.update(sleeve="long", inner=pick({"shirt": 2, "turtleneck": 2, "t_shirt": 1}))
        choices["hood"] = pick({"": 5, "up": 2.5})
        choices["trim"] = bool(chance[0] < 0.7)
        second = second if abs(_level(second) - _level(colour)) > 0.2 else white
    elif kind == "armor":
        colour = srgb_from_oklch(rng.uniform(0.62, 0.82), rng.uniform(0.005, 0.03), 255.0)
        if chance[2] < 0.25:
            colour = black
        choices["sleeve"] = "long"
    elif kind == "maid":
        colour = black if chance[2] < 0.7 else navy if chance[3] < 0.4 else shifted(colour, -0.05)
        second = white
        choices.update(sleeve="puff", frills=True, neck=pick({"bow": 3, "ribbon": 3, "": 1}))
    elif kind in ("suspenders", "overalls"):
        second = white if chance[2] < 0.6 else second
        colour = colour if _level(colour) < 0.8 else navy
        choices["sleeve"] = "short" if chance[0] < 0.5 else "long"
        choices["neck"] = pick(tie) if kind == "suspenders" else ""
        choices["pattern"] = "stripes" if kind == "overalls" and chance[3] < 0.4 else "plain"
    elif kind == "china":
        choices["sleeve"] = pick({"none": 3, "short": 2}) if sex == "female" else "long"
        choices["pattern"] = pick({"plain": 4, "floral": 3})
        second = palette.metal
    open_neck = kind in ("t_shirt", "sweater", "dress", "off_shoulder", "strapless", "tank_top",
                         "camisole")  # fmt: skip
    if open_neck and not choices.get("neck"):
        girls = sex == "female"
        choices["around"] = pick(
            {"": 8, "choker": 4.0 if girls else 1, "bell": 1.6 if girls else 0.6,
             "scarf": 1.6, "necklace": 2.2, "pendant": 2.0}
        )  # fmt: skip
    elif kind in ("hoodie", "jacket", "sweater", "turtleneck", "cloak", "military"):
        choices["around"] = pick({"": 8, "scarf": 1.6, "fur": 2.0 if kind != "turtleneck" else 0})
        if choices.get("hood"):
            choices["around"] = ""
    elif kind in ("shirt", "vest") and not choices.get("neck"):
        choices["around"] = pick({"": 4, "scarf": 2, "necklace": 1})
    pattern = second
    if abs(_level(pattern) - _level(colour)) < 0.12:
        pattern = shifted(colour, -0.16 if _level(colour) > 0.6 else 0.18)
    if kind == "overalls" or kind == "suspenders":
        pattern = shifted(accent, 0.05)
    if kind in ("shirt", "serafuku", "blazer", "vest", "maid", "dress", "suspenders"):
        # What uniforms have: red most of all, then blue.
        if chance[5] < 0.26:
            accent = srgb_from_oklch(rng.uniform(0.48, 0.56), rng.uniform(0.17, 0.21), 24.0)
        elif chance[5] < 0.40:
            accent = srgb_from_oklch(rng.uniform(0.42, 0.60), rng.uniform(0.11, 0.16), 258.0)
    if abs(_level(accent) - _level(colour)) < 0.10 and _apart(accent, colour) < 0.12:
        accent = shifted(accent, 0.22 if _level(colour) < 0.55 else -0.22)
    if kind in _WITH_BAG and not choices.get("hood") and rng.random() < bags:
        choices["bag"] = True
    return ClothesDesign(
        kind=kind,
        colour=colour,
        second=second,
        accent=accent,
        metal=palette.metal,
        pattern_colour=pattern,
        fold=int(rng.integers(0, 6)),
        fullness=float(rng.random()) if choices.get("hood") == "down" else 0.0,
        **choices,
    )


def without_hood(design: ClothesDesign) -> ClothesDesign:
    """Return what is worn without its hood; a hoodie becomes a sweater."""
    kind = "sweater" if design.kind == "hoodie" else design.kind
    return replace(design, kind=kind, hood="", fullness=0.0)


def _level(colour: Rgb) -> float:
    return float(oklab_from_srgb(np.array(colour))[0])


def _apart(one: Rgb, other: Rgb) -> float:
    return float(np.linalg.norm(oklab_from_srgb(np.array(one)) - oklab_from_srgb(np.array(other))))


_WORDS: dict[str, tuple[Rgb, ...]] = {
    "red": ((0.80, 0.13, 0.16), (0.55, 0.10, 0.14), (0.90, 0.30, 0.28)),
    "orange": ((0.95, 0.55, 0.15), (0.90, 0.45, 0.20)),
    "yellow": ((0.96, 0.85, 0.25), (0.95, 0.88, 0.50), (0.85, 0.72, 0.20)),
    "green": ((0.20, 0.55, 0.28), (0.45, 0.75, 0.40), (0.15, 0.36, 0.22), (0.65, 0.85, 0.55)),
    "aqua": ((0.35, 0.80, 0.82), (0.20, 0.65, 0.68), (0.60, 0.90, 0.92)),
    "blue": ((0.18, 0.35, 0.75), (0.14, 0.18, 0.38), (0.45, 0.60, 0.88), (0.62, 0.78, 0.95)),
    "purple": ((0.48, 0.26, 0.65), (0.70, 0.60, 0.88), (0.30, 0.18, 0.42), (0.60, 0.30, 0.60)),
    "pink": ((0.96, 0.66, 0.76), (0.90, 0.42, 0.62), (0.95, 0.80, 0.85)),
    "brown": ((0.45, 0.28, 0.18), (0.62, 0.44, 0.30), (0.30, 0.20, 0.15)),
}


@cache
def _word_labs() -> tuple[list[str], NDArray[np.float64]]:
    """Return the examples' words and their colours in OKLab."""
    words = [word for word, examples in _WORDS.items() for _ in examples]
    colours = [colour for examples in _WORDS.values() for colour in examples]
    return words, oklab_from_srgb(np.array(colours))


@lru_cache(4096)
def colour_word(colour: Rgb) -> str:
    """Return Danbooru's word for a colour, or "" where two words would do."""
    lab = oklab_from_srgb(np.array(colour))
    level, chroma = float(lab[0]), float(np.hypot(lab[1], lab[2]))
    if level < 0.345 and chroma < 0.040:
        return "black"
    if chroma < 0.028:
        if level > 0.90:
            return "white"
        if level < 0.38:
            return "black"
        return "grey" if 0.42 < level < 0.85 else ""
    if chroma < 0.036 and not 0.42 < level < 0.55:
        return "white" if level > 0.955 else ""
    words, labs = _word_labs()
    apart = np.linalg.norm((labs - lab) * [0.6, 1.0, 1.0], axis=-1)
    away = {word: float(apart[np.array(words) == word].min()) for word in _WORDS}
    nearest, second = sorted(away, key=lambda word: away[word])[:2]
    return nearest if away[second] > 1.18 * away[nearest] else ""


_ITEM = {
    "t_shirt": "shirt", "shirt": "shirt", "blazer": "jacket", "vest": "vest", "sweater": "sweater",
    "turtleneck": "sweater", "hoodie": "hoodie", "jacket": "jacket", "kimono": "kimono",
    "dress": "dress", "off_shoulder": "dress", "strapless": "dress", "tank_top": "tank_top",
    "camisole": "camisole", "halter": "leotard", "gakuran": "jacket", "military": "jacket",
    "maid": "dress", "china": "dress", "overalls": "overalls",
}  # fmt: skip

_NAMES: dict[str, tuple[str, ...]] = {
    "t_shirt": ("shirt", "t-shirt"),
    "shirt": ("shirt", "collared_shirt"),
    "serafuku": ("serafuku", "school_uniform", "sailor_collar", "shirt"),
    "blazer": ("blazer", "jacket", "shirt", "collared_shirt", "school_uniform"),
    "vest": ("vest", "sweater_vest", "shirt", "collared_shirt"),
    "sweater": ("sweater",),
    "turtleneck": ("sweater", "turtleneck"),
    "hoodie": ("hoodie", "hood", "drawstring"),
    "jacket": ("jacket", "open_jacket", "open_clothes"),
    "kimono": ("kimono", "japanese_clothes", "wide_sleeves", "obi", "sash"),
    "dress": ("dress",),
    "off_shoulder": ("dress", "off_shoulder", "off-shoulder_dress", "bare_shoulders", "collarbone"),
    "strapless": ("dress", "strapless", "strapless_dress", "bare_shoulders", "collarbone"),
    "tank_top": ("tank_top", "bare_shoulders", "collarbone"),
    "camisole": ("camisole", "spaghetti_strap", "bare_shoulders", "collarbone"),
    "halter": ("leotard", "halterneck", "bare_shoulders"),
    "gakuran": ("gakuran", "school_uniform", "jacket", "high_collar", "buttons"),
    "military": ("military", "military_uniform", "uniform", "jacket", "high_collar", "epaulettes",
                 "buttons"),
    "cloak": ("cloak", "cape"),
    "armor": ("armor", "breastplate", "pauldrons", "shoulder_armor"),
    "maid": ("maid", "maid_apron", "apron", "white_apron", "dress", "frilled_apron"),
    "suspenders": ("suspenders", "shirt", "collared_shirt"),
    "china": ("china_dress", "chinese_clothes", "dress"),
    "overalls": ("overalls", "shirt"),
}  # fmt: skip

_SLEEVES = {
    "none": ("sleeveless",),
    "short": ("short_sleeves",),
    "long": ("long_sleeves",),
    "puff": ("puffy_sleeves", "puffy_short_sleeves", "short_sleeves"),
    "wide": ("long_sleeves", "wide_sleeves"),
}

_PATTERNS = {
    "stripes": ("striped_clothes",),
    "pinstripes": ("vertical-striped_clothes", "striped_clothes"),
    "plaid": ("plaid_clothes",),
    "polka_dot": ("polka_dot",),
    "floral": ("floral_print",),
    "print": ("print_shirt",),
}


def clothes_tags(design: ClothesDesign) -> set[str]:
    """Return Danbooru's names of what can be seen of the clothes above the chest."""
    kind = design.kind
    tags = set(_NAMES[kind])
    main, second = colour_word(design.colour), colour_word(design.second)
    if kind in _ITEM and main and not (design.pattern == "stripes" and kind != "overalls"):
        tags.add(f"{main}_{_ITEM[kind]}")
    if kind == "serafuku":
        tags |= {f"{main}_shirt"} if main else set()
        tags |= {f"{second}_sailor_collar"} if second else set()
    elif kind in ("blazer", "vest", "suspenders", "overalls") and second:
        if design.pattern == "plain" or kind in ("blazer", "vest"):
            tags.add(f"{second}_shirt")
    elif kind == "cloak":
        tags |= {f"{main}_cape", f"{main}_cloak"} if main else set()
    if kind in ("jacket", "cloak"):
        inner = {"t_shirt": {"shirt"}, "shirt": {"shirt", "collared_shirt"},
                 "turtleneck": {"turtleneck", "sweater"}}[design.inner]  # fmt: skip
        tags |= inner
        item = "sweater" if design.inner == "turtleneck" else "shirt"
        tags |= {f"{second}_{item}"} if second else set()
    if kind == "china" and design.sleeve == "long":
        tags -= {"china_dress", "dress"}
        tags -= {f"{main}_dress"}
    if kind != "cloak":
        if not (kind in ("strapless", "halter") and design.detached):
            tags |= set(_SLEEVES[design.sleeve])
    if kind in ("turtleneck", "china", "dress") and design.sleeve == "none":
        tags |= {"bare_shoulders"} if kind != "dress" else {"bare_shoulders", "sleeveless_dress"}
    if design.kind == "turtleneck" and design.sleeve != "none":
        tags.add("turtleneck_sweater")
    tags |= set(_PATTERNS.get(design.pattern, ()))
    if design.pattern == "plaid" and kind == "shirt":
        tags.add("plaid_shirt")
    if design.pattern == "stripes" and kind in ("t_shirt", "overalls"):
        tags.add("striped_shirt")
    if design.frills:
        tags.add("frills")
        if kind in ("dress", "off_shoulder", "strapless"):
            tags.add("frilled_dress")
    if design.detached:
        tags.add("detached_sleeves")
    if design.neckline == "v":
        tags.add("v-neck")
    hung = colour_word(design.accent)
    named = {"necktie": "necktie", "bow": "bowtie", "ribbon": "neck_ribbon",
             "neckerchief": "neckerchief", "jabot": "ascot"}  # fmt: skip
    if design.neck:
        item = named[design.neck]
        tags.add(item)
        if design.neck == "jabot":
            tags |= {"frills", "brooch", "jewelry", "white_ascot"}
        elif hung:
            tags.add(f"{hung}_{item}")
        if design.neck == "ribbon":
            tags.add("ribbon")
    around = design.around
    if around in ("choker", "bell"):
        tags.add("choker")
        tags |= {f"{hung}_choker"} if hung and around == "choker" else set()
        tags |= {"bell", "neck_bell"} if around == "bell" else set()
    elif around == "scarf":
        tags.add("scarf")
        tags |= {f"{hung}_scarf"} if hung else set()
    elif around in ("necklace", "pendant"):
        tags |= {"necklace", "jewelry"} | ({"pendant"} if around == "pendant" else set())
    elif around == "fur":
        tags |= {"fur_trim", "fur_collar"}
    if design.bag:
        tags |= {"backpack", "bag"}
    if design.hood:
        tags |= {"hood", f"hood_{design.hood}"}
    if kind == "cloak" and design.hood == "up":
        tags.add("hooded_cloak")
    if kind in ("shirt", "blazer", "vest", "suspenders") and not design.neck and not around:
        tags.add("collarbone")
    if kind in ("t_shirt", "dress") and around not in ("scarf",):
        tags.add("collarbone")
    return tags
