"""``panic3d render``."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NoReturn

import tyro
from tyro.conf import Positional

if TYPE_CHECKING:
    from panic3d.geometry.posing import Pose


def render(
    models: Positional[tuple[Path, ...]],
    out: Path = Path("renders"),
    views: str = "ortho",
    pictures: str = "",
    mode: Literal["fixed", "paper"] = "fixed",
    size: int = 512,
    render_set: Annotated[str, tyro.conf.arg(name="set")] = "open",
    group: str | None = None,
    arms: str = "auto",
    head: str = "0,0,0",
    expression: str = "",
    origin: str | None = None,
    box: float = 0.7,
    random_views: int = 8,
    nearest_position: bool = False,
    shards: bool = False,
    shard_models: int = 64,
    workers: int = 0,
    cluster: str | None = None,
    retry_failed: bool = False,
    strict: bool = False,
    device: Literal["auto", "cpu"] = "auto",
    seed: int = 0,
) -> None:
    """Draw VRM and GLB models: colour, position, alpha and depth pictures, and their cameras.

    What is finished is not drawn again, so a stopped command continues where it was. The exit code
    is 1 if a model failed; which and why is in _logs/renders.jsonl of the set.

    Args:
        models: VRM or glTF files, or folders of them.
        out: the pictures go to OUT/renders/SET/VIEWS/GROUP/ID/VIEW.png, the tree that the paper's
            tools read, with all cameras in OUT/renders/SET/SET_meta.json.
        views: some of ortho (top, back, right, front, left), spin12 (once round), rgb60 (the
            evaluation's 60), rgb (the paper's 8 random ones), separated by commas.
        pictures: some of colour, position, alpha, depth, normal, geometry (float32, as .npz),
            separated by commas; by default all but the last two, in paper mode colour, position.
        mode: fixed draws materials as they are meant, with coverage as alpha and exact positions;
            paper draws what the paper's renderer draws, its faults included.
        size: width and height of a picture.
        render_set: name of the set. The paper's rutileE and daredemoE bring their poses with them.
        group: folder of every model; by default the last digit of a numeric id, else the name of
            the folder that the model is in.
        arms: degrees by which the arms are lowered; auto lowers them to 60 below the horizontal.
        head: degrees by which the head is turned to its left, up, and tilted to its left.
        expression: expressions and weights, as in blink=1,aa=0.5.
        origin: x,y,z of the middle of the head, metres; draws glTF files that are no VRM.
        box: metres; what is farther than half of it from the middle of the head is not drawn.
        random_views: how many views rgb has.
        nearest_position: position pictures of orthographic views take the nearest sample where
            the paper mixes four.
        shards: write WebDataset shards to OUT/shards/SET instead of folders.
        shard_models: models in a shard.
        workers: processes; 0 is one per core, and one for a single model.
        cluster: local or ray://HOST:PORT hands the work to Ray.
        retry_failed: try again also what failed for good.
        strict: refuse models of odd size, with the head outside the mesh or nearly out of view.
        device: cpu draws with Mesa's software driver even where there is a GPU.
        seed: of the random views; 0 are the paper's.
    """
    from panic3d.cli.progress import Progress
    from panic3d.cli.text import printable, words
    from panic3d.data.renders import RenderPlan, find_models, render_models
    from panic3d.errors import ModelError
    from panic3d.render.views import ViewOptions, pose_of_set
    from panic3d.work.jobs import usable_cores

    if device == "cpu":
        os.environ["LIBGL_ALWAYS_SOFTWARE"] = "1"
    default = "colour,position" if mode == "paper" else "colour,position,alpha,depth"
    options = ViewOptions(
        mode=mode,
        views=words("views", views),
        kinds=words("pictures", pictures or default),  # type: ignore[arg-type]
        size=size,
        box_m=box,
        pose=_posed(pose_of_set(render_set), arms, head, expression),
        random_views=random_views,
        seed=seed,
        nearest_position=nearest_position,
        plain_origin_m=None if origin is None else _three("origin", origin),
        strict=strict,
    )
    plan = RenderPlan(
        out=out,
        render_set=render_set,
        options=options,
        layout="shards" if shards else "folders",
        shard_models=shard_models,
        retry_failed=retry_failed,
    )
    entries = find_models(models, group)
    count = workers if workers > 0 else min(usable_cores(), len(entries))
    progress = Progress(len(entries), "models")
    failures = []
    done = kept = files = 0
    for outcome in render_models(entries, plan, count, cluster):
        progress.clear()
        if outcome.status == "failed":
            failures.append(outcome)
            print(f"{printable(outcome.key)}: {outcome.code}: {printable(outcome.message)}")
        elif outcome.status == "done":
            done, files = done + 1, files + outcome.files
            for note in outcome.notes:
                print(f"{printable(outcome.key)}: {printable(note)}")
        else:
            kept += 1
        progress.step(outcome.key)
    progress.clear()
    place = plan.out / "shards" / plan.render_set if shards else plan.root
    print(f"{place}: {done} models drawn, {files} files; {kept} were there, {len(failures)} failed")
    if failures:
        raise ModelError(
            failures[0].message
            if len(entries) == 1
            else f"{len(failures)} of {len(entries)} models failed, as listed"
        )


def _three(name: str, text: str) -> tuple[float, float, float]:
    try:
        x, y, z = (float(part) for part in text.split(","))
    except ValueError:
        _refuse(f"--{name} is {text!r}, expected three numbers separated by commas")
    return x, y, z


def _posed(pose: Pose, arms: str, head: str, expression: str) -> Pose:
    yaw, pitch, roll = _three("head", head)
    weights: dict[str, float] = {}
    for word in expression.split(",") if expression else ():
        name, _, weight = word.partition("=")
        try:
            weights[name.strip()] = float(weight) if weight else 1.0
        except ValueError:
            _refuse(f"--expression has {word!r}, expected a name, or name=weight")
    changed = replace(
        pose, head_yaw_deg=yaw, head_pitch_deg=pitch, head_roll_deg=roll, expressions=weights
    )
    if arms == "auto":
        return changed  # the paper's sets have an angle of their own
    try:
        return replace(changed, arms_deg=float(arms))
    except ValueError:
        _refuse(f"--arms is {arms!r}, expected auto or degrees")


def _refuse(text: str) -> NoReturn:
    from panic3d.errors import ConfigError

    raise ConfigError(text)
