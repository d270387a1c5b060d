"""``panic3d characters illustrate``."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Sequence
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
    workers: int = 0,
    device: Literal["auto", "cpu"] = "auto",
) -> None:
    """Draw VRM models as anime illustrations, with line masks, mattes and line-free pictures.

    Each illustration has its own style, view, background and finish, drawn by lot; the same seed
    gives the same pictures of the same file.

    Args:
        models: VRM files. One that panic3d characters made says itself what its parts show and
            where its landmarks are; of others it is told from the materials' names, or from colour
            and place where those say nothing of hair and eyes.
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
        workers: processes; 0 is one per core.
        device: cpu draws with Mesa's software driver even where there is a GPU.
    """
    from panic3d.characters.illustrate.many import Drawing, drawer
    from panic3d.characters.illustrate.style import FAMILIES
    from panic3d.cli.progress import Progress
    from panic3d.config import check_choice
    from panic3d.errors import Panic3dError, RenderError
    from panic3d.files import file_sha256
    from panic3d.work.jobs import run_tasks, usable_cores
    from panic3d.work.records import write_json

    if not models:
        print("panic3d: no model is named: give one or more VRM files", file=sys.stderr)
        raise SystemExit(2)
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
    if workers < 0:
        raise ConfigError(f"workers is {workers}, expected 0 (one per core) or more")
    names = _names(models)
    digests = {model: file_sha256(model) for model in models}
    for model, name in names.items():
        _check_free(out / name, model, digests[model])
    for model, name in names.items():
        write_json(out / name / _ABOUT, {"file": model.name, "sha256": digests[model]})
    tasks = [
        Drawing(
            model=model,
            digest=digests[model],
            number=k,
            folder=out / name / f"{k:04d}",
            style=style,
            size=size,
            front=front,
            seed=seed,
        )
        for model, name in names.items()
        for k in range(count)
    ]
    progress = Progress(len(tasks), "illustrations")
    # One is drawn sooner than a process is started.
    processes = min(workers or usable_cores(), len(tasks))
    for done in run_tasks(drawer, tasks, processes):
        if isinstance(done.result, Panic3dError):
            progress.clear()
            raise done.result
        if done.failure is not None:
            progress.clear()
            raise RenderError(f"{done.task.folder} could not be drawn: {done.failure}")
        progress.step(names[done.task.model])
    progress.clear()
    print(f"{out}: {len(tasks)} illustrations of {len(models)} models")


_ABOUT = "model.json"
"""Says of which file the illustrations of a folder are."""


def _names(models: Sequence[Path]) -> dict[Path, str]:
    """Return a folder's name for each model, none of which is another's."""
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
