from __future__ import annotations

import numpy as np
import torch

from panic3d.evaluate.networks import Memory, network_input, unit_channels


def picture(level, size=(3, 4)):
    return np.full((*size, 3), level, np.float32)


def test_the_latest_pictures_are_remembered_and_others_looked_at():
    """Oracle: a list of what was looked at."""
    memory: Memory[float] = Memory(2)
    looked = []

    def see(level, how="", size=(3, 4)):
        def look():
            looked.append(level)
            return 2 * level

        return memory.recall(picture(level, size), how, look)

    assert [see(0.1), see(0.2), see(0.1)] == [0.2, 0.4, 0.2]
    assert looked == [0.1, 0.2]
    see(0.3)  # 0.2 was met longest ago
    assert see(0.1) == 0.2 and looked == [0.1, 0.2, 0.3]
    see(0.2)
    assert looked == [0.1, 0.2, 0.3, 0.2]
    # Another way of looking, and the same numbers in another shape, are other memories.
    see(0.2, "another way")
    see(0.2, size=(4, 3))
    assert looked[-2:] == [0.2, 0.2]


def test_a_memory_without_room_remembers_nothing():
    memory: Memory[int] = Memory(0)
    assert [memory.recall(picture(0.5), "", iter([k]).__next__) for k in (1, 2)] == [1, 2]


def test_a_picture_that_is_changed_afterwards_is_another():
    memory: Memory[int] = Memory()
    given = picture(0.5)
    memory.recall(given, "", lambda: 1)
    given[0, 0, 0] = 0.25
    assert memory.recall(given, "", lambda: 2) == 2


def test_a_picture_becomes_a_batch_with_its_values_kept():
    given = np.random.default_rng(0).random((5, 6, 3))[::-1]
    made = network_input(torch.nn.Conv2d(3, 1, 1), given)
    assert made.shape == (1, 3, 5, 6) and made.dtype == torch.float32
    assert np.array_equal(made[0].permute(1, 2, 0).numpy(), given.astype(np.float32))


def test_channels_get_length_1_and_nothing_stays_nothing():
    features = torch.zeros(1, 2, 1, 2)
    features[0, :, 0, 0] = torch.tensor([3.0, 4.0])
    found = unit_channels(features)
    assert torch.allclose(found[0, :, 0, 0], torch.tensor([0.6, 0.8]))
    assert (found[0, :, 0, 1] == 0).all()
