"""The networks of portrait preparation: what each is, how it is trained, what its card says.

`panic3d train face`, `landmarks`, `matting` and `linefill` run them, on the pictures of
`panic3d.recipes.portraits`; docs/training.md has the commands.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from panic3d.models.face_finder import FaceFinderConfig
from panic3d.models.landmarks import LandmarkConfig
from panic3d.models.linefill import LineFillConfig
from panic3d.models.matting import MattingConfig
from panic3d.recipes.described import Described
from panic3d.train.face_task import FaceTask
from panic3d.train.landmark_task import LandmarkTask
from panic3d.train.linefill_task import LineFillTask, Variant
from panic3d.train.matting_task import MattingTask
from panic3d.train.portraits import DrawnPortrait
from panic3d.train.task import RunConfig, Task


@dataclass(frozen=True, kw_only=True)
class Recipe(Described):
    """One network."""

    task: Callable[[Sequence[DrawnPortrait]], Task]
    options: RunConfig
    variant: str = ""
    """Which of the ways to train it, where there are several."""

    @property
    def run(self) -> str:
        """What its runs are called."""
        return f"{self.name}-{self.variant}" if self.variant else self.name


def face() -> Recipe:
    """Can half a million numbers find every drawn face?"""
    return Recipe(
        name="face-finder",
        task=partial(FaceTask, FaceFinderConfig()),
        options=RunConfig(steps=30_000, batch=32),
        purpose="finds faces of drawn characters, from a twentieth of a picture's side to all of "
        "it, with their boxes",
        failures="faces turned by more than about 65 degrees, seen from above or below, of animals "
        "or of people in photographs are not what it has learned; it has seen one engine's "
        "characters alone, so drawings far from them (few lines, tiny eyes, abstract faces) may be "
        "missed",
    )


def landmarks() -> Recipe:
    """Can a million numbers place landmarks within three hundredths of a face?"""
    return Recipe(
        name="landmarks",
        task=partial(LandmarkTask, LandmarkConfig(mending=160)),
        options=RunConfig(steps=40_000, batch=64, muon=True),
        purpose="finds 28 landmarks of a drawn face and how its head is turned, in a crop around "
        "the face",
        failures="landmarks behind hair, masks or hands are guesses, and their confidence is low; "
        "beyond 65 degrees of yaw it has learned nothing; drawn perspective that no camera gives "
        "leaves the rotation unsure",
    )


def matting() -> Recipe:
    """Is a low resolution enough, once edges are refined by the picture's own?"""
    return Recipe(
        name="matting",
        task=partial(MattingTask, MattingConfig(blocks=(0, 1, 1, 2, 2), reads_prior=True)),
        options=RunConfig(steps=40_000, batch=24, muon=True),
        purpose="tells drawn characters from what is behind them",
        failures="things that are held in front, thin loose strands on busy grounds, and figures "
        "of the ground's own colour; what is neither figure nor ground (lettering, effects) goes "
        "to the ground mostly",
    )


def linefill(variant: Variant = "direct") -> Recipe:
    """Does a truth help more than an adversary?"""
    return Recipe(
        name="linefill",
        variant=variant,
        task=partial(LineFillTask, LineFillConfig(channels=4, width=32, depth=6), variant=variant),
        options=RunConfig(steps=20_000, batch=64),
        purpose="paints over the ink lines that were found in an aligned drawing",
        failures="lines broader than about ten pixels of the render frame, hatching and screen "
        "tones are filled with a blur of what is around them",
    )


RECIPES: Mapping[str, Callable[[], Recipe]] = {
    "face": face,
    "landmarks": landmarks,
    "matting": matting,
    "linefill": linefill,
}
"""By the name of their command."""
