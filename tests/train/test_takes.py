"""Takes on disk, and what goes wrong with their pictures before they are read."""

import pickle

import numpy as np
import pytest

from panic3d.errors import ConfigError, Panic3dError
from panic3d.train.shards import SHARD_CHARACTERS, CachePlan
from panic3d.train.supervision import restored
from panic3d.train.take_wear import worn_take
from panic3d.train.takes import TakeFolder, build_takes, opened, read_takes, write_takes

from .taken import BOX, take


def same(one, other):
    return all(np.array_equal(a, getattr(other, name)) for name, a in vars(one).items())


def test_a_shard_gives_back_what_was_written(tmp_path):
    """Invariant: there and back."""
    written = [take(0), take(1)]
    write_takes(tmp_path / "000000.npz", written)
    assert all(map(same, written, read_takes(tmp_path / "000000.npz")))
    assert len(TakeFolder(tmp_path, 1)) == 1
    whole = (tmp_path / "000000.npz").read_bytes()
    (tmp_path / "000000.npz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(Panic3dError, match="no shard of takes"):
        read_takes(tmp_path / "000000.npz")
    with pytest.raises(ConfigError, match="--for heads"):
        TakeFolder(tmp_path / "empty")


def test_a_folder_travels_by_its_name(tmp_path):
    """Property: what a process is handed is small, and the same takes come out of it."""
    write_takes(tmp_path / "000000.npz", [take(0), take(1)])
    write_takes(tmp_path / "000001.npz", [take(2)])
    packed = pickle.dumps(TakeFolder(tmp_path, 2))
    found = pickle.loads(packed)
    assert len(packed) < 1000 and [same(take(k), found[k]) for k in (0, 1)] == [True, True]
    assert len(found) == 2 and len(found[:1]) == 1


def test_a_plan_counts_its_shards(tmp_path):
    plan = CachePlan(out=tmp_path, count=SHARD_CHARACTERS + 3, first=2 * SHARD_CHARACTERS)
    assert plan.shards == [2, 3]
    assert [len(plan.numbers(shard)) for shard in plan.shards] == [SHARD_CHARACTERS, 3]
    with pytest.raises(ConfigError, match="multiple"):
        CachePlan(out=tmp_path, count=1, first=5)
    with pytest.raises(ConfigError, match="count"):
        CachePlan(out=tmp_path, count=0)


def one_or_none(number, rasteriser):
    del rasteriser
    if number % 2:
        raise Panic3dError("odd")
    return [take(number, 40, 20)]


def test_a_cache_names_its_failures_and_is_not_made_twice(tmp_path):
    pytest.importorskip("moderngl")
    plan = CachePlan(out=tmp_path, count=4)
    (built,) = build_takes(one_or_none, plan)
    if built.failures and "OpenGL" in built.failures[0]:
        pytest.skip(built.failures[0])
    assert built.characters == 2 and [f[:11] for f in built.failures] == [
        "character 1",
        "character 3",
    ]
    assert not list(build_takes(one_or_none, plan)) and len(TakeFolder(tmp_path)) == 2


def test_truth_moves_with_the_picture():
    """Property: what a point in front has for colour is what the spoiled picture shows there."""
    of = take()
    surface, colours = restored(of.surface), of.colours.astype(float) / 255
    front = surface[:, 2] > 0.1  # well within the outline, and facing the viewer
    moved = 0
    for seed in range(24):
        worn = worn_take(of, 256, np.random.default_rng(seed))
        points = surface[front] @ worn.linear.T + worn.shift
        column = np.floor((points[:, 0] / BOX + 0.5) * 256).astype(int)
        row = np.floor((0.5 - points[:, 1] / BOX) * 256).astype(int)
        shown = worn.portrait[:3, row, column].T / 255
        alpha, inside = worn.portrait[3, row, column], worn.portrait[4, row, column]
        seen = (alpha > 200) & (inside > 200)
        assert (alpha[inside == 0] == 0).all()  # what the drawing does not show is clear
        if not seen.any():
            continue
        expected = colours[front] ** worn.power
        # Lines darken this picture by up to a half, and never the hue.
        share = shown[seen].sum(1) / expected[seen].sum(1)
        error = np.abs(shown[seen] - expected[seen] * share[:, None]).max(1)
        assert 0.4 < np.median(share) < 1.1 and np.median(error) < 0.05
        assert (error < 0.15).mean() > 0.9
        moved += bool(np.abs(worn.linear - np.eye(3)).max() > 0.01)
    assert moved > 12


def test_a_picture_may_be_left_alone():
    of = take()
    worn = worn_take(of, 256, np.random.default_rng(0), vary=False)
    half = (opened(of.inked).astype(float) + opened(of.line_free)) / 2
    solid = half[..., 3] == 255
    assert np.abs(worn.portrait[:3].transpose(1, 2, 0)[solid] - half[..., :3][solid]).max() <= 1
    assert np.array_equal(worn.linear, np.eye(3)) and (worn.portrait[4] == 255).all()
    small = worn_take(of, 64, np.random.default_rng(0), vary=False).portrait
    assert small.shape == (5, 64, 64)
    assert small[3].mean() == pytest.approx(worn.portrait[3].mean(), rel=0.01)
