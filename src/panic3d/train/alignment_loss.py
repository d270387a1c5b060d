"""What errors of landmarks and rotation together do to the alignment of a portrait.

A head that is thought to look up lies lower in the frame, unless its landmarks are off the other
way: what is wanted are not small errors of each, but that what `panic3d.pipeline.align` makes of
both is right.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import torch
from jaxtyping import Complex64, Float
from torch import Tensor

from panic3d.geometry.conventions import HEAD_BOX_M
from panic3d.pipeline.mean_face import BONE, FRAME, frame_pixels, mean_face


class AlignmentLoss(NamedTuple):
    """How far alignments are off, mean over pictures."""

    shift: Float[Tensor, ""]
    """Of the frame's middle, shares of the frame's side."""
    size: Float[Tensor, ""]
    """By what factor too large or small, and by what angle (radians) turned in the plane."""


def alignment_loss(
    points: Float[Tensor, "n 28 2"],
    rotation: Float[Tensor, "n 3 3"],
    confidence: Float[Tensor, "n 28"],
    true_points: Float[Tensor, "n 28 2"],
    true_rotation: Float[Tensor, "n 3 3"],
) -> AlignmentLoss:
    """Compare the alignment by what was found with that by the truth.

    Least squares stand for the robust fit that is used.

    Args:
        points: landmarks, x, y down.
        rotation: camera-from-head, x right, y up, z towards the viewer.
        confidence: in each landmark, 0 to 1.
        true_points: where they are, in the same unit.
        true_rotation: how the head is turned.
    """
    found = _Alignment.of(points, rotation, confidence)
    true = _Alignment.of(true_points, true_rotation, torch.ones_like(confidence))
    middle = _middle()
    shift = found.to_frame(true.from_frame(middle)) - middle
    ratio = found.turn / true.turn - 1
    return AlignmentLoss(_length(shift).mean(), _length(ratio).mean())


class _Alignment(NamedTuple):
    """x + iy, y up: of the picture, to the frame, whose side is 1 and where the bone is at 0."""

    turn: Complex64[Tensor, " n"]
    picture: Complex64[Tensor, " n"]
    frame: Complex64[Tensor, " n"]
    """The landmarks' middles in the picture and in the frame."""

    @classmethod
    def of(
        cls,
        points: Float[Tensor, "n 28 2"],
        rotation: Float[Tensor, "n 3 3"],
        confidence: Float[Tensor, "n 28"],
    ) -> _Alignment:
        rotation = rotation.float()
        face, precise = _face(rotation.device)
        share = confidence.float().clamp(min=1e-4) * precise
        share = share / share.sum(1, keepdim=True)
        # By parts, since mixed precision would round a product of matrices.
        head = (rotation[:, None] * face[:, None]).sum(-1)
        up = torch.complex(rotation[:, 0, 1], rotation[:, 1, 1])
        upright = up.conj() / _length(up) * 1j
        targets = torch.complex(head[..., 0], head[..., 1]) * upright[:, None]
        places = torch.complex(points[..., 0].float(), -points[..., 1].float())
        picture, frame = (share * places).sum(1), (share * targets).sum(1)
        a, b = places - picture[:, None], targets - frame[:, None]
        size = (share * (a.real.square() + a.imag.square())).sum(1).clamp(min=1e-6)
        return cls((share * a.conj() * b).sum(1) / size, picture, frame)

    def to_frame(self, places: Complex64[Tensor, "*n"]) -> Complex64[Tensor, " n"]:
        found: Tensor = self.turn * (places - self.picture) + self.frame
        return found

    def from_frame(self, places: complex) -> Complex64[Tensor, " n"]:
        found: Tensor = (places - self.frame) / self.turn + self.picture
        return found


@cache
def _face(device: torch.device) -> tuple[Float[Tensor, "28 3"], Float[Tensor, "28"]]:
    """Return the mean face's points from the bone, in sides of the frame, and their precision."""
    face = mean_face()
    points = torch.tensor((face.points_m - BONE) / HEAD_BOX_M, dtype=torch.float32, device=device)
    precise = torch.tensor(face.tolerance_px**-2.0, dtype=torch.float32, device=device)
    return points, precise


def _middle() -> complex:
    """Return the frame's middle, from the bone, in sides of the frame."""
    x, y = (0.5 - frame_pixels(BONE[None])[0] / FRAME).tolist()
    return complex(x, -y)


def _length(values: Complex64[Tensor, " n"]) -> Float[Tensor, " n"]:
    found: Tensor = (values.real.square() + values.imag.square() + 1e-10).sqrt()
    return found
