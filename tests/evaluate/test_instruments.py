"""What measures, known again by its files and its code."""

import pytest

from panic3d.evaluate.instruments import Instruments


@pytest.mark.parametrize("name", ["preprocessor_config.json", "config.json", "model.safetensors"])
def test_every_file_of_clip_counts(tmp_path, name):
    """Another preparation of pictures gives other numbers with the same weights."""
    for each in ("config.json", "preprocessor_config.json", "model.safetensors"):
        (tmp_path / each).write_text("{}")
    instruments = Instruments(folder=tmp_path, clip=str(tmp_path))
    before = instruments.digest
    assert instruments.digest == before
    (tmp_path / name).write_text('{"crop_size": 224}')
    assert instruments.digest != before


def test_other_code_is_another_ruler(tmp_path, monkeypatch):
    instruments = Instruments(folder=tmp_path)
    before = instruments.digest
    monkeypatch.setattr("panic3d.evaluate.instruments.code_digest", lambda: "other")
    assert instruments.digest != before
