"""The paper's table: its rows, columns and means."""

import math

from panic3d.evaluate.paper_table import PUBLISHED, is_the_papers, means, paper_table

HALF = {name: value - 0.5 for name, value in PUBLISHED.items()}
OTHER = {name: value + 0.5 for name, value in PUBLISHED.items()}


def test_the_table_has_the_papers_order_and_digits():
    """Oracle: evaluation specification, 7; the mean of two characters around each number."""
    lines = paper_table([HALF, OTHER]).splitlines()
    assert [line.split() for line in lines] == [
        ["clip", "lpips", "psnr"],
        ["front", "94.667", "19.373", "16.914"],
        ["back", "85.046", "30.017", "15.508"],
        ["360", "84.606", "25.252", "15.977"],
        [],
        ["cd", "f1@5", "f1@10"],
        ["geom", "1.329", "37.725", "65.498"],
    ]
    assert len({len(line) for line in lines if line}) == 1


def test_the_published_numbers_stand_below_ours():
    lines = [line.split() for line in paper_table([HALF], published=True).splitlines()]
    assert lines[1] == ["front", "94.167", "18.873", "16.414"]
    assert lines[2] == ["published", "94.667", "19.373", "16.914"]


def test_a_network_that_is_absent_leaves_a_dash_and_says_how_to_get_it():
    without = {name: HALF[name] for name in HALF if not name.endswith(("clip", "lpips"))}
    text = paper_table([without])
    assert text.splitlines()[1].split() == ["front", "-", "-", "16.414"]
    assert "panic3d weights fetch lpips-alex" in text and "clip was not given" in text


def test_what_is_not_a_number_is_left_out_of_its_mean_and_counted():
    """A prediction without a surface has no distance, and F1 of 0 counts."""
    nothing = HALF | {"geom.cd_cm": math.nan, "geom.f1_5": 0.0}
    mean = means([OTHER, nothing])
    assert mean["geom.cd_cm"] == OTHER["geom.cd_cm"]
    assert mean["geom.f1_5"] == OTHER["geom.f1_5"] / 2
    assert "1 of 2 have no surface" in paper_table([OTHER, nothing])
    assert "no surface" not in paper_table([OTHER])


def test_equal_pictures_have_an_infinite_psnr():
    assert paper_table([HALF | {"front.psnr": math.inf}]).splitlines()[1].split()[-1] == "inf"


def test_only_all_pairs_in_paper_mode_stand_beside_the_published_table():
    assert is_the_papers([HALF] * 68, "paper")
    assert not is_the_papers([HALF] * 67, "paper") and not is_the_papers([HALF] * 68, "fixed")
