"""Larger networks that begin as smaller ones: the same function, with room to learn more.

Source: Chen et al. 2016 (Net2Net, arXiv:1511.05641). What is added reads everything, and nothing
that was there reads it at first: its weights there are 0, and learn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from panic3d.errors import ConfigError
from panic3d.models.feedforward import Block, FeedForward, FeedForwardConfig, Unroll


def grown(small: FeedForward, config: FeedForwardConfig) -> FeedForward:
    """Make a network that does what a smaller one does, about, to a picture halved in size.

    A picture that is read in squares of pixels is read as their means; a fifth channel is not
    read at first.

    Args:
        small: the network to begin with.
        config: of the larger one: as many resolutions, planes of the same size, width and depth.

    Raises:
        ConfigError: it is smaller somewhere, or its planes differ.
    """
    old = small.config
    _check(old, config)
    made = FeedForward(config)
    with torch.no_grad():
        _stem(small, made)
        for mine, theirs in zip(made.down, small.down, strict=True):
            _convolution(mine, theirs)
        for mine, theirs in zip(made.encode, small.encode, strict=True):
            assert isinstance(mine, nn.Sequential) and isinstance(theirs, nn.Sequential)
            for a, b in zip(mine, theirs, strict=False):
                _block(a, b)
            for added in list(mine)[len(theirs) :]:
                _nothing(added)
        wide, narrow = config.channels[1:], old.channels[1:]
        for k, (mine, theirs) in enumerate(zip(made.up, small.up, strict=True)):
            _block(mine, theirs, _joined(narrow[k + 1], narrow[k], wide[k + 1]))
        _convolution(made.finest, small.finest, _joined(old.channels[1], old.channels[0], wide[0]))
        _convolution(made.front, small.front)
        for mine, theirs in ((made.above, small.above), (made.beside, small.beside)):
            _unroll(mine, theirs, config.channels[2])
        made.decoder.load_state_dict(small.decoder.state_dict())
    return made


def grown_unet(tensors: Mapping[str, Tensor], network: nn.Module) -> dict[str, Tensor]:
    """Fill a network around a `panic3d.models.unet.UNet` so that it does what a smaller one does.

    Args:
        tensors: of the smaller one; all of them where sizes are the same.
        network: may have blocks after the smaller one's at any resolution, which add nothing at
            first, read channels after those of the smaller one, which count nothing at first, and
            have a last part (`panic3d.models.landmarks.Mend`), which changes nothing at first.

    Raises:
        ConfigError: it differs otherwise.
    """
    added = _added_blocks(tensors, network)
    mends = any(name.startswith(_MEND) for name in tensors)
    found: dict[str, Tensor] = {}
    for name, value in network.state_dict().items():
        theirs = tensors.get(name)
        if theirs is not None and theirs.shape == value.shape:
            found[name] = theirs
        elif theirs is not None and name == _STEM and theirs.shape[0] == value.shape[0]:
            found[name] = torch.zeros_like(value)
            _into(found[name], theirs.to(value), range(theirs.shape[1]))
        elif theirs is None and name.startswith(_MEND) and not mends:
            found[name] = value
        elif theirs is None and name.rsplit(".", 2)[0] in added:
            found[name] = torch.zeros_like(value) if ".conv2." in name else value
        else:
            raise ConfigError(_OTHER)
    if tensors.keys() - found.keys():
        raise ConfigError(_OTHER)
    return found


_STEM, _MEND = "body.stem.weight", "mend."
_OTHER = (
    "the weights to begin with are of a network of other sizes than the recipe's: begin without "
    "them"
)


def _added_blocks(tensors: Mapping[str, Tensor], network: nn.Module) -> set[str]:
    """Return the names of blocks of the encoder that come after all of the smaller network's."""
    blocks = {name for name, each in network.named_modules() if isinstance(each, Block)}
    had = {name.rsplit(".", 2)[0] for name in tensors} & blocks
    return {name for name in blocks - had if name.startswith("body.encode.")}


def _check(old: FeedForwardConfig, new: FeedForwardConfig) -> None:
    for name in ("plane_size", "plane_width", "plane_depth", "side_sums", "side_width"):
        if getattr(old, name) != getattr(new, name):
            raise ConfigError(
                f"{name} is {getattr(new, name)}, expected the {getattr(old, name)} of the "
                "network to begin with"
            )
    for name in ("channels", "blocks"):
        a, b = getattr(old, name), getattr(new, name)
        if len(a) != len(b) or any(x > y for x, y in zip(a, b, strict=True)):
            raise ConfigError(f"{name} are {b}, expected at least {a}, each of them")
    if old.patch != 1 or old.reads_inside:
        raise ConfigError("the network to begin with reads squares of pixels or a fifth channel")


def _joined(first: int, second: int, offset: int) -> list[int]:
    """Return where channels of two joined maps went: those of the second now begin at an offset."""
    return [*range(first), *range(offset, offset + second)]


def _into(mine: Tensor, theirs: Tensor, inputs: Sequence[int]) -> None:
    """Copy weights (o, i, ...); outputs that were there do not read inputs that were not."""
    mine[: len(theirs)] = 0
    mine[: len(theirs), list(inputs)] = theirs


def _convolution(mine: nn.Module, theirs: nn.Module, inputs: Sequence[int] | None = None) -> None:
    assert isinstance(mine, nn.Conv2d) and isinstance(theirs, nn.Conv2d)
    assert mine.bias is not None and theirs.bias is not None
    _into(mine.weight, theirs.weight, range(theirs.in_channels) if inputs is None else inputs)
    mine.bias[: theirs.out_channels] = theirs.bias


def _norm(mine: nn.GroupNorm, theirs: nn.GroupNorm, inputs: Sequence[int]) -> None:
    # Channels are normalised with those they were normalised with: maps are whole groups.
    mine.weight[list(inputs)] = theirs.weight
    mine.bias[list(inputs)] = theirs.bias


def _block(mine: nn.Module, theirs: nn.Module, inputs: Sequence[int] | None = None) -> None:
    assert isinstance(mine, Block) and isinstance(theirs, Block)
    inputs = range(theirs.conv1.in_channels) if inputs is None else inputs
    _norm(mine.norm1, theirs.norm1, inputs)
    _convolution(mine.conv1, theirs.conv1, inputs)
    _norm(mine.norm2, theirs.norm2, range(theirs.conv1.out_channels))
    _convolution(mine.conv2, theirs.conv2)
    if isinstance(theirs.skip, nn.Conv2d):
        _convolution(mine.skip, theirs.skip, inputs)


def _nothing(block: nn.Module) -> None:
    """Let a block add nothing at first."""
    assert isinstance(block, Block) and block.conv2.bias is not None
    nn.init.zeros_(block.conv2.weight)
    nn.init.zeros_(block.conv2.bias)


def _stem(small: FeedForward, made: FeedForward) -> None:
    """Share weights of a pixel among those of its square; the pixels' places come last."""
    mine, theirs = made.stem, small.stem
    assert mine.bias is not None and theirs.bias is not None
    square = made.config.patch**2
    read = small.config.picture_channels
    mine.weight[: theirs.out_channels] = 0
    shared = theirs.weight[:, :read].repeat_interleave(square, 1) / square
    mine.weight[: theirs.out_channels, : read * square] = shared
    mine.weight[: theirs.out_channels, -2:] = theirs.weight[:, read:]
    mine.bias[: theirs.out_channels] = theirs.bias


def _unroll(mine: Unroll, theirs: Unroll, inputs: int) -> None:
    """Copy all; sums are over channels of the picture's features."""
    sums, had, _ = theirs.sums.shape
    mine.sums[:, :had] = theirs.sums
    kept = [k * inputs + c for k in range(sums) for c in range(had)]
    assert mine.spread.bias is not None and theirs.spread.bias is not None
    _into(mine.spread.weight, theirs.spread.weight, kept)
    mine.spread.bias[:] = theirs.spread.bias
    for name in ("coarse", "fine", "last"):
        getattr(mine, name).load_state_dict(getattr(theirs, name).state_dict())
