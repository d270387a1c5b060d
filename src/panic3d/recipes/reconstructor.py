"""Recipes of our reconstructor: its sizes, how it is trained, what its card says.

`panic3d train reconstructor` runs them, on the takes of `panic3d.recipes.takes`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from panic3d.models.feedforward import FeedForwardConfig
from panic3d.recipes.described import Described
from panic3d.train.head_task import HeadOptions
from panic3d.train.task import RunConfig


@dataclass(frozen=True, kw_only=True)
class HeadRecipe(Described):
    """One reconstructor."""

    network: FeedForwardConfig
    head: HeadOptions
    options: RunConfig


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
        head=HeadOptions(),
        options=RunConfig(steps=60_000, batch=16, mixed_precision=True),
        purpose="makes a head of one prepared portrait: what is inside of it, and its colours, all "
        "round",
        failures="hair and hats unlike those of our own engine, bodies and arms, bangs that hide "
        "most of the face, what is drawn without regard for space; backs are a likely guess from "
        "the front; fine patterns behind are blurred",
    )


RECIPES: dict[str, Callable[[], HeadRecipe]] = {"open-v1": open_v1}
"""By name."""
