"""The tagger: a ResNet-50 whose features the paper's reconstructor takes as a condition.

Names of parameters are torchvision's, below `resnet.`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from panic3d.checks import check_shape
from panic3d.errors import ConfigError, ShapeError

FEATURE_CHANNELS = 2048
PCA_CHANNELS = 512
TAGS = 1062
"""Of the published tagger."""
TAGGER_SIZE = 256
"""Shorter side of the pictures it looks at, pixels."""

MEAN = (0.485, 0.456, 0.406)
STANDARD_DEVIATION = (0.229, 0.224, 0.225)

_BLOCKS = (3, 4, 6, 3)
_EXPANSION = 4


@dataclass(frozen=True, kw_only=True)
class TaggerConfig:
    """Sizes of the tagger."""

    tags: int = TAGS
    size: int = TAGGER_SIZE
    """Shorter side of the pictures it was trained on, pixels."""

    def __post_init__(self) -> None:
        if self.tags < 1:
            raise ConfigError(f"tags is {self.tags}, expected at least 1")
        if not 32 <= self.size <= 4096:
            raise ConfigError(f"size is {self.size}, expected 32 to 4096 pixels")


class TaggerFeatures(NamedTuple):
    """Everything the network makes of pictures, of the sizes for 256 x 256 pixels."""

    conv1: Float[Tensor, "n 64 h2 w2"]
    """128 x 128, before the pooling."""
    layer1: Float[Tensor, "n 256 h4 w4"]
    layer2: Float[Tensor, "n 512 h8 w8"]
    layer3: Float[Tensor, "n 1024 h16 w16"]
    layer4: Float[Tensor, "n 2048 h32 w32"]
    """8 x 8."""
    pooled: Float[Tensor, "n 2048"]
    """The mean of the last map."""
    logits: Float[Tensor, "n tags"]


class Bottleneck(nn.Module):
    """Narrow, look around, widen; the stride is in the middle one, as torchvision has it."""

    def __init__(self, inputs: int, width: int, stride: int) -> None:
        super().__init__()
        outputs = _EXPANSION * width
        self.conv1 = nn.Conv2d(inputs, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c2 h2 w2"]:
        """Add to the input, or to its projection, what the three convolutions make of it."""
        kept = x if self.downsample is None else self.downsample(x)
        y = functional.relu(self.bn1(self.conv1(x)))
        y = functional.relu(self.bn2(self.conv2(y)))
        return functional.relu(self.bn3(self.conv3(y)) + kept)


class ResNet50(nn.Module):
    """The classifier.

    Source: He et al. 2016 (arXiv:1512.03385), in torchvision's variant 1.5.
    """

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        inputs = 64
        for stage, blocks in enumerate(_BLOCKS):
            width = 64 << stage
            layers = []
            for block in range(blocks):
                layers.append(Bottleneck(inputs, width, 2 if stage and not block else 1))
                inputs = _EXPANSION * width
            self.add_module(f"layer{stage + 1}", nn.Sequential(*layers))
        self.fc = nn.Linear(inputs, classes)

    def forward(self, x: Float[Tensor, "n 3 h w"]) -> TaggerFeatures:
        """Return all maps of normalised pictures."""
        conv1 = functional.relu(self.bn1(self.conv1(x)))
        maps = [functional.max_pool2d(conv1, 3, stride=2, padding=1)]
        for stage in range(1, 1 + len(_BLOCKS)):
            maps.append(self.get_submodule(f"layer{stage}")(maps[-1]))
        pooled = maps[-1].mean((2, 3))
        return TaggerFeatures(conv1, maps[1], maps[2], maps[3], maps[4], pooled, self.fc(pooled))


class Tagger(nn.Module):
    """The tagger with what it does to pictures first."""

    def __init__(self, config: TaggerConfig) -> None:
        super().__init__()
        self.config = config
        self.resnet = ResNet50(config.tags)

    def features(self, pictures: Float[Tensor, "n c h w"]) -> TaggerFeatures:
        """Return all maps of pictures, which are brought to the network's size first.

        Args:
            pictures: RGB in [0, 1]; a fourth channel is left out.

        Raises:
            ShapeError: they have fewer channels.
        """
        found: TaggerFeatures = self.resnet(tagger_input(pictures, self.config.size))
        return found

    def forward(self, pictures: Float[Tensor, "n c h w"]) -> Float[Tensor, "n tags"]:
        """Return what speaks for each tag, logits; pictures as for `features`."""
        return self.features(pictures).logits


def tagger_input(pictures: Float[Tensor, "n c h w"], size: int) -> Float[Tensor, "n 3 h2 w2"]:
    """Return pictures as the network takes them: their shorter side `size`, normalised.

    Args:
        pictures: RGB in [0, 1]; a fourth channel is left out.
        size: pixels.

    Raises:
        ShapeError: they have fewer channels.

    Source: PAniC-3D resizes by torchvision 0.12, bilinearly without antialiasing: of exactly twice
    the size the mean of 2 x 2 pixels. Later torchvisions smooth first, and the features differ.
    """
    sizes = check_shape("pictures", pictures, "N C H W")
    if sizes["C"] not in (3, 4):
        raise ShapeError(f"the pictures have {sizes['C']} channels, expected 3 or 4")
    height, width = sizes["H"], sizes["W"]
    rgb = pictures[:, :3]
    shorter = min(height, width)
    wanted = size * height // shorter, size * width // shorter
    if (height, width) == (2 * wanted[0], 2 * wanted[1]):
        rgb = functional.avg_pool2d(rgb, 2)
    elif (height, width) != wanted:
        rgb = functional.interpolate(rgb, wanted, mode="bilinear", align_corners=False)
    mean, deviation = (rgb.new_tensor(v)[:, None, None] for v in (MEAN, STANDARD_DEVIATION))
    return (rgb - mean) / deviation


def with_mirrored(pictures: Float[Tensor, "1 c h w"]) -> Float[Tensor, "2 c h w"]:
    """Return a batch of a picture and its mirror image, left for right."""
    return torch.cat([pictures, pictures.flip(-1)])


@dataclass(frozen=True, kw_only=True)
class FeatureProjectionConfig:
    """Sizes of the projection."""

    components: int = PCA_CHANNELS
    features: int = FEATURE_CHANNELS

    def __post_init__(self) -> None:
        for name in ("components", "features"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} is {getattr(self, name)}, expected at least 1")


class FeatureProjection(nn.Module):
    """The principal components of the tagger's features, at every place of a map."""

    def __init__(self, config: FeatureProjectionConfig) -> None:
        super().__init__()
        self.config = config
        self.components = nn.Parameter(torch.zeros(config.components, config.features))
        self.mean = nn.Parameter(torch.zeros(config.features))

    def forward(self, features: Float[Tensor, "n c *places"]) -> Float[Tensor, "n k *places"]:
        """Project vectors (N, C), or maps (N, C, H, W).

        Raises:
            ShapeError: they have another number of channels.
        """
        if features.ndim < 2 or features.shape[1] != len(self.mean):
            raise ShapeError(
                f"the features have shape {list(features.shape)}, expected "
                f"[N, {len(self.mean)}, ...]"
            )
        flat = features.flatten(2) if features.ndim > 2 else features[..., None]
        # The mean is taken off first: its projection alone is large against the differences.
        projected = self.components @ (flat - self.mean[:, None])
        return projected.reshape(len(features), len(self.components), *features.shape[2:])
