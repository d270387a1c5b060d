"""The synthesis network: style vectors in, tri-plane features out, edited by the conditions."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal, get_args

import torch
from jaxtyping import Float
from torch import Tensor, nn

from panic3d.checks import check_shape, fitting
from panic3d.config import check_choice
from panic3d.errors import ConfigError
from panic3d.models.conditioning import Conditioning, Conditions, LevelEdits
from panic3d.models.stylegan2.layers import FullyConnected
from panic3d.ops.bias_act import bias_act
from panic3d.ops.chance import first_weights, normal
from panic3d.ops.modulated_conv import modulated_conv2d
from panic3d.ops.upfirdn import make_filter, upsample2d

NoiseMode = Literal["random", "const", "none"]


class SynthesisLayer(nn.Module):
    """Modulated 3 x 3 convolution, noise, bias, leaky ReLU."""

    resample_filter: Tensor
    noise_const: Tensor

    def __init__(
        self,
        inputs: int,
        outputs: int,
        *,
        w_dim: int,
        resolution: int,
        up: int = 1,
        clamp: float | None = None,
    ) -> None:
        super().__init__()
        self.resolution, self.up, self.clamp = resolution, up, clamp
        self.register_buffer("resample_filter", make_filter(), persistent=False)
        self.affine = FullyConnected(w_dim, inputs, bias_init=1.0)
        self.weight = nn.Parameter(first_weights(outputs, inputs, 3, 3))
        self.register_buffer("noise_const", first_weights(resolution, resolution))
        self.noise_strength = nn.Parameter(torch.zeros([]))
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(
        self,
        x: Float[Tensor, "n i h w"],
        w: Float[Tensor, "n d"],
        noise_mode: NoiseMode,
        generator: torch.Generator | None = None,
    ) -> Float[Tensor, "n o h2 w2"]:
        """Apply the layer; `generator` feeds the random noise."""
        check_choice("noise_mode", noise_mode, get_args(NoiseMode))
        noise = None
        if noise_mode == "random":
            noise = normal((len(x), 1, self.resolution, self.resolution), x, generator)
            noise = noise * self.noise_strength.to(x.dtype)
        elif noise_mode == "const":
            noise = (self.noise_const * self.noise_strength).to(x.dtype)
        y = modulated_conv2d(
            x,
            self.weight.to(x.dtype),
            self.affine(w).to(x.dtype),
            noise=noise,
            kernel=self.resample_filter,
            up=self.up,
            flip_weight=self.up == 1,
        )
        return bias_act(y, self.bias.to(x.dtype), "lrelu", clamp=self.clamp, overwrite=True)


class ToRGB(nn.Module):
    """Modulated 1 x 1 convolution without demodulation, to the channels of the skip image."""

    def __init__(
        self, inputs: int, outputs: int, *, w_dim: int, clamp: float | None = None
    ) -> None:
        super().__init__()
        self.clamp = clamp
        self.style_gain = 1 / math.sqrt(inputs)
        self.affine = FullyConnected(w_dim, inputs, bias_init=1.0)
        self.weight = nn.Parameter(first_weights(outputs, inputs, 1, 1))
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(
        self, x: Float[Tensor, "n i h w"], w: Float[Tensor, "n d"]
    ) -> Float[Tensor, "n o h w"]:
        """Apply the layer."""
        styles = (self.affine(w) * self.style_gain).to(x.dtype)
        y = modulated_conv2d(x, self.weight.to(x.dtype), styles, demodulate=False)
        return bias_act(y, self.bias.to(x.dtype), clamp=self.clamp, overwrite=True)


class SynthesisBlock(nn.Module):
    """One resolution: convolutions, then the skip image is doubled and added to."""

    resample_filter: Tensor

    def __init__(
        self,
        inputs: int,
        outputs: int,
        *,
        w_dim: int,
        resolution: int,
        image_channels: int,
        clamp: float | None = None,
    ) -> None:
        """Build it; `inputs` 0 makes the first block, which starts from a learned constant."""
        super().__init__()
        self.inputs = inputs
        self.register_buffer("resample_filter", make_filter(), persistent=False)
        if inputs == 0:
            self.const = nn.Parameter(first_weights(outputs, resolution, resolution))
        else:
            self.conv0 = SynthesisLayer(
                inputs, outputs, w_dim=w_dim, resolution=resolution, up=2, clamp=clamp
            )
        self.conv1 = SynthesisLayer(
            outputs, outputs, w_dim=w_dim, resolution=resolution, clamp=clamp
        )
        self.torgb = ToRGB(outputs, image_channels, w_dim=w_dim, clamp=clamp)

    def forward(
        self,
        x: Tensor | None,
        image: Tensor | None,
        ws: Float[Tensor, "n k d"],
        noise_mode: NoiseMode,
        generator: torch.Generator | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Return features and skip image; `ws` holds one vector per layer, in order."""
        vectors = iter(ws.unbind(1))
        if self.inputs == 0:
            x = self.const[None].expand(ws.shape[0], -1, -1, -1).to(ws.dtype)
        else:
            assert x is not None
            x = self.conv0(x, next(vectors), noise_mode, generator)
        x = self.conv1(x, next(vectors), noise_mode, generator)
        rgb = self.torgb(x, next(vectors))
        if image is None:
            return x, rgb
        # Both are new here, so one may hold the sum.
        larger = upsample2d(image)
        return x, larger + rgb if torch.is_grad_enabled() else rgb.add_(larger)


class Synthesis(nn.Module):
    """The backbone: levels of resolution 4 to the planes', conditions edited in after each.

    Source: StyleGAN2 (arXiv:1912.04958), "skip" architecture; PAniC-3D (arXiv:2303.14587),
    section 3.2, for the conditioning and the pooling along tri-plane axes.
    """

    def __init__(
        self,
        *,
        w_dim: int,
        channels: Mapping[int, int],
        image_channels: int,
        mode: Conditioning,
        clamp: float | None = None,
    ) -> None:
        """Build it; `channels` gives the width of each level, lowest resolution first."""
        super().__init__()
        self.w_dim, self.mode = w_dim, mode
        self.resolutions = tuple(channels)
        inputs = 0
        for resolution, width in channels.items():
            block = SynthesisBlock(
                inputs,
                width,
                w_dim=w_dim,
                resolution=resolution,
                image_channels=image_channels,
                clamp=clamp,
            )
            self.add_module(f"b{resolution}", block)
            inputs = width

    @property
    def num_ws(self) -> int:
        """Style vectors that the network reads."""
        return 2 * len(self.resolutions)

    def forward(
        self,
        ws: Float[Tensor, "n k d"],
        conditions: Conditions,
        *,
        noise_mode: NoiseMode = "const",
        generator: torch.Generator | None = None,
        injections: Mapping[str, Tensor] | None = None,
        stop_level: int | None = None,
        levels: list[tuple[Tensor, Tensor]] | None = None,
    ) -> Float[Tensor, "n channels r r"]:
        """Make the planes.

        Args:
            ws: style vectors, `num_ws` of them.
            conditions: see `panic3d.models.conditioning.Conditions`.
            noise_mode: ``const`` uses the stored noise, ``random`` draws it, ``none`` adds none.
            generator: source of the random noise.
            injections: ``da_k`` is added to the features and ``db_k`` to the skip image of
                level k, after the conditioning; level 0 is resolution 4.
            stop_level: return the skip image of this level, enlarged to full size.
            levels: if given, features and skip image after each level are appended to it.

        Raises:
            ShapeError: styles or a condition have the wrong shape.
            ConfigError: there is no such level or injection.
        """
        n = check_shape("ws", ws, f"N {self.num_ws} {self.w_dim}")["N"]
        last = len(self.resolutions) - 1
        if stop_level is not None and not 0 <= stop_level <= last:
            raise ConfigError(f"stop_level is {stop_level}, expected 0 to {last}")
        injections = injections or {}
        known = {f"d{kind}_{level}" for kind in "ab" for level in range(last + 1)}
        if unknown := sorted(set(injections) - known):
            raise ConfigError(
                f"unknown injections {', '.join(unknown)}: expected da_0 ... da_{last}, db_0 ..."
            )
        edits = LevelEdits(self.mode, conditions, n)
        x: Tensor | None = None
        image: Tensor | None = None
        first = 0
        for level, resolution in enumerate(self.resolutions):
            # The to-RGB layer shares its vector with the next level's first convolution.
            count = 2 if level == 0 else 3
            block = self.get_submodule(f"b{resolution}")
            x, image = block(x, image, ws[:, first : first + count], noise_mode, generator)
            first += count - 1
            x, image = edits(x, image, resolution, last - level, used=levels is not None)
            if f"da_{level}" in injections:
                x = x + fitting(f"da_{level}", injections[f"da_{level}"], x)
            if f"db_{level}" in injections:
                image = image + fitting(f"db_{level}", injections[f"db_{level}"], image)
            if levels is not None:
                levels.append((x, image))
            if level == stop_level:
                for _ in range(last - level):
                    image = upsample2d(image)
                return image
        assert image is not None
        return image
