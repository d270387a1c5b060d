"""The open benchmark: characters that no training set has, rebuilt from a recipe."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from tyro.conf import Positional


def make(
    out: Path = Path("benchmarks"),
    sources: Path | None = None,
    name: Literal["open-bench-1", "open-bench-1-val", "all"] = "all",
    count: int = 0,
    sheet: bool = False,
    workers: int = 0,
    cluster: str | None = None,
    retry_failed: bool = False,
    device: Literal["auto", "cpu"] = "auto",
) -> None:
    """Build the open benchmark from its recipe, and check that it is the frozen one.

    What is finished is not made again: a stopped command continues where it was. The exit code is
    1 if a character failed, or if what was built is not what the package has frozen; in what it
    differs is in benchmark.json.

    Args:
        out: a benchmark goes to OUT/NAME; docs/open-benchmark.md says what is in it.
        sources: folder of the openly licensed VRM models that half of the characters are made
            from. Without it only the procedural half is built.
        name: open-bench-1 judges releases; choices are made on open-bench-1-val.
        count: only so many characters of each, to try things out; 0 is all.
        sheet: also write a picture of all characters, OUT/NAME/sheet.jpg.
        workers: processes; 0 is one per core.
        cluster: local or ray://HOST:PORT hands the work to Ray.
        retry_failed: try again also what failed for good.
        device: cpu draws with Mesa's software driver even where there is a GPU.
    """
    from panic3d.errors import DatasetError
    from panic3d.evaluate.open_bench.make import BenchmarkPlan
    from panic3d.evaluate.open_bench.recipe import RECIPES
    from panic3d.work.jobs import usable_cores

    if device == "cpu":
        os.environ["LIBGL_ALWAYS_SOFTWARE"] = "1"
    chosen = [recipe for recipe in RECIPES.values() if name in ("all", recipe.name)]
    plans = [
        BenchmarkPlan(
            out=out, recipe=recipe, sources=sources, count=count, retry_failed=retry_failed
        )
        for recipe in chosen
    ]
    if sources is None:
        print("without --sources: the procedural half alone")
    wrong = [
        line for plan in plans if (line := _make(plan, workers or usable_cores(), cluster, sheet))
    ]
    if wrong:
        raise DatasetError("; ".join(wrong))


def _make(plan: object, workers: int, cluster: str | None, sheet: bool) -> str:
    """Build one; return what is wrong with it."""
    from panic3d.cli.progress import Progress
    from panic3d.cli.text import printable
    from panic3d.evaluate.open_bench.make import BenchmarkPlan, finish_benchmark, make_benchmark
    from panic3d.evaluate.open_bench.read import read_benchmark
    from panic3d.evaluate.open_bench.sheet import sheet_jpeg
    from panic3d.files import atomic_write

    assert isinstance(plan, BenchmarkPlan)
    count = len(plan.slots)
    progress = Progress(count, "characters")
    done = failed = 0
    for outcome in make_benchmark(plan, workers, cluster):
        progress.clear()
        if outcome.status == "failed":
            failed += 1
            print(f"{outcome.key}: {outcome.code}: {printable(outcome.message)}")
        done += outcome.status == "done"
        progress.step(outcome.key)
    progress.clear()
    print(f"{plan.root}: {done} made; {count - done - failed} were there, {failed} failed")
    if failed:
        return f"{failed} of {count} characters of {plan.recipe.name} failed, as listed"
    verdict = finish_benchmark(plan)
    benchmark = read_benchmark(plan.root)
    if sheet:
        with atomic_write(plan.root / "sheet.jpg") as file:
            file.write(sheet_jpeg(benchmark))
    said = verdict.line(plan.recipe.name)
    if verdict.state == "differs":
        return said
    print(benchmark.title if verdict.state == "same" else said)
    return ""


def freeze(folder: Positional[Path], to: Path | None = None) -> None:
    """Freeze a built benchmark: keep what it is known again by. For its makers alone.

    Args:
        folder: the benchmark, complete.
        to: the file; by default the package's own, which others' benchmarks are compared with.
    """
    from panic3d.evaluate.open_bench.freeze import freeze_folder
    from panic3d.evaluate.open_bench.frozen import frozen_path
    from panic3d.evaluate.open_bench.read import read_benchmark

    benchmark = read_benchmark(folder)
    path = to or frozen_path(benchmark.name)
    freeze_folder(folder, path)
    print(f"{path}: {len(benchmark.cases)} characters frozen; run panic3d benchmark make again")


def compare(first: Positional[Path], second: Positional[Path], workers: int = 0) -> None:
    """Compare whole pictures of two builds of a benchmark, pixel by pixel.

    'make' compares with what the package has frozen, small thumbnails of each picture. This says
    more, of two builds that are both at hand: the least PSNR of all pictures. The exit code is 1 if
    one is below 45 dB or only in one of them.

    Args:
        first: a benchmark.
        second: another build of it.
        workers: processes; 0 is one per core.
    """
    from panic3d.cli.progress import Progress
    from panic3d.errors import DatasetError
    from panic3d.evaluate.open_bench.compare import compare_benchmarks
    from panic3d.evaluate.open_bench.read import read_benchmark
    from panic3d.work.jobs import usable_cores

    progress = Progress(len(read_benchmark(first).cases), "characters")
    found = compare_benchmarks(first, second, workers or usable_cores(), progress.step)
    progress.clear()
    print(found.text())
    if not found.agrees:
        raise DatasetError(
            f"{len(found.off)} of {len(found.pairs)} pictures differ, {len(found.missing)} are in "
            "one build alone"
        )


COMMANDS: dict[str, Callable[..., None]] = {"make": make, "compare": compare, "freeze": freeze}
"""What the group has."""
