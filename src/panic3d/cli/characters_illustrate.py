"""``panic3d characters illustrate``."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from tyro.conf import Positional

from panic3d.errors import ConfigError


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
    gives the same pictures of the same file.

    Args:
        models: VRM files. One that panic3d characters made says itself what its parts show and
            where its landmarks are; of others it is told from the materials' names.
        out: the pictures go to OUT/MODEL/NUMBER/: picture.png, drawn.png (without what is in
            front, and before compression), line_free, lines, matte, occluder, render, and
            illustration.json with the style, the camera, the head's rotation and, where they are
            known, the landmarks. MODEL is the file's name, after that of its folder where two
            files have one name.
        count: illustrations of each model.
        size: width and height of a picture.
        style: one family of styles (anime, visual_novel, flat, soft, watercolour, pencil, sketch,
            manga, retro, lineless, painterly); by default any.
        front: draw the exact orthographic front view, with nothing before or behind the head.
        seed: of everything drawn by lot.
        device: cpu draws with Mesa's software driver even where there is a GPU.
    """
    from panic3d.characters.illustrate.draw import illustrate as illustrate_made
    from panic3d.characters.illustrate.draw import illustrate_model
    from panic3d.characters.illustrate.files import write_illustration
    from panic3d.characters.illustrate.style import FAMILIES, Ground, aligned, draw_style
    from panic3d.characters.labels import label_materials
    from panic3d.characters.made import stream
    from panic3d.characters.saved import read_saved
    from panic3d.config import check_choice
    from panic3d.files import file_sha256
    from panic3d.formats.vrm import read_vrm
    from panic3d.geometry.posing import Pose
    from panic3d.render.raster import Rasteriser
    from panic3d.work.records import write_json

    if device == "cpu":
        os.environ["LIBGL_ALWAYS_SOFTWARE"] = "1"
    if style:
        check_choice("style", style, FAMILIES)
    if not 32 <= size <= 2048:
        raise ConfigError(f"size is {size}, expected 32 to 2048")
    if count < 1:
        raise ConfigError(f"count is {count}, expected at least 1")
    if seed < 0:
        raise ConfigError(f"seed is {seed}, expected at least 0")
    names = _names(models)
    digests = {model: file_sha256(model) for model in models}
    for model, name in names.items():
        _check_free(out / name, model, digests[model])
    with Rasteriser() as rasteriser:
        for model, name in names.items():
            character = read_vrm(model)
            made = read_saved(character)
            labels = label_materials(character)
            about = {"file": model.name, "sha256": digests[model]}
            write_json(out / name / _ABOUT, about)
            for k in range(count):
                rng = stream(seed, "illustrate", digests[model], str(k))
                chosen = draw_style(rng, style or None)
                if front:
                    chosen = replace(aligned(chosen), ground=Ground())
                if made is not None:
                    pose = Pose(expressions=dict(made.expression))
                    drawn = illustrate_made(made, rasteriser, chosen, size, pose)
                else:
                    drawn = illustrate_model(character, labels, rasteriser, chosen, size)
                write_illustration(drawn, out / name / f"{k:04d}")
    print(f"{out}: {count * len(models)} illustrations of {len(models)} models")


_ABOUT = "model.json"
"""Says of which file the illustrations of a folder are."""


def _names(models: Sequence[Path]) -> dict[Path, str]:
    """Return a folder's name for each model, none of which is another's."""
    if not models:
        raise ConfigError("no model is named: give one or more VRM files")
    for model in models:
        if not model.is_file():
            raise ConfigError(f"{model} is no file: give VRM files")
    files = [model.resolve() for model in models]
    names = [file.stem for file in files]
    stems = Counter(name.casefold() for name in names)  # some file systems take a and A for one
    for k, file in enumerate(files):
        if stems[names[k].casefold()] > 1:
            names[k] = f"{file.parent.name}_{file.stem}"
    seen: dict[str, Path] = {}
    for name, model in zip(names, models, strict=True):
        other = seen.setdefault(name.casefold(), model)
        if other is not model:
            raise ConfigError(
                f"the illustrations of {other} and {model} would go to the same folder, {name}: "
                "name each file once, and draw files of one name into folders of their own (--out)"
            )
    return dict(zip(models, names, strict=True))


def _check_free(folder: Path, model: Path, digest: str) -> None:
    """Refuse to write over the illustrations of another model."""
    from panic3d.work.records import read_json

    known = read_json(folder / _ABOUT)
    if known and known.get("sha256") != digest:
        raise ConfigError(
            f"{folder} holds the illustrations of another file of that name than {model}: choose "
            "another --out, or delete that folder"
        )
