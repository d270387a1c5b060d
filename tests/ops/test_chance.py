"""Random numbers: what seeds fix, and first weights."""

import pytest
import torch

from panic3d.errors import ConfigError
from panic3d.ops.chance import first_weights, normal, seeded, uniform


def test_first_weights_are_torchs_own():
    """Oracle: torch.randn; networks of a seed stay what they are."""
    with torch.random.fork_rng():
        torch.manual_seed(7)
        ours = first_weights(40, 30, over=3.7)
        torch.manual_seed(7)
        assert torch.equal(ours, torch.randn(40, 30) / 3.7)


def test_without_memory_first_weights_have_a_shape_alone():
    with torch.random.fork_rng():
        before = torch.random.get_rng_state()
        with torch.device("meta"):
            found = first_weights(3, 4)
        assert found.is_meta and found.shape == (3, 4)
        assert torch.equal(before, torch.random.get_rng_state())


@pytest.mark.parametrize("draw", [uniform, normal])
def test_a_seed_fixes_the_numbers(draw):
    like = torch.zeros(1, dtype=torch.float64)
    first, again, other = (draw((50,), like, seeded(seed)) for seed in (1, 1, 2))
    assert torch.equal(first, again) and not torch.equal(first, other)
    assert first.dtype == torch.float64


@pytest.mark.parametrize("seed", [-1, 2**63])
def test_seeds_that_are_none_are_refused(seed):
    with pytest.raises(ConfigError, match="seed"):
        seeded(seed)
