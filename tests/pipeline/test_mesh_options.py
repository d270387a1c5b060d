import pytest

from panic3d.errors import ConfigError
from panic3d.pipeline.mesh_options import MeshOptions


def test_the_usual_ones_are_the_products():
    options = MeshOptions()
    assert (options.triangles, options.texture_size) == (20_000, 2048)
    assert options.unwrap == "charts" and not options.keep_pose


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("triangles", 99),
        ("triangles", 10**7),
        ("texture_size", 100),
        ("texture_size", 10_000),
        ("smooth", -1),
        ("smooth", 101),
    ],
)
def test_what_makes_no_mesh_is_refused(name, value):
    with pytest.raises(ConfigError, match=name):
        MeshOptions(**{name: value})
