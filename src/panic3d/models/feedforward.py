"""A small generator of our own: one front view in, tri-planes out, in one pass and without chance.

A U-Net reads the picture. Its own resolution becomes the plane that faces the viewer; for the two
planes seen from above and from the side, learned sums along a column (or row) of the picture are
unrolled in depth. A small network turns a point's mean plane features into colour and occupancy.
There is no super-resolution: fields are rendered at the picture's own resolution.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from panic3d.checks import check_shape
from panic3d.errors import ConfigError, ShapeError
from panic3d.geometry.rays import Rays
from panic3d.models.cut_field import CutField
from panic3d.models.decoder import HIDDEN
from panic3d.models.fields import make_field
from panic3d.models.filled_field import filled
from panic3d.models.generator import View
from panic3d.models.raw_density import raw_density
from panic3d.ops.chance import first_weights
from panic3d.render.march import March
from panic3d.render.occupancy import Occupancy
from panic3d.render.plane_rows import mean_of_planes
from panic3d.render.triplane import sample_planes
from panic3d.render.volume import Clouds, Field, draw_uniforms, render_rays

COLOURS = 3
OCCUPANCY_BIAS = "decoder.net.4.bias"
"""Name of the tensor whose first number is added to every logit of occupancy."""


@dataclass(frozen=True, kw_only=True)
class FeedForwardConfig:
    """Sizes of the network."""

    image_size: int = 128
    """Side of the picture that is read, pixels."""
    patch: int = 1
    """Side of the squares of pixels that it is read in: planes are so much smaller."""
    reads_inside: bool = False
    """The picture has a fifth channel: what of it is inside the drawing it comes from."""
    channels: tuple[int, ...] = (24, 48, 72, 104, 128)
    """Of the U-Net at each resolution, each half the one before."""
    blocks: tuple[int, ...] = (0, 1, 2, 2, 2)
    """Residual blocks of the encoder at each of them."""
    plane_width: int = 16
    plane_depth: int = 3
    side_sums: int = 4
    """Learned sums along each column that the other two planes are made from."""
    side_width: int = 32
    hull: bool = True
    """Nothing lies outside the portrait's own silhouette."""
    filled: bool = False
    """Something stands on every ray within it."""
    rendering: March = March(coarse_samples=128, fine_samples=32)
    render_resolution: int = 512

    def __post_init__(self) -> None:
        levels = len(self.channels)
        if levels < 4 or len(self.blocks) != levels:
            raise ConfigError(
                f"channels, blocks have {levels}, {len(self.blocks)} entries, expected one for "
                "each of at least four resolutions"
            )
        unit = max(self.patch, 1) << (levels - 1)
        if self.patch < 1 or self.image_size < 2 * unit or self.image_size % unit:
            raise ConfigError(
                f"image_size, patch are {self.image_size}, {self.patch}, expected a multiple of "
                f"{unit}, twice that or more, and at least 1"
            )
        for name in ("plane_width", "plane_depth", "side_sums", "render_resolution"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} is {getattr(self, name)}, expected at least 1")
        for name, sizes in (("channels", self.channels), ("side_width", (self.side_width,))):
            if min(sizes) < GROUP or any(size % GROUP for size in sizes):
                raise ConfigError(f"{name} is {sizes}, expected multiples of {GROUP}")
        if min(self.blocks) < 0:
            raise ConfigError(f"blocks are {self.blocks}, expected 0 or more")

    @property
    def plane_size(self) -> int:
        """Side of the planes, texels."""
        return self.image_size // self.patch

    @property
    def picture_channels(self) -> int:
        """RGB, alpha, and the fifth channel if there is one."""
        return 5 if self.reads_inside else 4

    @property
    def plane_channels(self) -> int:
        """Three planes of width times depth."""
        return 3 * self.plane_width * self.plane_depth


_KNOWN = 0.99
"""A pixel must be inside the drawing by so much for its matte to mean anything."""
GROUP = 8
"""Channels that are normalised together."""


class Block(nn.Module):
    """Two convolutions around which the input is carried."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.norm1 = nn.GroupNorm(inputs // GROUP, inputs)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.norm2 = nn.GroupNorm(outputs // GROUP, outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.skip = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else nn.Identity()
        nn.init.zeros_(self.conv2.weight)

    def forward(self, x: Float[Tensor, "n i h w"]) -> Float[Tensor, "n o h w"]:
        """Return features of the same size."""
        y = self.conv1(functional.silu(self.norm1(x)))
        y = self.conv2(functional.silu(self.norm2(y)))
        out: Tensor = self.skip(x) + y
        return out


class Unroll(nn.Module):
    """A plane across the picture: what each of its columns holds, spread out in depth."""

    def __init__(self, inputs: int, size: int, config: FeedForwardConfig) -> None:
        """Make the layers.

        Args:
            inputs: channels of the features.
            size: their height and width; the plane is made at twice that.
            config: the network's.
        """
        super().__init__()
        self.size, width = size, config.side_width
        self.sums = nn.Parameter(first_weights(config.side_sums, inputs, size, over=size**0.5))
        self.spread = nn.Conv1d(config.side_sums * inputs, width // 2 * size, 1)
        self.coarse = Block(width // 2, width)
        self.fine = Block(width, width)
        self.last = nn.Conv2d(width, config.plane_width * config.plane_depth, 1)
        self.factor = config.plane_size // (2 * size)

    def forward(self, x: Float[Tensor, "n i h w"]) -> Float[Tensor, "n c r r"]:
        """Return the plane whose width is the picture's and whose height is depth."""
        n = x.shape[0]
        columns = torch.einsum("nchw,kch->nkcw", x, self.sums.to(x.dtype)).reshape(n, -1, self.size)
        spread = functional.silu(self.spread(columns)).reshape(n, -1, self.size, self.size)
        plane = self.last(self.fine(_twice(self.coarse(spread))))
        return functional.interpolate(
            plane, scale_factor=self.factor, mode="bilinear", align_corners=False
        )


def _twice(x: Tensor) -> Tensor:
    return functional.interpolate(x, scale_factor=2.0, mode="nearest")


class PointDecoder(nn.Module):
    """Mean plane features to colour and occupancy, two hidden layers."""

    channels = COLOURS

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(inputs, HIDDEN),
            nn.SiLU(),
            nn.Linear(HIDDEN, HIDDEN),
            nn.SiLU(),
            nn.Linear(HIDDEN, 1 + COLOURS),
        )

    def logits(self, features: Float[Tensor, "*n w"]) -> Float[Tensor, "*n 4"]:
        """Return the logits of occupancy (first) and of sRGB colour."""
        found: Tensor = self.net(features)
        return found

    def forward(
        self, features: Float[Tensor, "*n w"], *, force_sigmoid: bool = False
    ) -> tuple[Float[Tensor, "*n 3"], Float[Tensor, "*n"]]:
        """Return colours in [0, 1] and raw density; see `panic3d.models.decoder.Decoder`."""
        out = self.logits(features)
        return out[..., 1:].sigmoid(), raw_density(out[..., 0])

    def folded(self, *, force_sigmoid: bool = False) -> FoldedPointDecoder:
        """Return the same function for inference."""
        return FoldedPointDecoder(self)


class FoldedPointDecoder:
    """The decoder in two steps: what colour and density share, then either."""

    def __init__(self, decoder: PointDecoder) -> None:
        layers = [layer for layer in decoder.net if isinstance(layer, nn.Linear)]
        self._inner = [(layer.weight.detach(), layer.bias.detach()) for layer in layers[:-1]]
        self._weight, self._bias = layers[-1].weight.detach(), layers[-1].bias.detach()

    def hidden(self, features: Float[Tensor, "n w"]) -> Float[Tensor, "n 64"]:
        """Return the last hidden layer."""
        for weight, bias in self._inner:
            features = functional.silu(functional.linear(features, weight, bias), inplace=True)
        return features

    def density(self, hidden: Float[Tensor, "n 64"]) -> Float[Tensor, " n"]:
        """Return the raw density."""
        return raw_density(functional.linear(hidden, self._weight[:1], self._bias[:1])[:, 0])

    def value(self, hidden: Float[Tensor, "n 64"]) -> Float[Tensor, "n 3"]:
        """Return colours in [0, 1]."""
        return functional.linear(hidden, self._weight[1:], self._bias[1:]).sigmoid()


class FeedForward(nn.Module):
    """The network: `planes` from a picture, `field` from planes, `render` from fields."""

    def __init__(self, config: FeedForwardConfig) -> None:
        super().__init__()
        self.config = config
        sizes = config.channels
        # Two more: the place of each pixel.
        inputs = config.picture_channels * config.patch**2 + 2
        self.stem = nn.Conv2d(inputs, sizes[0], 3, padding=1)
        self.down = nn.ModuleList(
            nn.Conv2d(a, b, 3, stride=2, padding=1) for a, b in pairwise(sizes)
        )
        self.encode = nn.ModuleList(
            nn.Sequential(*(Block(size, size) for _ in range(count)))
            for size, count in zip(sizes, config.blocks, strict=True)
        )
        # The finest resolution has a single convolution: it is the dearest.
        self.up = nn.ModuleList(Block(b + a, a) for a, b in pairwise(sizes[1:]))
        self.finest = nn.Conv2d(sizes[1] + sizes[0], sizes[1], 3, padding=1)
        self.front = nn.Conv2d(sizes[1], config.plane_width * config.plane_depth, 1)
        quarter = config.plane_size // 4
        self.above = Unroll(sizes[2], quarter, config)
        self.beside = Unroll(sizes[2], quarter, config)
        self.decoder = PointDecoder(config.plane_width)

    @property
    def march(self) -> March:
        """The ray sampling that the configuration asks for."""
        return self.config.rendering

    def forward(
        self, portrait: Float[Tensor, "n k s s"], points: Float[Tensor, "n m 3"]
    ) -> Float[Tensor, "n m 4"]:
        """Return the logits at points, for training; see `planes` and `logits`."""
        parts = self._parts(portrait)
        if portrait.device.type != "cpu":
            return self.logits(torch.cat(parts, 1).float(), points)
        depth, box = self.config.plane_depth, self.config.rendering.box_m
        return self.decoder.logits(mean_of_planes(parts, points, depth=depth, box_m=box))

    def planes(self, portrait: Float[Tensor, "n k s s"]) -> Float[Tensor, "n c r r"]:
        """Make tri-planes.

        Args:
            portrait: the aligned front orthographic view in [0, 1], straight alpha; with a fifth
                channel where the configuration asks for one.

        Returns:
            Planes in the layout of `panic3d.render.triplane.split_planes`, float32.
        """
        return torch.cat(self._parts(portrait), 1).float()

    def _parts(self, portrait: Float[Tensor, "n k s s"]) -> tuple[Tensor, Tensor, Tensor]:
        """Make the three planes one by one."""
        size = self.config.image_size
        check_shape("portrait", portrait, f"N {self.config.picture_channels} {size} {size}")
        # Rows of a plane grow with y, those of a picture downwards.
        x = functional.silu(self.stem(self._read(portrait).flip(-2)))
        kept = [self.encode[0](x)]
        for down, blocks in zip(self.down, self.encode[1:], strict=True):
            kept.append(blocks(down(kept[-1])))
        x = kept.pop()
        shared = x
        for k in reversed(range(len(self.up))):
            x = self.up[k](torch.cat([_twice(x), kept[k + 1]], 1))
            if k == 1:
                shared = x
        x = functional.silu(self.finest(torch.cat([_twice(x), kept[0]], 1)))
        return self.front(x), self.above(shared), self.beside(shared.transpose(-1, -2))

    def _read(self, portrait: Tensor) -> Tensor:
        """Lay the picture on white and add the pixels' places, all around 0."""
        colour, alpha = portrait[:, :3], portrait[:, 3:]
        laid = 1 + (colour - 1) * alpha[:, :1]
        x = functional.pixel_unshuffle(
            torch.cat([2 * laid - 1, 2 * alpha - 1], 1), self.config.patch
        )
        n, _, h, w = x.shape
        across = torch.linspace(-1, 1, w).to(x).expand(n, 1, h, w)
        down = torch.linspace(-1, 1, h).to(x)[:, None].expand(n, 1, h, w)
        return torch.cat([x, across, down], 1)

    def logits(
        self, planes: Float[Tensor, "n c s s"], points: Float[Tensor, "n m 3"]
    ) -> Float[Tensor, "n m 4"]:
        """Return the logits of occupancy (first) and of colour at points, for training."""
        config = self.config
        features = sample_planes(
            planes, points, depth=config.plane_depth, box_m=config.rendering.box_m
        )
        return self.decoder.logits(features.mean(1))

    def field(
        self,
        planes: Float[Tensor, "c s s"],
        alpha: Float[Tensor, "1 h w"] | None = None,
        inside: Float[Tensor, "1 h w"] | None = None,
    ) -> Field:
        """Return the field of one scene's planes.

        Args:
            planes: of one scene, from `planes`.
            alpha: of the portrait, at any resolution; None asks nothing of the silhouette.
            inside: what of the portrait is known, of the same size; None: all of it.
        """
        config, box = self.config, self.config.rendering.box_m
        inner: Field = make_field(
            planes, self.decoder, depth=config.plane_depth, box_m=box, distinct=True
        )
        if alpha is not None and config.filled:
            sure = alpha if inside is None else alpha * (inside > _KNOWN)
            inner = filled(inner, box, sure, planes) or inner
        if alpha is not None and inside is not None:
            alpha = torch.where(inside > _KNOWN, alpha, torch.ones_like(alpha))
        return CutField(inner, box, alpha if config.hull else None)

    def render(
        self,
        planes: Float[Tensor, "1 c s s"],
        ws: Float[Tensor, "1 k d"],
        rays: Rays,
        *,
        march: March | None = None,
        clouds: Clouds | None = None,
        jitter: bool = True,
        generator: torch.Generator | None = None,
        fields: Sequence[Field] | None = None,
        occupancies: Sequence[Occupancy | None] | None = None,
    ) -> View:
        """Render one view of one scene; arguments as `panic3d.models.generator.Generator.render`.

        Args:
            planes: from `planes`.
            ws: not read.
            rays: origins and directions (1, r * r, 3) of a square picture, row by row.
            march: sampling; None takes the configuration's.
            clouds: what is cut away.
            jitter: off puts all samples in the middle of their steps.
            generator: source of the jitter.
            fields: the scene's, if it was made before.
            occupancies: the scene's; see `render_rays`.

        Raises:
            ShapeError: the rays are no square picture.
        """
        count = check_shape("rays.origins", rays.origins, "1 M 3")["M"]
        r = round(count**0.5)
        if r * r != count:
            raise ShapeError(f"{count} rays are no square picture: pass resolution**2 rays")
        march = march or self.march
        origins, directions = rays.origins[0].to(planes), rays.directions[0].to(planes)
        value, depth, opacity, position = render_rays(
            self.field(planes[0]) if fields is None else fields[0],
            origins,
            directions,
            march,
            draw_uniforms(march, count, origins, generator, jitter),
            clouds=clouds,
            occupancy=None if occupancies is None else occupancies[0],
            generator=generator,
        )
        features = value.T.reshape(1, COLOURS, r, r)
        depth = torch.where(opacity > 0, depth, depth.max())
        return View(
            image=features,
            image_raw=features,
            features=features,
            depth=depth.reshape(1, 1, r, r),
            opacity=opacity.reshape(1, 1, r, r),
            position=position.T.reshape(1, 3, r, r),
        )
