"""The evaluation job done the original's way: for timing, and as the oracle of the quick way.

Planes are made anew for every render and for every 100 000 points of the volume, every sample of
every ray is decoded to colours and density twice over, and the stitching's occlusion is a second
complete render. Nothing is skipped. The numbers are those of `panic3d.pipeline.head`.
On a CPU, in float32.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from panic3d.geometry.cameras import Camera
from panic3d.geometry.grids import grid_points
from panic3d.geometry.rays import Rays, camera_rays
from panic3d.models.conditioning import Conditions
from panic3d.models.decoder import VALUE_CHANNELS
from panic3d.models.fields import PlaneField
from panic3d.models.generator import Generator, View, unit_range
from panic3d.ops.chance import seeded
from panic3d.pipeline.head import HeadView, Settings
from panic3d.pipeline.paste import paste_front
from panic3d.pipeline.surface import PAPER_LEVEL
from panic3d.render.composite import EMPTY, interval_weights, mean_depth, unit_opacity
from panic3d.render.density_grid import paper_density
from panic3d.render.sampling import importance_depths, stratified_depths
from panic3d.render.volume import RayColours, draw_uniforms

POINTS_PER_CALL = 100_000
"""Points of the volume that the original decodes at a time."""


class OriginalVolume(NamedTuple):
    """The volume with everything the original keeps of it."""

    raw: Float[Tensor, "n n n"]
    value: Float[Tensor, "m c"]
    density: Float[Tensor, "n n n"]


class OriginalJob:
    """The original's evaluation of one portrait."""

    def __init__(
        self, generator: Generator, conditions: Conditions, settings: Settings, seed: int = 0
    ) -> None:
        self.generator, self.conditions, self.settings = generator, conditions, settings
        z = generator.latents([seed])
        camera = z.new_zeros(1, generator.config.camera_dim)
        self.ws = generator.mapping(z, camera, conditions)
        self.march = replace(
            generator.march,
            coarse_samples=settings.coarse_samples,
            fine_samples=settings.fine_samples,
        )

    def _field(self) -> PlaneField:
        """Make the planes, anew."""
        config = self.generator.config
        planes = self.generator.planes(
            self.ws, self.conditions, noise_mode=self.settings.noise_mode
        )
        return PlaneField(
            planes[0],
            self.generator.decoder,
            depth=config.plane_depth,
            box_m=config.rendering.box_m,
            distinct=config.distinct_planes,
            force_sigmoid=True,
        )

    def _render(self, rays: Rays, chance: torch.Generator) -> View:
        """Render completely: both passes with colours, super-resolution."""
        march, clouds, field = self.march, self.settings.clouds, self._field()
        origins, directions = rays.origins[0], rays.directions[0]
        uniforms = draw_uniforms(march, len(origins), origins, chance, self.settings.jitter)

        def look(depths: Tensor) -> tuple[Tensor, Tensor, Tensor]:
            points = origins[:, None] + depths[..., None] * directions[:, None]
            value, raw = field.both(points.reshape(-1, 3))
            raw = raw.reshape(depths.shape)
            inside = clouds.inside(points, march.box_m)
            if inside is not None:
                raw = torch.where(inside, raw, EMPTY)
            return value.reshape(*depths.shape, -1), clouds.thin_out(raw), points

        coarse = stratified_depths(march.near_m, march.far_m, uniforms.coarse)
        first = look(coarse)
        weights = interval_weights(first[1], coarse)
        fine = importance_depths(coarse, weights, uniforms.fine)
        second = look(fine)
        depths, order = torch.cat([coarse, fine], -1).sort(-1)
        value, raw, points = (torch.cat(pair, 1) for pair in zip(first, second, strict=True))
        raw = raw.gather(-1, order)
        weights = interval_weights(raw, depths)

        def blend(x: Tensor) -> Tensor:
            x = x.gather(1, order[..., None].expand_as(x))
            return (weights[..., None] * (x[:, :-1] + x[:, 1:]) / 2).sum(1)

        opacity = weights.sum(-1)
        left = (1 - opacity)[:, None]
        depth = mean_depth(weights, depths).clamp(depths.min(), depths.max())
        seen = RayColours(2 * (blend(value) + left) - 1, depth, opacity, blend(points) + left)
        return self.generator.view_of([seen], self.ws)

    @torch.inference_mode()
    def view(self, camera: Camera, *, seed: int) -> HeadView:
        """Render a view and put the portrait's pixels back."""
        resolution = self.settings.render_resolution or self.generator.config.render_resolution
        chance = seeded(seed)
        one = camera_rays(camera, resolution)
        rays = Rays(one.origins[None], one.directions[None])
        view = self._render(rays, chance)
        pasted = paste_front(
            unit_range(view.image),
            self.conditions["image_ortho_front"],
            view.position,
            view.opacity,
            rays,
            lambda towards, _: self._render(towards, chance).opacity.reshape(1, -1),
            near_m=self.march.near_m,
            box_m=self.march.box_m,
            config=self.settings.paste,
            everywhere=True,
        )
        return HeadView(pasted.image[0], view, pasted)

    @torch.inference_mode()
    def volume(self) -> OriginalVolume:
        """Sample the volume, all of it, colours too."""
        n, box = self.settings.volume_resolution, self.march.box_m
        points = grid_points(n, box, "paper").reshape(-1, 3)
        raw = torch.empty(len(points))
        value = torch.empty(len(points), VALUE_CHANNELS)
        for first in range(0, len(points), POINTS_PER_CALL):
            piece = slice(first, first + POINTS_PER_CALL)
            value[piece], raw[piece] = self._field().both(points[piece])
        inside = self.settings.clouds.inside(points, box)
        cut = raw if inside is None else torch.where(inside, raw, EMPTY)
        density = paper_density(cut.reshape(n, n, n), self.settings.clouds)
        return OriginalVolume(unit_opacity(raw).reshape(n, n, n), value, density)

    def mesh(self, volume: OriginalVolume) -> int:
        """Run marching cubes on the whole volume and colour it; returns the number of vertices."""
        from skimage.measure import marching_cubes as lewiner

        density = volume.density.flip(0).numpy()
        vertices, _, _, _ = lewiner(
            density, level=PAPER_LEVEL, gradient_direction="descent", allow_degenerate=False
        )
        n = density.shape[0]
        colours = volume.value.reshape(n, n, n, -1).flip(0)
        i, j, k = torch.from_numpy(vertices.astype("int64")).unbind(1)
        return len(colours[i, j, k, :3])
