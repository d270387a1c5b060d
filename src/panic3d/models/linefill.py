"""The line filler: a small convolutional network that paints over erased lines, and its adversary.

Names of parameters are those of the paper's checkpoint.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from panic3d.checks import check_shape
from panic3d.config import check_choice
from panic3d.errors import ConfigError, ShapeError

Smoothing = Literal["paper", "fixed"]
"""``paper``: labels 0 and 1 become 0.4 and 1.2 at a smoothing of 0.8, and 1.2 is no probability:
the loss has no lower bound. ``fixed``: they become 0.1 and 0.9, which was meant."""


@dataclass(frozen=True, kw_only=True)
class LineFillConfig:
    """Sizes of the line filler; the paper's are a width of 32 and a depth of 6."""

    channels: int
    """3, or 4 if the face hull is an input too."""
    width: int
    depth: int
    """Convolutions of 3 x 3; a pixel sees so many pixels to each side."""
    mask_input: bool = True
    """Whether the lines are blacked out before the network looks."""

    def __post_init__(self) -> None:
        _check_stack(self.channels, self.width, self.depth)


@dataclass(frozen=True, kw_only=True)
class LineFillDiscriminatorConfig:
    """Sizes of the line filler's adversary; the paper's are a width of 16 and a depth of 4."""

    channels: int
    """3, or 4 if the face hull is an input too."""
    width: int
    depth: int
    patch_size: int = 9
    """The middle of a patch that is looked at, pixels."""

    def __post_init__(self) -> None:
        _check_stack(self.channels, self.width, self.depth)
        if not 2 * self.depth < self.patch_size:
            raise ConfigError(
                f"patch_size is {self.patch_size}, expected at least {2 * self.depth + 1} for "
                f"{self.depth} convolutions"
            )


def _check_stack(channels: int, width: int, depth: int) -> None:
    if channels not in (3, 4):
        raise ConfigError(f"channels is {channels}, expected 3, or 4 with the face hull")
    for name, value in (("width", width), ("depth", depth)):
        if value < 1:
            raise ConfigError(f"{name} is {value}, expected at least 1")


def _stack(channels: int, width: int, depth: int, outputs: int) -> list[nn.Module]:
    """Convolutions without padding; between them leaky ReLU, then batch norm."""
    layers: list[nn.Module] = []
    for layer in range(depth):
        last = layer == depth - 1
        layers.append(nn.Conv2d(width if layer else channels, outputs if last else width, 3))
        if not last:
            layers += [nn.LeakyReLU(0.01), nn.BatchNorm2d(width)]
    return layers


class LineFiller(nn.Module):
    """Paints a whole picture anew; `lay_over` takes from it what the mask covers."""

    def __init__(self, config: LineFillConfig) -> None:
        super().__init__()
        self.config = config
        layers = _stack(config.channels, config.width, config.depth, 3)
        self.generator = nn.Sequential(*layers, nn.Tanh())

    def forward(
        self,
        picture: Float[Tensor, "n 3 h w"],
        lines: Float[Tensor, "n 1 h w"],
        hull: Float[Tensor, "n 1 h w"] | None = None,
        *,
        pad: bool = True,
    ) -> Float[Tensor, "n 3 h2 w2"]:
        """Paint.

        Args:
            picture: RGB in [0, 1], on white.
            lines: 1 where something is to be painted over, else 0.
            hull: 1 on the features of the face, else 0; used by networks of four channels alone.
            pad: repeat the outermost pixels, so that the result is as large as the picture.
                Without, it loses `depth` pixels on each side.

        Returns:
            RGB in (-1, 1): the original compares it with pictures in [0, 1] as it is.

        Raises:
            ShapeError: an input has another shape, is too small, or the hull is missing.
        """
        sizes = check_shape("picture", picture, "N 3 H W")
        check_shape("lines", lines, "N 1 H W", **sizes)
        x = picture * (1 - lines) if self.config.mask_input else picture
        x = _with_hull(x, hull, self.config.channels, sizes)
        margin = self.config.depth
        if pad:
            x = functional.pad(x, [margin] * 4, mode="replicate")
        elif min(x.shape[-2:]) <= 2 * margin:
            raise ShapeError(
                f"the picture has {sizes['H']} x {sizes['W']} pixels, expected more than "
                f"{2 * margin} without padding"
            )
        # Channels innermost: a picture of 512 pixels takes a third less time on a CPU.
        painted: Tensor = self.generator(x.contiguous(memory_format=torch.channels_last))
        return painted


def _with_hull(x: Tensor, hull: Tensor | None, channels: int, sizes: dict[str, int]) -> Tensor:
    if channels == 3:
        return x
    if hull is None:
        raise ShapeError("the network has the face hull as fourth channel: pass hull")
    check_shape("hull", hull, "N 1 H W", **sizes)
    return torch.cat([x, hull], 1)


def lay_over(
    picture: Float[Tensor, "n 3 h w"],
    painted: Float[Tensor, "n 3 h w"],
    lines: Float[Tensor, "n 1 h w"],
) -> Float[Tensor, "n 3 h w"]:
    """Take the painted picture where there are lines; elsewhere the picture stays, to the bit."""
    return torch.lerp(picture, painted, lines)


class LineFillDiscriminator(nn.Module):
    """Tells patches of renders from patches of illustrations, both with their lines filled."""

    def __init__(self, config: LineFillDiscriminatorConfig) -> None:
        super().__init__()
        self.config = config
        layers = _stack(config.channels, config.width, config.depth, config.width)
        self.discriminator = nn.Sequential(*layers)

    def forward(
        self, picture: Float[Tensor, "n 3 s s"], hull: Float[Tensor, "n 1 s s"] | None = None
    ) -> Float[Tensor, " n"]:
        """Return what speaks for a render, a logit each: the mean of the last layer.

        Args:
            picture: square patches; all but the middle is cut off, what is missing of it is filled
                up with the outermost pixels.
            hull: see `LineFiller.forward`.

        Raises:
            ShapeError: an input has another shape, or the hull is missing.
        """
        sizes = check_shape("picture", picture, "N 3 S S")
        if hull is not None:
            check_shape("hull", hull, "N 1 S S", **sizes)
        x = _with_hull(picture, hull, self.config.channels, {"H": sizes["S"], "W": sizes["S"]})
        # Rounded down, as the original: of an even side one pixel less than the patch remains.
        margin = (self.config.patch_size - sizes["S"]) // 2
        if sizes["S"] + 2 * margin <= 2 * self.config.depth:
            raise ShapeError(
                f"patches of {sizes['S']} pixels are cut to {sizes['S'] + 2 * margin}, expected "
                f"more than {2 * self.config.depth}: pass patches of an odd side"
            )
        x = functional.pad(x, [margin] * 4, mode="replicate")
        logits: Tensor = self.discriminator(x).mean((1, 2, 3))
        return logits


class LineFillLoss(NamedTuple):
    """The line filler's loss, of each patch."""

    total: Float[Tensor, " n"]
    l1: Float[Tensor, " n"]
    adversarial: Float[Tensor, " n"]


def line_fill_loss(
    filled: Float[Tensor, "n 3 h w"],
    truth: Float[Tensor, "n 3 h w"],
    logits: Float[Tensor, " n"],
    real: Float[Tensor, " n"],
    *,
    l1_weight: float = 1.0,
    adversarial_weight: float = 1.0,
    smoothing: float = 0.8,
    mode: Smoothing = "fixed",
) -> LineFillLoss:
    """Return the loss of filled patches, for the filler or for its adversary.

    Args:
        filled: patches with what was painted laid over.
        truth: what they should look like. The original has no other truth than the patch itself.
        logits: what the discriminator says of `filled`.
        real: 1 for what is to pass for a render, else 0; the filler's own step asks for 1.
        l1_weight: of the mean absolute difference.
        adversarial_weight: of the cross-entropy.
        smoothing: share of the distance between the labels 0 and 1 that is left.
        mode: how they are moved, see `Smoothing`.

    Raises:
        ShapeError: an input has another shape.
        ConfigError: the mode is unknown or the smoothing outside [0, 1].
    """
    check_choice("mode", mode, ("paper", "fixed"))
    if not 0 <= smoothing <= 1:
        raise ConfigError(f"smoothing is {smoothing}, expected 0 to 1")
    sizes = check_shape("filled", filled, "N C H W")
    check_shape("truth", truth, "N C H W", **sizes)
    check_shape("logits", logits, "N", N=sizes["N"])
    check_shape("real", real, "N", N=sizes["N"])
    l1 = (filled - truth).abs().mean((1, 2, 3))
    below = smoothing if mode == "paper" else 1 - smoothing
    target = real * smoothing + below / 2
    adversarial = functional.binary_cross_entropy_with_logits(logits, target, reduction="none")
    return LineFillLoss(l1_weight * l1 + adversarial_weight * adversarial, l1, adversarial)
