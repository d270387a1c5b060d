"""AnimeRecon, the paper's benchmark: read from the `lustrous` folder that a user has put together.

Its 68 pairs cannot be handed out: models come from their makers' pages, renders are drawn here,
alignments, masks and the list from the authors' archive. So a folder may hold any part of it.
`open_animerecon` says of every listed pair what is there, what is not and how to come by it; a
pair can be scored, or predicted, once it has what that takes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import UInt8

from panic3d.data.alignments import FRAME, Alignment, is_name, read_alignments, warped
from panic3d.errors import DatasetError, PictureError
from panic3d.geometry.cameras import CAMERA_SUBSETS, NAMED_VIEWS
from panic3d.image import Picture, read_picture
from panic3d.weights.convert.values import shown

RENDER_SET = "daredemoE"
PAIRS = 68
"""In the paper's list."""

SUBSET = f"subsets/{RENDER_SET}_test.csv"
RENDERS = f"renders/{RENDER_SET}"
ALIGNMENTS = f"{RENDERS}/fandom_align_alignment.pkl"

ORTHO_NAMES = tuple(NAMED_VIEWS)
SPIN_NAMES = tuple(f"{index:04d}" for index in CAMERA_SUBSETS["spin12"])
SCORED_ORTHO = ("front", "back")
"""The orthographic views that the paper's measures look at."""

_ENDINGS = (".png", ".jpg", ".jpeg", ".webp", ".gif")
_MAX_LIST_BYTES = 1 << 20


class Lack(NamedTuple):
    """Something that a pair has not."""

    what: str
    """One line, with the file's path in the tree."""
    remedy: str
    """How one comes by it; the same words for all pairs that lack it."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Pair:
    """A character of the list, and what the tree has of it."""

    root: Path
    """The lustrous folder."""
    key: str
    """Group and id, as in ``genshin/albedo``."""
    alignment: Alignment | None
    to_score: tuple[Lack, ...]
    """What is missing before a prediction can be measured: renders, model, alignment."""
    to_predict: tuple[Lack, ...]
    """What is missing before one can be made: the illustration and its mask."""

    @property
    def complete(self) -> bool:
        """Whether both halves are there."""
        return not self.to_score and not self.to_predict

    @property
    def model(self) -> Path:
        """The VRM file."""
        return self.root / f"raw/dssc/{self.key}.vrm"

    def render(self, folder: str, view: str) -> Path:
        """Path of a picture, such as of ``ortho`` and ``front``, or of ``rgb60`` and ``0042``."""
        return self.root / RENDERS / folder / self.key / f"{view}.png"


@dataclass(frozen=True, kw_only=True, eq=False)
class AnimeRecon:
    """The benchmark as far as a tree has it."""

    root: Path
    pairs: tuple[Pair, ...]
    """In the order of the list."""
    notes: tuple[str, ...]
    """What is odd about the tree as a whole."""

    def scorable(self) -> tuple[Pair, ...]:
        """Pairs that predictions can be measured on."""
        return tuple(pair for pair in self.pairs if not pair.to_score)

    def predictable(self) -> tuple[Pair, ...]:
        """Pairs that have the picture a prediction is made from."""
        return tuple(pair for pair in self.pairs if not pair.to_predict)

    def remedies(self, predict: bool = False) -> list[tuple[str, int]]:
        """Return what there is to do before all pairs can be scored, and for how many each.

        Args:
            predict: also before all can be predicted.
        """
        found: dict[str, int] = {}
        for pair in self.pairs:
            lacks = (*pair.to_score, *pair.to_predict) if predict else pair.to_score
            for remedy in {lack.remedy for lack in lacks}:
                found[remedy] = found.get(remedy, 0) + 1
        return sorted(found.items())

    def report(self) -> str:
        """Say in words how much is there, which pairs lack what, and what to do about it."""
        whole = [pair for pair in self.pairs if pair.complete]
        text = [
            f"AnimeRecon in {self.root}: {len(whole)} of {len(self.pairs)} listed pairs are "
            f"complete; {len(self.scorable())} can be scored, {len(self.predictable())} have their "
            "illustration"
        ]
        text += [f"note: {note}" for note in self.notes]
        for pair in self.pairs:
            lacks = (*pair.to_score, *pair.to_predict)
            if lacks:
                text.append(f"{pair.key}: {'; '.join(lack.what for lack in lacks)}")
        text += [f"{remedy} (for {count})" for remedy, count in self.remedies(predict=True)]
        return "\n".join(text)


def open_animerecon(lustrous: Path) -> AnimeRecon:
    """Look through a tree.

    Args:
        lustrous: the folder that the paper's tools know as ``_data/lustrous``.

    Raises:
        DatasetError: it has no list, or list or alignments are damaged or lead out of the tree.
        UnsafePickleError: the alignments ask for something outside the list; nothing was run.
        WeightsError: the file of alignments is cut short or damaged.
    """
    lustrous = Path(lustrous)
    path = lustrous / SUBSET
    if not path.is_file():
        raise DatasetError(
            f"{lustrous} has no {SUBSET}: give the folder that the paper's tools know as "
            "_data/lustrous, with the authors' archive panic_data_models_merged.zip unpacked there"
        )
    keys, is_cut = _listed(path)
    notes = []
    alignments: Mapping[str, Alignment | str] = {}
    if (lustrous / ALIGNMENTS).is_file():
        alignments = read_alignments(lustrous / ALIGNMENTS)
        _check_last(path, keys[-1], is_cut, alignments)
        more = len(set(alignments) - {_id(key) for key in keys})
        if more and len(keys) < PAIRS:
            notes.append(f"{more} characters of {ALIGNMENTS} are not in {SUBSET}")
    if len(keys) != PAIRS:
        notes.append(f"{SUBSET} lists {len(keys)} pairs, the paper's list has {PAIRS}")
    pairs = tuple(_pair(lustrous, key, alignments) for key in keys)
    return AnimeRecon(root=lustrous, pairs=pairs, notes=tuple(notes))


def _id(key: str) -> str:
    return f"{RENDER_SET}/fandom_align/{key}/front"


def _listed(path: Path) -> tuple[list[str], bool]:
    """Return the ids of the list, and whether its last line has no end."""
    advice = "copy it again from the authors' archive"
    try:
        with path.open("rb") as file:
            raw = file.read(_MAX_LIST_BYTES + 1)
        text = raw.decode("utf-8-sig")
    except OSError as error:
        raise DatasetError(
            f"{path} cannot be read ({error.strerror or error}): check its permissions"
        ) from error
    except UnicodeDecodeError as error:
        raise DatasetError(f"{path} is no UTF-8 text: {advice}") from error
    if len(raw) > _MAX_LIST_BYTES:
        raise DatasetError(f"{path} has more than {_MAX_LIST_BYTES} bytes, a list has some 2000")
    keys: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        key = line.removesuffix("\r")
        if not key.strip():
            continue
        parts = key.split("/")
        if len(parts) != 2 or not all(map(is_name, parts)) or key != key.strip():
            raise DatasetError(
                f"{path}, line {number}: {shown(key)} is no id; expected group/name, such as "
                f"genshin/albedo, that leads nowhere else: {advice}"
            )
        if key in keys:
            raise DatasetError(f"{path} lists {key} in lines {keys[key]} and {number}: {advice}")
        keys[key] = number
    if not keys:
        raise DatasetError(f"{path} lists nothing, expected {PAIRS} lines group/name: {advice}")
    return list(keys), not text.endswith("\n")


def _check_last(path: Path, last: str, is_cut: bool, alignments: Mapping[str, object]) -> None:
    """Refuse a list that ends within a name: the character would be missing without a word."""
    if not is_cut or _id(last) in alignments:
        return
    start = _id(last).removesuffix("/front")
    longer = [name for name in alignments if name.startswith(start)]
    if longer:
        raise DatasetError(
            f"{path} ends with {shown(last)}, which is the beginning of "
            f"{shown(longer[0].split('/', 2)[2].removesuffix('/front'))}: the list is cut short; "
            "copy it again from the authors' archive"
        )


_FROM_ARCHIVE = "it comes with the authors' archive panic_data_models_merged.zip"


def _pair(root: Path, key: str, alignments: Mapping[str, Alignment | str]) -> Pair:
    entry = alignments.get(_id(key))
    alignment = entry if isinstance(entry, Alignment) else None
    pair = Pair(root=root, key=key, alignment=alignment, to_score=(), to_predict=())
    score: list[Lack] = []
    if not alignments:
        score.append(Lack(f"no {ALIGNMENTS}", f"alignments: {_FROM_ARCHIVE}"))
    elif alignment is None:
        what = entry if isinstance(entry, str) else f"no alignment of it in {ALIGNMENTS}"
        score.append(Lack(what, f"alignments: {_FROM_ARCHIVE}"))
    for folder, views in (("ortho", SCORED_ORTHO), ("rgb60", SPIN_NAMES)):
        absent = [view for view in views if not _is_there(pair.render(folder, view))]
        if absent:
            names = f"no {', '.join(absent)}" if len(absent) < len(views) else "no pictures"
            score.append(
                Lack(
                    f"{names} in {RENDERS}/{folder}/{key}",
                    f"renders: panic3d render {root / 'raw/dssc'} --out {root} "
                    f"--set {RENDER_SET} --mode paper --views ortho,rgb60",
                )
            )
    if not _is_there(pair.model):
        score.append(
            Lack(
                f"no raw/dssc/{key}.vrm",
                "models: fetch the MMD model from its maker's page and convert it to VRM 0.x",
            )
        )
    return replace(pair, to_score=tuple(score), to_predict=tuple(_lacks_illustration(pair)))


def _is_there(path: Path) -> bool:
    try:
        return path.is_file() and path.stat().st_size > 0
    except OSError:
        return False


# The illustration


def _source(pair: Pair) -> Path | None:
    """The illustration as its wiki has it, if the tree has it."""
    if pair.alignment is None:
        return None
    site, group, name, view = pair.alignment.source.split("/")
    folder = pair.root / "raw/fandom" / site / "images" / group / name
    paths = (folder / f"{view}{ending}" for ending in _ENDINGS)
    return next((path for path in paths if _is_there(path)), None)


def _lacks_illustration(pair: Pair) -> Iterator[Lack]:
    if _is_there(pair.render("fandom_align", "front")):
        return
    where = f"{RENDERS}/fandom_align/{pair.key}/front.png"
    if _source(pair) is None:
        wiki = f", nor its source {pair.alignment.source}" if pair.alignment is not None else ""
        yield Lack(
            f"no {where}{wiki} under raw/fandom" if wiki else f"no {where}",
            "illustrations: fetch the picture that the alignment names from its wiki to "
            "raw/fandom/SITE/images/GROUP/NAME/VIEW.png",
        )
    elif not _is_there(pair.render("fandom_align_seg", "front")):
        yield Lack(f"no {RENDERS}/fandom_align_seg/{pair.key}/front.png", f"masks: {_FROM_ARCHIVE}")


def read_illustration(pair: Pair) -> Picture:
    """Return what a prediction is made from: the aligned illustration, 512 x 512.

    Its alpha is the mask of the archive; lay it on white for the reconstructor and on black for
    the tagger. If the tree has no aligned picture, the source is warped into place.

    Raises:
        DatasetError: the pair lacks it; see `Pair.to_predict`.
        PictureError: a picture is broken or of another size.
    """
    if pair.to_predict:
        lacks = "; ".join(lack.what for lack in pair.to_predict)
        raise DatasetError(f"{pair.key} cannot be predicted: {lacks}")
    path, mask = (pair.render(name, "front") for name in ("fandom_align", "fandom_align_seg"))
    if _is_there(path):
        rgba = read_frame(path)
    else:
        source = _source(pair)
        assert source is not None and pair.alignment is not None  # or it would lack them
        rgba = warped(read_picture(source).rgba, pair.alignment.transformation)
    if _is_there(mask):
        levels = _grey(read_frame(mask))
        rgba = np.concatenate([rgba[..., :3], levels[..., None]], -1)
    return Picture(rgba)


def _grey(rgba: UInt8[np.ndarray, "h w 4"]) -> UInt8[np.ndarray, "h w"]:
    from PIL import Image

    return np.array(Image.fromarray(rgba[..., :3].copy()).convert("L"))


def read_frame(path: Path) -> UInt8[np.ndarray, "512 512 4"]:
    """Read a picture of the aligned frame, such as a render.

    Raises:
        PictureError: it is missing, broken or not 512 x 512.
    """
    picture = read_picture(path)
    if picture.size != (FRAME, FRAME):
        width, height = picture.size
        raise PictureError(f"{path} has {width} x {height} pixels, expected {FRAME} x {FRAME}")
    return picture.rgba
