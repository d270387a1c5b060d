"""Drawing models and every command's start do without torch, whose import takes over a second."""

import subprocess
import sys

LIGHT = (
    "panic3d.cli.main",
    "panic3d.errors",
    "panic3d.config",
    "panic3d.files",
    "panic3d.image",
    "panic3d.geometry.conventions",
    "panic3d.geometry.cameras",
    "panic3d.geometry.meshes",
    "panic3d.geometry.character",
    "panic3d.geometry.posing",
    "panic3d.formats.vrm",
    "panic3d.render.raster",
)


def test_light_modules_do_not_import_torch():
    code = (
        "import importlib, sys\n"
        f"for name in {LIGHT!r}:\n"
        "    importlib.import_module(name)\n"
        "    assert 'torch' not in sys.modules, name\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_loading_networks_does_without_torchs_compiler():
    """Its import takes another second; networks are made on the meta device to learn shapes."""
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from panic3d.pipeline.untrained import demo_config\n"
        "from panic3d.weights.load import load_reconstructor\n"
        "from panic3d.weights.shapes import generator_tensor_shapes\n"
        "load_reconstructor('open-v1', Path('none'))\n"
        "generator_tensor_shapes(demo_config())\n"
        "assert 'torch' in sys.modules\n"
        "assert 'torch._dynamo' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
