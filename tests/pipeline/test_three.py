"""The head in three.js, which most browsers' viewers are made with: the colours of our own views.

The three.js is the one within the viewer's library, and so are its reader of GLB files and the
head's material and texture. The camera is ours: parallel rays over the whole head box, as in
``views/front.png``; what is drawn on nothing is compared with that picture, both laid on white.
"""

import base64
from pathlib import Path

import numpy as np
import pytest

from panic3d.formats.head_glb import head_bytes
from panic3d.geometry.cameras import NAMED_VIEWS, Orthographic
from panic3d.image import Picture
from panic3d.pipeline.reconstruct import Reconstructor
from panic3d.pipeline.viewer import write_viewer

from .chromium import opened_tab

PORTRAIT = Path(__file__).parents[2] / "examples" / "portrait.png"
SIZE = 512
MOST = 3.0
"""Mean difference, levels of 255."""

DRAW = """((size, width_m) => {
  const viewer = document.getElementById('head');
  const hidden = (name) => {
    for (let part = viewer; part; part = Object.getPrototypeOf(part)) {
      const key = Object.getOwnPropertySymbols(part).find((one) => one.description === name);
      if (key) return viewer[key];
    }
  };
  const scene = hidden('scene'), three = hidden('renderer').threeRenderer, meshes = [];
  scene.traverse((one) => { if (one.isMesh && one.name === 'head') meshes.push(one); });
  const [mesh] = meshes, camera = scene.camera.clone();
  camera.position.setFromMatrixPosition(mesh.matrixWorld);
  camera.position.z += 1;
  camera.quaternion.identity();
  camera.updateMatrixWorld(true);
  const across = 2 / width_m;  // depth 0 to 2 m
  camera.projectionMatrix.set(across, 0, 0, 0, 0, across, 0, 0, 0, 0, -1, -1, 0, 0, 0, 1);
  camera.projectionMatrixInverse.copy(camera.projectionMatrix).invert();
  three.setRenderTarget(null);
  three.setPixelRatio(1);
  three.setSize(size, size, false);
  three.setViewport(0, 0, size, size);
  three.setScissorTest(false);
  three.setClearColor(0, 0);
  three.clear();
  three.render(scene, camera);
  const gl = three.getContext(), pixels = new Uint8Array(4 * size * size);
  gl.readPixels(0, 0, size, size, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
  const text = Array.from(pixels, (level) => String.fromCharCode(level)).join('');
  return [meshes.length, mesh.material.type, mesh.material.toneMapped, three.outputColorSpace,
          btoa(text)];
})"""


@pytest.fixture(scope="module")
def head():
    return Reconstructor.from_pretrained("open-v1").reconstruct(PORTRAIT, aligned=True)


def on_white(premultiplied):
    return premultiplied[..., :3].astype(int) + 255 - premultiplied[..., 3:]


def test_the_head_has_the_colours_of_the_front_view(head, tmp_path):
    """Oracle: our own drawing."""
    mesh = head.mesh()
    glb = head_bytes(mesh.textured, double_sided=mesh.painted.thin)
    write_viewer(glb, tmp_path / "viewer.html")
    front = NAMED_VIEWS["front"]
    assert isinstance(front, Orthographic)
    expected = head.picture(front)
    with opened_tab(tmp_path / "profile") as tab:
        tab.open(tmp_path / "viewer.html")
        tab.until("document.body?.dataset.ready === 'yes'")
        *about, pixels = tab.run(f"{DRAW}({SIZE}, {front.width_m})")
        assert not tab.complaints
    assert about == [1, "MeshBasicMaterial", False, "srgb"]
    # Rows come from below, and a browser's canvas is premultiplied.
    seen = np.frombuffer(base64.b64decode(pixels), np.uint8).reshape(SIZE, SIZE, 4)[::-1]
    assert expected.size == (SIZE, SIZE)
    shown = expected.rgba[..., 3] > 0
    assert shown.mean() > 0.15
    ours = Picture(expected.rgba).on((255, 255, 255)).rgba[..., :3].astype(int)
    difference = np.abs(on_white(seen) - ours).mean(-1)
    assert difference[shown].mean() <= MOST
    # Flat parts agree up to rounding; what differs is where colours meet.
    assert np.median(difference[shown]) <= 1
    assert difference[~shown].mean() < 0.1
