"""Untrained networks whose fields are neither empty nor full: for demos, tests and timing."""

from __future__ import annotations

import torch

from panic3d.models.conditioning import Conditions
from panic3d.models.generator import Generator
from panic3d.models.generator_config import GeneratorConfig
from panic3d.pipeline.head import HeadField, reconstruct
from panic3d.pipeline.surface import raw_density_of


def demo_config() -> GeneratorConfig:
    """Return a small generator that needs nothing but a picture."""
    return GeneratorConfig(
        cond_mode="ortho_front.cond_img_norm_4.concatfront.crossavg_4.inj_6b_4",
        channel_base=4096,
        channel_max=64,
        plane_resolution=64,
        plane_width=8,
        plane_depth=3,
        superres_channels=8,
        render_resolution=96,
    )


def demo_generator(seed: int) -> Generator:
    """Return the small generator, untrained, its density scaled so that a head is in the box."""
    generator = random_generator(demo_config(), seed)
    portrait = made_up_conditions(generator.config, seed)
    fit_density(generator, reconstruct(generator, portrait), surviving=0.12)
    return generator


def random_generator(config: GeneratorConfig, seed: int) -> Generator:
    """Return an untrained generator; the global random state is left as it was."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return Generator(config).eval().requires_grad_(False)


def fit_density(
    generator: Generator, head: HeadField, *, surviving: float, spread: float = 100.0
) -> None:
    """Scale and shift an untrained decoder's density so that part of the head box is filled.

    Args:
        generator: its decoder's density row is changed in place.
        head: made by the generator; its settings say what is cropped and culled.
        surviving: share of the cropped box that culling is to leave.
        spread: standard deviation that the raw density gets.
    """
    clouds = head.settings.clouds
    half = head.march.box_m / 2
    reach = half - (clouds.crop_m or 0.0)
    chance = torch.Generator().manual_seed(0)
    points = (2 * torch.rand(100_000, 3, generator=chance) - 1) * torch.tensor([reach, half, reach])
    raw = head.field.density(points.to(head.planes))
    threshold = raw_density_of(0.5 if clouds.cull is None else clouds.cull)
    gain = spread / float(raw.std())
    last = generator.decoder.last
    with torch.no_grad():
        edge = raw.quantile(1 - surviving)
        last.weight[0] *= gain
        last.bias[0] = (last.bias[0] - edge) * gain + threshold


def made_up_conditions(config: GeneratorConfig, seed: int) -> Conditions:
    """Return a smooth random portrait and random features."""
    chance = torch.Generator().manual_seed(seed)
    blobs = torch.rand(1, 3, 32, 32, generator=chance)
    size = (config.image_size, config.image_size)
    front = torch.nn.functional.interpolate(blobs, size, mode="bicubic", align_corners=False)
    conditions = {"image_ortho_front": front.clamp(0, 1)}
    mode = config.conditioning
    if mode.chonk_channels:
        conditions["resnet_chonk"] = torch.randn(1, mode.chonk_channels, 8, 8, generator=chance)
    if mode.tagger_channels:
        conditions["resnet_feats"] = torch.randn(1, mode.tagger_channels, generator=chance)
    return conditions
