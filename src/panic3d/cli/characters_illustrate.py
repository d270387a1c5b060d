"""``panic3d characters illustrate``."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Literal

from tyro.conf import Positional


def illustrate(
    models: Positional[tuple[Path, ...]],
    out: Path = Path("illustrations"),
    count: int = 1,
    size: int = 512,
    style: str = "",
    front: bool = False,
    seed: int = 0,
    device: Literal["auto", "cpu"] = "auto",
) -> None:
    """Draw VRM models as anime illustrations, with line masks, mattes and line-free pictures.

    Each illustration has its own style, view, background and finish, drawn by lot; the same seed
    gives the same pictures.

    Args:
        models: VRM files; what their materials show is told from the materials' names.
        out: the pictures go to OUT/MODEL/NUMBER/: picture.png, drawn.png (without what is in
            front, and before compression), line_free, lines, matte, occluder, render, and
            illustration.json with the style, the camera and the head's rotation.
        count: illustrations of each model.
        size: width and height of a picture.
        style: one family of styles (anime, visual_novel, flat, soft, watercolour, pencil, sketch,
            manga, retro, lineless, painterly); by default any.
        front: draw the exact orthographic front view, with nothing before or behind the head.
        seed: of everything drawn by lot.
        device: cpu draws with Mesa's software driver even where there is a GPU.
    """
    from panic3d.characters.illustrate.draw import illustrate_model
    from panic3d.characters.illustrate.files import write_illustration
    from panic3d.characters.illustrate.style import FAMILIES, Ground, aligned, draw_style
    from panic3d.characters.labels import label_materials
    from panic3d.characters.made import stream
    from panic3d.config import check_choice
    from panic3d.errors import ConfigError
    from panic3d.formats.vrm import read_vrm
    from panic3d.render.raster import Rasteriser

    if device == "cpu":
        os.environ["LIBGL_ALWAYS_SOFTWARE"] = "1"
    if style:
        check_choice("style", style, FAMILIES)
    if not 32 <= size <= 2048:
        raise ConfigError(f"size is {size}, expected 32 to 2048")
    if count < 1:
        raise ConfigError(f"count is {count}, expected at least 1")
    with Rasteriser() as rasteriser:
        for model in models:
            character = read_vrm(model)
            labels = label_materials(character)
            for k in range(count):
                rng = stream(seed, "illustrate", model.stem, str(k))
                chosen = draw_style(rng, style or None)
                if front:
                    chosen = replace(aligned(chosen), ground=Ground())
                drawn = illustrate_model(character, labels, rasteriser, chosen, size)
                write_illustration(drawn, out / model.stem / f"{k:04d}")
    print(f"{out}: {count * len(models)} illustrations of {len(models)} models")
