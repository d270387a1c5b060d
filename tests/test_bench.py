"""The benchmark, at a size that takes a moment."""

from panic3d.bench import Bench, measure_machine, picture_difference
from panic3d.models.generator_config import GeneratorConfig
from panic3d.pipeline.head import Settings
from tests.documents import run

CONFIG = GeneratorConfig(
    cond_mode="ortho_front.concatfront.reschonk_add_8",
    channel_base=256,
    channel_max=16,
    plane_resolution=16,
    plane_width=4,
    plane_depth=2,
    image_size=128,
    superres_channels=4,
    render_resolution=16,
)
SETTINGS = Settings(volume_resolution=32, coarse_samples=12, fine_samples=12)


def test_every_stage_is_timed_and_the_original_way_gives_the_same_pictures():
    """Oracle for the pictures: the job done as the original does it."""
    bench = Bench(CONFIG, SETTINGS)
    assert 0.08 < bench.surviving() < 0.18
    rows = {row.stage: row for row in bench.stages(repeats=1)}
    assert {"planes", "volume", "mesh (paper)", "whole job"} <= set(rows)
    assert all(row.seconds > 0 and row.peak_bytes >= 0 for row in rows.values())
    assert rows["planes"].work is not None and rows["planes"].work.operations > 0
    _, ours = bench.job(SETTINGS)
    theirs = {
        name.removeprefix("view "): view
        for name, _, view in bench.original_job()
        if view is not None
    }
    assert set(ours) == set(theirs) and len(ours) == 16
    difference = picture_difference(ours, theirs)
    assert difference.mean < 1e-4 and difference.high < 1e-3


def test_operations_of_the_volume_are_counted_as_points_times_weights():
    """Oracle: points inside the crop times two per weight of the decoder."""
    bench = Bench(CONFIG, SETTINGS)
    (row,) = [row for row in bench.stages(repeats=1) if row.stage == "volume"]
    head = bench._head(SETTINGS)
    inside = int((head.volume("paper").raw > -1000).sum())
    assert row.work is not None
    assert row.work.operations == inside * 2 * (4 * 64 + 64)
    assert row.work.bytes == inside * 4 * (24 * 4 + 1)


_LARGE_TENSOR = """
import torch
from panic3d.bench import PeakMemory

memory = PeakMemory()
memory.restart()
before = memory.read()
block = torch.ones(64 * 1024 * 1024 // 4)
assert memory.read() - before > 0.9 * block.numel() * 4 or before == 0
"""


def test_peak_memory_sees_a_large_tensor(tmp_path):
    """In a process of its own: one that has run for long may hold freed memory to put it in."""
    run(["-c", _LARGE_TENSOR], tmp_path)


def test_the_machine_has_a_rate_and_a_bandwidth():
    machine = measure_machine()
    assert machine.matrix_flops > 1e8 and machine.bandwidth > 1e8 and machine.threads >= 1
