"""AnimeRecon for `panic3d evaluate`: networks predict, trees are measured, a report is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from panic3d.data.animerecon import SPIN_NAMES, Pair, open_animerecon, read_frame, read_illustration
from panic3d.errors import DatasetError, Panic3dError, PictureError
from panic3d.evaluate.animerecon import TRACK, AnimeReconScores, tree_name
from panic3d.evaluate.animerecon_truth import animerecon_truth
from panic3d.evaluate.cases import Input, Prediction, Truth
from panic3d.evaluate.clipping import EMPTY
from panic3d.evaluate.instruments import Instruments
from panic3d.evaluate.open_source import CaseAbout
from panic3d.evaluate.plan import EvaluationPlan, Keys
from panic3d.evaluate.prediction_tree import (
    predict_animerecon,
    prediction_files,
    prediction_root,
    read_prediction,
)
from panic3d.evaluate.predictors import Given, Predict, Predictor, Tools, digest_of
from panic3d.evaluate.preparations import Preparation
from panic3d.evaluate.records import file_name
from panic3d.evaluate.regions import Mode, Region
from panic3d.evaluate.report import Written, write_report
from panic3d.evaluate.run import Evaluation
from panic3d.evaluate.strips import SHOWN, Views, input_picture, strip
from panic3d.files import atomic_write, file_sha256
from panic3d.image import Picture


@dataclass(frozen=True)
class SavedTree(Predictor):
    """Predictions in the layout of the paper's own tool."""

    folder: Path
    title: str = ""
    """Its name; by default the folder's."""
    keys: tuple[str, ...] = ()
    """Of the pairs that its digest is taken of."""

    @property
    def root(self) -> Path:
        """The folder that holds ``ortho`` and the others."""
        return prediction_root(self.folder)

    @property
    def name(self) -> str:  # type: ignore[override]
        """As the table has it."""
        return self.title or tree_name(self.root)

    @property
    def digest(self) -> str:
        """Of all files that are read."""
        files = [path for key in self.keys for path in prediction_files(self.root, key)]
        return digest_of("tree", *(file_sha256(path) for path in files if path.is_file()))

    def open(self, tools: Tools) -> Predict:
        """Get ready to read."""
        return lambda given: read_prediction(self.root, given.case, given.mode)


@dataclass(frozen=True, eq=False)
class Pairs:
    """The pairs that were scored, as a source of cases."""

    title: str
    pairs: tuple[Pair, ...]
    digest: str

    @property
    def cases(self) -> Sequence[CaseAbout]:
        """Every character is an asset of its own."""
        return tuple(CaseAbout(pair.key, "real", (pair.key,), ()) for pair in self.pairs)

    def open(self) -> OpenedPairs:
        """Open them in this process."""
        return OpenedPairs({pair.key: pair for pair in self.pairs})


class OpenedPairs:
    """Pairs in one process."""

    def __init__(self, pairs: Mapping[str, Pair]) -> None:
        self.pairs, self.tools = pairs, Tools()

    def truth(self, case: str, mode: Mode) -> Truth:
        """Return the truth of a character, its surface as of a mode."""
        return animerecon_truth(self.pairs[case], mode, lambda: self.tools.rasteriser)

    def picture(self, case: str, track: str, preparation: Preparation | None) -> Input:
        """Return the illustration, its mask as alpha."""
        return Input(read_illustration(self.pairs[case]).rgba)


def predict_pairs(
    lustrous: Path,
    network: Predictor,
    mode: Mode,
    out: Path,
    limit: int = 0,
    on_pair: Callable[[str], None] | None = None,
) -> tuple[SavedTree, dict[str, str]]:
    """Let a network predict all pairs that can be scored; what it has predicted is kept.

    Args:
        lustrous: the folder that the paper's tools know as ``_data/lustrous``.
        network: who predicts.
        mode: of the protocol, by which surfaces and pictures are made.
        out: predictions go to a folder in ``OUT/predictions``, one for each network and mode.
        limit: only so many pairs, from the first; 0 is all.
        on_pair: told of every pair as it is done.

    Returns:
        The predictions, and of each pair without one the reason.

    Raises:
        Panic3dError: the tree's list cannot be read, or the network fails.
    """
    pairs = open_animerecon(lustrous).scorable()
    keys = {pair.key for pair in (pairs[:limit] if limit else pairs)}
    folder = out / "predictions" / f"{file_name(network.name)}-{mode}-{network.digest[:8]}"
    opened: list[Predict] = []

    def predict(pair: Pair, picture: Picture) -> Prediction:
        if not opened:
            opened.append(network.open(Tools()))
        rgba = picture.rgba
        # No truth goes along; of the picture alone the size is known.
        truth = Truth(pair.key, {"front": rgba}, EMPTY, Region(0.0, 0.0, 1.0, 1.0))
        try:
            return opened[0](Given(pair.key, TRACK, rgba, truth, mode))
        except Panic3dError as error:
            raise type(error)(f"{network.name} fails on {pair.key}: {error}") from error

    found = predict_animerecon(lustrous, predict, folder, keys, on_pair)
    reasons = {key: why for key, why in found.items() if why is not None}
    return SavedTree(folder, network.name), reasons


def report_of(
    found: Mapping[SavedTree, AnimeReconScores],
    out: Path,
    instruments: Instruments,
    seed: int,
    device: str = "cpu",
) -> Written:
    """Write ``report.html`` and ``report.json`` with intervals over characters.

    Args:
        found: of each predictor what it got.
        out: folder for the report.
        instruments: that measured.
        seed: of the measuring and of the resampling.
        device: where networks computed.

    Raises:
        DatasetError: there is nothing to report.
        Panic3dError: a file cannot be written.
    """
    if not found:
        raise DatasetError("nobody was judged")
    first = next(iter(found.values()))
    keys = {result.case for scores in found.values() for result in scores.results}
    pairs = tuple(pair for pair in first.benchmark.pairs if pair.key in keys)
    results = tuple(result for scores in found.values() for result in scores.results)
    digest = digest_of(*sorted({f"{result.case} {result.key.benchmark}" for result in results}))
    title = f"AnimeRecon, {len(pairs)} of {len(first.benchmark.pairs)} listed pairs"
    names = tuple(pair.key for pair in pairs)
    trees = tuple(SavedTree(tree.folder, tree.title, names) for tree in found)
    plan = EvaluationPlan(
        source=Pairs(title, pairs, digest),
        predictors=trees,
        out=out,
        floors=out,
        instruments=instruments,
        mode=first.mode,
        tracks=(TRACK,),
        device=device,
        seed=seed,
    )
    for pair in pairs:
        _draw(plan, pair, trees)
    missing = {f"{key}: {why}" for scores in found.values() for key, why in scores.skipped.items()}
    return write_report(
        Evaluation(
            plan=plan,
            title=title,
            cases=tuple(plan.source.cases),
            results=results,
            digests=Keys(digest, tuple(tree.digest for tree in trees), instruments.digest),
            unmeasured=tuple(sorted(missing)),
        )
    )


_FOLDERS = {view: "rgb60" if view in SPIN_NAMES else "ortho" for view in SHOWN}


def _draw(plan: EvaluationPlan, pair: Pair, trees: Sequence[SavedTree]) -> None:
    """Write the small pictures of a pair, as far as there are such."""
    renders = {view: pair.render(_FOLDERS[view], view) for view in SHOWN}
    truth = _shown(renders)
    _write(plan.truth_picture(pair.key), strip(truth))
    try:
        _write(plan.input_picture(pair.key, TRACK), input_picture(read_illustration(pair).rgba))
    except (DatasetError, PictureError):
        pass  # measured without it: whoever predicted had it elsewhere
    for tree in trees:
        files = {view: tree.root / _FOLDERS[view] / pair.key / f"{view}.png" for view in SHOWN}
        own = _shown(files)
        if own:
            _write(plan.picture(tree, pair.key, TRACK), strip(own, truth))


def _shown(paths: Mapping[str, Path]) -> Views:
    """Read those of the pictures that are there."""
    found: dict[str, np.ndarray] = {}
    for view, path in paths.items():
        try:
            found[view] = read_frame(path)
        except PictureError:
            continue
    return found


def _write(path: Path, data: bytes) -> None:
    with atomic_write(path, durable=False) as file:
        file.write(data)
