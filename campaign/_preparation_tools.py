"""What is judged: functions that find faces, find mattes and remove lines, of packed weights."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import panic3d
from panic3d.files import file_sha256
from panic3d.image import Picture
from panic3d.models.linefill import LineFiller
from panic3d.pipeline.faces import FoundFace, find_faces
from panic3d.pipeline.lines import remove_lines
from panic3d.pipeline.matting import Matte, find_matte
from panic3d.weights.load import load_face_finder, load_landmarks, load_linefill, load_matting

FINDER, LANDMARKS, MATTING = "face-finder", "landmarks", "matting"
FILLER = "linefill"
"""Of this name, or of one that begins with it."""
LIMIT_BYTES = 6_000_000

FindFaces = Callable[[Picture], Sequence[FoundFace]]
FindMatte = Callable[[Picture, Sequence[FoundFace]], Matte]
"""Of a picture, given the faces that were found in it."""
RemoveLines = Callable[[Picture, NDArray[np.float64]], Picture]
"""Of an aligned picture, given its landmarks."""


@dataclass(frozen=True, kw_only=True)
class Tools:
    """What there is; None, or no filler, leaves what needs it out."""

    faces: FindFaces | None = None
    matte: FindMatte | None = None
    fillers: Mapping[str, RemoveLines] = field(default_factory=dict)
    bytes: Mapping[str, int] = field(default_factory=dict)
    """Sizes of the files."""
    digests: Mapping[str, str] = field(default_factory=dict)
    absent: Sequence[str] = ()
    """What is left out, and why."""

    @property
    def shipped_bytes(self) -> int:
        """Of all networks together; of several fillers that called `FILLER`, or the first."""
        fillers = sorted(name for name in self.bytes if name.startswith(FILLER))
        others = [name for name in self.bytes if not name.startswith(FILLER)]
        return sum(self.bytes[name] for name in [*others, *fillers[:1]])


def open_tools(folder: Path) -> Tools:
    """Open the packed weights of a folder, as many as there are.

    Raises:
        WeightsError: one of them is damaged or of another network.
    """
    found = sorted(folder.glob("*.safetensors"), key=lambda path: path.stem)
    paths = {path.stem: path for path in found}
    fillers = [name for name in paths if name == FILLER or name.startswith(f"{FILLER}-")]
    used = [name for name in (FINDER, LANDMARKS, MATTING) if name in paths] + fillers
    absent = []
    faces: FindFaces | None = None
    matte: FindMatte | None = None
    if FINDER in paths and LANDMARKS in paths:
        finder = load_face_finder(paths[FINDER], folder)
        landmarks = load_landmarks(paths[LANDMARKS], folder)

        def faces(picture: Picture) -> Sequence[FoundFace]:
            return find_faces(picture, finder, landmarks)
    else:
        missing = [f"{name}.safetensors" for name in (FINDER, LANDMARKS) if name not in paths]
        absent.append(f"faces: {folder} has no {' and no '.join(missing)}")
    if MATTING in paths:
        matting = load_matting(paths[MATTING], folder)

        def matte(picture: Picture, faces: Sequence[FoundFace]) -> Matte:
            return find_matte(picture, matting, [face.landmarks for face in faces])
    else:
        absent.append(f"mattes: {folder} has no {MATTING}.safetensors")
    if not fillers:
        absent.append(f"fillers of lines: {folder} has no {FILLER}*.safetensors")
    return Tools(
        faces=faces,
        matte=matte,
        fillers={name: by_filler(load_linefill(paths[name], folder)) for name in fillers},
        bytes={name: paths[name].stat().st_size for name in used},
        digests={name: file_sha256(paths[name]) for name in used},
        absent=absent,
    )


def by_filler(filler: LineFiller) -> RemoveLines:
    """Return what removes lines with a network."""
    return lambda picture, landmarks: remove_lines(picture, landmarks, filler).picture


_MEASURED = ("geometry", "models", "ops", "pipeline")
"""Packages on whose code it depends what weights find."""


def code_sha256() -> str:
    """Return a digest of the code that finds, and of the code that judges."""
    package, here = Path(panic3d.__file__).parent, Path(__file__).parent
    files = [path for name in _MEASURED for path in sorted((package / name).glob("*.py"))]
    files += [package / "pipeline" / "mean_face.json", *sorted(here.glob("*preparation*.py"))]
    files += sorted((package / "evaluate").glob("*.py"))
    return hashlib.sha256("".join(file_sha256(path) for path in files).encode()).hexdigest()
