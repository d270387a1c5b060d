"""Means, scores and the printed table."""

import numpy as np
import pytest

from panic3d.evaluate.measures import measure_of
from panic3d.evaluate.summary import summarise
from panic3d.evaluate.table import text_of
from tests.evaluate.results import result


def chance():
    return np.random.Generator(np.random.PCG64(5))


def results():
    """Four assets of one character; PSNR and Chamfer distance between floors and an oracle."""
    out = []
    numbers = {"ours": (20, 1), "billboard": (18, 3), "mean head": (10, 2), "oracle": (26, 0.5)}
    names = ("hair:new", "hair:b", "hair:c_new", "hair:d")
    for k in range(4):
        for name, (psnr, chamfer) in numbers.items():
            out.append(
                result(
                    f"c{k}",
                    name,
                    kind="real" if k < 2 else "procedural",
                    assets=(names[k],),
                    front_psnr=float(psnr + k),
                    side_psnr=float(psnr - 1),
                    geom_cd_cm=float(chamfer),
                )
            )
    return out


def test_scores_lie_between_the_best_floor_and_the_oracle():
    """Oracle: (20 - 18) / (26 - 18), and (1 - 2) / (0.5 - 2) where less is better."""
    block = summarise(results(), chance(), 200)[0]
    assert block.best_floor["front.psnr"] == "billboard"
    assert block.best_floor["geom.cd_cm"] == "mean head"
    score = block.scores["ours"]
    assert score["front.psnr"].mean == pytest.approx(0.25)
    assert score["geom.cd_cm"].mean == pytest.approx(2 / 3)
    # The difference is the same for every character, so resampling moves nothing.
    assert score["front.psnr"].low == pytest.approx(0.25) == score["front.psnr"].high
    assert block.scores["oracle"]["front.psnr"].mean == pytest.approx(1)
    assert block.scores["billboard"]["front.psnr"].mean == pytest.approx(0)


def test_kinds_and_unseen_families_have_rows_of_their_own():
    blocks = {block.group: block for block in summarise(results(), chance(), 50)}
    assert list(blocks) == ["all", "real", "procedural", "unseen"]
    assert blocks["all"].cases == 4 and blocks["all"].assets == 4
    assert blocks["real"].estimates["ours"]["front.psnr"].mean == 20.5
    assert blocks["procedural"].estimates["ours"]["front.psnr"].mean == 22.5
    assert blocks["unseen"].estimates["ours"]["front.psnr"].mean == 21


def test_what_was_prepared_says_so_in_the_table():
    mixed = [
        result("c", track="wild", preparation="ideal", front_psnr=1.0),
        result("c", track="wild", front_psnr=2.0),
    ]
    assert [block.track for block in summarise(mixed, chance(), 20)] == [
        "wild",
        "wild, ideal preparation",
    ]


def test_the_text_has_the_papers_columns_and_names_what_is_absent():
    blocks = summarise(results(), chance(), 50)
    text = text_of(blocks, "open-bench")
    heads = text.splitlines()[2].split()
    assert heads == ["clip", "lpips", "psnr"] * 3 + ["cd", "f1@5", "f1@10"]
    row = next(line for line in text.splitlines() if line.startswith("ours")).split()
    assert row[1:] == ["-", "-", "21.500", *["-"] * 6, "1.000", "-", "-"]
    # Views from the side have a place in every block that is printed.
    assert text.count("ours    ") == 2 * 4 and text.count("    side\n") == 4
    assert "panic3d weights fetch lpips-alex" in text
    assert "real assets, 2 characters" in text


def test_a_failure_counts_and_is_told():
    found = [result("a", front_psnr=20.0), result("b", failure="broke", front_psnr=5.0)]
    blocks = summarise(found, chance(), 20)
    assert blocks[0].estimates["ours"]["front.psnr"].mean == 12.5
    assert "ours failed on 1 of 2" in text_of(blocks, "b")


@pytest.mark.parametrize(
    ("name", "better"),
    [
        ("front.psnr", "higher"),
        ("360.squeeze", "lower"),
        ("geom.f1_10", "higher"),
        ("side.iou", "higher"),
        ("geom.cd_cm", "lower"),
        ("front.depth_mm", "lower"),
        ("geom.precision_5", "higher"),
    ],
)
def test_directions(name, better):
    assert measure_of(name).better == better


def test_empty_heads_are_counted_in_every_block():
    """Oracle: one of two heads is empty."""
    found = [
        result("a", front_psnr=20.0, geom_empty=0.0),
        result("b", "ours", kind="real", front_psnr=5.0, geom_empty=1.0),
    ]
    text = text_of(summarise(found, chance(), 20), "b")
    assert "ours: 1 of 2 empty" in text and "ours: 1 of 1 empty" in text
    assert text.count("empty, f1 0") == 2


@pytest.mark.parametrize(
    ("assets", "independent"),
    [
        ([("hair:a",)] * 5, 1),
        # Face and hair change together: two observations, however many names.
        ([("face:a", "hair:a"), ("face:b", "hair:b"), ("face:a", "hair:a")], 2),
        # Many hairstyles on two faces are two faces.
        ([(f"face:{k % 2}", f"hair:{k}") for k in range(6)], 2),
        ([(f"face:{k % 4}", f"hair:{k}") for k in range(6)], 4),
        ([()] * 4, 4),
    ],
)
def test_few_assets_give_no_interval_and_the_table_says_why(assets, independent):
    found = [result(f"c{k}", front_psnr=float(k), assets=each) for k, each in enumerate(assets)]
    block = summarise(found, chance(), 50)[0]
    estimate = block.estimates["ours"]["front.psnr"]
    assert block.independent == independent
    assert estimate.mean == np.mean(range(len(assets)))
    text = text_of([block], "b")
    few = independent < 4
    assert np.isnan(estimate.low) == np.isnan(estimate.high) == few
    assert (f"no intervals: the characters come from {independent} independent" in text) == few
    assert ("95 % interval" in text) == (not few)
