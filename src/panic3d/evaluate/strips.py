"""Small pictures for the report: a head from four sides, and where it differs from the truth."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float32, UInt8

from panic3d.evaluate.cases import Maps

SHOWN = ("front", "0044", "left", "back")
"""Views from left to right; 0044 is 60 degrees off the front."""
SIDE = 144
"""Of one picture, pixels."""
QUALITY = 78

_HEAT = ((255, 255, 255), (254, 217, 118), (253, 141, 60), (227, 26, 28), (110, 0, 30), (30, 0, 10))
_HEAT_AT = (0.0, 0.08, 0.2, 0.4, 0.7, 1.0)

Views = Mapping[str, UInt8[np.ndarray, "h w 4"]]
Small = UInt8[np.ndarray, "side side 3"]


def with_shown(maps: Maps) -> Maps:
    """Add the pictures in `SHOWN` to what is asked for."""
    return maps._replace(views=maps.views | set(SHOWN))


def strip(views: Views, truth: Views | None = None) -> bytes:
    """Return a WebP picture of the views in `SHOWN`, below them their errors if there is a truth.

    What is fully clear, or missing, is white. An error is the mean absolute difference of the
    three channels on white.
    """
    return strip_of(smalls(views), None if truth is None else smalls(truth))


def smalls(views: Views) -> list[Small]:
    """Return the views in `SHOWN`, small and on white."""
    return [_small(views.get(name)) for name in SHOWN]


def strip_of(own: Sequence[Small], truth: Sequence[Small] | None = None) -> bytes:
    """As `strip`, of `smalls`: a truth's serve for everybody who is compared with it."""
    rows = [np.concatenate(own, 1)]
    if truth is not None:
        pairs = zip(own, truth, strict=True)
        rows.append(np.concatenate([error_map(mine, theirs) for mine, theirs in pairs], 1))
    return webp(np.concatenate(rows))


def input_picture(rgba: UInt8[np.ndarray, "h w 4"]) -> bytes:
    """Return a WebP picture of what a predictor was given."""
    return webp(_small(rgba))


def error_map(
    own: UInt8[np.ndarray, "h w 3"], true: UInt8[np.ndarray, "h w 3"]
) -> UInt8[np.ndarray, "h w 3"]:
    """Colour the differences of two pictures: white where there are none, black where most."""
    error: Float32[np.ndarray, "h w"] = np.abs(
        own.astype(np.float32) - true.astype(np.float32)
    ).mean(-1) / np.float32(255)
    heat = np.array(_HEAT, np.float32)
    channels = [np.interp(error, _HEAT_AT, heat[:, k]) for k in range(3)]
    return np.rint(np.stack(channels, -1)).astype(np.uint8)


def webp(picture: UInt8[np.ndarray, "h w 3"]) -> bytes:
    """Encode a picture."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "WEBP", quality=QUALITY, method=4)
    return buffer.getvalue()


def _small(rgba: UInt8[np.ndarray, "h w 4"] | None) -> Small:
    from PIL import Image

    if rgba is None:
        return np.full((SIDE, SIDE, 3), 255, np.uint8)
    image = Image.fromarray(np.ascontiguousarray(rgba)).convert("RGBa")
    small = np.array(image.resize((SIDE, SIDE), Image.Resampling.BOX), np.float32)
    on_white = small[..., :3] + (255 - small[..., 3:])
    out: Small = np.rint(on_white).clip(0, 255).astype(np.uint8)
    return out
