"""Drawing figures, and putting the input's pixels on them."""

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import binary_erosion

from panic3d.errors import ConfigError, PictureError
from panic3d.evaluate.cases import ALL_MAPS, VIEW_NAMES, Maps
from panic3d.evaluate.figures import drawn, of_file, of_sheet, of_textured
from panic3d.evaluate.predictors import SavedHeads, Tools, read_head
from panic3d.evaluate.stitching import seam_of, stitchable, stitched
from panic3d.formats.head_glb import write_head
from panic3d.geometry.cameras import NAMED_VIEWS
from panic3d.geometry.conventions import HEAD_BOX_M
from panic3d.geometry.meshes import TexturedMesh

from .balls import SIZE, ball


@pytest.fixture(scope="module")
def tools(rasteriser):
    made = Tools()
    made.__dict__["rasteriser"] = rasteriser
    return made


def checks(size=SIZE):
    """An opaque disc with four colours."""
    steps = (np.arange(size) + 0.5) / size - 0.5
    picture = np.zeros((size, size, 4), np.uint8)
    picture[..., 0] = np.where(steps > 0, 250, 10)
    picture[..., 1] = np.where(steps > 0, 250, 10)[:, None]
    picture[..., 3] = np.where(steps[:, None] ** 2 + steps**2 < 0.09, 255, 0)
    return picture


def test_a_ball_is_as_large_and_as_far_as_it_is(rasteriser):
    """Oracle: the area of its outline, the depth of its nearest and its outermost points."""
    found = drawn(ball(0.15), rasteriser, 256)
    share = (found.views["left"][..., 3] / 255).sum() * (HEAD_BOX_M / 256) ** 2
    assert share == pytest.approx(np.pi * 0.15**2, rel=0.01)
    assert np.nanmin(found.depths["front"]) == pytest.approx(0.85, abs=1e-3)
    assert found.normals["front"][128, 128] == pytest.approx([0, 0, 1], abs=0.02)
    assert np.isnan(found.depths["front"][0, 0])


def test_a_sheet_is_the_picture_from_the_front_mirrored_from_behind_and_nothing_from_the_side(
    rasteriser,
):
    picture = checks()
    found = drawn(of_sheet(picture, 0.05), rasteriser, SIZE)
    solid = picture[..., 3] == 255
    middle = np.abs(np.arange(SIZE) - SIZE / 2 + 0.5) > 2
    inner = binary_erosion(solid, iterations=3) & middle & middle[:, None]
    assert np.abs(found.views["front"][inner].astype(int) - picture[inner]).max() <= 2
    back = found.views["back"][:, ::-1]
    assert np.abs(back[inner].astype(int) - picture[inner]).max() <= 2
    assert not found.views["left"][..., 3].any()
    assert np.nanmean(found.depths["front"]) == pytest.approx(0.95, abs=1e-4)
    assert found.surface is not None
    a, b, c = (found.surface.vertices[found.surface.faces[:, k]] for k in range(3))
    facing = np.cross(b - a, c - a)
    assert (facing[:, 2] > 0).all()
    assert facing[:, 2].sum() / 2 == pytest.approx(solid.sum() * (HEAD_BOX_M / SIZE) ** 2)


def test_the_input_is_put_on_what_the_front_camera_sees_alone(rasteriser):
    """Oracle: a ball shows the front picture in front, its own colours behind."""
    picture = checks()
    figure = ball(0.2)
    head = stitchable(figure, rasteriser, SIZE)
    plain, put = head.bare, head.wearing(picture)
    front = put.views["front"]
    middle = np.s_[SIZE // 2 - 15 : SIZE // 2 - 3]
    assert np.abs(front[middle, middle].astype(int) - picture[middle, middle]).max() <= 2
    assert np.array_equal(put.views["back"], plain.views["back"])
    assert np.array_equal(put.views["front"][..., 3], plain.views["front"][..., 3])
    # From the left, the half that faces the front changes and the other does not.
    changed = (put.views["left"] != plain.views["left"]).any(-1)
    assert changed[:, : SIZE // 2 - 6].any() and not changed[:, SIZE // 2 :].any()


def test_what_stands_behind_another_surface_gets_nothing(rasteriser):
    """Oracle: a small ball behind a large one, as the front camera sees them."""
    figure = ball(0.05)
    with rasteriser.load(figure.posed, figure.origin) as scene:
        seen = rasteriser.geometry(scene, NAMED_VIEWS["front"], SIZE)
        view = rasteriser.colour(scene, NAMED_VIEWS["front"], SIZE)
    in_front = np.full((SIZE, SIZE), 0.2, np.float32)
    assert np.array_equal(stitched(view, seam_of(seen, in_front), checks()), view)
    alone = np.where(seen.facing != 0, seen.position[..., 2], np.float32(-np.inf))
    seam = seam_of(seen, alone.astype(np.float32))
    assert not np.array_equal(stitched(view, seam, checks()), view)


def quad(texture):
    corners = [[-0.1, 0.1], [0.1, 0.1], [0.1, -0.1], [-0.1, -0.1]]
    return TexturedMesh(
        vertices=np.array([[x, y, 0] for x, y in corners], np.float32),
        faces=np.array([[0, 2, 1], [0, 3, 2]], np.int32),
        normals=np.tile(np.array([0, 0, 1], np.float32), (4, 1)),
        uvs=np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32),
        texture=texture,
    )


def test_a_textured_mesh_and_its_file_look_alike(rasteriser, tmp_path):
    """Oracle: there and back through a GLB, which others check."""
    texture = np.zeros((64, 64, 3), np.uint8)
    texture[:32], texture[32:, :32] = (200, 30, 60), (20, 160, 220)
    write_head(quad(texture), tmp_path / "head.glb")
    here = drawn(of_textured(quad(texture)), rasteriser, SIZE)
    there = drawn(of_file(tmp_path / "head.glb"), rasteriser, SIZE)
    assert np.abs(here.views["front"].astype(int) - there.views["front"]).max() <= 1
    assert here.views["front"][SIZE // 2 - 6, SIZE // 2 - 6].tolist() == [200, 30, 60, 255]
    assert np.array_equal(here.depths["front"], there.depths["front"], equal_nan=True)


def test_saved_heads_are_read_as_reconstruct_writes_them(tools, tmp_path):
    folder = tmp_path / "run" / "ball-0"
    texture = np.full((16, 16, 3), 90, np.uint8)
    write_head(quad(texture), folder / "head.glb")
    drawn_alone = read_head(folder, tools, SIZE)
    assert drawn_alone.surface is not None and len(drawn_alone.surface.faces) == 2
    for name, view in drawn_alone.views.items():
        (folder / "views").mkdir(exist_ok=True)
        Image.fromarray(255 - view).save(folder / "views" / f"{name}.png")
    found = read_head(folder, tools, SIZE)
    assert np.array_equal(found.views["front"], 255 - drawn_alone.views["front"])
    assert found.depths["front"] is not None and found.surface is not None
    (folder / "views" / "right.png").unlink()
    with pytest.raises(PictureError, match=r"right\.png"):
        read_head(folder, tools, SIZE)
    asked = ALL_MAPS._replace(views=frozenset({"front", "0044"}))
    assert set(read_head(folder, tools, SIZE, asked).views) == {"front", "0044"}
    with pytest.raises(PictureError, match="expected 64 x 64"):
        read_head(folder, tools, 64)
    heads = SavedHeads(tmp_path / "run")
    assert heads.name == "run" and heads.folder("ball-0", "aligned") == folder
    before = heads.digest
    write_head(quad(texture + np.uint8(1)), folder / "head.glb")
    assert heads.digest != before
    with pytest.raises(PictureError, match="neither"):
        heads.folder("ball-1", "aligned")
    with pytest.raises(ConfigError, match="no saved heads"):
        _ = SavedHeads(tmp_path / "nobody").digest


def test_only_the_maps_that_are_asked_for_are_drawn(rasteriser):
    """Oracle: those of a figure with all of them, however it is drawn."""
    figure = ball(0.15)
    maps = Maps(frozenset({"front", "0044"}), frozenset({"front"}), frozenset({"back", "0044"}))
    bare = maps._replace(views=frozenset())
    whole = drawn(figure, rasteriser, SIZE)
    assert set(whole.views) == set(whole.depths) == set(whole.normals) == set(VIEW_NAMES)
    for found in (
        drawn(figure, rasteriser, SIZE, maps=maps),
        drawn(figure, rasteriser, SIZE, maps=bare),
        stitchable(figure, rasteriser, SIZE, maps).bare,
    ):
        assert set(found.depths) == maps.depths and set(found.normals) == maps.normals
        assert set(found.views) in (maps.views, set())
        for name in maps.depths:
            assert np.array_equal(found.depths[name], whole.depths[name], equal_nan=True)
        assert np.array_equal(found.normals["front"], whole.normals["front"], equal_nan=True)
        for name, view in found.views.items():
            assert np.array_equal(view, whole.views[name])
    assert not drawn(figure, rasteriser, SIZE, maps=bare).views


def test_an_input_of_another_size_cannot_be_put_on(rasteriser):
    head = stitchable(ball(0.15), rasteriser, SIZE)
    with pytest.raises(PictureError, match="expected 96 x 96"):
        head.wearing(checks(48))
