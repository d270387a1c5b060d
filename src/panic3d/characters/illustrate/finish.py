"""What happens to a finished drawing: paper, colour correction, softening, compression."""

from __future__ import annotations

import io

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from panic3d.characters.colour import oklab_from_srgb, srgb_from_oklab
from panic3d.characters.illustrate.fields import Plane, blurred, luma, noise, smoothstep
from panic3d.characters.illustrate.media import paper
from panic3d.characters.illustrate.style import Finish


def graded(picture: Plane, style: Finish, rng: np.random.Generator) -> Plane:
    """Return a picture (h, w, 3) with paper, glow and corrected colours.

    The same random numbers give the same changes, so that a picture with lines and one without
    stay alike but for the lines.
    """
    size = picture.shape[0]
    if style.grey:
        picture = np.repeat(luma(picture)[..., None], 3, 2)
    if style.glow > 0:
        bright = picture * smoothstep(0.55, 1.0, luma(picture))[..., None]
        halo = blurred(bright, size / 42)
        picture = 1 - (1 - picture) * (1 - np.float32(0.38 * style.glow) * halo)
    if style.hue_deg:
        lab = oklab_from_srgb(np.clip(picture, 0, 1))
        c, s = np.cos(np.radians(style.hue_deg)), np.sin(np.radians(style.hue_deg))
        a, b = lab[..., 1].copy(), lab[..., 2].copy()
        lab[..., 1], lab[..., 2] = c * a - s * b, s * a + c * b
        picture = srgb_from_oklab(lab).astype(np.float32)
    if style.gain != (1.0, 1.0, 1.0):
        picture = picture * np.array(style.gain, np.float32)
    if style.gamma != 1:
        picture = np.clip(picture, 0, 1) ** np.float32(style.gamma)
    if style.vignette > 0:
        at = np.linspace(-1, 1, size, dtype=np.float32)
        far = at[:, None] ** 2 + at[None, :] ** 2
        picture = picture * (1 - np.float32(style.vignette) * smoothstep(0.5, 2.2, far))[..., None]
    if style.paper > 0:
        relief = paper(rng, size) + 0.3 * noise(rng, size, size / 3)
        picture = picture * (1 + np.float32(0.045 * style.paper) * relief)[..., None]
        warm = np.array([1.0, 0.99, 0.965], np.float32)
        picture = picture * (1 + (warm - 1) * np.float32(style.paper))
    return np.clip(picture, 0, 1)


def finished(
    picture: UInt8[np.ndarray, "h w 3"], style: Finish, rng: np.random.Generator
) -> UInt8[np.ndarray, "h w 3"]:
    """Return a picture as it might be found: softened, noisy, compressed."""
    size = picture.shape[0]
    image = Image.fromarray(picture)
    if style.resample < 1:
        small = max(round(size * style.resample), 1)
        image = image.resize((small, small), Image.Resampling.BILINEAR)
        image = image.resize((size, size), Image.Resampling.BICUBIC)
    if style.blur > 0 or style.noise > 0:
        values = np.asarray(image, np.float32)
        values = blurred(values, style.blur * size / 512)
        if style.noise > 0:
            values = values + rng.standard_normal(values.shape, np.float32) * np.float32(
                255 * style.noise
            )
        image = Image.fromarray(np.rint(np.clip(values, 0, 255)).astype(np.uint8))
    if style.jpeg_quality > 0:
        file = io.BytesIO()
        sampling = 2 if style.subsampled else 0
        image.save(file, "JPEG", quality=style.jpeg_quality, subsampling=sampling)
        image = Image.open(io.BytesIO(file.getvalue()))
    return np.array(image.convert("RGB"))
