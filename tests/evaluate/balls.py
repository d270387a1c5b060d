"""A benchmark of coloured balls, and predictors of all kinds, for tests that run and report."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from panic3d.errors import PictureError
from panic3d.evaluate.cases import Input, Prediction, Truth
from panic3d.evaluate.figures import Figure, drawn, of_mesh
from panic3d.evaluate.open_source import CaseAbout
from panic3d.evaluate.predictors import Given, Predict, Predictor, Role, Tools
from panic3d.evaluate.preparations import Preparation
from panic3d.evaluate.regions import Mode, Region
from panic3d.evaluate.training_heads import THUMB, TrainingHeads, carving_grid
from panic3d.geometry.meshes import Mesh

from .shapes import sphere

SIZE = 96
REGION = Region(100.0, 100.0, 312.0, 312.0)


def ball(radius_m: float, colour: tuple[float, float, float] = (0.8, 0.3, 0.2)) -> Figure:
    """A ball around the origin, bright above, dark below."""
    surface = sphere(radius_m, cuts=4)
    normals = surface.vertices / radius_m
    shade = 0.65 + 0.35 * normals[:, 1:2]
    mesh = Mesh(
        vertices=surface.vertices.astype(np.float32),
        faces=surface.faces,
        normals=normals.astype(np.float32),
        colours=(shade * colour).astype(np.float32),
    )
    return of_mesh(mesh)


def radius_of(number: int) -> float:
    return 0.10 + 0.012 * number


@dataclass
class OpenedBalls:
    """In one process."""

    faceless: str = ""
    """The case whose wild picture cannot be prepared."""

    @cached_property
    def tools(self) -> Tools:
        return Tools()

    def drawn(self, number: int) -> Prediction:
        colour = (0.9 - 0.2 * number, 0.3 + 0.2 * number, 0.3)
        return drawn(ball(radius_of(number), colour), self.tools.rasteriser, SIZE)

    def truth(self, case: str, mode: Mode = "fixed") -> Truth:
        made = self.drawn(int(case.rpartition("-")[2]))
        assert made.surface is not None
        return Truth(case, made.views, made.surface, REGION, made.depths, made.normals)

    def picture(self, case: str, track: str, preparation: Preparation | None) -> Input:
        if track == "wild" and case == self.faceless:
            raise PictureError("there is\nno face")
        return Input(self.truth(case).views["front"])


@dataclass(frozen=True)
class Balls:
    """So many balls, each larger than the one before."""

    count: int = 3
    title: str = "balls </script> & co"
    digest: str = "balls"
    faceless: str = ""

    @property
    def cases(self) -> list[CaseAbout]:
        kinds = ("real", "procedural")
        return [
            CaseAbout(f"ball-{k}", kinds[k % 2], (f"hair:{k}",), (f"hair:{k}",) if k else ())
            for k in range(self.count)
        ]

    def open(self) -> OpenedBalls:
        return OpenedBalls(self.faceless)


@dataclass(frozen=True)
class Neighbour(Predictor):
    """Predicts the ball so many numbers further; 0 is the truth itself. Notes what it is asked."""

    name: str
    step: int = 0
    notes: Path | None = None
    deadly: str = ""
    """The case at which it takes its process down."""
    failing: str = ""
    role: Role = "entry"

    @property
    def digest(self) -> str:
        return f"{self.name} {self.step}"

    def open(self, tools: Tools) -> Predict:
        balls = OpenedBalls()

        def predict(given: Given) -> Prediction:
            if self.notes is not None:
                with self.notes.open("a") as file:
                    file.write(f"{given.track} {given.case}\n")
            if given.case == self.deadly:
                os._exit(3)
            if given.case == self.failing:
                raise ValueError("no such\nhead")
            return balls.drawn(int(given.case.rpartition("-")[2]) + self.step)

        return predict


def mean_ball(grid: int = 32) -> TrainingHeads:
    """What three training heads would be: a small ball and two large ones, of one colour."""
    distance = np.linalg.norm(carving_grid(grid), axis=-1).reshape(grid, grid, grid)
    occupancy = ((distance < 0.09).astype(np.float32) + 2 * (distance < 0.13)) / 3
    return TrainingHeads(
        occupancy.astype(np.float32),
        np.full((grid, grid, grid, 3), 0.5, np.float32),
        0.05,
        np.zeros((2, THUMB, THUMB, 4), np.uint8),
        np.arange(2, dtype=np.int64),
    )
