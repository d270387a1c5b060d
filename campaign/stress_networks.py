"""Tensors of wrong shapes at renderer, stitching and tiny networks: as in `stress_shapes`."""

from __future__ import annotations

import functools
import random

import torch
from torch import Tensor, nn

from campaign.stress_shapes import Case, try_all
from panic3d.geometry.rays import Rays
from panic3d.models.conditioning import parse_cond_mode
from panic3d.models.stylegan2.discriminator import (
    DualDiscriminator,
    minibatch_std,
)
from panic3d.models.stylegan2.discriminator_config import DiscriminatorConfig
from panic3d.models.stylegan2.mapping import Mapping
from panic3d.models.stylegan2.synthesis import Synthesis
from panic3d.models.superres import Superresolution
from panic3d.ops.pictures import picture_of
from panic3d.ops.resizing import resized_square
from panic3d.pipeline.paste import look_up, paste_front, sobel_norm
from panic3d.render.march import March
from panic3d.render.sampling import Uniforms, importance_depths, stratified_depths
from panic3d.render.triplane import PlaneTable, sample_planes
from panic3d.render.volume import ray_opacity, render_rays

CASES = 300

W_DIM, Z_DIM, CAMERA_DIM = 4, 6, 25
PICTURE = 16
BOX_M = 0.7


class _Ball:
    """A field: solid within 0.2 m, coloured by place."""

    channels = 4

    def density(self, points: Tensor) -> Tensor:
        return 100 * (0.2 - points.norm(dim=-1))

    def value(self, points: Tensor) -> Tensor:
        return torch.cat([points, points[:, :1]], 1).sigmoid()


@functools.cache
def _networks() -> dict[str, nn.Module]:
    """One of each kind, small; with the same numbers every time."""
    mode = parse_cond_mode("none")
    discriminator = DiscriminatorConfig(
        image_size=PICTURE, channel_base=64, channel_max=4, mapping_layers=1, group_size=2
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        made: dict[str, nn.Module] = {
            "mapping": Mapping(
                z_dim=Z_DIM, camera_dim=CAMERA_DIM, w_dim=W_DIM, num_ws=3, layers=2, mode=mode
            ),
            "synthesis": Synthesis(w_dim=W_DIM, channels={4: 4, 8: 4}, image_channels=6, mode=mode),
            "superres": Superresolution(image_size=PICTURE, channels=4, w_dim=W_DIM),
            "discriminator": DualDiscriminator(discriminator),
        }
    return {name: network.eval().requires_grad_(False) for name, network in made.items()}


def run(seed: int, cases: int) -> None:
    """Try ``cases`` calls, each well and spoiled.

    Raises:
        AssertionError: one of them was not handled; the message holds the shapes.
    """
    try_all(MAKERS, seed, cases)


def _planes(chance: random.Random, generator: torch.Generator) -> Case:
    n, f, d, m, r = (chance.randint(1, 4) for _ in range(5))
    distinct, planes = chance.random() < 0.5, _normal(generator, n, 3 * f * d, r, r)
    return Case(
        f"sample_planes depth {d}",
        lambda planes, points: sample_planes(
            planes, points, depth=d, box_m=BOX_M, distinct=distinct
        ),
        (planes, _normal(generator, n, m, 3)),
        ((n, 3, m, f),),
    )


def _table(chance: random.Random, generator: torch.Generator) -> Case:
    f, d, m, r = (chance.randint(1, 4) for _ in range(4))
    distinct = chance.random() < 0.5
    return Case(
        f"PlaneTable depth {d}",
        lambda planes, points: PlaneTable(
            planes, depth=d, box_m=BOX_M, distinct=distinct
        ).mean_features(points),
        (_normal(generator, 3 * f * d, r, r), _normal(generator, m, 3)),
        ((m, f),),
    )


def _render(chance: random.Random, generator: torch.Generator) -> Case:
    n, coarse, fine = chance.randint(1, 5), chance.randint(4, 6), chance.randint(1, 5)
    march = March(coarse_samples=coarse, fine_samples=fine)
    origins = 0.3 * _normal(generator, n, 3) + torch.tensor([0.0, 0.0, 1.0])
    directions = torch.tensor([0.0, 0.0, -1.0]).repeat(n, 1)
    tensors = (origins, directions, _even(generator, n, coarse), _even(generator, n, fine))
    if chance.random() < 0.5:
        return Case(
            "ray_opacity",
            lambda o, d, c, f: ray_opacity(_Ball(), o, d, march, Uniforms(c, f)),
            tensors,
            ((n,),),
        )
    return Case(
        "render_rays",
        lambda o, d, c, f: render_rays(_Ball(), o, d, march, Uniforms(c, f)),
        tensors,
        ((n, 4), (n,), (n,), (n, 3)),
    )


def _depths(chance: random.Random, generator: torch.Generator) -> Case:
    n, k, m = chance.randint(1, 5), chance.randint(4, 7), chance.randint(1, 5)
    if chance.random() < 0.3:
        shape = tuple(chance.randint(1, 3) for _ in range(chance.randint(0, 2)))
        jitter = _even(generator, *shape, k)
        return Case("stratified_depths", _stratified, (jitter,), ((*shape, k),))
    depths = _even(generator, n, k).sort(-1).values
    tensors = (depths, _even(generator, n, k - 1), _even(generator, n, m))
    return Case("importance_depths", importance_depths, tensors, ((n, m),))


def _stratified(jitter: Tensor) -> Tensor:
    return stratified_depths(0.5, 1.5, jitter)


def _maps(chance: random.Random, generator: torch.Generator) -> Case:
    n, c, h, w = (chance.randint(1, 5) for _ in range(4))
    x = _normal(generator, n, c, h, w)
    act = chance.randrange(4)
    if act == 0:
        return Case("sobel_norm", sobel_norm, (x,), ((n, 1, h, w),))
    if act == 1:
        size = chance.randint(1, 6)
        return Case(
            f"resized_square to {size}",
            lambda x: resized_square(x, size),
            (x,),
            ((n, c, size, size),),
        )
    if act == 2:
        return Case("minibatch_std", lambda x: minibatch_std(x, n), (x,), ((n, 1, h, w),))
    s = chance.randint(1, 5)
    return Case(
        "look_up",
        lambda front, position: look_up(front, position, BOX_M),
        (_normal(generator, n, c, s, s), _normal(generator, n, 3, h, w)),
        ((n, c, h, w),),
    )


def _picture(chance: random.Random, generator: torch.Generator) -> Case:
    h, w = chance.randint(1, 5), chance.randint(1, 5)
    return Case("picture_of", picture_of, (_even(generator, 3, h, w), _even(generator, h, w)), ())


def _paste(chance: random.Random, generator: torch.Generator) -> Case:
    n, r = chance.randint(1, 2), chance.randint(2, 5)
    s = r * chance.randint(1, 2)
    tensors = (
        _normal(generator, n, 3, s, s),
        _normal(generator, n, 3, s, s),
        0.2 * _normal(generator, n, 3, r, r),
        _even(generator, n, 1, r, r),
        _normal(generator, n, r * r, 3),
        _normal(generator, n, r * r, 3),
    )
    large = ((n, 1, s, s),) * 6
    return Case(
        "paste_front",
        _pasted,
        tensors,
        (*((n, 3, s, s),) * 2, *large, (n, 1, s, s), (n, 1, r, r), (n, 1, r, r)),
    )


def _pasted(
    image: Tensor,
    front: Tensor,
    position: Tensor,
    opacity: Tensor,
    origins: Tensor,
    directions: Tensor,
) -> object:
    return paste_front(
        image,
        front,
        position,
        opacity,
        Rays(origins, directions),
        lambda rays, marked: torch.zeros(marked.shape),
        near_m=0.5,
        box_m=BOX_M,
    )


def _mapping(chance: random.Random, generator: torch.Generator) -> Case:
    n = chance.randint(1, 3)
    network = _networks()["mapping"]
    return Case(
        "Mapping",
        lambda z, camera: network(z, camera, {}),
        (_normal(generator, n, Z_DIM), _normal(generator, n, CAMERA_DIM)),
        ((n, 3, W_DIM),),
    )


def _synthesis(chance: random.Random, generator: torch.Generator) -> Case:
    n = chance.randint(1, 3)
    network = _networks()["synthesis"]
    ws = _normal(generator, n, 4, W_DIM)
    return Case("Synthesis", lambda ws: network(ws, {}), (ws,), ((n, 6, 8, 8),))


def _superres(chance: random.Random, generator: torch.Generator) -> Case:
    n, r, k = chance.randint(1, 3), chance.randint(1, 6), chance.randint(1, 3)
    network = _networks()["superres"]
    tensors = (_normal(generator, n, 32, r, r), _normal(generator, n, k, W_DIM))
    return Case(
        "Superresolution",
        lambda features, ws: network(features, ws),
        tensors,
        ((n, 3, PICTURE, PICTURE),),
    )


def _discriminator(chance: random.Random, generator: torch.Generator) -> Case:
    n, r = chance.choice((1, 2, 4)), chance.randint(1, 20)
    network = _networks()["discriminator"]
    return Case(
        "DualDiscriminator",
        lambda image, raw, camera: network(image, raw, camera),
        (
            _normal(generator, n, 3, PICTURE, PICTURE),
            _normal(generator, n, 3, r, r),
            _normal(generator, n, CAMERA_DIM),
        ),
        ((n, 1),),
    )


MAKERS = (
    *(_planes, _table, _render, _depths, _maps, _picture, _paste),
    *(_mapping, _synthesis, _superres, _discriminator),
)


def _even(generator: torch.Generator, *shape: int) -> Tensor:
    """Return numbers from 0 to 1."""
    return torch.rand(shape, generator=generator)


def _normal(generator: torch.Generator, *shape: int) -> Tensor:
    return torch.randn(shape, generator=generator)
