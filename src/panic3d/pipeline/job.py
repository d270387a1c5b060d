"""The whole job: one portrait's file to one folder of files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from panic3d.errors import ConfigError, PictureError
from panic3d.image import Picture, Portrait, read_portrait
from panic3d.pipeline.direct import with_matte
from panic3d.pipeline.given_matte import read_matte
from panic3d.pipeline.head_folder import FOLDER_STAGES, STAGES, FolderStage, Written, write_folder
from panic3d.pipeline.matting import Matte
from panic3d.pipeline.mesh_options import MeshOptions
from panic3d.pipeline.origin import MeshFormat
from panic3d.pipeline.preparation_options import STAGES as PREPARATION_STAGES
from panic3d.pipeline.preparation_options import PrepareOptions, Stage
from panic3d.pipeline.prepare import Prepared, Preparer
from panic3d.pipeline.reconstruct import RANDOM, Reconstructor
from panic3d.pipeline.run_report import run_report, write_report
from panic3d.pipeline.stage_clock import StageClock
from panic3d.pipeline.stage_pictures import check_free, write_stages
from panic3d.pipeline.turntable import FRAMES

JobStage = Literal[Stage, FolderStage]
JOB_STAGES: tuple[JobStage, ...] = (*PREPARATION_STAGES, *FOLDER_STAGES)
"""In their order."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """What is wanted of each portrait."""

    prepare: PrepareOptions = field(default_factory=PrepareOptions)
    """If it says that the portrait is aligned, nothing is prepared."""
    mesh: MeshOptions = field(default_factory=MeshOptions)
    mesh_format: MeshFormat = "glb"
    stop_after: JobStage = "turntable"
    seed: int = 0
    """Of the latent, for networks that have one."""
    frames: int = FRAMES
    """Of the turntable."""

    def __post_init__(self) -> None:
        if not self.prepare.aligned:
            return
        if self.prepare.matting != "auto":
            raise ConfigError(
                "with --aligned the picture's own alpha is taken, or white that its border reaches "
                "is cut: leave --matting and --no-matting out, or give a matte (--matte FILE)"
            )
        if self.only_prepares:
            raise ConfigError(
                f"--aligned leaves the preparation out, and {self.stop_after} is a stage of it: "
                f"stop after {', '.join(FOLDER_STAGES)}"
            )

    @property
    def only_prepares(self) -> bool:
        """No head is wanted, and no reconstructor needed."""
        return self.stop_after in PREPARATION_STAGES


@dataclass(kw_only=True)
class JobDone:
    """What became of a portrait."""

    files: tuple[str, ...]
    """Relative to the folder, with ``/``; the report comes last."""
    notes: tuple[str, ...]
    """What was done to the picture when it was read."""
    warnings: tuple[str, ...]
    faces: int
    """How many were found."""


def run_job(
    portrait: Path,
    folder: Path,
    job: Job,
    *,
    preparer: Preparer | None = None,
    reconstructor: Reconstructor | None = None,
    clock: StageClock | None = None,
    about: Mapping[str, Any] | None = None,
) -> JobDone:
    """Turn one portrait's file into a folder.

    Args:
        portrait: any picture; or an aligned one, as the job says.
        folder: made if missing; files of an earlier run are replaced.
        job: what is wanted.
        preparer: for portraits that are not aligned.
        reconstructor: unless the job only prepares.
        clock: may have measured something already, as loading the weights.
        about: the options that the report names.

    Raises:
        Panic3dError: the portrait cannot be used, weights are missing, a file cannot be written.
    """
    clock = clock or StageClock()
    options, prepared = job.prepare, None
    given: Picture | Prepared
    if options.aligned:
        with clock("read"):
            read = read_portrait(portrait)
            given = _cut_out(read.picture, options)
    else:
        assert preparer is not None
        check_free(folder / STAGES, portrait, options.matte, options.landmarks)
        with clock("prepare") as measured:
            read = read_portrait(portrait)
            last = job.stop_after if job.only_prepares else "lines"
            given = prepared = _prepared(preparer, read, options, last)
            measured.parts = dict(prepared.seconds)
    warnings = () if prepared is None else prepared.warnings
    weights: list[tuple[str, str, str | None]] = []
    if prepared is not None:
        weights += [(used.network, used.name, used.sha256) for used in prepared.weights]
    if job.only_prepares and prepared is not None:
        with clock("stages"):
            found = write_stages(prepared, folder / STAGES, {"file": portrait.name})
        written = Written(tuple(f"{STAGES}/{path.name}" for path in found), ())
    else:
        assert reconstructor is not None
        weights.insert(0, ("reconstructor", reconstructor.weights, reconstructor.weights_sha256))
        feeding = reconstructor.feeding()
        if feeding is not None:
            weights += [(used.network, used.name, used.sha256) for used in feeding.fed_by]
        if reconstructor.weights == RANDOM:
            warnings += ("untrained random weights: the result is noise, not a likeness",)
        _check_not_empty(given.result if isinstance(given, Prepared) else given, portrait)
        with clock("field"):
            head = reconstructor.reconstruct(
                given,
                aligned=options.aligned,
                seed=job.seed,
                options=job.mesh,
                mesh_format=job.mesh_format,
                source=portrait.name,
            )
        last_stage = next(stage for stage in FOLDER_STAGES if stage == job.stop_after)
        written = write_folder(head, folder, stop_after=last_stage, clock=clock, frames=job.frames)
    warnings += written.warnings
    report = run_report(
        portrait=str(portrait),
        options=about or {},
        weights=weights,
        stages=clock.stages,
        files=written.files,
        warnings=warnings,
        notes=read.notes,
    )
    name = write_report(report, folder).name
    return JobDone(
        files=(*written.files, name),
        notes=read.notes,
        warnings=warnings,
        faces=0 if prepared is None else len(prepared.located.faces),
    )


def _check_not_empty(picture: Picture, portrait: Path) -> None:
    if not (with_matte(picture)[..., 3] > 127).any():
        raise PictureError(
            f"{portrait} shows nothing: all of it is transparent, or white that reaches the border "
            "and counts as background; use another picture, or give a matte (--matte FILE)"
        )


def _prepared(
    preparer: Preparer, read: Portrait, options: PrepareOptions, last: JobStage
) -> Prepared:
    stage = next(each for each in PREPARATION_STAGES if each == last)
    return preparer.prepare(read, options, stage)


def _cut_out(picture: Picture, options: PrepareOptions) -> Picture:
    """Return an aligned portrait, cut out if a matte is given."""
    if options.matte is None:
        return picture
    alpha = np.minimum(read_matte(options.matte, picture.size), picture.rgba[..., 3])
    return Matte(alpha, "file").cut(picture)
