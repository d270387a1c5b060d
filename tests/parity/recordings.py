"""Reading the recorded arrays of the original networks, and networks built from them."""

from __future__ import annotations

import json
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from panic3d.geometry.rays import Rays, label_rays
from panic3d.models.conditioning import Conditions
from panic3d.models.generator import Generator, View
from panic3d.render.volume import Clouds
from panic3d.weights.convert.options import generator_from_upstream

FILES = (
    "generator", "render", "paste", "volume", "cameras", "discriminator", "ops", "metrics",
    "rmline", "imageops", "losses",
)  # fmt: skip
LEFT_OUT = {
    "losses": (
        "out/mask_view_orthofront", "out/density_reg_", "out/Greg/", "out/Gcond/", "out/Gside_",
        "out/Grand/", "out/param_names_",
    ),
}  # fmt: skip
"""By file, what the names of results begin with that nobody answers; `ours_losses` says why."""


class Recording:
    """One file of arrays."""

    def __init__(self, folder: Path, name: str) -> None:
        self.name = name
        with np.load(folder / f"{name}.npz", allow_pickle=False) as file:
            self.arrays = {key: file[key] for key in file.files}
        self.config: dict[str, Any] = json.loads(str(self.arrays.pop("config")))

    def outputs(self) -> list[str]:
        """Names of the results that are answered."""
        return [
            key
            for key in self.arrays
            if key.startswith("out/") and not key.startswith(LEFT_OUT.get(self.name, ()))
        ]

    def __getitem__(self, key: str) -> Tensor:
        return torch.from_numpy(self.arrays[key])

    def state(self, prefix: str) -> dict[str, Tensor]:
        """Tensors under a prefix, without the constant filters."""
        return {
            key.removeprefix(prefix): torch.from_numpy(array)
            for key, array in self.arrays.items()
            if key.startswith(prefix) and not key.endswith("resample_filter")
        }


class Recorded:
    """The recorded generator, its inputs and its planes, shared by several files."""

    def __init__(self, folder: Path) -> None:
        self.file = Recording(folder, "generator")
        config = self.file.config
        self.config = generator_from_upstream(
            config["G"], None, config["neural_rendering_resolution"]
        ).config
        self.generator = Generator(self.config).eval()
        self.generator.load_state_dict(self.file.state("sd/"), strict=True)
        self.ws = self.file["out/ws"]

    @cached_property
    def front(self) -> Tensor:
        return self.conditions["image_ortho_front"]

    @cached_property
    def conditions(self) -> Conditions:
        given = {}
        for key in self.file.arrays:
            if key.startswith("in/resnet_"):
                given[key.removeprefix("in/")] = self.file[key]
            elif key.startswith("in/image_") and key.endswith("_u8"):
                picture = self.file[key].permute(2, 0, 1)[None].float() / 255
                given[key.removeprefix("in/").removesuffix("_u8")] = picture
        return given

    def batch(self, n: int) -> Conditions:
        """The same conditions for n scenes."""
        return {k: v.expand(n, *v.shape[1:]) for k, v in self.conditions.items()}

    @cached_property
    def planes(self) -> Tensor:
        return self.generator.planes(self.ws, self.conditions, noise_mode="none")

    @cached_property
    def planes_noise_const(self) -> Tensor:
        return self.generator.planes(self.ws, self.conditions, noise_mode="const")

    def rays(self, label: Tensor, resolution: int | None = None) -> Rays:
        """Rays of camera labels at the recorded rendering resolution."""
        resolution = resolution or self.config.render_resolution
        return label_rays(label, resolution, self.config.rendering.box_m)

    def view(
        self,
        label: Tensor,
        *,
        clouds: Clouds | None = None,
        resolution: int | None = None,
        force_sigmoid: bool = False,
    ) -> View:
        """Render without chance, as the recordings were made."""
        field = self.generator.field(self.planes[0], force_sigmoid=force_sigmoid)
        rays = self.rays(label, resolution)
        return self.generator.render(
            self.planes, self.ws, rays, clouds=clouds, jitter=False, fields=[field]
        )
