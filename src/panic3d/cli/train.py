"""``panic3d train``: build examples, learn from them, pack the weights; all of it resumable."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

import tyro

from panic3d.cli import train_preparation, train_reconstructor


def cache(
    out: Annotated[Path, tyro.conf.Positional],
    count: int = 4096,
    split: Literal["train", "val", "test"] = "train",
    kind: Literal["procedural", "remixed"] = "procedural",
    sources: Path | None = None,
    purpose: Annotated[Literal["heads", "preparation"], tyro.conf.arg(name="for")] = "heads",
    first: int = 0,
    varied: bool = False,
    workers: int = 2,
) -> None:
    """Make characters and turn them into examples; the same command continues.

    Args:
        out: folder of the examples; those of a split go into a folder of that name.
        count: characters.
        split: whose assets they are made from.
        kind: which engine makes them. Examples of several kinds need folders of their own.
        sources: folder of models that remixed characters are made from.
        purpose: takes of heads for the reconstructor; or portraits to prepare: faces, landmarks,
            mattes and lines. They need folders of their own.
        first: number of the first character, a multiple of 16: others than those of a folder made
            before, or on another machine.
        varied: characters that differ as much as they can: hair and faces by rules mix what several
            families have, and go beyond; a model's hair is combed anew, its face stretched. They
            need a folder of their own.
        workers: processes.
    """
    from panic3d.cli.progress import Progress
    from panic3d.train.shards import CachePlan

    plan = CachePlan(out=out / split, count=count, first=first)
    progress = Progress(len(plan.shards), "shards")
    if purpose == "preparation":
        from panic3d.recipes.portraits import painter
        from panic3d.train.portraits import build_portraits

        shards = build_portraits(painter(kind, split, sources, varied), plan, workers)
    else:
        from panic3d.recipes.takes import take_maker
        from panic3d.train.takes import build_takes

        shards = build_takes(take_maker(kind, split, sources, varied), plan, workers)
    failures: list[str] = []
    for built in shards:
        failures += built.failures
        progress.step()
    progress.clear()
    for failure in failures:
        print(failure)
    here = sum(plan.path(shard).is_file() for shard in plan.shards)
    print(f"{plan.out}: {here} of {len(plan.shards)} shards, {len(failures)} failures")


def pack(
    run: Annotated[Path, tyro.conf.Positional], out: Path | None = None, threshold: float = 0.0
) -> None:
    """Pack the averaged weights of a run, in float16, for use.

    Args:
        run: folder of the run.
        out: .safetensors file to write, with a model card beside it; by default one of the
            network's name in the run's folder.
        threshold: of a reconstructor, the logit from which on places are taken for inside.
    """
    from panic3d.recipes.pack import pack_run

    path, about = pack_run(run, out, threshold)
    print(f"{path}: {path.stat().st_size / 1e6:.2f} MB, {about.made_from}")
    print(f"sha256 {about.weights_sha256}")
    print(f"its card: {path.with_suffix('.md')}")


def average(
    weights: Annotated[tuple[Path, ...], tyro.conf.Positional],
    out: Path,
    shares: tuple[float, ...] = (),
    threshold: float | None = None,
) -> None:
    """Write the weighed mean of packed weights of one network, which is often better than each.

    Args:
        weights: .safetensors files, as 'panic3d train pack' writes them.
        out: .safetensors file to write, with a model card beside it.
        shares: of each; by default all count the same.
        threshold: of a reconstructor, the logit from which on places are taken for inside; by
            default the mean of theirs.
    """
    from panic3d.recipes.average import average_weights

    about = average_weights(weights, shares or [1.0] * len(weights), out, threshold)
    print(f"{out}: {out.stat().st_size / 1e6:.2f} MB, {about.made_from}")
    print(f"sha256 {about.weights_sha256}")
    print(f"its card: {out.with_suffix('.md')}")


COMMANDS: dict[str, Callable[..., None]] = {
    "cache": cache,
    **train_reconstructor.COMMANDS,
    **train_preparation.COMMANDS,
    "pack": pack,
    "average": average,
}
"""Subcommands by name; networks to train are among them."""
