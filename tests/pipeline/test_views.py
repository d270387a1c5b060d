"""The contract's views."""

import numpy as np
import pytest

from panic3d.errors import Panic3dError
from panic3d.geometry.cameras import evaluation_cameras
from panic3d.image import read_picture
from panic3d.pipeline.draw import Drawer
from panic3d.pipeline.views import draw_views, threaded, write_views

from .made_head import made_head


def test_the_sixteen_views_are_written_with_alpha(tmp_path):
    drawer = Drawer(made_head())
    views = draw_views(drawer, 48)
    paths = write_views(views, tmp_path / "views")
    assert [path.stem for path in paths] == list(evaluation_cameras())
    assert len(paths) == 16 == len(list((tmp_path / "views").iterdir()))
    for path, (name, camera) in zip(paths, evaluation_cameras().items(), strict=True):
        rgba = read_picture(path).rgba
        assert np.array_equal(rgba, views[name].rgba)
        assert np.array_equal(rgba, drawer.picture(camera, 48).rgba)  # however many threads
        assert rgba[0, 0, 3] == 0 and rgba[24, 24, 3] == 255


def test_what_cannot_be_written_is_said(tmp_path):
    (tmp_path / "views").write_text("a file")
    views = draw_views(Drawer(made_head()), 16)
    with pytest.raises(Panic3dError, match="cannot be written"):
        write_views(views, tmp_path / "views")


def test_a_mistake_in_a_thread_ends_the_work():
    done = []

    def do(number):
        done.append(number)
        if number == 2:
            raise ValueError("two")
        return number

    with pytest.raises(ValueError, match="two"):
        list(threaded(do, range(1000)))
    assert len(done) < 1000
