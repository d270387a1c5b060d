"""What docs/data.md tells people to type does what it says."""

import shlex

import pytest

from campaign._gltf_files import figure_build
from tests.documents import ROOT, blocks, run

TEXT = (ROOT / "docs" / "data.md").read_text(encoding="utf-8")


@pytest.fixture
def desk(tmp_path, rasteriser):
    (tmp_path / "my_model.vrm").write_bytes(figure_build().packed())
    (tmp_path / "folder_of_models").mkdir()
    (tmp_path / "folder_of_models" / "other.vrm").write_bytes(figure_build("1.0").packed())
    return tmp_path


def test_the_command_draws_both_models(desk):
    (block,) = blocks(TEXT, "bash")
    (command,) = [line for line in block.splitlines() if line.startswith("panic3d")]
    run(["-m", "panic3d.cli.main", *shlex.split(command)[1:]], desk)
    assert len(list(desk.glob("data/renders/open/*/*/*/front.png"))) == 4 * 2


def test_the_python_writes_what_it_says(desk):
    (code,) = blocks(TEXT, "python")
    run(["-c", code], desk)
    assert (desk / "view.png").stat().st_size > 0
    assert (desk / "converted.vrm").read_bytes()[:4] == b"glTF"


def test_every_code_of_a_fault_is_explained():
    from panic3d import errors

    codes = {kind.code for kind in errors.ModelError.__subclasses__()} - {"no-expression"}
    assert {code for code in codes if f"`{code}`" not in TEXT} == set()
