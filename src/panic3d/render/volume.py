"""Rendering a field along rays: sample, look, look closer, blend.

The field is anything that maps points to colour features and raw density; this module knows
nothing of networks. Empty space is skipped exactly where crop and culling make it empty, and by
an occupancy grid where one is given.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol, runtime_checkable

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from panic3d.checks import check_shape
from panic3d.errors import ConfigError, ShapeError
from panic3d.ops.chance import normal
from panic3d.render.composite import (
    EMPTY,
    SOLID,
    interval_weights,
    mean_depth,
    sample_weights,
    unit_opacity,
)
from panic3d.render.march import March
from panic3d.render.occupancy import Occupancy, ray_axis
from panic3d.render.sampling import (
    Uniforms,
    importance_depths,
    midpoint_uniforms,
    random_uniforms,
    sort_depths,
    stratified_depths,
)

RAYS_AT_A_TIME = 1024
"""Rays marched together on a CPU: their samples fit the second-level cache's neighbourhood."""


@runtime_checkable
class Field(Protocol):
    """What can be rendered: colour features and raw density at world points."""

    channels: int

    def density(self, points: Float[Tensor, "m 3"]) -> Float[Tensor, " m"]:
        """Return the raw density, before any activation."""
        ...

    def value(self, points: Float[Tensor, "m 3"]) -> Float[Tensor, "m c"]:
        """Return the colour features, in [0, 1]."""
        ...


@dataclass(frozen=True, kw_only=True)
class Clouds:
    """What is cut away from the field before it is rendered."""

    crop_m: float | None = None
    """Keep |x| and |z| up to half the box minus this; y is never cropped. None or 0: no crop."""
    cull: float | None = None
    """Remove places whose opacity over one metre is below this."""
    binarize: float | None = None
    """Make places below this empty and all others solid; overrules `cull`."""

    def __post_init__(self) -> None:
        if self.crop_m is not None and not self.crop_m >= 0:
            raise ConfigError(f"crop_m is {self.crop_m}, expected 0 or more")
        for name in ("cull", "binarize"):
            value = getattr(self, name)
            if value is not None and not 0 <= value <= 1:
                raise ConfigError(f"{name} is {value}, expected an opacity from 0 to 1")

    def reach(self, box_m: float) -> float | None:
        """Return the largest |x| and |z| that survive the crop, metres; None without a crop."""
        return box_m / 2 - self.crop_m if self.crop_m else None

    def inside(self, points: Float[Tensor, "*m 3"], box_m: float) -> Bool[Tensor, "*m"] | None:
        """Return which points survive the crop; None if all do."""
        limit = self.reach(box_m)
        if limit is None:
            return None
        return (points[..., 0].abs() <= limit) & (points[..., 2].abs() <= limit)

    def thin_out(self, raw: Float[Tensor, "*m"]) -> Float[Tensor, "*m"]:
        """Apply culling or binarising to raw density."""
        if self.binarize is not None:
            return torch.where(unit_opacity(raw) < self.binarize, EMPTY, SOLID).to(raw)
        if self.cull is not None:
            return torch.where(unit_opacity(raw) < self.cull, EMPTY, raw)
        return raw


PAPER_CLOUDS = Clouds(crop_m=0.1, cull=0.5)
"""What the paper's evaluation cuts away."""


class RayColours(NamedTuple):
    """What rays see; `channels` is the field's."""

    value: Float[Tensor, "*rays c"]
    """Blended features in [-1, 1]; white where nothing is hit."""
    depth: Float[Tensor, "*rays"]
    """Mean depth along the ray, metres; of an empty ray the largest depth sampled."""
    opacity: Float[Tensor, "*rays"]
    """0 to 1."""
    position: Float[Tensor, "*rays 3"]
    """Mean world position, metres, PLUS (1 - opacity) in each coordinate with a white
    background: the original blends positions as colours, and its stitching relies on it."""


def draw_uniforms(
    march: March, rays: int, like: Tensor, generator: torch.Generator | None, jitter: bool
) -> Uniforms:
    """Draw the random numbers of a render, or the middles of all steps if `jitter` is off."""
    counts = (march.coarse_samples, march.fine_samples)
    if jitter:
        return random_uniforms(rays, *counts, generator, like)
    return midpoint_uniforms(rays, *counts, like)


def render_rays(
    field: Field,
    origins: Float[Tensor, "rays 3"],
    directions: Float[Tensor, "rays 3"],
    march: March,
    uniforms: Uniforms,
    *,
    clouds: Clouds | None = None,
    occupancy: Occupancy | None = None,
    generator: torch.Generator | None = None,
) -> RayColours:
    """Render a field along rays.

    Args:
        field: what to render.
        origins: world points, metres.
        directions: unit vectors.
        march: sampling.
        uniforms: the random numbers; see `draw_uniforms`.
        clouds: what is cut away; None cuts nothing.
        occupancy: where the thinned-out field can be anything but empty; None looks everywhere.
        generator: source of density noise, if the march has any.

    Returns:
        One result per ray. Gradients flow to the field.

    Raises:
        ShapeError: rays or numbers have the wrong shape.

    Source: EG3D (arXiv:2112.07945), section 4.2, with the crop and culling of PAniC-3D.
    """
    rays = _check_rays(origins, directions, march, uniforms)
    tracer = _Tracer(field, march, clouds or Clouds(), occupancy, generator)
    coarse = stratified_depths(march.near_m, march.far_m, uniforms.coarse)
    hitting = tracer.hitting(origins, directions)
    seen = tracer.trace_all(
        origins[hitting], directions[hitting], coarse[hitting], uniforms.fine[hitting]
    )
    blank = (
        origins.new_zeros(rays, field.channels),
        origins.new_full((rays,), torch.inf),
        origins.new_zeros(rays),
        torch.zeros_like(origins),
    )
    value, depth, opacity, position = (
        empty.index_copy(0, hitting, found) for empty, found in zip(blank, seen, strict=True)
    )
    left = (1 - opacity)[:, None] if march.white_background else 0
    # Fine samples lie between coarse ones, so these are the limits of all depths.
    if rays:
        depth = depth.clamp(coarse.min(), coarse.max())
    return RayColours(2 * (value + left) - 1, depth, opacity, position + left)


def ray_opacity(
    field: Field,
    origins: Float[Tensor, "rays 3"],
    directions: Float[Tensor, "rays 3"],
    march: March,
    uniforms: Uniforms,
    *,
    clouds: Clouds | None = None,
    occupancy: Occupancy | None = None,
) -> Float[Tensor, " rays"]:
    """Return only the opacity of rays, without looking at colours; see `render_rays`."""
    _check_rays(origins, directions, march, uniforms)
    tracer = _Tracer(field, march, clouds or Clouds(), occupancy, None)
    hitting = tracer.hitting(origins, directions)
    uniforms = uniforms.take(hitting)
    coarse = stratified_depths(march.near_m, march.far_m, uniforms.coarse)
    parts = [origins.new_zeros(0)]
    for rows in _pieces(len(hitting), origins.device):
        some = hitting[rows]
        weights, _ = tracer.weigh(
            origins[some], directions[some], coarse[rows], uniforms.fine[rows]
        )
        parts.append(weights.sum(-1))
    return origins.new_zeros(len(origins)).index_copy(0, hitting, torch.cat(parts))


def _check_rays(origins: Tensor, directions: Tensor, march: March, uniforms: Uniforms) -> int:
    """Refuse rays that do not fit their random numbers; return how many there are."""
    rays = check_shape("origins", origins, "N 3")["N"]
    check_shape("directions", directions, "N 3", N=rays)
    check_shape("uniforms.coarse", uniforms.coarse, f"N {march.coarse_samples}", N=rays)
    check_shape("uniforms.fine", uniforms.fine, f"N {march.fine_samples}", N=rays)
    if not bool(origins.isfinite().all() & directions.isfinite().all()):
        raise ShapeError("rays hold numbers that are not finite: check the camera")
    return rays


def _pieces(rays: int, device: torch.device) -> list[slice]:
    size = RAYS_AT_A_TIME if device.type == "cpu" else max(rays, 1)
    return [slice(first, first + size) for first in range(0, rays, size)]


class _Tracer:
    """Marches pieces of a picture; holds what all pieces share."""

    def __init__(
        self,
        field: Field,
        march: March,
        clouds: Clouds,
        occupancy: Occupancy | None,
        generator: torch.Generator | None,
    ) -> None:
        self.field, self.march, self.clouds = field, march, clouds
        self.occupancy, self.generator = occupancy, generator
        self.reach = None if occupancy is None else occupancy.for_rays()

    def hitting(self, origins: Tensor, directions: Tensor) -> Tensor:
        """Return the numbers of the rays that can meet anything at all."""
        rays, reach = len(origins), self.reach
        index = torch.arange(rays, device=origins.device)
        enters, leaves = self._crop_span(origins, directions)
        index = index[enters <= leaves]
        if reach is None or len(index) == 0:
            return index
        step = reach.box_m / reach.cells.shape[0]
        near, far = self.march.near_m, self.march.far_m
        last = far + (far - near) / (self.march.coarse_samples - 1)  # the jitter's end
        depths = torch.arange(near, last + step, step, device=origins.device).to(origins)
        met = torch.zeros(len(index), dtype=torch.bool, device=origins.device)
        for rows in _pieces(len(index), origins.device):
            some = index[rows]
            held = reach.along_rays(
                origins[some], directions[some], depths.expand(len(some), len(depths))
            )
            within = (depths >= enters[some, None] - step) & (depths <= leaves[some, None] + step)
            met[rows] = (held & within).any(-1)
        return index[met]

    def _crop_span(self, origins: Tensor, directions: Tensor) -> tuple[Tensor, Tensor]:
        """Return the depths between which each ray is inside the crop, a little widened."""
        enters = torch.full_like(origins[:, 0], -torch.inf)
        leaves = torch.full_like(origins[:, 0], torch.inf)
        limit = self.clouds.reach(self.march.box_m)
        if limit is not None:
            limit += 1e-4
            for axis in (0, 2):
                o, d = origins[:, axis], directions[:, axis]
                d = torch.where(d.abs() < 1e-9, 1e-9, d)
                a, b = (-limit - o) / d, (limit - o) / d
                enters = torch.maximum(enters, torch.minimum(a, b))
                leaves = torch.minimum(leaves, torch.maximum(a, b))
        return enters, leaves

    def trace_all(
        self, origins: Tensor, directions: Tensor, coarse: Tensor, fine: Tensor
    ) -> tuple[Tensor, ...]:
        """Trace rays piece by piece; see `trace`."""
        pieces = _pieces(len(origins), origins.device) or [slice(0, 0)]
        parts = [self.trace(origins[p], directions[p], coarse[p], fine[p]) for p in pieces]
        return tuple(torch.cat(some) for some in zip(*parts, strict=True))

    def trace(
        self, origins: Tensor, directions: Tensor, coarse: Tensor, fine: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return blended value, depth (infinite if empty), opacity and blended position."""
        weights, depths = self.weigh(origins, directions, coarse, fine)
        share = sample_weights(weights)
        along = (share * depths).sum(-1, keepdim=True)
        total = share.sum(-1, keepdim=True)
        position = origins * total + directions * along
        return (
            self._blend(origins, directions, depths, share),
            mean_depth(weights, depths),
            weights.sum(-1),
            position,
        )

    def weigh(
        self, origins: Tensor, directions: Tensor, coarse: Tensor, fine: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return interval weights and sample depths of both passes together."""
        raw = self._density(origins, directions, coarse)
        if self.march.fine_samples == 0:
            return interval_weights(raw, coarse), coarse
        closer = importance_depths(coarse, interval_weights(raw, coarse), fine)
        closer_raw = self._density(origins, directions, closer)
        depths, order = sort_depths(torch.cat([coarse, closer], -1))
        raw = torch.cat([raw, closer_raw], -1).gather(-1, order)
        return interval_weights(raw, depths), depths

    def _density(self, origins: Tensor, directions: Tensor, depths: Tensor) -> Tensor:
        """Return raw density after crop and culling; the field is asked only where it matters."""
        alive = self._alive(origins, directions, depths)
        if alive is None:
            points = origins[:, None] + depths[..., None] * directions[:, None]
            found = self.field.density(points.reshape(-1, 3))
            return self.clouds.thin_out(self._noisy(found)).reshape(depths.shape)
        index, _, points = _points_at(alive, origins, directions, depths)
        found = self.clouds.thin_out(self._noisy(self.field.density(points)))
        raw = found.new_full((depths.numel(),), EMPTY).index_copy(0, index, found)
        return raw.reshape(depths.shape)

    def _alive(self, origins: Tensor, directions: Tensor, depths: Tensor) -> Tensor | None:
        """Return which samples can be anything but empty; None if all can."""
        alive: Tensor | None = None
        if self.occupancy is not None:
            alive = self.occupancy.along_rays(origins, directions, depths)
        limit = self.clouds.reach(self.march.box_m)
        if limit is not None:
            for axis in (0, 2):
                inside = ray_axis(origins, directions, depths, axis).abs_() <= limit
                alive = inside if alive is None else alive & inside
        return alive

    def _noisy(self, raw: Tensor) -> Tensor:
        if self.march.density_noise == 0:
            return raw
        return raw + normal(raw.shape, raw, self.generator) * self.march.density_noise

    def _blend(self, origins: Tensor, directions: Tensor, depths: Tensor, share: Tensor) -> Tensor:
        """Sum the field's values by weight, looking only at samples that weigh anything."""
        index, ray, points = _points_at(share.detach() != 0, origins, directions, depths)
        value = self.field.value(points) * share.flatten()[index, None]
        out = value.new_zeros(len(origins), self.field.channels)
        return out.index_add(0, ray, value)


def _points_at(
    chosen: Tensor, origins: Tensor, directions: Tensor, depths: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the flat numbers of the chosen samples, their rays and their points."""
    index = chosen.flatten().nonzero()[:, 0]
    ray = torch.arange(len(chosen), device=index.device).repeat_interleave(chosen.sum(-1))
    along = depths.flatten().index_select(0, index)[:, None] * directions.index_select(0, ray)
    return index, ray, along.add_(origins.index_select(0, ray))
