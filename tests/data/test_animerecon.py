"""The reader of a user's lustrous folder: what it finds, what it misses, what it refuses."""

import pickle
from dataclasses import replace

import numpy as np
import pytest

from campaign import _pickle_files as files
from panic3d.data.alignments import Alignment, read_alignments, warped
from panic3d.data.animerecon import (
    ORTHO_NAMES,
    SPIN_NAMES,
    open_animerecon,
    read_frame,
    read_illustration,
)
from panic3d.errors import DatasetError, PictureError, UnsafePickleError, WeightsError
from tests.data.lustrous import (
    SPIN,
    alignment,
    render_path,
    write_alignments,
    write_list,
    write_picture,
    write_placeholders,
)

KEYS = ["genshin/albedo", "hololive/inugami_korone_v1.03", "genshin/größer"]


@pytest.fixture
def tree(tmp_path):
    """Three pairs, all complete."""
    write_list(tmp_path, KEYS)
    write_alignments(tmp_path, {key: alignment() for key in KEYS})
    for key in KEYS:
        write_placeholders(tmp_path, key)
    return tmp_path


def test_the_views_are_those_of_the_paper():
    """Oracle: evaluation specification, 1 and 4."""
    assert ORTHO_NAMES == ("front", "left", "right", "back")
    assert list(SPIN_NAMES) == SPIN == [f"{k:04d}" for k in (*range(42, 48), *range(36, 42))]


def test_a_whole_tree_is_complete(tree):
    found = open_animerecon(tree)
    assert [pair.key for pair in found.pairs] == KEYS
    assert all(pair.complete for pair in found.pairs)
    assert found.pairs[0].alignment is not None
    assert found.pairs[0].alignment.area == (130.0, 120.0, 260.0, 280.0)
    report = found.report()
    assert "3 of 3 listed pairs are complete" in report
    assert "lists 3 pairs, the paper's list has 68" in report


@pytest.mark.parametrize(
    ("gone", "half", "what"),
    [
        ("renders/daredemoE/ortho/{}/back.png", "to_score", "no back in renders/daredemoE/ortho/"),
        ("renders/daredemoE/rgb60/{}/0038.png", "to_score", "no 0038 in renders/daredemoE/rgb60/"),
        ("raw/dssc/{}.vrm", "to_score", "no raw/dssc/"),
        ("renders/daredemoE/fandom_align/{}/front.png", "to_predict", "fandom_align/"),
    ],
)
def test_what_is_missing_is_named_with_its_file(gone, half, what, tree):
    (tree / gone.format(KEYS[1])).unlink()
    found = open_animerecon(tree)
    whole, broken, _ = found.pairs
    assert whole.complete and not broken.complete
    (lack,) = getattr(broken, half)
    assert lack.what.startswith("no ") and what in lack.what and KEYS[1] in lack.what
    assert lack.what in found.report() and lack.remedy in found.report()
    assert "2 of 3 listed pairs are complete" in found.report()
    kept = {"to_score": found.predictable(), "to_predict": found.scorable()}[half]
    assert broken in kept


def test_sides_and_an_empty_file_count_as_what_they_are(tree):
    """The paper's tool never opens the sides; a file of no bytes is a download that failed."""
    assert not render_path(tree, "ortho", KEYS[0], "left").exists()
    (tree / f"raw/dssc/{KEYS[0]}.vrm").write_bytes(b"")
    assert [lack.what for lack in open_animerecon(tree).pairs[0].to_score] == [
        f"no raw/dssc/{KEYS[0]}.vrm"
    ]


def test_a_pair_without_alignment_says_so(tree):
    write_alignments(tree, {KEYS[0]: alignment(), KEYS[1]: alignment(area_of_interest=(1, 2))})
    first, second, third = open_animerecon(tree).pairs
    assert first.complete
    assert "area_of_interest is not ((row, column), (height, width))" in second.to_score[0].what
    assert "no alignment of it" in third.to_score[0].what
    (tree / "renders/daredemoE/fandom_align_alignment.pkl").unlink()
    assert all("no renders/" in pair.to_score[0].what for pair in open_animerecon(tree).pairs)


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"source": "a/b/c"}, "source"),
        ({"source": None}, "source"),
        ({"transformation": np.eye(2)}, "3 x 3"),
        ({"transformation": [[1, 0, "x"], [0, 1, 0], [0, 0, 1]]}, "3 x 3"),
        ({"transformation": np.full((3, 3), np.nan)}, "3 x 3"),
        ({"transformation": np.zeros((3, 3))}, "inverted"),
        ({"area_of_interest": ((0, 0), (0, 10))}, "at least 1 x 1"),
        ({"area_of_interest": ((0, 0), (1e9, 10))}, "area_of_interest"),
        ({"area_of_interest": ((0, 0), (10, 10), (1, 1))}, "area_of_interest"),
    ],
)
def test_a_faulty_alignment_costs_only_its_own_pair(changes, what, tmp_path):
    path = write_alignments(tmp_path, {KEYS[0]: alignment(), KEYS[1]: alignment(**changes)})
    good, bad = read_alignments(path).values()
    assert isinstance(good, Alignment) and isinstance(bad, str) and what in bad


@pytest.mark.parametrize(
    "area",
    [
        [[1, 2], [3, 4]],
        np.array([[1, 2], [3, 4]]),
        (np.array([1, 2]), np.array([3.0, 4.0])),
        ((np.int32(1), np.int64(2)), (np.float64(3), 4)),
    ],
)
def test_areas_are_read_however_they_were_kept(area, tmp_path):
    path = write_alignments(tmp_path, {KEYS[0]: alignment(area_of_interest=area)})
    (found,) = read_alignments(path).values()
    assert isinstance(found, Alignment) and found.area == (1.0, 2.0, 3.0, 4.0)


# Refusals


@pytest.mark.parametrize(
    "line",
    [
        "../etc/passwd",
        "genshin/..",
        "../albedo",
        "genshin/../../x",
        "/genshin/albedo",
        "genshin",
        "genshin/",
        "genshin\\albedo/x",
        "_logs/x",
        "genshin/al\0bedo",
        " genshin/albedo",
        "C:/x",
    ],
)
def test_an_id_that_is_no_id_is_refused(line, tree):
    write_list(tree, [KEYS[0], line])
    with pytest.raises(DatasetError, match=r"line 2: .* is no id"):
        open_animerecon(tree)


@pytest.mark.parametrize("key", ["../../x", "genshin/..", "genshin/_x"])
def test_alignments_that_lead_out_of_the_tree_are_refused(key, tree):
    write_alignments(tree, {key: alignment()})
    with pytest.raises(DatasetError, match="no path inside the tree"):
        open_animerecon(tree)


@pytest.mark.parametrize("source", ["a/../../etc", "../a/b/c", "a/b/c/..", "/a/b/c/d"])
def test_a_source_that_leads_out_of_the_tree_is_refused(source, tree):
    write_alignments(tree, {KEYS[0]: alignment(source=source)})
    with pytest.raises(DatasetError, match="no path inside the tree"):
        open_animerecon(tree)


def test_a_list_cut_within_a_name_is_refused(tree):
    write_list(tree, [KEYS[0], KEYS[1][:-4]], end="")
    with pytest.raises(DatasetError, match=r"beginning of 'hololive/inugami_korone_v1\.03'.*cut"):
        open_animerecon(tree)


def test_a_list_cut_between_lines_is_noted(tree):
    write_list(tree, KEYS[:1])
    assert any("2 characters of" in note for note in open_animerecon(tree).notes)


def test_a_list_without_a_last_break_or_with_windows_breaks_is_read(tree):
    write_list(tree, [KEYS[0], KEYS[1]], end="")
    assert len(open_animerecon(tree).pairs) == 2
    path = tree / "subsets/daredemoE_test.csv"
    path.write_bytes(b"\xef\xbb\xbf" + "\r\n".join(KEYS).encode() + b"\r\n\r\n")
    assert [pair.key for pair in open_animerecon(tree).pairs] == KEYS


@pytest.mark.parametrize(
    ("raw", "what"),
    [(b"", "lists nothing"), (b"a/b\na/b\n", "lines 1 and 2"), (b"a/\xff\xfe\n", "no UTF-8")],
)
def test_other_broken_lists_are_refused(raw, what, tree):
    (tree / "subsets/daredemoE_test.csv").write_bytes(raw)
    with pytest.raises(DatasetError, match=what):
        open_animerecon(tree)


def test_another_folder_is_refused_with_what_is_expected(tmp_path):
    with pytest.raises(DatasetError, match=r"has no subsets/daredemoE_test\.csv: give the folder"):
        open_animerecon(tmp_path)


@pytest.mark.parametrize("name", ["live os.system", "live builtins.eval", "live INST"])
def test_hostile_alignments_are_refused_and_nothing_of_them_runs(name, tree):
    """Oracle: the sentinel that the pickle would create does not exist."""
    sentinel = tree / "sentinel"
    raw = files.hostile(sentinel)[name]
    (tree / "renders/daredemoE/fandom_align_alignment.pkl").write_bytes(raw)
    with pytest.raises(UnsafePickleError, match="nothing of it was run"):
        open_animerecon(tree)
    assert not sentinel.exists()


@pytest.mark.parametrize("value", [{}, [1], "text", {3: alignment()}])
def test_alignments_that_are_none_are_refused(value, tree):
    path = tree / "renders/daredemoE/fandom_align_alignment.pkl"
    path.write_bytes(pickle.dumps(value))
    with pytest.raises(DatasetError, match="use the file of the authors' archive"):
        open_animerecon(tree)
    path.write_bytes(pickle.dumps({"daredemoE/x": alignment()})[:-30])
    with pytest.raises(WeightsError, match="cut short"):
        open_animerecon(tree)


# The illustration


def checker(seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (512, 512, 4), dtype=np.uint8)


def test_the_illustration_has_the_archives_mask_as_alpha(tree):
    """Oracle: its own colours, the mask's levels."""
    picture, mask = checker(), checker(1)[..., 0]
    write_picture(render_path(tree, "fandom_align", KEYS[0], "front"), picture)
    write_picture(render_path(tree, "fandom_align_seg", KEYS[0], "front"), mask)
    found = read_illustration(open_animerecon(tree).pairs[0])
    assert np.array_equal(found.rgba[..., :3], picture[..., :3])
    assert np.array_equal(found.rgba[..., 3], mask)
    render_path(tree, "fandom_align_seg", KEYS[0], "front").unlink()
    assert np.array_equal(read_illustration(open_animerecon(tree).pairs[0]).rgba, picture)


def test_a_source_is_warped_into_place(tree):
    """Oracle: a shift of whole pixels; white and transparent outside; colours laid on white."""
    source = checker()[:300, :400]
    shift = np.array([[1.0, 0, 20], [0, 1, 50], [0, 0, 1]])
    write_alignments(tree, {KEYS[0]: alignment(transformation=shift)})
    render_path(tree, "fandom_align", KEYS[0], "front").unlink()
    lacks = open_animerecon(tree).pairs[0].to_predict
    assert "nor its source genshin-impact/genshin/Albedo/0000" in lacks[0].what
    write_picture(tree / "raw/fandom/genshin-impact/images/genshin/Albedo/0000.png", source)
    mask = np.full((512, 512), 7, np.uint8)
    write_picture(render_path(tree, "fandom_align_seg", KEYS[0], "front"), mask)
    pair = open_animerecon(tree).pairs[0]
    found = read_illustration(pair).rgba
    alpha = source[..., 3:].astype(np.float64) / 255
    on_white = source[..., :3] * alpha + 255 * (1 - alpha)
    assert np.abs(found[20:320, 50:450, :3] - on_white).max() <= 1
    assert (found[:20, :, :3] == 255).all() and (found[..., 3] == 7).all()
    outside = warped(source, shift)
    assert (outside[:20, :, 3] == 0).all()
    assert np.array_equal(outside[20:320, 50:450, 3], source[..., 3])


def test_a_warp_is_linear_between_pixels():
    """Oracle: a ramp, enlarged and turned, stays the same ramp of the source's coordinates."""
    ramp = np.zeros((200, 200, 4), np.uint8)
    ramp[..., 0] = np.arange(200)[:, None]
    ramp[..., 1] = np.arange(200)[None, :]
    ramp[..., 3] = 255
    matrix = np.array([[1.9, 0.6, 10], [-0.5, 2.1, 60], [0, 0, 1]])
    found = warped(ramp, matrix)
    rows, columns = np.mgrid[:512, :512]
    points = np.linalg.inv(matrix) @ np.stack([rows, columns, np.ones_like(rows)]).reshape(3, -1)
    row, column = points[0].reshape(512, 512), points[1].reshape(512, 512)
    inside = (row > 0) & (row < 199) & (column > 0) & (column < 199)
    assert inside.mean() > 0.4
    assert np.abs(found[..., 0] - row)[inside].max() <= 0.51
    assert np.abs(found[..., 1] - column)[inside].max() <= 0.51


def test_pictures_of_another_size_or_none_are_refused(tree):
    path = render_path(tree, "fandom_align", KEYS[0], "front")
    with pytest.raises(PictureError, match="cannot be read"):
        read_illustration(open_animerecon(tree).pairs[0])
    write_picture(path, checker()[:256, :256])
    with pytest.raises(PictureError, match="256 x 256 pixels, expected 512 x 512"):
        read_frame(path)
    path.unlink()
    pair = open_animerecon(tree).pairs[0]
    with pytest.raises(DatasetError, match="cannot be predicted"):
        read_illustration(replace(pair, alignment=None))
