"""One portrait's radiance field: planes once, then views, a volume and meshes from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from panic3d.checks import check_shape
from panic3d.errors import ConfigError
from panic3d.geometry.cameras import Camera, Orthographic
from panic3d.geometry.grids import GridMode
from panic3d.geometry.meshes import Mesh
from panic3d.geometry.rays import Rays, camera_rays
from panic3d.models.conditioning import Conditions
from panic3d.models.generator import Generator, View, unit_range
from panic3d.models.stylegan2.synthesis import NoiseMode
from panic3d.pipeline.paste import Look, PasteConfig, Pasted, paste_front
from panic3d.pipeline.surface import exact_mesh, paper_mesh
from panic3d.render.density_grid import DensityGrid, alive, sample_grid
from panic3d.render.occupancy import Occupancy, occupancy_of_grid
from panic3d.render.volume import (
    PAPER_CLOUDS,
    Clouds,
    Field,
    March,
    draw_uniforms,
    ray_opacity,
)

OCCUPANCY_CELLS = 128
"""Cells of the occupancy grid along an axis; with 256 samples, two samples wide."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How a head is looked at. The defaults are the paper's evaluation."""

    clouds: Clouds = PAPER_CLOUDS
    paste: PasteConfig | None = PasteConfig()
    """None leaves the portrait's pixels out."""
    coarse_samples: int = 96
    fine_samples: int = 96
    render_resolution: int | None = None
    """None takes the generator's."""
    volume_resolution: int = 256
    jitter: bool = True
    """Off puts all samples in the middle of their steps."""
    skip_empty: bool = True
    """Let rays skip what the density volume shows to be empty."""
    seed: int = 0
    noise_mode: NoiseMode = "const"
    """Of the backbone. The original draws new noise for every view and uses ``const`` for the
    volume; here one set of planes serves both."""

    def __post_init__(self) -> None:
        if self.volume_resolution < 8:
            raise ConfigError(f"volume_resolution is {self.volume_resolution}, expected 8 or more")
        if self.render_resolution is not None and self.render_resolution < 1:
            raise ConfigError(f"render_resolution is {self.render_resolution}, expected 1 or more")


class HeadView(NamedTuple):
    """A view of a head."""

    image: Float[Tensor, "3 s s"]
    """Nominally [0, 1], not clamped."""
    view: View
    pasted: Pasted | None


class HeadField:
    """A reconstructed head as a field: its planes, and what was needed to make them."""

    def __init__(
        self,
        generator: Generator,
        ws: Float[Tensor, "1 k d"],
        planes: Float[Tensor, "1 c r r"],
        front: Float[Tensor, "1 3 s s"] | None,
        settings: Settings,
    ) -> None:
        """Keep the parts; see `reconstruct`."""
        self.generator, self.ws, self.planes = generator, ws, planes
        self.front, self.settings = front, settings

    def looked_at(self, settings: Settings) -> HeadField:
        """Return the same head with other settings; what both can use is not made again."""
        other = HeadField(self.generator, self.ws, self.planes, self.front, settings)
        shared = ["field"]
        mine = self.settings
        if (settings.clouds, settings.volume_resolution) == (mine.clouds, mine.volume_resolution):
            shared += ["volume", "occupancy"]
        other.__dict__.update({k: v for k, v in self.__dict__.items() if k in shared})
        return other

    @property
    def march(self) -> March:
        """Ray sampling: the generator's, with this head's sample counts."""
        return replace(
            self.generator.march,
            coarse_samples=self.settings.coarse_samples,
            fine_samples=self.settings.fine_samples,
        )

    @cached_property
    def field(self) -> Field:
        """The radiance field."""
        return self.generator.field(self.planes[0], force_sigmoid=True)

    @cached_property
    def volume(self) -> DensityGrid:
        """The density volume of the paper's evaluation."""
        return self.sample_volume("paper")

    def sample_volume(self, mode: GridMode) -> DensityGrid:
        """Sample raw density on a grid over the head box, the crop applied."""
        with torch.inference_mode():
            return sample_grid(
                self.field,
                self.settings.volume_resolution,
                self.march.box_m,
                mode,
                clouds=self.settings.clouds,
                like=self.planes,
            )

    @cached_property
    def occupancy(self) -> Occupancy:
        """Where the field, cropped and culled, can be anything but empty."""
        cells = min(OCCUPANCY_CELLS, self.settings.volume_resolution // 2)
        # One cell of growth covers the shear of the paper's grid and what lies between samples.
        found = alive(self.volume, self.settings.clouds)
        return occupancy_of_grid(found, self.march.box_m, cells=cells, grow=1)

    def mesh(self, mode: GridMode = "fixed") -> Mesh:
        """Return the surface.

        Args:
            mode: ``fixed`` for an exact, interpolated surface; ``paper`` for the mesh of the
                paper's evaluation.

        Raises:
            MeshError: the field is empty.
        """
        with torch.inference_mode():
            if mode == "paper":
                return paper_mesh(self.field, self.volume, self.settings.clouds)
            return exact_mesh(self.field, self.sample_volume("fixed"), self.settings.clouds)

    def view(self, camera: Camera, *, seed: int | None = None) -> HeadView:
        """Render a view, with the portrait's pixels put back on the visible front.

        Args:
            camera: where to look from.
            seed: of the sampling jitter; None takes the settings'.
        """
        with torch.inference_mode():
            return self._view(camera, self.settings.seed if seed is None else seed)

    def _view(self, camera: Camera, seed: int) -> HeadView:
        settings, generator, march = self.settings, self.generator, self.march
        chance = torch.Generator().manual_seed(seed)
        resolution = settings.render_resolution or generator.config.render_resolution
        one = camera_rays(camera, resolution).on(self.planes)
        rays = Rays(one.origins[None], one.directions[None])
        occupancies = [self.occupancy if settings.skip_empty else None]
        view = generator.render(
            self.planes,
            self.ws,
            rays,
            march=march,
            clouds=settings.clouds,
            jitter=settings.jitter,
            generator=chance,
            fields=[self.field],
            occupancies=occupancies,
        )
        image = unit_range(view.image)
        pasted = None
        if settings.paste is not None and self.front is not None:
            look = occlusion_look(
                [self.field],
                march,
                clouds=settings.clouds,
                occupancies=occupancies,
                jitter=settings.jitter,
                generator=chance,
            )
            pasted = paste_front(
                image,
                self.front,
                view.position,
                view.opacity,
                rays,
                look,
                near_m=march.near_m,
                box_m=march.box_m,
                config=settings.paste,
                front_opacity=self._front_opacity() if settings.paste.front_erosion else None,
            )
            image = pasted.image
        return HeadView(image[0], view, pasted)

    def _front_opacity(self) -> Tensor:
        bare = self.looked_at(replace(self.settings, paste=None))
        box = self.march.box_m
        return bare.view(Orthographic(width_m=box)).view.opacity


def occlusion_look(
    fields: Sequence[Field],
    march: March,
    *,
    clouds: Clouds,
    occupancies: Sequence[Occupancy | None] | None = None,
    jitter: bool = True,
    generator: torch.Generator | None = None,
) -> Look:
    """Return the function by which `paste_front` finds occluders of each scene."""

    def look(rays: Rays, marked: Bool[Tensor, "n m"]) -> Float[Tensor, "n m"]:
        out = torch.ones_like(rays.origins[..., 0])
        for k, field in enumerate(fields):
            # Numbers are drawn for all rays, so that a ray's do not depend on the others.
            uniforms = draw_uniforms(march, marked.shape[1], out, generator, jitter)
            index = marked[k].nonzero()[:, 0]
            out[k, index] = ray_opacity(
                field,
                rays.origins[k, index],
                rays.directions[k, index],
                march,
                uniforms.take(index),
                clouds=clouds,
                occupancy=None if occupancies is None else occupancies[k],
            )
        return out

    return look


def reconstruct(
    generator: Generator,
    conditions: Conditions,
    settings: Settings | None = None,
    *,
    seed: int = 0,
) -> HeadField:
    """Turn the conditions of one portrait into a head.

    Args:
        generator: in eval mode; it is not changed.
        conditions: ``image_ortho_front`` (1, 3, S, S) in [0, 1], and what else the condition
            mode asks for.
        settings: how the head is looked at.
        seed: of the latent.

    Raises:
        ShapeError: a condition is absent or has the wrong shape.
    """
    settings = settings or Settings()
    with torch.inference_mode():
        z = generator.latents([seed])
        front = conditions.get("image_ortho_front")
        if front is not None:
            size = generator.config.image_size
            check_shape("conditions['image_ortho_front']", front, f"1 3 {size} {size}")
        camera = z.new_zeros(1, generator.config.camera_dim)
        ws = generator.mapping(z, camera, conditions)
        chance = torch.Generator(z.device).manual_seed(settings.seed)
        planes = generator.planes(ws, conditions, noise_mode=settings.noise_mode, generator=chance)
    return HeadField(generator, ws, planes, front, settings)
