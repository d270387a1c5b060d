"""Tensors of wrong shapes at the public functions: refused with a Panic3dError and nothing else.

Every case takes shapes that fit, checks the shape of the result, then spoils one of them. What a
function takes nevertheless must give finite numbers.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from panic3d.errors import Panic3dError
from panic3d.geometry import frames
from panic3d.geometry.cameras import Camera, Orthographic, Perspective
from panic3d.geometry.labels import camera_from_label, label_from_camera, mirrored_label
from panic3d.geometry.rays import label_rays
from panic3d.ops.bias_act import bias_act
from panic3d.ops.modulated_conv import modulated_conv2d
from panic3d.ops.resample_conv import resample_conv2d
from panic3d.ops.upfirdn import downsample2d, filter2d, make_filter, upfirdn2d, upsample2d

CASES = 400

Shape = tuple[int, ...]


class Case(NamedTuple):
    """A call that works."""

    name: str
    call: Callable[..., object]
    tensors: tuple[Tensor, ...]
    """Arguments; one of them will be spoiled."""
    result: tuple[Shape, ...]
    """Shapes of what comes back; empty if it holds no tensor."""


Maker = Callable[[random.Random, torch.Generator], Case]
"""Proposes a call, by chance."""


def run(seed: int, cases: int) -> None:
    """Try ``cases`` calls, each well and spoiled.

    Raises:
        AssertionError: one of them was not handled; the message holds the shapes.
    """
    try_all(MAKERS, seed, cases)


def try_all(makers: Sequence[Maker], seed: int, cases: int) -> None:
    """Try calls that the makers propose, as `run` does."""
    chance = random.Random(seed)
    generator = torch.Generator().manual_seed(seed)
    for _ in range(cases):
        case = chance.choice(makers)(chance, generator)
        found = tuple(tuple(tensor.shape) for tensor in _tensors(case.call(*case.tensors)))
        assert found == case.result, (
            f"{_words(case, case.tensors)} gives {found}, not {case.result}"
        )
        spoiled = list(case.tensors)
        place = chance.randrange(len(spoiled))
        spoiled[place] = _spoiled(spoiled[place], chance)
        try:
            values = _tensors(case.call(*spoiled))
        except Panic3dError:
            continue
        except Exception as error:
            raise AssertionError(
                f"{_words(case, spoiled)}: {type(error).__name__}: {error}"
            ) from error
        assert all(bool(value.isfinite().all()) for value in values), _words(case, spoiled)


def _words(case: Case, tensors: list[Tensor] | tuple[Tensor, ...]) -> str:
    return f"{case.name}({', '.join(str(list(tensor.shape)) for tensor in tensors)})"


def _tensors(result: object) -> tuple[Tensor, ...]:
    if isinstance(result, Tensor):
        return (result,)
    parts = result if isinstance(result, tuple) else ()
    return tuple(part for part in parts if isinstance(part, Tensor))


def _spoiled(tensor: Tensor, chance: random.Random) -> Tensor:
    """Return a tensor with one axis more, less, longer, shorter or empty."""
    shape = list(tensor.shape)
    axis = chance.randrange(len(shape))
    act = chance.randrange(5)
    if act == 0:
        del shape[axis]
    elif act == 1:
        shape.insert(axis, chance.choice((1, 2)))
    elif act == 2:
        shape[axis] += chance.choice((1, 2))
    elif act == 3:
        shape[axis] = max(shape[axis] - 1, 0)
    else:
        shape[axis] = 0
    count = torch.Size(shape).numel()
    numbers = tensor.flatten()
    return numbers.repeat(-(-count // max(numbers.numel(), 1)))[:count].reshape(shape)


def _upfirdn(chance: random.Random, generator: torch.Generator) -> Case:
    n, c, h, w, k = (chance.randint(1, 5) for _ in range(5))
    up, down = chance.randint(1, 3), chance.randint(1, 3)
    left, right, top, bottom = padding = _padding(k, chance)
    rows = (h * up + top + bottom - k) // down + 1
    columns = (w * up + left + right - k) // down + 1
    return Case(
        "upfirdn2d",
        lambda x, kernel: upfirdn2d(x, kernel, up, down, padding),
        (normal(generator, n, c, h, w), normal(generator, k, k)),
        ((n, c, rows, columns),),
    )


def _padding(k: int, chance: random.Random) -> tuple[int, int, int, int]:
    left, right, top, bottom = (k + chance.randint(-1, 2) for _ in range(4))
    return left, right, top, bottom


def _resizing(chance: random.Random, generator: torch.Generator) -> Case:
    n, c = chance.randint(1, 3), chance.randint(1, 4)
    h, w = (2 * chance.randint(2, 5) for _ in range(2))
    call, rows, columns = chance.choice(
        (
            (upsample2d, 2 * h, 2 * w),
            (downsample2d, h // 2, w // 2),
            (filter2d, h, w),
        )
    )
    tensors = (normal(generator, n, c, h, w), make_filter())
    return Case(call.__name__, call, tensors, ((n, c, rows, columns),))


def _convolution(chance: random.Random, generator: torch.Generator) -> Case:
    n, i, o = (chance.randint(1, 4) for _ in range(3))
    h, w = (2 * chance.randint(2, 5) for _ in range(2))
    k = chance.choice((1, 3))
    up, down = chance.choice(((1, 1), (2, 1), (1, 2)))
    flip = chance.random() < 0.5
    return Case(
        f"resample_conv2d up {up} down {down}",
        lambda x, weight, kernel: resample_conv2d(x, weight, kernel, up, down, flip),
        (normal(generator, n, i, h, w), normal(generator, o, i, k, k), make_filter()),
        ((n, o, h * up // down, w * up // down),),
    )


def _modulated(chance: random.Random, generator: torch.Generator) -> Case:
    n, i, o = (chance.randint(1, 4) for _ in range(3))
    h, w = (chance.randint(4, 7) for _ in range(2))
    up = chance.choice((1, 2))
    kernel, demodulate = make_filter(), chance.random() < 0.5
    shape = (n, o, h * up, w * up)
    return Case(
        f"modulated_conv2d up {up}",
        lambda x, weight, styles, noise: modulated_conv2d(
            x, weight, styles, demodulate=demodulate, noise=noise, kernel=kernel, up=up
        ),
        (
            normal(generator, n, i, h, w),
            normal(generator, o, i, 3, 3),
            normal(generator, n, i),
            normal(generator, n, 1, h * up, w * up),
        ),
        (shape,),
    )


def _bias(chance: random.Random, generator: torch.Generator) -> Case:
    shape = tuple(chance.randint(1, 5) for _ in range(chance.randint(2, 4)))
    clamp = chance.choice((None, 0.5))
    return Case(
        "bias_act",
        lambda x, bias: bias_act(x, bias, "lrelu", clamp=clamp),
        (normal(generator, *shape), normal(generator, shape[1])),
        (shape,),
    )


def _frame(chance: random.Random, generator: torch.Generator) -> Case:
    shape = tuple(chance.randint(1, 4) for _ in range(chance.randint(0, 3)))
    call, size = chance.choice(
        (
            (frames.lustrous_from_world, 3),
            (frames.world_from_lustrous, 3),
            (frames.volume_from_world, 3),
            (frames.world_from_volume, 3),
            (frames.picture_from_world, 2),
        )
    )
    return Case(call.__name__, call, (normal(generator, *shape, 3),), ((*shape, size),))


def _lift(chance: random.Random, generator: torch.Generator) -> Case:
    shape = tuple(chance.randint(1, 4) for _ in range(chance.randint(1, 3)))
    tensors = (normal(generator, *shape, 2), normal(generator, *shape))
    return Case("world_from_picture", frames.world_from_picture, tensors, ((*shape, 3),))


def _label(chance: random.Random, generator: torch.Generator) -> Case:
    label = label_from_camera(_camera(chance))
    if chance.random() < 0.5:
        return Case("mirrored_label", mirrored_label, (label,), ((25,),))
    return Case("camera_from_label", camera_from_label, (label,), ())


def _rays(chance: random.Random, generator: torch.Generator) -> Case:
    n, resolution = chance.randint(1, 3), chance.randint(1, 6)
    labels = torch.stack([label_from_camera(_camera(chance)) for _ in range(n)])
    return Case(
        "label_rays",
        lambda x: label_rays(x, resolution, 0.7),
        (labels,),
        ((n, resolution**2, 3),) * 2,
    )


MAKERS = (
    *(_upfirdn, _resizing, _convolution, _modulated, _bias),
    *(_frame, _lift, _label, _rays),
)


def _camera(chance: random.Random) -> Camera:
    angles = {"elevation_deg": chance.uniform(-80, 80), "azimuth_deg": chance.uniform(-180, 180)}
    if chance.random() < 0.5:
        return Orthographic(**angles)
    return Perspective(**angles, fov_deg=chance.uniform(5, 120))


def normal(generator: torch.Generator, *shape: int) -> Tensor:
    """Draw numbers of a shape."""
    return torch.randn(shape, generator=generator)
