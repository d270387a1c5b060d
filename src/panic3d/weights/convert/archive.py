"""The archive that the paper's authors published, or a folder or single file out of it."""

from __future__ import annotations

import re
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from panic3d.errors import WeightsError
from panic3d.weights.convert.checkpoints import read_arrays
from panic3d.weights.convert.converted import Converted
from panic3d.weights.convert.features_pca import convert_features_pca
from panic3d.weights.convert.linefill import convert_linefill
from panic3d.weights.convert.reconstructor import convert_reconstructor
from panic3d.weights.convert.tagger import convert_tagger
from panic3d.weights.convert.zipped import open_zip, unpack

MAX_MEMBER_BYTES = 4 << 30
MAX_ENTRIES = 1_000_000


@dataclass(frozen=True)
class _Wanted:
    """One of the four files."""

    name: str
    what: str
    run: str
    """Part of the path that names the run, or empty."""
    file: re.Pattern[str]
    best: re.Pattern[str]
    """Which of several files is the one that the paper evaluates."""
    convert: Callable[[Path, bool], list[Converted]]

    def fits(self, path: str) -> bool:
        return self.run in path and bool(self.file.fullmatch(PurePosixPath(path).name))


_WANTED = (
    _Wanted(
        "reconstructor",
        "ecrutileE_eclustrousC_n120/…/network-snapshot-*.pkl",
        "ecrutileE_eclustrousC_n120",
        re.compile(r"network-snapshot-\d+\.pkl"),
        re.compile(r"(.*/)?00000[^/]*/network-snapshot-0*200\.pkl"),
        lambda path, discriminator: convert_reconstructor(path, discriminator=discriminator),
    ),
    _Wanted(
        "linefill",
        "rmlineE_rmlineganA_n04/…/epoch=0199.ckpt",
        "rmlineE_rmlineganA_n04",
        re.compile(r"\D*0*199(\D.*)?\.ckpt"),
        re.compile(r"(.*/)?epoch=0199\.ckpt"),
        lambda path, discriminator: convert_linefill(path, discriminator=discriminator),
    ),
    _Wanted(
        "tagger",
        "waning_kate*/…/epoch=0022*.ckpt",
        "waning_kate",
        re.compile(r".*\.ckpt"),
        re.compile(r"(.*/)?epoch=0022[^/]*\.ckpt"),
        lambda path, discriminator: [convert_tagger(path)],
    ),
    _Wanted(
        "features_pca",
        "minna_resnet_feats_ortho/pca.pkl",
        "",
        re.compile(r"pca\.pkl"),
        re.compile(r"(.*/)?minna_resnet_feats_ortho/pca\.pkl"),
        lambda path, discriminator: [convert_features_pca(path)],
    ),
)


def convert_source(source: Path, *, discriminator: bool = False) -> Iterator[Converted]:
    """Convert whatever a user has: the archive, its unpacked folder, or one of the four files.

    Args:
        source: the zip, a folder, or one .pkl or .ckpt file.
        discriminator: convert the discriminators too.

    Yields:
        The networks, one after the other, so that only one is in memory.

    Raises:
        UnsafePickleError: a file asks for something outside the list; nothing was run.
        WeightsError: files are missing, damaged or of other networks.
        ConfigError: the reconstructor has an option that the package does not implement.
    """
    if source.is_dir():
        paths = {name: source / name for name in _files_below(source)}
        for wanted, name in _choose(source, paths):
            yield from wanted.convert(paths[name], discriminator)
    elif _is_archive(source):
        yield from _convert_zip(source, discriminator)
    else:
        yield from _recognise(source).convert(source, discriminator)


def _files_below(folder: Path) -> list[str]:
    found: list[str] = []
    for count, path in enumerate(folder.rglob("*")):
        if count > MAX_ENTRIES:
            raise WeightsError(
                f"{folder} has more than {MAX_ENTRIES} files: give the folder of the unpacked "
                "archive"
            )
        if path.suffix in (".pkl", ".ckpt") and path.is_file():
            found.append(path.relative_to(folder).as_posix())
    return found


def _choose(source: Path, names: Iterable[str]) -> list[tuple[_Wanted, str]]:
    """Pick the four files out of all."""
    names = sorted(names)
    chosen: list[tuple[_Wanted, str]] = []
    missing: list[_Wanted] = []
    for wanted in _WANTED:
        fitting = [name for name in names if wanted.fits(name)]
        best = [name for name in fitting if wanted.best.fullmatch(name)] or fitting
        if len(best) > 1:
            raise WeightsError(
                f"{source} has {len(best)} files for {wanted.name} "
                f"({', '.join(map(ascii, best[:4]))}), expected one: convert the right one by "
                "itself"
            )
        if best:
            chosen.append((wanted, best[0]))
        else:
            missing.append(wanted)
    if missing:
        found = ", ".join(f"{wanted.name} ({name!a})" for wanted, name in chosen) or "none"
        lacking = ", ".join(f"{wanted.name} ({wanted.what})" for wanted in missing)
        raise WeightsError(
            f"{source} lacks {lacking}; found of the four: {found}: download the whole archive, or "
            "convert the files by themselves"
        )
    return chosen


def _is_archive(source: Path) -> bool:
    """Whether a file is a zip of files, and not a checkpoint, which is a zip inside too."""
    if source.suffix.lower() in (".ckpt", ".pkl"):
        return False
    try:
        return zipfile.is_zipfile(source)
    except OSError as error:
        raise WeightsError(
            f"{source} cannot be read ({error.strerror}): check the path and its permissions"
        ) from error


@contextmanager
def _about(source: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise WeightsError(
            f"{source} cannot be unpacked ({error.strerror or error}): check its permissions and "
            f"the space in {tempfile.gettempdir()}"
        ) from error


def _convert_zip(source: Path, discriminator: bool) -> Iterator[Converted]:
    """Unpack one file at a time, under a name of our own, and convert it."""
    with _about(source), source.open("rb") as file:
        archive = open_zip(file)
        members = {info.filename: info for info in archive.infolist() if not info.is_dir()}
        for wanted, name in _choose(source, members):
            info = members[name]
            if info.file_size > MAX_MEMBER_BYTES:
                raise WeightsError(
                    f"{source}: {name!a} has {info.file_size} bytes, expected at most "
                    f"{MAX_MEMBER_BYTES}: use the authors' archive"
                )
            with tempfile.TemporaryDirectory(prefix="panic3d-") as folder:
                # Only the last part of the name, which the pattern has checked, for the messages.
                path = Path(folder) / re.sub(r"[^\w.=-]", "_", PurePosixPath(name).name)[-100:]
                with path.open("wb") as target:
                    unpack(archive, info, target)
                yield from wanted.convert(path, discriminator)


def _recognise(source: Path) -> _Wanted:
    """Which of the four a single file is: by its name, a checkpoint by its tensors."""
    kinds = {wanted.name: wanted for wanted in _WANTED}
    if source.suffix == ".pkl":
        return kinds["features_pca" if "pca" in source.name else "reconstructor"]
    if source.suffix == ".ckpt":
        arrays, _ = read_arrays(source)
        return kinds["linefill" if "generator.0.weight" in arrays else "tagger"]
    if not source.exists():
        raise WeightsError(f"{source} does not exist: give the authors' archive or a file of it")
    raise WeightsError(
        f"{source} is no zip, no .pkl and no .ckpt: give the authors' archive, its unpacked folder "
        "or one of its files"
    )
