"""From any picture to the aligned, line-free view that is reconstructed.

Stages, each of which needs those before it: the face is found and aligned (``faces``), the
character is told from the background (``matte``), cut out and laid on the render frame (``align``),
and its ink lines are painted over (``lines``).
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float64
from scipy import ndimage

from panic3d.config import check_choice
from panic3d.errors import PictureError
from panic3d.image import Picture, Portrait, read_portrait
from panic3d.pipeline.cut_out import cut_out, portrait_matte
from panic3d.pipeline.lines import LinesRemoved, remove_lines
from panic3d.pipeline.located import Located, locate
from panic3d.pipeline.matting import Matte
from panic3d.pipeline.preparation_networks import PreparationNetworks, UsedWeights
from panic3d.pipeline.preparation_options import STAGES, PrepareOptions, Stage
from panic3d.pipeline.preparation_warnings import cut_out_warnings, located_warnings
from panic3d.pipeline.warp import Warped
from panic3d.weights.preparation import OURS
from panic3d.weights.store import DEFAULT_FOLDER

_BORDER = 4
"""So far from where the portrait ends a step to white may look like a line, pixels of the frame."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Prepared:
    """A portrait and what was made of it, as far as was asked for."""

    portrait: Portrait
    options: PrepareOptions
    located: Located
    """The face, in the portrait's pixels, and how it lies in the render frame."""
    matte: Matte | None
    """Of the portrait's size."""
    aligned: Warped | None
    """The head in the render frame, 512 pixels: straight alpha, white where it is clear; and which
    of it the portrait shows."""
    lines: LinesRemoved | None
    """The same without its lines; None also if they were to be left."""
    warnings: tuple[str, ...]
    """What will make the head worse, each a sentence."""
    seconds: Mapping[str, float]
    """Of each stage, of reading (``read``) and of loading networks (``weights``)."""
    weights: tuple[UsedWeights, ...]
    """What was loaded, so far."""

    @property
    def landmarks(self) -> Float64[np.ndarray, "28 2"]:
        """x, y of the landmarks in the render frame."""
        return self.located.alignment.to_frame(self.located.face.landmarks)

    @property
    def result(self) -> Picture:
        """What is reconstructed: the aligned head, without its lines if they were removed.

        Raises:
            PictureError: the preparation was stopped before.
        """
        if self.lines is not None:
            return self.lines.picture
        if self.aligned is None:
            raise PictureError(
                "the preparation was stopped before the portrait was aligned: let it go on"
            )
        return self.aligned.picture


class Preparer:
    """The networks of preparation, ready for portraits."""

    def __init__(self, networks: PreparationNetworks) -> None:
        """Take networks; see `from_pretrained` for those of files."""
        self.networks = networks

    @classmethod
    def from_pretrained(
        cls,
        weights: str | Path = OURS,
        *,
        folder: Path | None = None,
        device: torch.device | str = "cpu",
    ) -> Preparer:
        """Load networks, each when it is first needed.

        Args:
            weights: a set of weights, or a folder with files of their own; see
                `panic3d.weights.preparation.find_preparation`.
            folder: where named weights lie; None takes `DEFAULT_FOLDER` in the home folder.
            device: where to compute.
        """
        where = Path.home() / DEFAULT_FOLDER if folder is None else folder
        return cls(PreparationNetworks.from_pretrained(weights, folder=where, device=device))

    def prepare(
        self,
        portrait: str | Path | Picture | Portrait,
        options: PrepareOptions | None = None,
        stop_after: Stage = "lines",
    ) -> Prepared:
        """Prepare a portrait.

        Args:
            portrait: a file, or a picture with straight alpha.
            options: None takes the usual ones.
            stop_after: leave what comes later out.

        Raises:
            PictureError: the picture cannot be used: no face, landmarks or a matte of another.
            WeightsError: weights of a network that is needed are missing or broken.
            MissingDependencyError: rembg is wanted and not installed.
        """
        check_choice("stop_after", stop_after, STAGES)
        options = PrepareOptions() if options is None else options
        clock = _Clock(self.networks)
        with clock("read"):
            if isinstance(portrait, Picture):
                portrait = Portrait(portrait, ())
            elif not isinstance(portrait, Portrait):
                portrait = read_portrait(portrait)
        picture = portrait.picture
        wanted = STAGES[: STAGES.index(stop_after) + 1]
        with clock("faces"):
            located = locate(picture, options, self.networks)
        warnings = located_warnings(located)
        to_frame = located.alignment.to_frame
        matte: Matte | None = None
        aligned: Warped | None = None
        lines: LinesRemoved | None = None
        if "matte" in wanted:
            with clock("matte"):
                faces = [face.landmarks for face in located.faces or (located.face,)]
                matte = portrait_matte(picture, to_frame, options, self.networks, faces)
        if "align" in wanted and matte is not None:
            with clock("align"):
                aligned = cut_out(picture, matte, to_frame)
            landmarks = to_frame(located.face.landmarks)
            warnings += cut_out_warnings(aligned, matte, landmarks, located.alignment, picture.size)
            if "lines" in wanted and options.line_removal:
                with clock("lines"):
                    lines = remove_lines(aligned.picture, landmarks, self.networks.linefill)
                    lines = _without_border(lines, aligned)
        return Prepared(
            portrait=portrait,
            options=options,
            located=located,
            matte=matte,
            aligned=aligned,
            lines=lines,
            warnings=tuple(warnings),
            seconds=clock.seconds,
            weights=tuple(self.networks.used),
        )


def _without_border(found: LinesRemoved, aligned: Warped) -> LinesRemoved:
    """Put back what was taken for a line because the portrait ends there."""
    ends = ndimage.binary_dilation(aligned.inside < 255, iterations=_BORDER) & found.lines
    if not ends.any():
        return found
    rgba = found.picture.rgba.copy()
    rgba[ends] = aligned.picture.rgba[ends]
    return found._replace(picture=Picture(rgba), lines=found.lines & ~ends)


class _Clock:
    """Seconds of stages, without those in which weights are loaded."""

    def __init__(self, networks: PreparationNetworks) -> None:
        self._networks, self._loaded = networks, networks.seconds
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        start, loaded = time.perf_counter(), self._networks.seconds
        yield
        loading = self._networks.seconds - loaded
        self.seconds[stage] = time.perf_counter() - start - loading
        self.seconds["weights"] = self._networks.seconds - self._loaded
