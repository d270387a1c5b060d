"""``panic3d evaluate``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from panic3d.evaluate.instruments import Instruments
    from panic3d.evaluate.regions import Mode


def evaluate(
    benchmark: Path | None = None,
    weights: tuple[str, ...] = (),
    predictions: tuple[Path, ...] = (),
    out: Path = Path("evaluation"),
    tracks: str = "aligned,wild",
    preparation: Literal["none", "ideal"] = "none",
    animerecon: Path | None = None,
    mode: Literal["paper", "fixed"] | None = None,
    floors: Path | None = None,
    without_floors: bool = False,
    training_heads: int = 128,
    lpips: str | None = None,
    clip: str | None = None,
    squeezenet: Path | None = None,
    limit: int = 0,
    retry_failed: bool = False,
    workers: int = 0,
    device: Literal["auto", "cpu", "cuda", "mps"] = "cpu",
    seed: int = 0,
) -> None:
    """Judge weights or saved heads on a benchmark: the paper's table, and a report with pictures.

    OUT/report.html shows every character beside its truth, OUT/report.json has every number with
    its interval. What was measured is not measured again: a stopped command continues. Beside
    those that are judged stand floors, which anybody gets without reconstructing, and the oracle,
    which knows the truth; a score of 0 is the best floor, 1 the oracle.

    Args:
        benchmark: folder that 'panic3d benchmark make' built.
        weights: any number of names that 'panic3d weights list' prints, or files of networks.
        predictions: any number of folders with saved heads: NAME/head.glb and NAME/views, as
            'panic3d reconstruct --out' writes them, for each character, or TRACK/NAME; with
            --animerecon one folder in the layout of the paper's tool.
        out: folder for the report and all that a continued run needs.
        tracks: some of aligned (a drawing that lies on the front view), render (that view itself),
            wild (a drawing as a person has it), separated by commas.
        preparation: what aligns and mattes wild pictures. 'ideal' uses what is true of them, and
            is named in every table; 'none' leaves the track wild out.
        animerecon: the 'lustrous' folder of the paper's data instead of a benchmark.
        mode: paper repeats the paper's evaluation with all that moves its numbers, fixed mends it
            and measures more; by default fixed, with --animerecon paper.
        floors: folder that keeps floors and oracle for other runs; by default OUT/floors.
        without_floors: judge without floors and oracle, hence without scores.
        training_heads: characters that the floors know.
        lpips: weights of LPIPS, a name or a file; by default those that were fetched, if any.
        clip: CLIP ViT-B/32, a folder or a name on the hub; by default it is not measured.
        squeezenet: file of SqueezeNet's weights; by default it is not measured.
        limit: only so many characters; 0 is all.
        retry_failed: judge again what failed.
        workers: processes; 0 is one per core.
        device: where networks that are judged compute.
        seed: of the points on surfaces, the networks' latents and the resampling.
    """
    from panic3d.cli.devices import choose_device
    from panic3d.cli.folders import default_folder
    from panic3d.cli.progress import Progress
    from panic3d.cli.text import printable, words
    from panic3d.errors import ConfigError
    from panic3d.evaluate.floors import floors as all_floors
    from panic3d.evaluate.instruments import Instruments, lpips_if_there
    from panic3d.evaluate.open_source import check_tracks, open_source
    from panic3d.evaluate.oracle import Oracle
    from panic3d.evaluate.predictors import Network, Predictor, SavedHeads
    from panic3d.evaluate.report import write_report
    from panic3d.evaluate.run import EvaluationPlan
    from panic3d.evaluate.run import evaluate as judge
    from panic3d.evaluate.training_heads import TrainingRecipe
    from panic3d.evaluate.training_heads import training_heads as make_heads
    from panic3d.work.jobs import usable_cores

    workers = workers or usable_cores()
    folder = default_folder()
    instruments = Instruments(
        folder=folder, lpips=lpips or lpips_if_there(folder), clip=clip, squeezenet=squeezenet
    )
    if animerecon is not None:
        return _animerecon(
            animerecon, predictions, out, mode or "paper", instruments, workers, seed
        )
    if benchmark is None:
        raise ConfigError("give --benchmark DIR, which panic3d benchmark make builds")
    chosen = words("tracks", tracks)
    if preparation == "none" and "wild" in chosen:
        chosen = tuple(track for track in chosen if track != "wild")
        print("track wild left out: nothing prepares its pictures (--preparation ideal cheats)")
    check_tracks(chosen, preparation)
    where = str(choose_device(device))
    entries: list[Predictor] = [Network(name, folder, seed, where) for name in weights]
    entries += [SavedHeads(path) for path in predictions]
    if not entries and without_floors:
        raise ConfigError("nobody is judged: give --weights or --predictions")
    recipe = TrainingRecipe(count=training_heads)
    root = floors or out / "floors"
    plan = EvaluationPlan(
        source=open_source(benchmark, limit),
        predictors=(*entries, *([] if without_floors else [*all_floors(root, recipe), Oracle()])),
        out=out,
        floors=root,
        instruments=instruments,
        mode=mode or "fixed",
        tracks=chosen,
        preparation=preparation,
        seed=seed,
        retry_failed=retry_failed,
    )
    count = len(plan.source.cases)
    if not without_floors:
        _with_progress("training heads", lambda step: make_heads(root, recipe, workers, step))
    progress = Progress(count, "characters")

    def on_case(done: int, _: int, name: str) -> None:
        progress.done = done - 1
        progress.step(name)

    found = judge(plan, workers, apart=True, on_case=on_case)
    progress.clear()
    written = write_report(found)
    print(written.text)
    for line in found.unmeasured:
        print(f"not measured: {printable(line)}")
    print(f"{written.html}: pictures, distributions, best and worst")
    print(f"{written.json}: every number with its interval")


def _with_progress(what: str, work: Callable[[Callable[[int, int], None]], object]) -> None:
    """Do work that reports how many of how many are done."""
    from panic3d.cli.progress import Progress

    held: list[Progress] = []

    def step(done: int, total: int) -> None:
        if not held:
            held.append(Progress(total, what))
        held[0].done = done - 1
        held[0].step()

    work(step)
    if held:
        held[0].clear()


def _animerecon(
    lustrous: Path,
    predictions: tuple[Path, ...],
    out: Path,
    mode: Mode,
    instruments: Instruments,
    workers: int,
    seed: int,
) -> None:
    """Measure saved predictions by the paper's data."""
    from panic3d.cli.progress import Progress
    from panic3d.data.animerecon import PAIRS
    from panic3d.errors import ConfigError
    from panic3d.evaluate.animerecon import evaluate_animerecon
    from panic3d.evaluate.records import file_name

    if len(predictions) != 1:
        raise ConfigError(
            f"--animerecon takes one folder of --predictions, there are {len(predictions)}"
        )
    progress = Progress(PAIRS, "pairs")
    found = evaluate_animerecon(
        lustrous,
        predictions[0],
        mode,
        instruments,
        ledger=out / "records" / f"animerecon_{file_name(predictions[0].name)}.jsonl",
        workers=workers,
        seed=seed,
        on_pair=lambda key, _: progress.step(key),
    )
    progress.clear()
    print(found.text())
