"""``panic3d train``: build examples, learn from them, pack the weights; all of it resumable."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

import tyro

from panic3d.cli import train_preparation, train_reconstructor

Recipe = Literal["first"]


def cache(
    out: Annotated[Path, tyro.conf.Positional],
    count: int = 4096,
    split: Literal["train", "val", "test"] = "train",
    kind: Literal["procedural", "remixed"] = "procedural",
    sources: Path | None = None,
    recipe: Recipe = "first",
    purpose: Annotated[
        Literal["reconstruction", "preparation", "heads"], tyro.conf.arg(name="for")
    ] = "reconstruction",
    workers: int = 2,
) -> None:
    """Make characters and turn them into examples; the same command continues.

    Args:
        out: folder of the examples; those of a split go into a folder of that name.
        count: characters.
        split: whose assets they are made from; test characters also keep the views they are
            judged by.
        kind: which engine makes them. Examples of several kinds need folders of their own.
        sources: folder of models that remixed characters are made from.
        recipe: whose pictures are wanted.
        purpose: examples of the first generator; portraits to prepare: faces, landmarks, mattes and
            lines; or takes of heads for the reconstructor. They need folders of their own.
        workers: processes.
    """
    from panic3d.cli.progress import Progress
    from panic3d.train.cache import build_cache
    from panic3d.train.shards import CachePlan

    del recipe  # there is one
    plan = CachePlan(out=out / split, count=count, check=split != "train")
    progress = Progress(len(plan.shards), "shards")
    if purpose == "preparation":
        from panic3d.recipes.portraits import painter
        from panic3d.train.portraits import build_portraits

        shards = build_portraits(painter(kind, split, sources), plan, workers)
    elif purpose == "heads":
        from panic3d.recipes.takes import take_maker
        from panic3d.train.takes import build_takes

        shards = build_takes(take_maker(kind, split, sources), plan, workers)
    else:
        from panic3d.recipes.first import maker

        shards = build_cache(maker(kind, split, sources), plan, workers)
    failures: list[str] = []
    for built in shards:
        failures += built.failures
        progress.step()
    progress.clear()
    for failure in failures:
        print(failure)
    here = sum(plan.path(shard).is_file() for shard in plan.shards)
    print(f"{plan.out}: {here} of {len(plan.shards)} shards, {len(failures)} failures")


def feedforward(
    data: Path,
    out: Path,
    recipe: Recipe = "first",
    minutes: float | None = None,
    steps: int | None = None,
    batch: int | None = None,
    examples: int | None = None,
    device: Literal["auto", "cpu", "cuda"] = "auto",
    threads: int = 0,
    judged: int = 8,
    seed: int = 0,
) -> None:
    """Train our own generator from points; the same command continues from the last checkpoint.

    Args:
        data: folder that 'panic3d train cache' filled: train, and test if there is one.
        out: folder of the run: checkpoints, log.jsonl, and the scores of held-out characters.
        recipe: the options of the run.
        minutes: stop after so long, to be continued; else at the end of the schedule.
        steps: length of the schedule; the recipe's if absent. It may change when continuing.
        batch: characters a step; the recipe's if absent.
        examples: use only the first so many.
        device: where to compute.
        threads: processor threads; 0 takes torch's choice.
        judged: held-out characters that are judged now and then; 0 judges none.
        seed: of the weights, the order of examples and their variation.
    """
    import time
    from dataclasses import replace

    import torch

    from panic3d.cli.devices import choose_device
    from panic3d.recipes import first
    from panic3d.train.cache import read_cache
    from panic3d.train.checkpoints import resume
    from panic3d.train.held_out import scores_of, table
    from panic3d.train.loop import Pace, Report, train
    from panic3d.train.trainer import Trainer

    if threads:
        torch.set_num_threads(threads)
    usual = first.options()
    options = replace(
        usual,
        seed=seed,
        steps=usual.steps if steps is None else steps,
        batch=usual.batch if batch is None else batch,
    )
    found = read_cache(data / "train", examples)
    test = read_cache(data / "test", judged) if judged and (data / "test").is_dir() else []
    trainer = resume(out, first.network(), options, choose_device(device))
    print(
        f"{len(found)} examples, {len(test)} held out; from step {trainer.step} of {options.steps}"
    )

    def report(made: Report) -> None:
        print(
            f"step {made.step}: labels {made.labels:.4f}, colours {made.colours:.4f}, wrong "
            f"{made.wrong:.2%}, {made.steps_per_second:.2f} steps/s",
            flush=True,
        )

    def validate(at: Trainer) -> None:
        if not test:
            return
        start = time.monotonic()
        text = table(scores_of(at.average, test))
        with (out / "scores.txt").open("a", encoding="utf-8") as file:
            file.write(f"step {at.step}\n{text}\n\n")
        print(f"{text}\n({time.monotonic() - start:.0f} s)", flush=True)

    over = train(
        trainer,
        found,
        out,
        recipe=recipe,
        pace=Pace(minutes=minutes),
        report=report,
        validate=validate,
    )
    end = "the schedule is over" if over else "the same command continues"
    print(f"{out}: step {trainer.step}; {end}")


def pack(
    run: Annotated[Path, tyro.conf.Positional],
    out: Path | None = None,
    recipe: Recipe = "first",
) -> None:
    """Pack the averaged weights of a run, in float16, for use.

    Args:
        run: folder of the run.
        out: .safetensors file to write, with a model card beside it but of the recipe 'first'; by
            default one of the network's name in the run's folder.
        recipe: that the run followed, if it is of the generator.
    """
    from panic3d.errors import WeightsError
    from panic3d.recipes.pack import is_fabric_run, pack_run
    from panic3d.train.checkpoints import last_checkpoint, pack_weights
    from panic3d.weights.specs import find_spec

    checkpoint = last_checkpoint(run)
    if checkpoint is None:
        raise WeightsError(f"{run} has no checkpoint: train first")
    if is_fabric_run(run):
        path, about = pack_run(run, out)
        print(f"{path}: {path.stat().st_size / 1e6:.2f} MB, {about.made_from}")
        print(f"sha256 {about.weights_sha256}")
        print(f"its card: {path.with_suffix('.md')}")
        return
    spec = find_spec(recipe)
    path = out or spec.path(run)
    about = pack_weights(checkpoint, path, spec)
    print(f"{path}: {path.stat().st_size / 1e6:.2f} MB, from {checkpoint.name}")
    print(f"sha256 {about.weights_sha256}")


COMMANDS: dict[str, Callable[..., None]] = {
    "cache": cache,
    "feedforward": feedforward,
    **train_reconstructor.COMMANDS,
    **train_preparation.COMMANDS,
    "pack": pack,
}
"""Subcommands by name; networks to train are among them."""
