"""One portrait's radiance field: planes once, then views, a volume and meshes from them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple, get_args

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from panic3d.checks import check_shape
from panic3d.config import check_choice
from panic3d.errors import ConfigError
from panic3d.geometry.cameras import Camera, Orthographic
from panic3d.geometry.grids import GridMode
from panic3d.geometry.meshes import Mesh, TexturedMesh
from panic3d.geometry.rays import Rays, camera_rays
from panic3d.models.conditioning import Conditions
from panic3d.models.cut_field import CutField
from panic3d.models.feedforward import FeedForward
from panic3d.models.generator import Generator, View, unit_range
from panic3d.models.stylegan2.synthesis import NoiseMode
from panic3d.ops.chance import seeded
from panic3d.pipeline.narrow import narrow_grid
from panic3d.pipeline.paste import Look, PasteConfig, Pasted, paste_front
from panic3d.pipeline.surface import exact_mesh, paper_mesh, surface_level
from panic3d.pipeline.texture import TEXTURE_SIZE, Front, textured
from panic3d.render.density_grid import DensityGrid, alive, sample_grid
from panic3d.render.march import March
from panic3d.render.occupancy import Occupancy, occupancy_of_grid
from panic3d.render.volume import (
    PAPER_CLOUDS,
    Clouds,
    Field,
    draw_uniforms,
    ray_opacity,
)

OCCUPANCY_CELLS = 128
"""Cells of the occupancy grid along an axis; with 256 samples, two samples wide."""


WHITE = 0.97
"""Colours above are the background of a portrait that has no matte."""

MAX_VOLUME, MAX_RENDER = 1024, 1024
"""Bounds that keep a slip of the keyboard from filling the memory."""


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
        if not 8 <= self.volume_resolution <= MAX_VOLUME:
            raise ConfigError(
                f"volume_resolution is {self.volume_resolution}, expected 8 to {MAX_VOLUME}"
            )
        if self.render_resolution is not None and not 1 <= self.render_resolution <= MAX_RENDER:
            raise ConfigError(
                f"render_resolution is {self.render_resolution}, expected 1 to {MAX_RENDER}"
            )
        March(coarse_samples=self.coarse_samples, fine_samples=self.fine_samples)
        seeded(self.seed)
        check_choice("noise_mode", self.noise_mode, get_args(NoiseMode))


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
        generator: Generator | FeedForward,
        ws: Float[Tensor, "1 k d"],
        planes: Float[Tensor, "1 c r r"],
        front: Float[Tensor, "1 3 s s"] | None,
        settings: Settings,
        *,
        field: Field | None = None,
        matte: Float[Tensor, "1 1 s s"] | None = None,
        portrait: Float[Tensor, "1 4 h h"] | None = None,
    ) -> None:
        """Keep the parts.

        Args:
            generator: in eval mode.
            ws: style vectors, for super-resolution.
            planes: of the one scene.
            front: the portrait, at least as large as the views; None leaves it out of them.
            settings: how the head is looked at.
            field: what is rendered; None makes it from the planes of a `Generator`.
            matte: the portrait's alpha; None: all that is not white is the head.
            portrait: what surfaces are painted with, in [0, 1], straight alpha, at its own
                resolution; None takes `front` and `matte`.
        """
        self.generator, self.ws, self.planes = generator, ws, planes
        self.front, self.matte, self.settings = front, matte, settings
        self.portrait = portrait
        if field is None:
            assert isinstance(generator, Generator)
            field = generator.field(planes[0], force_sigmoid=True)
        self.field: Field = field
        self._volumes: dict[GridMode, DensityGrid] = {}

    def looked_at(self, settings: Settings) -> HeadField:
        """Return the same head with other settings; what both can use is not made again."""
        other = HeadField(
            self.generator,
            self.ws,
            self.planes,
            self.front,
            settings,
            field=self.field,
            matte=self.matte,
            portrait=self.portrait,
        )
        mine = self.settings
        if (settings.clouds, settings.volume_resolution) == (mine.clouds, mine.volume_resolution):
            other._volumes = self._volumes
            if "occupancy" in self.__dict__:
                other.__dict__["occupancy"] = self.occupancy
        return other

    @property
    def march(self) -> March:
        """Ray sampling: the generator's, with this head's sample counts."""
        return replace(
            self.generator.march,
            coarse_samples=self.settings.coarse_samples,
            fine_samples=self.settings.fine_samples,
        )

    def volume(self, mode: GridMode) -> DensityGrid:
        """Return raw density on a grid over the head box, crop applied; sampled once per mode."""
        check_choice("mode", mode, get_args(GridMode))
        if mode not in self._volumes:
            with exactly(self.planes):
                self._volumes[mode] = sample_grid(
                    self.field,
                    self.settings.volume_resolution,
                    self.march.box_m,
                    mode,
                    clouds=self.settings.clouds,
                    like=self.planes,
                )
        return self._volumes[mode]

    def surface_grid(self) -> DensityGrid:
        """Return the ``fixed`` volume, exact near the field's surface: all that a mesh needs of it.

        Far from there samples may have no more than the right sign.
        """
        found = None
        if isinstance(self.field, CutField) and not self.settings.clouds.crop_m:
            with exactly(self.planes):
                found = narrow_grid(
                    self.field,
                    self.settings.volume_resolution,
                    self.march.box_m,
                    surface_level(self.settings.clouds),
                    self.planes,
                )
        return self.volume("fixed") if found is None else found

    @cached_property
    def occupancy(self) -> Occupancy:
        """Where the field, cropped and culled, can be anything but empty.

        Taken from whichever volume there is already, else from the exact one.
        """
        cells = min(OCCUPANCY_CELLS, self.settings.volume_resolution // 2)
        grid = self.volume("paper" if "paper" in self._volumes else "fixed")
        # One cell of growth covers the shear of the paper's grid and what lies between samples.
        found = alive(grid, self.settings.clouds)
        return occupancy_of_grid(found, self.march.box_m, cells=cells, grow=1)

    def mesh(self, mode: GridMode = "fixed") -> Mesh:
        """Return the surface.

        Args:
            mode: ``fixed`` for an exact, interpolated surface; ``paper`` for the mesh of the
                paper's evaluation.

        Raises:
            MeshError: the field is empty.
            ConfigError: the mode is unknown, or the volume is too fine for ``paper`` mode.
        """
        make = paper_mesh if mode == "paper" else exact_mesh
        with exactly(self.planes):
            return make(self.field, self.volume(mode), self.settings.clouds)

    def textured(self, mesh: Mesh | None = None, size: int = TEXTURE_SIZE) -> TexturedMesh:
        """Return a surface unwrapped and painted, the portrait's pixels put back.

        Args:
            mesh: of this head; None makes the exact one.
            size: side of the texture, texels.

        Raises:
            MeshError: the field is empty.
        """
        mesh = mesh or self.mesh("fixed")
        with exactly(self.planes):
            return textured(mesh, self.field, self.planes, self.pasted_front(), size=size)

    def pasted_front(self) -> Front | None:
        """Return the portrait for painting a surface; None if it is to be left out."""
        if self.settings.paste is None:
            return None
        if self.portrait is not None:
            rgba = self.portrait[0].float().permute(1, 2, 0).cpu().numpy()
            return Front(rgba[..., :3].copy(), rgba[..., 3].copy(), self.march.box_m)
        if self.front is None:
            return None
        laid = self.front[0].float()
        if self.matte is None:
            alpha = (laid.min(0).values < WHITE).float()
        else:
            alpha = self.matte[0, 0].float()
        bare = torch.where(alpha > 1e-3, (laid - 1) / alpha.clamp_min(1e-3) + 1, laid).clamp(0, 1)
        return Front(bare.permute(1, 2, 0).cpu().numpy(), alpha.cpu().numpy(), self.march.box_m)

    def view(self, camera: Camera, *, seed: int | None = None) -> HeadView:
        """Render a view, with the portrait's pixels put back on the visible front.

        Args:
            camera: where to look from.
            seed: of the sampling jitter; None takes the settings'.
        """
        with exactly(self.planes):
            return self._view(camera, self.settings.seed if seed is None else seed)

    def _view(self, camera: Camera, seed: int) -> HeadView:
        settings, generator, march = self.settings, self.generator, self.march
        chance = seeded(seed)
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
                _fitted(self.front, image),
                view.position,
                view.opacity,
                rays,
                look,
                near_m=march.near_m,
                box_m=march.box_m,
                config=settings.paste,
                front_opacity=self.front_opacity if settings.paste.front_erosion else None,
            )
            image = pasted.image
        return HeadView(image[0], view, pasted)

    @cached_property
    def front_opacity(self) -> Float[Tensor, "1 1 r r"]:
        """Opacity of the front view."""
        bare = self.looked_at(replace(self.settings, paste=None))
        box = self.march.box_m
        return bare.view(Orthographic(width_m=box)).view.opacity


def _fitted(front: Tensor, image: Tensor) -> Tensor:
    """Bring the portrait to the size of a view."""
    if front.shape[-1] == image.shape[-1]:
        return front
    return torch.nn.functional.interpolate(
        front, image.shape[-2:], mode="bilinear", align_corners=False, antialias=True
    )


@contextmanager
def exactly(like: Tensor) -> Iterator[None]:
    """Compute without gradients and without mixed precision, whatever the caller is in."""
    with torch.no_grad(), torch.autocast(like.device.type, enabled=False):
        yield


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
    portrait: Float[Tensor, "1 4 h h"] | None = None,
) -> HeadField:
    """Turn the conditions of one portrait into a head.

    Args:
        generator: in eval mode; it is not changed.
        conditions: ``image_ortho_front`` (1, 3, S, S) in [0, 1], and what else the condition
            mode asks for.
        settings: how the head is looked at.
        seed: of the latent.
        portrait: what surfaces are painted with, see `HeadField`; None takes the front.

    Raises:
        ShapeError: a condition is absent or has the wrong shape.
    """
    settings = settings or Settings()
    z = generator.latents([seed])
    with exactly(z):
        conditions = {name: tensor.to(z) for name, tensor in conditions.items()}
        front = conditions.get("image_ortho_front")
        if front is not None:
            size = generator.config.image_size
            check_shape("conditions['image_ortho_front']", front, f"1 3 {size} {size}")
        camera = z.new_zeros(1, generator.config.camera_dim)
        ws = generator.mapping(z, camera, conditions)
        chance = seeded(settings.seed)
        planes = generator.planes(ws, conditions, noise_mode=settings.noise_mode, generator=chance)
    if portrait is not None:
        portrait = portrait.to(planes)
    return HeadField(generator, ws, planes, front, settings, portrait=portrait)
