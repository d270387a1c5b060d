"""``panic3d bench``."""

from __future__ import annotations

from pathlib import Path
from typing import Literal


def bench(
    config: Literal["released", "defaults"] = "released",
    as_original: bool = False,
    threads: int = 0,
    repeats: int = 3,
    seed: int = 0,
    end_to_end: bool = False,
    portrait: Path | None = None,
    aligned: bool = True,
    weights: str = "",
    runs: int = 3,
    json: Path | None = None,
) -> None:
    """Time the paper's evaluation of one portrait, stage by stage, or our own commands as a whole.

    The networks are full size and untrained, their density scaled so that about an eighth of the
    cropped head box is filled. Seconds are medians, memory is the largest resident size. Floors
    are the stage's multiplications at the measured matrix rate, and its weights, texels and
    results at the measured bandwidth. On the CPU.

    With --end-to-end: panic3d reconstruct, import panic3d and panic3d --help, each in a fresh
    process, from its start to its end, beside what is promised of them on two cores.

    Args:
        config: the released network's sizes, or the trainer's defaults.
        as_original: also do the whole job the original's way (planes for every view and for
            every 100 000 points, nothing skipped), and compare pictures. Takes minutes.
        threads: processor threads; 0 takes torch's choice. With --end-to-end the cores that
            processes are bound to; 0 leaves them all.
        repeats: runs of each stage.
        seed: of the made-up weights and portrait.
        end_to_end: time whole commands instead; only the options below and --threads count then.
        portrait: the picture that is reconstructed; the example of a clone if none is named.
        aligned: the portrait is the aligned front view, as the example is; --no-aligned prepares
            it, too.
        weights: as panic3d reconstruct --weights takes them; its usual ones if none are named.
        runs: of each command.
        json: also write everything that was measured into this file.
    """
    if end_to_end:
        return _end_to_end(portrait, aligned, weights, runs, threads, json)
    import time

    import torch

    from panic3d.bench import Bench, measure_machine, picture_difference
    from panic3d.errors import ConfigError
    from panic3d.recipes.generators import released, trainer_defaults

    if repeats < 1 or threads < 0:
        raise ConfigError(
            f"repeats, threads are {repeats}, {threads}, expected at least 1 and at least 0"
        )
    if threads:
        torch.set_num_threads(threads)
    machine = measure_machine()
    print(
        f"torch {torch.__version__}, {machine.threads} threads, matrix product "
        f"{machine.matrix_flops / 1e9:.0f} GFLOP/s, memory {machine.bandwidth / 1e9:.0f} GB/s"
    )
    run = Bench(released() if config == "released" else trainer_defaults(), seed=seed)
    print(f"{run.surviving():.1%} of the cropped head box survives culling", flush=True)
    print(
        f"{'stage':34} {'seconds':>8} {'GFLOP':>7} {'floor s':>8} {'GB':>6} {'floor s':>8} "
        f"{'peak GiB':>9}"
    )
    found = {}
    for row in run.stages(repeats):
        floors = " " * 32
        if row.work is not None:
            operations, size = row.work
            floors = (
                f"{operations / 1e9:7.1f} {operations / machine.matrix_flops:8.3f} "
                f"{size / 1e9:6.2f} {size / machine.bandwidth:8.3f}"
            )
        peak = row.peak_bytes / 2**30
        print(f"{row.stage:34} {row.seconds:8.2f} {floors} {peak:9.2f}", flush=True)
        found[row.stage] = row.seconds
    if not as_original:
        return
    _, quick = run.job(run.settings)
    start = time.perf_counter()
    original = {}
    run.memory.restart()
    views_seconds = 0.0
    for name, seconds, view in run.original_job():
        if view is not None:
            original[name.removeprefix("view ")] = view
            views_seconds += seconds
        else:
            print(f"{f'original: {name}':34} {seconds:8.2f}", flush=True)
    total = time.perf_counter() - start
    print(f"{'original: 16 stitched views':34} {views_seconds:8.2f}")
    peak = run.memory.read() / 2**30
    print(f"{'original: whole job':34} {total:8.2f} {'':>32} {peak:9.2f}")
    for stage in ("whole job", "whole job, nothing skipped"):
        print(f"{stage}: {total / found[stage]:.1f} times as fast as the original's way")
    difference = picture_difference(quick, original)
    print(
        f"pictures differ by {difference.mean:.2e} on average and {difference.high:.2e} at the "
        "99.9th percentile, over pixels of opacity above 0.01"
    )


def _end_to_end(
    portrait: Path | None, aligned: bool, weights: str, runs: int, threads: int, file: Path | None
) -> None:
    import json

    from panic3d.cli.end_to_end import COMMANDS, example_portrait, measure
    from panic3d.cli.progress import Progress
    from panic3d.cli.text import printable
    from panic3d.errors import ConfigError
    from panic3d.files import atomic_write

    if runs < 1 or threads < 0:
        raise ConfigError(
            f"runs, threads are {runs}, {threads}, expected at least 1 and at least 0"
        )
    progress = Progress(COMMANDS * runs, "runs")
    try:
        found = measure(
            portrait or example_portrait(),
            aligned=aligned,
            weights=weights,
            runs=runs,
            threads=threads,
            step=progress.step,
        )
    finally:
        progress.clear()
    for line in found.lines():
        print(printable(line))
    if file is not None:
        with atomic_write(file) as written:
            written.write(json.dumps(found.as_json(), indent=1).encode() + b"\n")
