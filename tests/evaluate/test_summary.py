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
    """Two assets of two characters; PSNR and Chamfer distance between floors and an oracle."""
    out = []
    numbers = {"ours": (20, 1), "billboard": (18, 3), "mean head": (10, 2), "oracle": (26, 0.5)}
    for k in range(4):
        for name, (psnr, chamfer) in numbers.items():
            out.append(
                result(
                    f"c{k}",
                    name,
                    kind="real" if k < 2 else "procedural",
                    assets=("hair:a",) if k % 2 else ("hair:new",),
                    front_psnr=float(psnr + k),
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
    assert blocks["all"].cases == 4 and blocks["all"].assets == 2
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


def test_one_asset_alone_gives_no_interval():
    """Oracle: of one cluster nothing can be said about clusters."""
    found = [result(f"c{k}", front_psnr=float(k), assets=("hair:a",)) for k in range(5)]
    estimate = summarise(found, chance(), 50)[0].estimates["ours"]["front.psnr"]
    assert estimate.mean == 2 and np.isnan(estimate.low) and np.isnan(estimate.high)
