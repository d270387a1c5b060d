"""The paper's generator: a front view in, tri-planes, and from those pictures and densities out.

Submodules carry the names of the published checkpoints, so their tensors load as they are.
Source: PAniC-3D (arXiv:2303.14587); EG3D (arXiv:2112.07945).
"""

from __future__ import annotations

from collections.abc import Mapping as MappingOf
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from panic3d.checks import check_shape, fitting
from panic3d.errors import ConfigError, ShapeError
from panic3d.geometry.frames import lustrous_from_world
from panic3d.geometry.rays import Rays
from panic3d.models.conditioning import Conditions
from panic3d.models.decoder import Decoder
from panic3d.models.fields import PlaneField, TableField, make_field
from panic3d.models.generator_config import GeneratorConfig
from panic3d.models.stylegan2.mapping import Mapping
from panic3d.models.stylegan2.synthesis import NoiseMode, Synthesis
from panic3d.models.superres import Superresolution
from panic3d.render.march import March
from panic3d.render.occupancy import Occupancy
from panic3d.render.volume import Clouds, Field, RayColours, draw_uniforms, render_rays


class View(NamedTuple):
    """A rendered picture, its low-resolution render, and what the rays met. r * r rays."""

    image: Float[Tensor, "n 3 s s"]
    """After super-resolution; around [-1, 1], not clamped."""
    image_raw: Float[Tensor, "n 3 r r"]
    """The first three features; around [-1, 1]."""
    features: Float[Tensor, "n c r r"]
    depth: Float[Tensor, "n 1 r r"]
    """Metres along the ray; of an empty ray the largest depth sampled in the batch."""
    opacity: Float[Tensor, "n 1 r r"]
    position: Float[Tensor, "n 3 r r"]
    """World frame, metres, plus (1 - opacity) in each coordinate (see `RayColours`)."""

    @property
    def xyz(self) -> Float[Tensor, "n 3 r r"]:
        """Positions as the paper stores them: lustrous frame, background (-1, 1, -1)."""
        return lustrous_from_world(self.position.movedim(1, -1)).movedim(-1, 1)


def unit_range(image: Tensor) -> Tensor:
    """Carry a picture from [-1, 1] to [0, 1], without clamping."""
    return 0.5 * image + 0.5


def seeded_latents(seeds: Sequence[int], z_dim: int) -> Float[Tensor, "n z"]:
    """Return the latents the paper makes from seeds: NumPy's legacy generator, float32.

    Raises:
        ConfigError: a seed is negative or has more than 32 bits.
    """
    if wrong := [seed for seed in seeds if not 0 <= seed < 2**32]:
        raise ConfigError(f"seeds are {wrong}, expected 0 to 2**32 - 1")
    rows = [np.random.RandomState(seed).randn(z_dim) for seed in seeds]
    return torch.from_numpy(np.stack(rows).astype(np.float32))


class Backbone(nn.Module):
    """The two halves of StyleGAN2, under the name that checkpoints have for them."""

    def __init__(self, synthesis: Synthesis, mapping: Mapping) -> None:
        super().__init__()
        self.synthesis = synthesis
        self.mapping = mapping


class Generator(nn.Module):
    """Mapping, backbone, decoder and super-resolution under one roof."""

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__()
        self.config = config
        mode = config.conditioning
        self.backbone = Backbone(
            Synthesis(
                w_dim=config.w_dim,
                channels={r: config.channels(r) for r in config.resolutions},
                image_channels=config.plane_channels,
                mode=mode,
                clamp=config.conv_clamp,
            ),
            Mapping(
                z_dim=config.z_dim,
                camera_dim=config.camera_dim,
                w_dim=config.w_dim,
                num_ws=config.num_ws,
                layers=config.mapping_layers,
                mode=mode,
            ),
        )
        self.superresolution = Superresolution(
            image_size=config.image_size,
            channels=config.superres_channels,
            w_dim=config.w_dim,
            antialias=config.superres_antialias,
            clamp=config.superres_clamp,
        )
        self.decoder = Decoder(config.plane_width, lr_multiplier=config.decoder_lr_multiplier)

    @property
    def march(self) -> March:
        """The ray sampling that the configuration asks for."""
        return self.config.rendering

    def mapping(
        self,
        z: Float[Tensor, "n z"],
        camera: Float[Tensor, "n c"],
        conditions: Conditions,
        *,
        truncation_psi: float = 1.0,
        truncation_cutoff: int | None = None,
        update_average: bool = False,
    ) -> Float[Tensor, "n k d"]:
        """Map latents to style vectors; the camera is zeroed unless the configuration uses it.

        See `panic3d.models.stylegan2.mapping.Mapping`.
        """
        if not self.config.camera_conditioning:
            camera = torch.zeros_like(camera)
        return self.backbone.mapping(
            z,
            camera * self.config.camera_scale,
            conditions,
            truncation_psi=truncation_psi,
            truncation_cutoff=truncation_cutoff,
            update_average=update_average,
        )

    def mapping_zplus(
        self,
        zs: Float[Tensor, "n k z"],
        camera: Float[Tensor, "n c"],
        conditions: Conditions,
        *,
        truncation_psi: float = 1.0,
        truncation_cutoff: int | None = None,
    ) -> Float[Tensor, "n k d"]:
        """Map one latent per style vector; see `mapping`."""
        k = self.config.num_ws
        check_shape("zs", zs, f"N {k} {self.config.z_dim}")
        styles = [
            self.mapping(
                zs[:, i],
                camera,
                conditions,
                truncation_psi=truncation_psi,
                truncation_cutoff=truncation_cutoff,
            )[:, i]
            for i in range(k)
        ]
        return torch.stack(styles, 1)

    def planes(
        self,
        ws: Float[Tensor, "n k d"],
        conditions: Conditions,
        *,
        noise_mode: NoiseMode = "const",
        generator: torch.Generator | None = None,
        injections: MappingOf[str, Tensor] | None = None,
        stop_level: int | None = None,
        levels: list[tuple[Tensor, Tensor]] | None = None,
    ) -> Float[Tensor, "n c r r"]:
        """Make the tri-planes; see `panic3d.models.stylegan2.synthesis.Synthesis`.

        ``dw`` and ``dws`` among the injections are added to the style vectors.
        """
        rest = dict(injections or {})
        for name in ("dw", "dws"):
            if name in rest:
                ws = ws + fitting(name, rest.pop(name), ws)
        return self.backbone.synthesis(
            ws,
            conditions,
            noise_mode=noise_mode,
            generator=generator,
            injections=rest,
            stop_level=stop_level,
            levels=levels,
        )

    def field(
        self, planes: Float[Tensor, "c r r"], *, force_sigmoid: bool = False
    ) -> PlaneField | TableField:
        """Return the field of one scene's planes.

        Args:
            planes: of one scene, from `planes`.
            force_sigmoid: see `panic3d.models.decoder.Decoder.forward`.

        Raises:
            ShapeError: the planes are not this generator's.
        """
        c, r = self.config.plane_channels, self.config.plane_resolution
        check_shape("planes", planes, f"{c} {r} {r}")
        return make_field(
            planes,
            self.decoder,
            depth=self.config.plane_depth,
            box_m=self.config.rendering.box_m,
            distinct=self.config.distinct_planes,
            force_sigmoid=force_sigmoid,
        )

    def enlarge(
        self,
        features: Float[Tensor, "n 32 r r"],
        ws: Float[Tensor, "n k d"],
        generator: torch.Generator | None = None,
    ) -> Float[Tensor, "n 3 s s"]:
        """Run super-resolution on rendered features in [-1, 1]; `generator` feeds its noise."""
        image = self.superresolution(features, ws, self.config.superres_noise, generator)
        return torch.tanh(image) if self.config.tanh_output else image

    def render(
        self,
        planes: Float[Tensor, "n c r r"],
        ws: Float[Tensor, "n k d"],
        rays: Rays,
        *,
        march: March | None = None,
        clouds: Clouds | None = None,
        jitter: bool = True,
        generator: torch.Generator | None = None,
        fields: Sequence[Field] | None = None,
        occupancies: Sequence[Occupancy | None] | None = None,
    ) -> View:
        """Render one view of each scene.

        Args:
            planes: from `planes`.
            ws: style vectors, for super-resolution.
            rays: origins and directions (n, r * r, 3) of a square picture, row by row.
            march: sampling; None takes the configuration's.
            clouds: what is cut away.
            jitter: off puts all samples in the middle of their steps.
            generator: source of the jitter.
            fields: of the scenes, if they were made before.
            occupancies: of the scenes; see `render_rays`.

        Raises:
            ShapeError: shapes do not fit, or the rays are no square picture.
        """
        n = check_shape("planes", planes, "N C R R")["N"]
        count = check_shape("rays.origins", rays.origins, "N M 3", N=n)["M"]
        check_shape("rays.directions", rays.directions, "N M 3", N=n, M=count)
        r = round(count**0.5)
        if n == 0 or (fields is not None and len(fields) != n):
            raise ShapeError(f"planes hold {n} scenes, fields {len(fields or ())}: pass one each")
        if r * r != count:
            raise ShapeError(f"{count} rays are no square picture: pass resolution**2 rays")
        march = march or self.march
        clouds = clouds or Clouds()
        seen = []
        for k in range(n):
            field = fields[k] if fields is not None else self.field(planes[k])
            origins = rays.origins[k].to(planes)
            uniforms = draw_uniforms(march, count, origins, generator, jitter)
            seen.append(
                render_rays(
                    field,
                    origins,
                    rays.directions[k].to(planes),
                    march,
                    uniforms,
                    clouds=clouds,
                    occupancy=None if occupancies is None else occupancies[k],
                    generator=generator,
                )
            )
        return self.view_of(seen, ws, generator)

    def view_of(
        self,
        seen: Sequence[RayColours],
        ws: Float[Tensor, "n k d"],
        generator: torch.Generator | None = None,
    ) -> View:
        """Arrange what the rays of each scene saw as pictures, and enlarge them."""
        value, depth, opacity, position = (torch.stack(p) for p in zip(*seen, strict=True))
        n, count, c = value.shape
        r = round(count**0.5)
        # An empty ray's depth is the batch's largest.
        depth = torch.where(opacity > 0, depth, depth.max())
        features = value.transpose(1, 2).reshape(n, c, r, r)
        raw = features[:, :3]
        return View(
            image=self.enlarge(features, ws, generator),
            image_raw=torch.tanh(raw) if self.config.tanh_output else raw,
            features=features,
            depth=depth.reshape(n, 1, r, r),
            opacity=opacity.reshape(n, 1, r, r),
            position=position.transpose(1, 2).reshape(n, 3, r, r),
        )

    def latents(self, seeds: Sequence[int] = (0,)) -> Float[Tensor, "n z"]:
        """Return the latents of seeds, on the generator's device."""
        if not seeds:
            raise ConfigError("seeds is empty, expected at least one number: pass [0]")
        return seeded_latents(seeds, self.config.z_dim).to(self.decoder.first.weight)
