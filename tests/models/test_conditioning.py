import pytest
import torch

from panic3d.errors import ConfigError, ShapeError
from panic3d.models.conditioning import Conditioning, LevelEdits, parse_cond_mode, require
from panic3d.models.generator_config import RELEASED_COND_MODE

SIZE = 32
LAST = 0
"""`from_last` of the last level."""
EARLY = 5


def some(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def picture(seed, batch=2):
    return torch.rand(batch, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(seed))


CONDITIONS = {
    "image_ortho_front": picture(1),
    "image_ortho_left": picture(2),
    "image_ortho_right": picture(3),
    "image_dorthoA_left": picture(4),
    "image_dorthoA_right": picture(5),
    "resnet_chonk": some(2, 20, 8, 8, seed=6),
    "resnet_feats": some(2, 20, seed=7),
}


def edited(mode, x, image=None, *, from_last=EARLY, conditions=None):
    """What a mode makes of a level's features and skip image; both must stay as they were."""
    image = some(len(x), 6, *x.shape[2:], seed=9) if image is None else image
    before = x.clone(), image.clone()
    edits = LevelEdits(parse_cond_mode(mode), conditions or CONDITIONS, len(x))
    out = edits(x, image, x.shape[-1], from_last)
    assert torch.equal(x, before[0]) and torch.equal(image, before[1])
    return out


def resized(pixels, size):
    """Bilinear without antialiasing, output number by output number."""
    n, c, s, _ = pixels.shape
    out = torch.empty(n, c, size, size)
    for i in range(size):
        for j in range(size):
            corners = []
            for index in (i, j):
                at = min(max((index + 0.5) * s / size - 0.5, 0), s - 1)
                low = int(at)
                corners.append((low, min(low + 1, s - 1), at - low))
            (top, bottom, b), (left, right, a) = corners
            upper = pixels[..., top, left] * (1 - a) + pixels[..., top, right] * a
            lower = pixels[..., bottom, left] * (1 - a) + pixels[..., bottom, right] * a
            out[..., i, j] = upper * (1 - b) + lower * b
    return out


def front(gain=1.0):
    """The conditioning picture as the formula has it: rows upside down, [-gain, gain]."""
    pixels = torch.empty(2, 3, SIZE, SIZE)
    for i in range(SIZE):
        pixels[:, :, i] = CONDITIONS["image_ortho_front"][:, :, SIZE - 1 - i]
    return gain * (2 * pixels - 1)


# --- the string


@pytest.mark.parametrize(
    ("token", "field"),
    [
        ("gt_sides", "true_sides"),
        ("dorthoA", "drawn_sides"),
        ("cond_img_norm_4", "normalised"),
        ("add_4", "add"),
        ("concatfront", "concat"),
        ("add_shuffle2_4", "add_shuffle"),
        ("mult_shuffle2_4", "multiply_shuffle"),
        ("inj_6b_4", "inject"),
        ("crossavg_4", "cross_average"),
        ("crossavgt_38", "cross_average_transpose"),
    ],
)
def test_a_token_switches_on_its_own_edit(token, field):
    assert parse_cond_mode(f"ortho_front.{token}") == Conditioning(front=True, **{field: True})


@pytest.mark.parametrize(
    ("token", "field"), [("reschonk_add_", "chonk_channels"), ("resnetcond_", "tagger_channels")]
)
@pytest.mark.parametrize("count", [1, 37, 512])
def test_a_counting_token_gives_its_number(token, field, count):
    expected = {field: count}
    assert parse_cond_mode(f"{token}{count}") == Conditioning(**expected)
    assert parse_cond_mode(f"ortho_front.{token}{count}") == Conditioning(front=True, **expected)


def test_none_switches_everything_off():
    assert parse_cond_mode("none") == Conditioning()


def test_pooling_needs_no_picture():
    assert parse_cond_mode("crossavg_4") == Conditioning(cross_average=True)
    assert parse_cond_mode("crossavgt_38") == Conditioning(cross_average_transpose=True)


def test_the_released_mode_is_read():
    assert parse_cond_mode(RELEASED_COND_MODE) == Conditioning(
        front=True,
        normalised=True,
        concat=True,
        inject=True,
        cross_average=True,
        chonk_channels=512,
    )


@pytest.mark.parametrize(
    ("mode", "channels"),
    [("none", 3), ("gt_sides", 9), ("dorthoA", 9), ("gt_sides.dorthoA", 15)],
)
def test_each_pair_of_sides_adds_six_channels(mode, channels):
    mode = mode if mode == "none" else f"ortho_front.{mode}"
    assert parse_cond_mode(mode).picture_channels == channels


@pytest.mark.parametrize(
    ("mode", "message"),
    [
        ("", "unknown token ''"),
        ("ortho_front.", "unknown token ''"),
        ("ortho_front..add_4", "unknown token ''"),
        ("ortho_front", "no effect"),
        ("ortho_front.add_5", "unknown token 'add_5'"),
        ("ortho_front.Add_4", "unknown token"),
        ("add_4.ortho_front", "acts only after"),
        ("ortho_front.add_4.add_4", "twice"),
        ("ortho_front.crossavg_4.ortho_front", "unknown token 'ortho_front'"),
        ("none.add_4", "unknown token 'none'"),
        ("reschonk_add_1.reschonk_add_2", "chonk_channels twice"),
        ("reschonk_add_", "unknown token"),
        ("reschonk_add_0", "unknown token"),
        ("reschonk_add_-1", "unknown token"),
        ("reschonk_add_1e3", "unknown token"),
        ("reschonk_add_1234567", "unknown token"),
        ("reschonk_add_٣", "unknown token"),
        ("resnetcond_5 ", "unknown token"),
        *[
            (token, "acts only after")
            for token in (
                "gt_sides", "dorthoA", "cond_img_norm_4", "add_4", "concatfront",
                "add_shuffle2_4", "mult_shuffle2_4", "inj_6b_4",
            )
        ],
    ],
)  # fmt: skip
def test_a_mode_with_a_mistake_is_refused(mode, message):
    with pytest.raises(ConfigError, match=message):
        parse_cond_mode(mode)


# --- the edits


@pytest.mark.parametrize("size", [4, 8, 16])
@pytest.mark.parametrize(("norm", "gain"), [("", 1.0), ("cond_img_norm_4.", 4.0)])
def test_concatfront_replaces_the_last_channels_by_the_flipped_front(size, norm, gain):
    """Oracle: the formula, pixel by pixel."""
    x = some(2, 8, size, size)
    found, image = edited(f"ortho_front.{norm}concatfront", x)
    assert torch.equal(found[:, :5], x[:, :5])
    torch.testing.assert_close(found[:, 5:], resized(front(gain), size), atol=1e-5, rtol=1e-5)
    assert torch.equal(image, some(2, 6, size, size, seed=9))


@pytest.mark.parametrize(("channels", "repeats"), [(12, 1), (24, 2), (31, 2), (32, 2), (48, 4)])
def test_add_4_adds_copies_of_the_front_to_the_last_quarter(channels, repeats):
    """Oracle: int((C / 4) // 3) copies, counted from the end."""
    x = some(2, channels, 4, 4)
    found, _ = edited("ortho_front.add_4", x)
    expected = x.clone()
    small = resized(front(), 4)
    for k in range(3 * repeats):
        expected[:, channels - 3 * repeats + k] += small[:, k % 3]
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("channels", [512, 256, 128])
def test_add_4_has_the_counts_of_the_full_size_network(channels):
    """Oracle: 42, 21 and 10 repeats, as the original's description lists them."""
    x = torch.zeros(2, channels, 4, 4)
    found, _ = edited("ortho_front.add_4", x)
    touched = int((found != 0).any(-1).any(-1).any(0).sum())
    assert touched == 3 * {512: 42, 256: 21, 128: 10}[channels]


@pytest.mark.parametrize("token", ["add_shuffle2_4", "mult_shuffle2_4"])
@pytest.mark.parametrize("from_last", [0, 1])
def test_shuffling_moves_blocks_of_pixels_into_channels_at_the_last_two_levels(token, from_last):
    """Oracle: channel = (row offset * factor + column offset) * 3 + colour."""
    factor = 2 * (1 + from_last)
    size, cells = SIZE // factor, 3 * factor**2
    x = some(2, 4 * cells + 1, size, size)
    found, _ = edited(f"ortho_front.{token}", x, from_last=from_last)
    expected = x.clone()
    pixels = front()
    for row in range(factor):
        for column in range(factor):
            for colour in range(3):
                k = x.shape[1] - cells + (row * factor + column) * 3 + colour
                part = pixels[:, colour, row::factor, column::factor]
                expected[:, k] = x[:, k] + part if token.startswith("add") else x[:, k] * part
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("token", ["add_shuffle2_4", "mult_shuffle2_4"])
def test_shuffling_resizes_at_earlier_levels(token):
    """Oracle: `add_4`'s formula, with a product for the other token."""
    x = some(2, 24, 4, 4)
    found, _ = edited(f"ortho_front.{token}", x, from_last=2)
    small = resized(front(), 4).repeat(1, 2, 1, 1)
    tail = x[:, 18:] + small if token.startswith("add") else x[:, 18:] * small
    torch.testing.assert_close(found, torch.cat([x[:, :18], tail], 1), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(
    ("token", "channels"), [("add_4", 11), ("add_shuffle2_4", 11), ("mult_shuffle2_4", 11)]
)
def test_too_few_channels_to_add_to_are_refused(token, channels):
    with pytest.raises(ConfigError, match=f"{token} needs at least 12 channels"):
        edited(f"ortho_front.{token}", some(2, channels, 4, 4))


@pytest.mark.parametrize("channels", [8, 16, 23])
def test_pooling_averages_the_first_eighth_over_columns_and_the_second_over_rows(channels):
    """Oracle: means in loops."""
    x = some(2, channels, 4, 4)
    found, image = edited("crossavg_4", x)
    expected, k = x.clone(), channels // 8
    for at in range(4):
        for c in range(k):
            expected[:, c, at, :] = x[:, c, at].mean(-1, keepdim=True)
            expected[:, k + c, :, at] = x[:, k + c, :, at].mean(-1, keepdim=True)
    torch.testing.assert_close(found, expected)
    assert torch.equal(image, some(2, 6, 4, 4, seed=9))


def test_transposed_pooling_turns_a_third_group():
    """Oracle: the two pools of crossavg_4, then rows for columns."""
    x = some(2, 17, 4, 4)
    found, _ = edited("crossavgt_38", x)
    pooled, _ = edited("crossavg_4", x)
    assert torch.equal(found[:, :4], pooled[:, :4])
    for i in range(4):
        for j in range(4):
            assert torch.equal(found[:, 4:6, i, j], x[:, 4:6, j, i])
    assert torch.equal(found[:, 6:], x[:, 6:])


def test_plain_pooling_wins_over_the_transposed_one():
    x = some(2, 16, 4, 4)
    found, _ = edited("crossavg_4.crossavgt_38", x)
    assert torch.equal(found, edited("crossavg_4", x)[0])


def test_too_few_channels_to_pool_are_left_alone():
    x = some(2, 7, 4, 4)
    assert torch.equal(edited("crossavg_4", x)[0], x)


@pytest.mark.parametrize("count", [1, 5, 16])
def test_tagger_features_are_added_unflipped_at_resolution_8_alone(count):
    """Oracle: first K channels, number by number."""
    x = some(2, 16, 8, 8)
    found, image = edited(f"reschonk_add_{count}", x)
    expected = x.clone()
    expected[:, :count] += CONDITIONS["resnet_chonk"][:, :count]
    assert torch.equal(found, expected)
    assert torch.equal(image, some(2, 6, 8, 8, seed=9))
    other = some(2, 16, 16, 16)
    assert torch.equal(edited(f"reschonk_add_{count}", other)[0], other)


@pytest.mark.parametrize("token", ["concatfront", "add_4", "crossavg_4", "inj_6b_4"])
def test_tagger_features_displace_every_other_edit_at_resolution_8(token):
    """Oracle: the original's order, in which the tagger's level ends early."""
    x = some(2, 16, 8, 8)
    alone = edited("reschonk_add_4", x, from_last=LAST)
    both = edited(f"ortho_front.{token}.reschonk_add_4", x, from_last=LAST)
    assert torch.equal(both[0], alone[0]) and torch.equal(both[1], alone[1])
    without = edited(f"ortho_front.{token}", x, from_last=LAST)
    assert not (torch.equal(without[0], x) and torch.equal(without[1], alone[1]))


@pytest.mark.parametrize("norm", ["", "cond_img_norm_4."])
def test_injection_adds_the_front_to_the_first_plane_channels_at_the_last_level(norm):
    """Oracle: 4 (2 front - 1), upside down, whatever the other gain is."""
    x, image = some(2, 8, 16, 16), some(2, 6, 16, 16, seed=3)
    found, planes = edited(f"ortho_front.{norm}inj_6b_4", x, image, from_last=LAST)
    assert torch.equal(found, x)
    expected = image.clone()
    expected[:, :3] += resized(front(4.0), 16)
    torch.testing.assert_close(planes, expected, atol=1e-5, rtol=1e-5)
    earlier = edited(f"ortho_front.{norm}inj_6b_4", x, image, from_last=1)
    assert torch.equal(earlier[1], image)


@pytest.mark.parametrize(("token", "kind"), [("gt_sides", "ortho"), ("dorthoA", "dorthoA")])
def test_side_pictures_are_turned_into_the_frame_of_the_front(token, kind):
    """Oracle: left [i, j] = in[S-1-j, S-1-i], right [i, j] = in[S-1-j, i], after the front."""
    x = some(2, 12, SIZE, SIZE)
    found, _ = edited(f"ortho_front.{token}.concatfront", x)
    left, right = (CONDITIONS[f"image_{kind}_{side}"] for side in ("left", "right"))
    expected = torch.empty(2, 6, SIZE, SIZE)
    for i in range(SIZE):
        for j in range(SIZE):
            expected[:, :3, i, j] = left[:, :, SIZE - 1 - j, SIZE - 1 - i]
            expected[:, 3:, i, j] = right[:, :, SIZE - 1 - j, i]
    assert torch.equal(found[:, :3], x[:, :3])
    torch.testing.assert_close(found[:, 3:6], front())
    torch.testing.assert_close(found[:, 6:], 2 * expected - 1)


def test_edits_of_one_level_come_in_the_originals_order():
    """Oracle: one token after the other: add, replace, shuffle, then pool."""
    x = some(2, 24, 4, 4)
    expected = x
    for token in ("add_4", "concatfront", "add_shuffle2_4", "mult_shuffle2_4", "crossavg_4"):
        expected, _ = edited(f"ortho_front.{token}", expected)
    mode = "ortho_front.mult_shuffle2_4.crossavg_4.add_shuffle2_4.concatfront.add_4"
    assert torch.equal(edited(mode, x)[0], expected)


# --- what is handed in


def test_no_conditions_are_needed_without_edits():
    x, image = some(2, 8, 8, 8), some(2, 6, 8, 8)
    found = LevelEdits(parse_cond_mode("none"), {}, 2)(x, image, 8, LAST)
    assert torch.equal(found[0], x) and torch.equal(found[1], image)


@pytest.mark.parametrize(
    ("mode", "name"),
    [
        ("ortho_front.concatfront", "image_ortho_front"),
        ("ortho_front.gt_sides.concatfront", "image_ortho_left"),
        ("ortho_front.dorthoA.concatfront", "image_dorthoA_right"),
        ("reschonk_add_4", "resnet_chonk"),
    ],
)
def test_a_condition_that_is_not_there_is_named(mode, name):
    given = {k: v for k, v in CONDITIONS.items() if k != name}
    with pytest.raises(ShapeError, match=f"'{name}'"):
        LevelEdits(parse_cond_mode(mode), given, 2)


@pytest.mark.parametrize(
    ("mode", "name", "shape"),
    [
        ("ortho_front.concatfront", "image_ortho_front", (1, 3, 8, 8)),
        ("ortho_front.concatfront", "image_ortho_front", (2, 4, 8, 8)),
        ("ortho_front.concatfront", "image_ortho_front", (2, 3, 8, 9)),
        ("ortho_front.concatfront", "image_ortho_front", (3, 8, 8)),
        ("ortho_front.gt_sides.concatfront", "image_ortho_right", (2, 3, 16, 16)),
        ("reschonk_add_4", "resnet_chonk", (2, 20, 7, 8)),
        ("reschonk_add_4", "resnet_chonk", (1, 20, 8, 8)),
        ("reschonk_add_4", "resnet_chonk", (2, 3, 8, 8)),
    ],
)
def test_a_condition_of_another_shape_is_refused(mode, name, shape):
    given = {**CONDITIONS, name: torch.zeros(shape)}
    with pytest.raises(ShapeError, match=name):
        LevelEdits(parse_cond_mode(mode), given, 2)


@pytest.mark.parametrize("size", [24, 16])
def test_a_picture_that_does_not_divide_into_blocks_is_refused(size):
    given = {"image_ortho_front": torch.zeros(2, 3, size, size)}
    with pytest.raises(ShapeError, match="needs a multiple of 32"):
        edited("ortho_front.add_shuffle2_4", some(2, 48, 32, 32), from_last=LAST, conditions=given)


def test_more_tagger_channels_than_the_network_has_are_refused():
    with pytest.raises(ShapeError, match="at least 17 channels"):
        edited("reschonk_add_17", some(2, 16, 8, 8))


def test_a_required_condition_is_handed_back():
    found = require(CONDITIONS, "resnet_feats", "N K", 2)
    assert found is CONDITIONS["resnet_feats"]


def test_a_missing_condition_says_what_there_is():
    with pytest.raises(ShapeError, match="hold nothing"):
        require({}, "resnet_feats", "N K", 2)
    with pytest.raises(ShapeError, match="hold a, b"):
        require({"b": torch.zeros(1), "a": torch.zeros(1)}, "resnet_feats", "N K", 2)
