"""A small untrained generator and its head."""

import pytest
import torch

from panic3d.models.generator_config import GeneratorConfig
from panic3d.pipeline.head import Settings, reconstruct
from panic3d.pipeline.untrained import fit_density, made_up_conditions, random_generator

CONFIG = GeneratorConfig(
    cond_mode="ortho_front.cond_img_norm_4.concatfront.crossavg_4.reschonk_add_16.inj_6b_4",
    channel_base=1024,
    channel_max=32,
    plane_resolution=32,
    plane_width=8,
    plane_depth=3,
    image_size=128,
    superres_channels=8,
    render_resolution=32,
)
SETTINGS = Settings(volume_resolution=64, coarse_samples=24, fine_samples=24)


@pytest.fixture(scope="session")
def conditions():
    return made_up_conditions(CONFIG, 0)


@pytest.fixture(scope="session")
def generator(conditions):
    made = random_generator(CONFIG, 0)
    fit_density(made, reconstruct(made, conditions, SETTINGS), surviving=0.3)
    return made


@pytest.fixture(scope="session")
def head(generator, conditions):
    return reconstruct(generator, conditions, SETTINGS)


@pytest.fixture(autouse=True)
def _one_seed():
    torch.manual_seed(0)
