"""``panic3d evaluate``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from panic3d.evaluate.predictors import Predictor
    from panic3d.evaluate.preparations import Preparation

TRACKS = "aligned,wild"
TRAINING_HEADS = 128


def evaluate(
    benchmark: Path | None = None,
    weights: tuple[str, ...] = (),
    predictions: tuple[Path, ...] = (),
    out: Path = Path("evaluation"),
    tracks: str = TRACKS,
    preparation: Literal["auto", "panic3d", "ideal", "own", "none"] = "auto",
    prepare_weights: str = "",
    animerecon: Path | None = None,
    mode: Literal["paper", "fixed"] | None = None,
    floors: Path | None = None,
    without_floors: bool = False,
    training_heads: int = TRAINING_HEADS,
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
            --animerecon in the layout of the paper's tool.
        out: folder for the report and all that a continued run needs.
        tracks: some of aligned (a drawing that lies on the front view), render (that view itself),
            wild (a drawing as a person has it), separated by commas.
        preparation: what aligns and mattes wild pictures, and is named in every table. 'panic3d'
            does as 'panic3d prepare'; 'ideal' uses what is true of them; 'own' judges saved heads
            alone, PREDICTIONS/wild/NAME, whose pictures somebody else has prepared; 'none' leaves
            the track wild out. By default 'own' if such heads are all that is judged, else
            'panic3d' if its networks are there, else 'none'.
        prepare_weights: networks that feed others: those of the preparation 'panic3d', and the
            tagger and line filler of networks of the paper's kind; a set, or a folder with files
            of their own. By default what belongs to each of the weights.
        animerecon: the 'lustrous' folder of the paper's data instead of a benchmark; it has no
            floors, and its pictures are aligned.
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
    from panic3d.cli.evaluate_animerecon import AnimeReconRequest, check_unused, evaluate_pairs
    from panic3d.cli.folders import default_folder
    from panic3d.cli.progress import Progress
    from panic3d.cli.text import printable, words
    from panic3d.errors import ConfigError
    from panic3d.evaluate.floors import floors as all_floors
    from panic3d.evaluate.instruments import Instruments, lpips_if_there
    from panic3d.evaluate.network_predictor import Network
    from panic3d.evaluate.open_source import check_tracks, open_source
    from panic3d.evaluate.oracle import Oracle
    from panic3d.evaluate.plan import EvaluationPlan
    from panic3d.evaluate.predictors import SavedHeads
    from panic3d.evaluate.report import write_report
    from panic3d.evaluate.run import evaluate as judge
    from panic3d.evaluate.runs_table import runs_line
    from panic3d.evaluate.training_heads import TrainingRecipe
    from panic3d.evaluate.training_heads import training_heads as make_heads
    from panic3d.work.jobs import usable_cores

    workers = workers or usable_cores()
    folder = default_folder()
    instruments = Instruments(
        folder=folder, lpips=lpips or lpips_if_there(folder), clip=clip, squeezenet=squeezenet
    )
    where = str(choose_device(device))
    if animerecon is not None:
        check_unused(
            {
                "--benchmark": benchmark is not None,
                "--tracks": tracks != TRACKS,
                "--preparation": preparation != "auto",
                "--floors": floors is not None,
                "--training-heads": training_heads != TRAINING_HEADS,
                "--retry-failed": retry_failed,
            }
        )
        request = AnimeReconRequest(
            lustrous=animerecon,
            networks=tuple(Network(name, folder, seed, where, prepare_weights) for name in weights),
            predictions=predictions,
            out=out,
            mode=mode or "paper",
            instruments=instruments,
            limit=limit,
            workers=workers,
            device=where,
            seed=seed,
        )
        return evaluate_pairs(request)
    if benchmark is None:
        raise ConfigError("give --benchmark DIR, which panic3d benchmark make builds")
    saved = [SavedHeads(path) for path in predictions]
    networks = [Network(name, folder, seed, where, prepare_weights) for name in weights]
    entries: list[Predictor] = [*networks, *saved]
    if not entries and without_floors:
        raise ConfigError("nobody is judged: give --weights or --predictions")
    chosen = words("tracks", tracks)
    kind, why = _preparation(preparation, entries, prepare_weights, folder)
    if kind is None and "wild" in chosen and len(chosen) > 1:
        chosen = tuple(track for track in chosen if track != "wild")
        print(f"track wild left out: {why}")
    check_tracks(chosen, "none" if kind is None else kind.name)
    prepared = None if kind is None else replace(kind, device=where)
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
        preparation=prepared,
        device=where,
        seed=seed,
        retry_failed=retry_failed,
    )
    count = len(plan.source.cases)
    for entry in entries:
        left = [track for track in chosen if track not in plan.tracks_of(entry)]
        if left:
            print(f"{printable(entry.name)} is not judged on {', '.join(left)}: {_WHY_NOT}")
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
    line = runs_line(found)
    if line:
        print(
            f"the test set's runs are listed; add to the table Runs of docs/evaluation.md:\n{line}"
        )


_WHY_NOT = (
    "saved heads are judged there with --preparation own, in a folder wild of their own, and "
    "networks with any other"
)


def _preparation(
    asked: str, entries: Sequence[Predictor], weights: str, folder: Path
) -> tuple[Preparation | None, str]:
    """Return what prepares wild pictures; None leaves the track out, and why."""
    from panic3d.errors import WeightsError
    from panic3d.evaluate.predictors import SavedHeads
    from panic3d.evaluate.preparations import PREPARATIONS, Preparation
    from panic3d.weights.preparation import OURS

    ours = Preparation(name="panic3d", weights=weights or OURS, folder=folder)
    for name in PREPARATIONS:
        if asked == name:
            return replace(ours, name=name), ""
    if asked == "none":
        return None, "nothing is to prepare its pictures (--preparation none)"
    saved = [entry for entry in entries if isinstance(entry, SavedHeads)]
    if saved and len(saved) == len(entries):
        if any(entry.has_wild for entry in saved):
            return replace(ours, name="own"), ""
        return None, "no head was saved for it (PREDICTIONS/wild/NAME)"
    try:
        _ = ours.digest
    except WeightsError as error:
        return None, f"{error} (--preparation ideal cheats)"
    return ours, ""


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
