"""``panic3d evaluate --animerecon``: the paper's own pairs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from panic3d.evaluate.animerecon import AnimeReconScores
    from panic3d.evaluate.animerecon_report import SavedTree
    from panic3d.evaluate.instruments import Instruments
    from panic3d.evaluate.predictors import Predictor
    from panic3d.evaluate.regions import Mode


@dataclass(frozen=True, kw_only=True)
class AnimeReconRequest:
    """What was asked for."""

    lustrous: Path
    networks: tuple[Predictor, ...]
    predictions: tuple[Path, ...]
    out: Path
    mode: Mode
    instruments: Instruments
    limit: int
    workers: int
    device: str
    seed: int


def check_unused(given: Mapping[str, bool]) -> None:
    """Refuse options that mean nothing here.

    Args:
        given: option to whether it was given.

    Raises:
        ConfigError: one was.
    """
    from panic3d.errors import ConfigError

    unused = [option for option, there in given.items() if there]
    if unused:
        raise ConfigError(
            f"{', '.join(unused)} mean{'s' * (len(unused) == 1)} nothing with --animerecon, whose "
            "pairs have one track, prepared, and no floors: leave it out"
        )


def evaluate_pairs(request: AnimeReconRequest) -> None:
    """Measure networks and saved predictions by the paper's data, and report.

    Raises:
        Panic3dError: nothing can be measured.
    """
    from panic3d.cli.text import printable
    from panic3d.errors import ConfigError
    from panic3d.evaluate.animerecon_report import SavedTree, report_of
    from panic3d.evaluate.paper_table import is_the_papers
    from panic3d.evaluate.records import file_name

    if not request.networks and not request.predictions:
        raise ConfigError("nobody is judged: give --weights or --predictions")
    names = [network.name for network in request.networks]
    names += [SavedTree(folder).name for folder in request.predictions]
    twice = sorted({name for name in names if [*map(file_name, names)].count(file_name(name)) > 1})
    if twice:
        raise ConfigError(
            f"{', '.join(twice)} is the name of several predictors: rename one of the folders or "
            "files"
        )
    trees = [_predicted(request, network) for network in request.networks]
    trees += [SavedTree(folder) for folder in request.predictions]
    found = {tree: _measured(request, tree) for tree in trees}
    written = report_of(found, request.out, request.instruments, request.seed, request.device)
    for tree, scores in found.items():
        print("\n".join([f"{printable(tree.name)}: {scores.heading()[0]}", *scores.heading()[1:]]))
        if is_the_papers([result.measures for result in scores.results], request.mode):
            print(scores.table())
    print(f"\n{written.text}")
    for tree, scores in found.items():
        if scores.skipped:
            print("\n".join([f"{printable(tree.name)}:", *map(printable, scores.missing())]))
    print(f"{written.html}: pictures, distributions, best and worst")
    print(f"{written.json}: every number with its interval")


def _predicted(request: AnimeReconRequest, network: Predictor) -> SavedTree:
    """Let a network predict; say of which pairs it could not."""
    from panic3d.cli.progress import Progress
    from panic3d.cli.text import printable
    from panic3d.data.animerecon import open_animerecon
    from panic3d.evaluate.animerecon_report import predict_pairs

    count = len(open_animerecon(request.lustrous).scorable())
    progress = Progress(min(count, request.limit or count), "predictions")
    tree, reasons = predict_pairs(
        request.lustrous, network, request.mode, request.out, request.limit, progress.step
    )
    progress.clear()
    for key, why in reasons.items():
        print(f"{printable(network.name)} has no prediction of {key}: {printable(why)}")
    return tree


def _measured(request: AnimeReconRequest, tree: SavedTree) -> AnimeReconScores:
    from panic3d.cli.progress import Progress
    from panic3d.data.animerecon import PAIRS
    from panic3d.evaluate.animerecon import evaluate_animerecon
    from panic3d.evaluate.records import file_name

    progress = Progress(request.limit or PAIRS, "pairs")
    found = evaluate_animerecon(
        request.lustrous,
        tree.folder,
        request.mode,
        request.instruments,
        ledger=request.out / "records" / f"animerecon_{file_name(tree.name)}.jsonl",
        workers=request.workers,
        seed=request.seed,
        name=tree.name,
        limit=request.limit,
        on_pair=lambda key, _: progress.step(key),
    )
    progress.clear()
    return found
