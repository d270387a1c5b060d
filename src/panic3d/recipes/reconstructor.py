"""Recipes of our reconstructor: its sizes, how it is trained in stages, what its card says.

`panic3d train reconstructor` runs them, on the takes of `panic3d.recipes.takes`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from panic3d.models.feedforward import FeedForwardConfig
from panic3d.recipes.described import Described
from panic3d.train.adversary import AdversaryOptions
from panic3d.train.head_task import HeadOptions
from panic3d.train.task import RunConfig


@dataclass(frozen=True, kw_only=True)
class HeadRecipe(Described):
    """One stage of a reconstructor; all of them have the same network."""

    network: FeedForwardConfig
    head: HeadOptions
    options: RunConfig
    stage: str = ""
    """Which of the runs that lead to the weights; the first has no word for it."""

    @property
    def run(self) -> str:
        """What this stage's runs are called."""
        return f"{self.name}-{self.stage}" if self.stage else self.name


def open_v1() -> HeadRecipe:
    """What do 12 MB learn of heads as people draw them: turned, tilted, cut, behind hands?"""
    return HeadRecipe(
        name="open-v1",
        network=FeedForwardConfig(
            image_size=256,
            patch=2,
            reads_inside=True,
            filled=True,
            channels=(32, 56, 96, 144, 208),
            blocks=(0, 1, 2, 3, 3),
        ),
        # Planes cost nearly all of a step's time: points are had for next to nothing.
        head=HeadOptions(points=6144, near=0.75, surface_points=3072, inside_weight=1.35),
        options=RunConfig(steps=60_000, batch=16, muon=True, mixed_precision=True),
        purpose="makes a head of one prepared portrait: what is inside of it, and its colours, all "
        "round",
        failures="hair and hats unlike those of our own engine, bodies and arms, bangs that hide "
        "most of the face, what is drawn without regard for space; backs are a likely guess from "
        "the front; fine patterns behind are blurred",
    )


def open_v1_views() -> HeadRecipe:
    """What do rendered patches add to what points teach?"""
    points = open_v1()
    return replace(
        points,
        stage="views",
        head=replace(points.head, patch=32, samples=32, view_weight=1.0, perceptual_weight=0.25),
        options=replace(points.options, steps=20_000, learning_rate=3e-4),
    )


def open_v1_adversarial() -> HeadRecipe:
    """Does an adversary sharpen what errors alone leave blurred?"""
    views = open_v1_views()
    return replace(
        views,
        stage="adversarial",
        head=replace(views.head, adversary=AdversaryOptions()),
        # The critic begins anew, with weights of unit variance, and must keep up.
        options=replace(
            views.options, steps=10_000, learning_rate=1e-4, muon=False, adversary_rate=10.0
        ),
    )


RECIPES: dict[str, Callable[[], HeadRecipe]] = {
    "open-v1": open_v1,
    "open-v1-views": open_v1_views,
    "open-v1-adversarial": open_v1_adversarial,
}
"""By their runs' names, in the order that they follow one another."""
