"""What the condition-mode string of the paper switches on, and the edits it makes to features.

Source: PAniC-3D (arXiv:2303.14587), section 3.2, and the token table of the released code.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from panic3d.checks import check_shape
from panic3d.errors import ConfigError, ShapeError

PICTURE_GAIN = 4.0
"""The fixed gain of ``cond_img_norm_4`` and ``inj_6b_4``; the 4 is part of the token's name."""

CHONK_LEVEL = 8
"""The resolution at which tagger features are added."""


@dataclass(frozen=True, kw_only=True)
class Conditioning:
    """The parsed condition mode: which edits each level of the backbone makes."""

    front: bool = False
    """Use the front picture at all (``ortho_front.`` prefix)."""
    true_sides: bool = False
    """``gt_sides``: append the ground-truth left and right pictures."""
    drawn_sides: bool = False
    """``dorthoA``: append the auxiliary left and right renders."""
    normalised: bool = False
    """``cond_img_norm_4``: pictures in [-4, 4] instead of [-1, 1]."""
    add: bool = False
    """``add_4``."""
    concat: bool = False
    """``concatfront``."""
    add_shuffle: bool = False
    """``add_shuffle2_4``."""
    multiply_shuffle: bool = False
    """``mult_shuffle2_4``."""
    inject: bool = False
    """``inj_6b_4``."""
    cross_average: bool = False
    """``crossavg_4``: feature pooling along the tri-plane axes."""
    cross_average_transpose: bool = False
    """``crossavgt_38``: the same with a third, transposed group."""
    chonk_channels: int = 0
    """``reschonk_add_K``: channels of the tagger's 8 x 8 map that are added; 0 is off."""
    tagger_channels: int = 0
    """``resnetcond_K``: tagger numbers appended to the camera label of the mapping; 0 is off."""

    @property
    def picture_channels(self) -> int:
        """Channels of the conditioning picture: 3, or 9 with sides."""
        return 3 + 6 * self.true_sides + 6 * self.drawn_sides


_FLAGS = {
    "gt_sides": "true_sides",
    "dorthoA": "drawn_sides",
    "cond_img_norm_4": "normalised",
    "add_4": "add",
    "concatfront": "concat",
    "add_shuffle2_4": "add_shuffle",
    "mult_shuffle2_4": "multiply_shuffle",
    "inj_6b_4": "inject",
    "crossavg_4": "cross_average",
    "crossavgt_38": "cross_average_transpose",
}
_COUNTS = {"reschonk_add_": "chonk_channels", "resnetcond_": "tagger_channels"}
_PICTURE_TOKENS = {
    "gt_sides", "dorthoA", "cond_img_norm_4", "add_4", "concatfront", "add_shuffle2_4",
    "mult_shuffle2_4", "inj_6b_4",
}  # fmt: skip


def parse_cond_mode(text: str) -> Conditioning:
    """Read a condition-mode string such as ``ortho_front.cond_img_norm_4.crossavg_4``.

    Args:
        text: tokens separated by dots, or ``none``.

    Raises:
        ConfigError: a token is unknown, repeated, or has no effect for want of ``ortho_front.``
            (the original ignores all of these in silence).
    """
    if text == "none":
        return Conditioning()
    tokens = text.split(".")
    front = tokens[0] == "ortho_front"
    if tokens == ["ortho_front"]:
        raise ConfigError(
            "cond_mode 'ortho_front' without a further token has no effect: "
            "write 'none', or add tokens after a dot"
        )
    found: dict[str, bool | int] = {"front": front}
    for token in tokens[1:] if front else tokens:
        value: bool | int
        prefix = next((p for p in _COUNTS if token.startswith(p)), None)
        if token in _FLAGS:
            key, value = _FLAGS[token], True
        elif prefix and re.fullmatch("[1-9][0-9]{0,5}", token[len(prefix) :]):
            key, value = _COUNTS[prefix], int(token[len(prefix) :])
        else:
            known = [*_FLAGS, *(f"{p}K" for p in _COUNTS)]
            raise ConfigError(
                f"cond_mode has the unknown token {token!r}; it may hold {', '.join(known)} "
                "after a leading 'ortho_front'"
            )
        if key in found:
            raise ConfigError(f"cond_mode {text!r} sets {key} twice: keep one of the tokens")
        if token in _PICTURE_TOKENS and not front:
            raise ConfigError(
                f"cond_mode {text!r} has {token!r}, which acts only after a leading 'ortho_front.'"
            )
        found[key] = value
    return Conditioning(**found)  # type: ignore[arg-type]


Conditions = Mapping[str, Tensor]
"""Tensors by the paper's names.

``image_ortho_front`` (N, 3, S, S) in [0, 1]; ``resnet_chonk`` (N, at least K, 8, 8);
``resnet_feats`` (N, at least K); ``image_ortho_left`` and ``_right``, ``image_dorthoA_left``
and ``_right`` (N, 3, S, S) in [0, 1].
"""


def require(conditions: Conditions, name: str, shape: str, batch: int) -> Tensor:
    """Return one condition, checked.

    Raises:
        ShapeError: it is absent or has another shape or batch size.
    """
    if name not in conditions:
        have = ", ".join(sorted(conditions)) or "nothing"
        raise ShapeError(f"conditions hold {have}, but this network needs {name!r}: add it")
    tensor = conditions[name]
    check_shape(f"conditions[{name!r}]", tensor, shape, N=batch)
    return tensor


def _side(picture: Tensor, *, left: bool) -> Tensor:
    """Bring a side picture into the frame of the flipped front picture.

    left: out[i, j] = in[S-1-j, S-1-i]; right: out[i, j] = in[S-1-j, i].
    """
    turned = picture.transpose(-1, -2).flip(-1)
    return turned.flip(-2) if left else turned


class LevelEdits:
    """The edits of one forward pass, level by level; pictures are resized once per level."""

    def __init__(self, mode: Conditioning, conditions: Conditions, batch: int) -> None:
        self.mode = mode
        self.chonk: Tensor | None = None
        self.picture: Tensor | None = None
        self.front: Tensor | None = None
        if mode.chonk_channels:
            chonk = require(conditions, "resnet_chonk", "N K 8 8", batch)
            if chonk.shape[1] < mode.chonk_channels:
                raise ShapeError(
                    f"conditions['resnet_chonk'] has {chonk.shape[1]} channels, the network adds "
                    f"the first {mode.chonk_channels}: use the feature extractor it was trained on"
                )
            self.chonk = chonk[:, : mode.chonk_channels]
        if mode.front:
            # Row index grows with +y, as the planes' rows do.
            front = require(conditions, "image_ortho_front", "N 3 S S", batch).flip(-2)
            pictures = [front]
            names = ["image_ortho"] * mode.true_sides + ["image_dorthoA"] * mode.drawn_sides
            for name in names:
                for side in ("left", "right"):
                    picture = require(conditions, f"{name}_{side}", "N 3 S S", batch)
                    if picture.shape != front.shape:
                        raise ShapeError(
                            f"conditions['{name}_{side}'] has shape {list(picture.shape)}, the "
                            f"front picture {list(front.shape)}: render all at one size"
                        )
                    pictures.append(_side(picture, left=side == "left"))
            self.front = PICTURE_GAIN * (2 * front - 1)
            gain = PICTURE_GAIN if mode.normalised else 1.0
            self.picture = gain * (2 * torch.cat(pictures, 1) - 1)

    def __call__(
        self, x: Tensor, image: Tensor, resolution: int, from_last: int, *, used: bool = True
    ) -> tuple[Tensor, Tensor]:
        """Edit the features and the skip image that a level has produced.

        Args:
            x: features (N, C, resolution, resolution).
            image: skip image (N, channels, resolution, resolution).
            resolution: of this level.
            from_last: 0 for the last level, 1 for the one before, and so on.
            used: whether anybody will look at the last level's features; no later level does.

        Returns:
            Edited features and skip image; the arguments are not written to.
        """
        mode = self.mode
        if resolution == CHONK_LEVEL and self.chonk is not None:
            k = mode.chonk_channels
            if k > x.shape[1]:
                raise ShapeError(
                    f"reschonk_add_{k} needs at least {k} channels at resolution 8, "
                    f"this network has {x.shape[1]}: lower K or widen channel_max"
                )
            return torch.cat([x[:, :k] + self.chonk.to(x), x[:, k:]], 1), image
        dead = from_last == 0 and not used
        if self.front is not None and mode.inject and from_last == 0:
            front = _resize(self.front, resolution).to(image)
            image = torch.cat([image[:, :3] + front, image[:, 3:]], 1)
        if self.picture is not None and not dead:
            x = self._picture_edits(x, resolution, from_last)
        if not dead and (mode.cross_average or mode.cross_average_transpose):
            x = _cross_average(x, transpose=not mode.cross_average)
        return x, image

    def _picture_edits(self, x: Tensor, resolution: int, from_last: int) -> Tensor:
        mode, picture = self.mode, self.picture
        assert picture is not None
        if mode.add:
            x = _on_last_channels(x, _tiled(_resize(picture, resolution), x, "add_4"), torch.add)
        if mode.concat:
            x = torch.cat([x[:, : -picture.shape[1]], _resize(picture, resolution).to(x)], 1)
        for wanted, name, act in (
            (mode.add_shuffle, "add_shuffle2_4", torch.add),
            (mode.multiply_shuffle, "mult_shuffle2_4", torch.mul),
        ):
            if wanted:
                small = (
                    _space_to_depth(picture, resolution)
                    if from_last < 2
                    else _resize(picture, resolution)
                )
                x = _on_last_channels(x, _tiled(small, x, name), act)
        return x


def _resize(picture: Tensor, resolution: int) -> Tensor:
    # Without antialiasing, as in the original: each cell sees four source pixels.
    return functional.interpolate(
        picture, (resolution, resolution), mode="bilinear", align_corners=False
    )


def _tiled(picture: Tensor, x: Tensor, token: str) -> Tensor:
    repeats = (x.shape[1] // 4) // picture.shape[1]
    if repeats == 0:
        raise ConfigError(
            f"{token} needs at least {4 * picture.shape[1]} channels at resolution "
            f"{x.shape[-1]}, this network has {x.shape[1]}: widen it or drop the token"
        )
    return picture.repeat(1, repeats, 1, 1).to(x)


def _on_last_channels(x: Tensor, edit: Tensor, act) -> Tensor:  # type: ignore[no-untyped-def]
    k = edit.shape[1]
    return torch.cat([x[:, :-k], act(x[:, -k:], edit)], 1)


def _space_to_depth(picture: Tensor, resolution: int) -> Tensor:
    """(N, C, S, S) to (N, factor * factor * C, resolution, resolution), S = factor * resolution.

    Channel order: row offset, column offset, channel.
    """
    n, c, s, _ = picture.shape
    if s % resolution:
        raise ShapeError(
            f"the conditioning pictures are {s} wide, a shuffle token at resolution {resolution} "
            f"needs a multiple of {resolution}: resize them"
        )
    factor = s // resolution
    cells = picture.reshape(n, c, s // factor, factor, s // factor, factor)
    return cells.permute(0, 3, 5, 1, 2, 4).reshape(n, factor * factor * c, s // factor, -1)


def _cross_average(x: Tensor, *, transpose: bool) -> Tensor:
    """Pool the first eighth of the channels over columns, the second over rows."""
    k = x.shape[1] // 8
    parts = [
        x[:, :k].mean(-1, keepdim=True).expand_as(x[:, :k]),
        x[:, k : 2 * k].mean(-2, keepdim=True).expand_as(x[:, :k]),
    ]
    if transpose:
        parts.append(x[:, 2 * k : 3 * k].transpose(-1, -2))
    return torch.cat([*parts, x[:, len(parts) * k :]], 1)
