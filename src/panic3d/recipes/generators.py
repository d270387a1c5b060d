"""Generator configurations worth a name."""

from __future__ import annotations

from dataclasses import replace

from panic3d.models.generator_config import GeneratorConfig


def trainer_defaults() -> GeneratorConfig:
    """What does the paper's trainer build when no option is given?"""
    return GeneratorConfig()


def released() -> GeneratorConfig:
    """What was the released network (ecrutileE_eclustrousC_n120) built with?

    Three layers per plane, 16 features each, a slim super-resolution, 96 pixel renders.
    """
    return replace(
        trainer_defaults(),
        plane_depth=3,
        plane_width=16,
        superres_channels=16,
        render_resolution=96,
    )
