"""Examples on disk."""

import functools

import numpy as np
import pytest

from panic3d.errors import ConfigError, ModelError, Panic3dError
from panic3d.formats.vrm import read_vrm
from panic3d.train.cache import Example, build_cache, read_cache, read_shard, write_shard
from panic3d.train.shards import SHARD_CHARACTERS, CachePlan

from .heads import ball


def equal(one, other):
    return all(np.array_equal(a, b) and a.dtype == b.dtype for a, b in zip(one, other, strict=True))


def test_a_shard_gives_back_what_was_written(tmp_path):
    """Invariant: there and back; a number of points that is no multiple of eight."""
    written = [ball(count=1003, seed=seed) for seed in range(3)]
    write_shard(tmp_path / "000000.npz", written)
    read = read_shard(tmp_path / "000000.npz")
    assert len(read) == 3 and all(map(equal, written, read))
    assert len(read_cache(tmp_path)) == 3 and len(read_cache(tmp_path, 2)) == 2


def test_characters_with_other_numbers_of_pictures_do_not_share_a_shard(tmp_path):
    one, other = ball(), ball()
    other = other._replace(pictures=other.pictures[:1])
    with pytest.raises(ConfigError, match="pictures"):
        write_shard(tmp_path / "x.npz", [one, other])


def test_a_broken_shard_is_named(tmp_path):
    write_shard(tmp_path / "x.npz", [ball()])
    whole = (tmp_path / "x.npz").read_bytes()
    (tmp_path / "x.npz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(Panic3dError, match=r"x\.npz"):
        read_cache(tmp_path)


def test_an_empty_folder_says_what_to_do(tmp_path):
    with pytest.raises(ConfigError, match="build the cache"):
        read_cache(tmp_path)


def test_a_plan_counts_its_shards(tmp_path):
    plan = CachePlan(out=tmp_path, count=SHARD_CHARACTERS + 3, first=2 * SHARD_CHARACTERS)
    assert plan.shards == [2, 3]
    assert [len(plan.numbers(shard)) for shard in plan.shards] == [SHARD_CHARACTERS, 3]
    with pytest.raises(ConfigError, match="multiple"):
        CachePlan(out=tmp_path, count=1, first=5)
    with pytest.raises(ConfigError, match="count"):
        CachePlan(out=tmp_path, count=0)


def one_of(path, number, rasteriser):
    """Number 1 is no character."""
    if number == 1:
        raise ModelError("this one has no head")
    return Example(read_vrm(path))


def test_a_cache_is_built_resumed_and_the_same_again(shared_models, rasteriser, tmp_path):
    """Oracle: the same plan built a second time; what is there is not made again."""
    make = functools.partial(one_of, min(shared_models, key=lambda path: path.stat().st_size))
    built = []
    for name, count in (("a", 3), ("b", 1)):
        plan = CachePlan(out=tmp_path / name, count=count, check=True)
        (done,) = build_cache(make, plan)
        assert done.characters == len(range(0, count, 2))
        assert all("no head" in failure for failure in done.failures)
        assert not list(build_cache(make, plan))
        built += read_cache(tmp_path / name)
    one, two, again = built
    assert equal(one, again) and one.checks.shape[0] == 4
    assert not np.array_equal(one.points, two.points)
