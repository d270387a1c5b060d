"""``panic3d reconstruct``."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from tyro.conf import Positional

from panic3d.cli.preparing import USUAL, PreparationOptions
from panic3d.cli.text import printable

if TYPE_CHECKING:
    from panic3d.pipeline.job import Job, JobDone, JobStage
    from panic3d.pipeline.prepare import Preparer
    from panic3d.pipeline.reconstruct import Reconstructor
    from panic3d.pipeline.stage_clock import StageClock


def reconstruct(
    portrait: Positional[tuple[Path, ...]],
    preparation: PreparationOptions = USUAL,
    out: Path = Path("head"),
    aligned: bool = False,
    stop_after: Literal[
        "faces",
        "matte",
        "align",
        "aligned",
        "lines",
        "field",
        "mesh",
        "preview",
        "views",
        "viewer",
        "turntable",
    ] = "turntable",
    weights: str = "open",
    prepare_weights: str = "",
    triangles: int = 20_000,
    texture_size: int = 2048,
    mesh_format: Literal["glb", "obj", "ply", "stl"] = "glb",
    unwrap: Literal["charts", "xatlas"] = "charts",
    keep_pose: bool = False,
    ink: Literal["drawn", "none"] = "drawn",
    unseen: Literal["auto", "network", "portrait"] = "auto",
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto",
    seed: int = 0,
) -> None:
    """Turn portraits into 3D heads: a textured mesh, pictures, a video and a viewer of each.

    OUT gets head.glb, preview.png, views, turntable.mp4, viewer.html, field.safetensors (the head
    itself), stages (how the portrait was prepared) and report.json. With several portraits each has
    a folder of its name in OUT, and a bad one does not stop the others; the exit code is 1 then.

    Args:
        portrait: pictures of a character, folders of such, or patterns: the face is found and
            aligned, the character cut out, its lines removed.
        preparation: where the face is, what is background, what is left out.
        out: folder for the head and its pictures; made if missing.
        aligned: the picture already is what the networks expect: square, one head from the
            front, 0.7 m across, on a transparent or white background. Nothing is looked for,
            lines stay, and no weights for it are needed; of the options of preparation only
            --matte is taken.
        stop_after: leave the stages after this one out; align and aligned are the same.
        weights: a name that 'panic3d weights list' prints, a file that 'panic3d weights
            convert' or 'panic3d train pack' wrote, or 'random' for a small untrained network that
            only shows that everything runs.
        prepare_weights: what prepares the portrait, see 'panic3d prepare --help'; by default what
            belongs to the weights.
        triangles: of the mesh, at most.
        texture_size: side of the texture, texels.
        mesh_format: in which the mesh is written besides head.glb.
        unwrap: charts keep the front as the portrait shows it, to be painted on; xatlas is a
            general atlas (pip install xatlas).
        keep_pose: leave the head turned as the portrait shows it, instead of upright.
        ink: drawn keeps the lines within the figure on the head's front, without its outline; none
            paints all of them over. The network never sees them.
        unseen: where the head's colours come from that the portrait does not show: network, its
            guess, or portrait, whose colours are carried on around the head; auto takes the
            portrait's for our own networks and the network's for the paper's.
        device: where to compute.
        seed: of the latent, the sampling and the untrained network.
    """
    from panic3d.cli.portraits import find_portraits, folders_of
    from panic3d.cli.preparing import options_of
    from panic3d.pipeline.job import Job
    from panic3d.pipeline.mesh_options import MeshOptions

    options = {name: value for name, value in locals().items() if name in _NAMES}
    portraits = find_portraits(portrait)
    last: JobStage = "align" if stop_after == "aligned" else stop_after
    job = Job(
        prepare=options_of(preparation, aligned),
        mesh=MeshOptions(
            triangles=triangles,
            texture_size=texture_size,
            unwrap=unwrap,
            keep_pose=keep_pose,
            ink=ink,
            unseen=unseen,
        ),
        mesh_format=mesh_format,
        stop_after=last,
        seed=seed,
    )
    run = _Run(job, options | vars(preparation), len(portraits))
    run.load(weights, prepare_weights, device)
    for path, folder in zip(portraits, folders_of(portraits, out), strict=True):
        run.do(path, folder)
    run.finish()


_NAMES = (
    *("aligned", "stop_after", "weights", "prepare_weights", "triangles", "texture_size"),
    *("mesh_format", "unwrap", "keep_pose", "ink", "unseen", "device", "seed"),
)
"""The options that a report names besides those of the preparation."""

_ABOUT = {
    "head.glb": "textured mesh, for any 3D program",
    "head.obj": "the same as OBJ, with head.mtl and head_texture.png",
    "head.ply": "the same with colours at its vertices",
    "head.stl": "the same without colours",
    "preview.png": "everything on one sheet",
    "turntable.mp4": "the head turning",
    "viewer.html": "the head in a browser, from disk",
    "field.safetensors": "the head itself, for panic3d.Head.load",
    "report.json": "what was done, and what it took",
}


class _Run:
    """Portraits one after another, with the networks loaded once."""

    def __init__(self, job: Job, options: dict[str, Any], count: int) -> None:
        from panic3d.cli.progress import Progress

        self.job, self.options, self.count = job, options, count
        self.preparer: Preparer | None = None
        self.reconstructor: Reconstructor | None = None
        self.progress = Progress(count * self._steps(), "steps")
        self.clock: StageClock | None = self._clock()
        self.failed = 0

    def load(self, weights: str, prepare_weights: str, device: str) -> None:
        """Load the networks that every portrait needs."""
        from dataclasses import replace

        from panic3d.cli.devices import choose_device
        from panic3d.cli.folders import default_folder
        from panic3d.pipeline.prepare import Preparer
        from panic3d.pipeline.reconstruct import Reconstructor
        from panic3d.weights.preparation import preparation_set

        folder, where, seed = default_folder(), choose_device(device), self.job.seed
        if not self.job.prepare.aligned:
            self.preparer = Preparer.from_pretrained(
                prepare_weights or preparation_set(weights), folder=folder, device=where
            )
        if self.job.only_prepares:
            return
        assert self.clock is not None
        with self.clock("weights"):
            made = Reconstructor.from_pretrained(
                weights,
                folder=folder,
                seed=seed,
                prepare_weights=prepare_weights or None,
                device=where,
            )
            made.feeding()  # so that what is missing is said before anything is done
        made.settings = replace(made.settings, seed=seed)
        self.reconstructor = made

    def do(self, portrait: Path, folder: Path) -> None:
        """Do one; if it is one of several, what is wrong with it is said in a line."""
        from panic3d.cli.failures import bug, known_failure, stops_everything
        from panic3d.pipeline.job import run_job

        clock, self.clock = self.clock or self._clock(), None
        before = self.progress.done
        try:
            done = run_job(
                portrait,
                folder,
                self.job,
                preparer=self.preparer,
                reconstructor=self.reconstructor,
                clock=clock,
                about=self.options,
            )
        except Exception as error:
            self.progress.clear()
            known = known_failure(error)
            untold = known is None and os.environ.get("PANIC3D_TRACEBACK") == "1"
            if self.count == 1 or untold or stops_everything(error):
                raise
            self.failed += 1
            text = " ".join((known or bug(error)).split())
            name = "" if str(portrait) in text else f"{portrait}: "
            print("panic3d: " + printable(name + text), file=sys.stderr, flush=True)
            self.progress.done = before + self._steps()
            return
        self.progress.clear()
        self._say(portrait, folder, done)

    def finish(self) -> None:
        """Say how it went, if not all is well."""
        from panic3d.errors import Panic3dError

        if self.failed:
            raise Panic3dError(
                f"{self.failed} of {self.count} portraits gave no head; the lines above say why"
            )

    def _say(self, portrait: Path, folder: Path, done: JobDone) -> None:
        several = f"{portrait.name}: " if self.count > 1 else ""
        for note in done.notes:
            print(printable(f"{several}the picture: {note}"))
        for warning in done.warnings:
            print(printable(f"{several}warning: {warning}", 500))
        if done.faces > 1:
            number = self.job.prepare.face
            print(f"{several}{done.faces} faces; number {number} is used, --face for another")
        if self.count > 1:
            print(printable(f"{folder}: {len(done.files)} files"), flush=True)
            return
        for name in done.files:
            if name in _ABOUT:
                print(printable(f"{folder / name}: {_ABOUT[name]}"))
        for name, about in (("views", "from all sides"), ("stages", "how it was prepared")):
            if any(file.startswith(f"{name}/") for file in done.files):
                print(printable(f"{folder / name}: {about}"))

    def _clock(self) -> StageClock:
        from panic3d.pipeline.stage_clock import StageClock

        return StageClock(self.progress.step)

    def _steps(self) -> int:
        """Return how many stages a portrait has, about."""
        from panic3d.pipeline.job import JOB_STAGES
        from panic3d.pipeline.preparation_options import STAGES

        if self.job.only_prepares:
            return 2
        return 2 + JOB_STAGES.index(self.job.stop_after) - len(STAGES) + 2
