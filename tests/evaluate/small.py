"""A benchmark of two round heads, and a small network with all that feeds it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from panic3d.config import to_dict
from panic3d.evaluate.open_bench.make import BenchmarkPlan, finish_benchmark, make_benchmark
from panic3d.evaluate.open_bench.recipe import RECIPES
from panic3d.models.generator_config import GeneratorConfig
from panic3d.models.linefill import LineFillConfig, LineFiller
from panic3d.models.tagger import FeatureProjection, FeatureProjectionConfig, Tagger, TaggerConfig
from panic3d.pipeline.direct import DIRECT_SETTINGS
from panic3d.pipeline.head import Settings, reconstruct
from panic3d.pipeline.mesh_options import MeshOptions
from panic3d.pipeline.untrained import fit_density, made_up_conditions, random_generator
from panic3d.weights.store import save_weights
from panic3d.work.jobs import run_tasks
from tests.characters.fakes import open_fake

SIZE = 128
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
FAST = Settings(volume_resolution=32, coarse_samples=8, fine_samples=8, jitter=False)
FAST_DIRECT = replace(DIRECT_SETTINGS, volume_resolution=64)

FAST_MESH = MeshOptions(triangles=2000, texture_size=256)


def make_fast(patch: pytest.MonkeyPatch) -> None:
    """Let networks be looked at coarsely."""
    where = "panic3d.pipeline.reconstruct"
    patch.setattr(f"{where}.Settings", lambda: FAST)
    patch.setattr(f"{where}.DIRECT_SETTINGS", FAST_DIRECT)
    patch.setattr(f"{where}.MeshOptions", lambda: FAST_MESH)


def small_benchmark(out: Path, size: int = SIZE) -> Path:
    """Build the procedural half, of two round heads, and return its folder."""
    recipe = replace(RECIPES["open-bench-1-val"], each=2, size=size, wild_px=(64, 96))
    plan = BenchmarkPlan(out=out, recipe=recipe)
    with pytest.MonkeyPatch.context() as patch:
        made = "panic3d.evaluate.open_bench.make"
        patch.setattr(f"{made}.run_tasks", lambda make, tasks, *rest, apart: run_tasks(make, tasks))
        patch.setattr(f"{made}.engine_sha256", lambda *words: "0" * 64)
        patch.setattr("panic3d.evaluate.visible_truth.VIEWS", 8)
        assert {one.status for one in make_benchmark(plan, engines=open_fake)} == {"done"}
        finish_benchmark(plan, plan.out / "frozen.json")
    return plan.root


def tiny_weights(
    folder: Path, config: GeneratorConfig = CONFIG, components: int = 16, linefill: bool = True
) -> Path:
    """Write an untrained network with a tagger, a projection and a line filler beside it."""
    generator = random_generator(config, 0)
    if config.conditioning.picture_channels == 3:
        head = reconstruct(generator, made_up_conditions(config, 0), FAST)
        fit_density(generator, head, surviving=0.3)
    with torch.random.fork_rng():
        torch.manual_seed(1)
        projection = FeatureProjection(FeatureProjectionConfig(components=components))
        torch.nn.init.normal_(projection.components, std=0.02)
        networks = {
            "reconstructor": ("generator", generator),
            "tagger": ("tagger", Tagger(TaggerConfig(tags=2))),
            "features_pca": ("features_pca", projection),
            "linefill": ("linefill", LineFiller(LineFillConfig(channels=4, width=8, depth=2))),
        }
    if not linefill:
        del networks["linefill"]
    for name, (kind, network) in networks.items():
        about = {"name": name, "network": kind, "config": to_dict(network.config)}
        about |= {"licence": "CC0-1.0", "origin": "random numbers", "made_from": "nothing"}
        state = network.state_dict()
        if kind == "tagger":
            state = {k: v.half() if v.is_floating_point() else v for k, v in state.items()}
        save_weights(folder / f"{name}.safetensors", state, about=about)
    return folder / "reconstructor.safetensors"
