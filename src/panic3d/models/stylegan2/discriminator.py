"""The dual discriminator: judges the picture together with its low-resolution twin.

Source: EG3D (arXiv:2112.07945), section 4.4; StyleGAN2 (arXiv:1912.04958), residual architecture.
"""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn

from panic3d.checks import check_shape
from panic3d.errors import ShapeError
from panic3d.models.conditioning import Conditions
from panic3d.models.stylegan2.discriminator_config import DiscriminatorConfig
from panic3d.models.stylegan2.layers import Conv2d, FullyConnected
from panic3d.models.stylegan2.mapping import Mapping
from panic3d.ops.chance import normal
from panic3d.ops.resizing import resized_square
from panic3d.ops.upfirdn import make_filter


def minibatch_std(x: Float[Tensor, "n c h w"], group_size: int) -> Float[Tensor, "n 1 h w"]:
    """Standard deviation over a group of samples, averaged over channels and pixels.

    Groups hold every (n / group)-th sample; all members get their group's value.

    Raises:
        ShapeError: the batch is no multiple of the group.
    """
    n, c, h, w = check_shape("x", x, "N C H W").values()
    group = min(group_size, n)
    if n == 0 or n % group:
        raise ShapeError(
            f"a batch of {n} does not divide into groups of {group}: use a multiple of it"
        )
    members = x.reshape(group, n // group, c, h, w)
    deviation = (members.var(0, unbiased=False) + 1e-8).sqrt().mean((1, 2, 3))
    return deviation.repeat(group).reshape(n, 1, 1, 1).expand(n, 1, h, w)


class ResidualBlock(nn.Module):
    """Two convolutions and a skip, halving the size."""

    resample_filter: Tensor

    def __init__(
        self,
        inputs: int,
        outputs: int,
        *,
        picture_channels: int = 0,
        clamp: float | None,
    ) -> None:
        """Build it; `picture_channels` > 0 makes the first block, which reads the picture."""
        super().__init__()
        self.register_buffer("resample_filter", make_filter(), persistent=False)
        self.fromrgb = (
            Conv2d(picture_channels, inputs, 1, activation="lrelu", clamp=clamp)
            if picture_channels
            else None
        )
        self.conv0 = Conv2d(inputs, inputs, 3, activation="lrelu", clamp=clamp)
        self.conv1 = Conv2d(inputs, outputs, 3, activation="lrelu", down=2, clamp=clamp)
        self.skip = Conv2d(inputs, outputs, 1, bias=False, down=2)

    def forward(self, x: Float[Tensor, "n i h w"]) -> Float[Tensor, "n o h2 w2"]:
        """Apply the block."""
        if self.fromrgb is not None:
            x = self.fromrgb(x)
        skip = self.skip(x, gain=math.sqrt(0.5))
        return skip + self.conv1(self.conv0(x), gain=math.sqrt(0.5))


class Epilogue(nn.Module):
    """From 4 x 4 features to a vector that is compared with the mapped camera."""

    def __init__(self, channels: int, *, group_size: int, clamp: float | None) -> None:
        super().__init__()
        self.group_size = group_size
        self.conv = Conv2d(channels + 1, channels, 3, activation="lrelu", clamp=clamp)
        self.fc = FullyConnected(channels * 16, channels, activation="lrelu")
        self.out = FullyConnected(channels, channels)

    def forward(self, x: Float[Tensor, "n c 4 4"]) -> Float[Tensor, "n c"]:
        """Apply the layers."""
        x = torch.cat([x, minibatch_std(x, self.group_size)], 1)
        return self.out(self.fc(self.conv(x).flatten(1)))


class DualDiscriminator(nn.Module):
    """Logit of a picture, its raw render and its camera label together."""

    resample_filter: Tensor

    def __init__(self, config: DiscriminatorConfig) -> None:
        super().__init__()
        self.config = config
        self.register_buffer("resample_filter", make_filter(), persistent=False)
        for resolution in config.resolutions:
            first = resolution == config.image_size
            block = ResidualBlock(
                config.channels(resolution),
                config.channels(resolution // 2),
                picture_channels=2 * config.image_channels if first else 0,
                clamp=config.conv_clamp,
            )
            self.add_module(f"b{resolution}", block)
        width = config.channels(4)
        self.mapping = Mapping(
            z_dim=0,
            camera_dim=config.camera_dim,
            w_dim=width,
            num_ws=None,
            layers=config.mapping_layers,
            mode=config.conditioning,
        )
        self.b4 = Epilogue(width, group_size=config.group_size, clamp=config.conv_clamp)

    def features(
        self, image: Float[Tensor, "n c s s"], image_raw: Float[Tensor, "n c r r"]
    ) -> Float[Tensor, "n width 4 4"]:
        """Return what enters the epilogue.

        Args:
            image: pictures in [-1, 1], config.image_size wide.
            image_raw: the same pictures as the volume renderer made them, any size.

        Raises:
            ShapeError: sizes or channels do not fit.
        """
        c, s = self.config.image_channels, self.config.image_size
        n = check_shape("image", image, f"N {c} {s} {s}")["N"]
        check_shape("image_raw", image_raw, f"N {c} R R", N=n)
        x = torch.cat([image, resized_square(image_raw, s)], 1)
        for resolution in self.config.resolutions:
            x = self.get_submodule(f"b{resolution}")(x)
        return x

    def forward(
        self,
        image: Float[Tensor, "n c s s"],
        image_raw: Float[Tensor, "n c r r"],
        camera: Float[Tensor, "n d"],
        conditions: Conditions | None = None,
        *,
        generator: torch.Generator | None = None,
    ) -> Float[Tensor, "n 1"]:
        """Judge.

        Args:
            image: pictures in [-1, 1].
            image_raw: low-resolution twins in [-1, 1].
            camera: 25-number labels.
            conditions: ``resnet_feats`` is read if the condition mode has tagger channels.
            generator: source of the label noise, if the configuration asks for any.

        Returns:
            Logits.

        Raises:
            ShapeError: an input has the wrong shape.
        """
        check_shape("camera", camera, f"N {self.config.camera_dim}", N=image.shape[0])
        x = self.b4(self.features(image, image_raw))
        # A lone sample has no deviation to scale the noise by.
        if self.config.camera_noise > 0 and self.training and len(camera) > 1:
            noise = normal(camera.shape, camera, generator)
            camera = camera + noise * camera.std(0) * self.config.camera_noise
        label = self.mapping(None, camera, conditions or {})
        return (x * label).sum(1, keepdim=True) / math.sqrt(label.shape[1])
