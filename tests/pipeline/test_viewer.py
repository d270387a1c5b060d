"""The page: opened from the disk in Chromium, which can reach no network."""

import base64
import hashlib
import re
import time
from dataclasses import replace
from math import degrees

import numpy as np
import pytest
from scipy.ndimage import binary_erosion

from panic3d.errors import Panic3dError
from panic3d.formats.head_glb import head_bytes
from panic3d.geometry.cameras import Orthographic, Perspective
from panic3d.pipeline.draw import Drawer, draw_mesh
from panic3d.pipeline.viewer import PAGE, viewer_page, write_viewer

from .chromium import SIZE, opened_tab
from .made_head import made_head

TITLE = "a </title><script>alert(1)</script> & @GLB@"
VIEWER = "document.getElementById('head')"
READY = "document.body?.dataset.ready === 'yes'"


@pytest.fixture(scope="module")
def head():
    return made_head(centre_y_m=-0.05)


@pytest.fixture(scope="module")
def page(head, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "viewer.html"
    poster = draw_mesh(head, Orthographic(), 64)
    write_viewer(head_bytes(head), path, title=TITLE, poster=poster)
    return path


@pytest.fixture(scope="module")
def tab(page, tmp_path_factory):
    with opened_tab(tmp_path_factory.mktemp("profile")) as opened:
        opened.open(page)
        opened.until(READY)
        yield opened


def settled(tab):
    """Wait until the camera rests; return azimuth, angle from the top, distance, height, view."""
    before = None
    while True:
        # Time alone does not tell: a busy machine may draw no frame in it.
        tab.run("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        now = tab.run(
            f"(() => {{ const o = {VIEWER}.getCameraOrbit(), t = {VIEWER}.getCameraTarget();"
            f" return [o.theta, o.phi, o.radius, t.y, {VIEWER}.getFieldOfView()]; }})()"
        )
        if now == before:
            return now
        before = now
        time.sleep(0.2)


def same_picture(tab, head):
    """Compare a screenshot with our own drawing from where the page's camera stands."""
    theta, phi, radius, target_y, fov = settled(tab)
    shown = tab.screenshot().astype(int)
    side = tab.run(f"{VIEWER}.clientHeight")
    moved = replace(head, vertices=head.vertices - np.array([0, target_y, 0], np.float32))
    camera = Perspective(
        azimuth_deg=degrees(theta),
        elevation_deg=90 - degrees(phi),
        distance_m=float(radius),
        fov_deg=float(fov),
    )
    drawn = Drawer(moved).picture(camera, side).rgba.astype(int)
    left = (SIZE - side) // 2
    seen = shown[:side, left : left + side]
    inside = binary_erosion(drawn[..., 3] == 255, iterations=3)
    assert inside.mean() > 0.2
    difference = np.abs(seen - drawn[..., :3]).mean(-1)[inside].mean()
    clear = binary_erosion(drawn[..., 3] == 0, iterations=3)
    return difference, np.abs(seen[clear] - shown[2, 2]).mean()


def test_the_page_holds_all_it_needs(page, head):
    text = page.read_text("utf-8")
    found = re.search(r'id="glb">([^<]*)<', text)
    assert found and base64.b64decode(found[1]) == head_bytes(head)
    assert (
        "<title>a &lt;/title&gt;&lt;script&gt;alert(1)&lt;/script&gt; &amp; @GLB@</title>" in text
    )
    assert not re.findall(r"<(?:link|script|img|iframe)[^>]+(?:href|src)=", text)
    assert text.count("</script>") == 3 and "sourceMappingURL" not in text
    assert "default-src 'none'" in text


def test_the_library_is_the_one_whose_licences_lie_beside_it():
    digest = hashlib.sha256((PAGE / "model-viewer.min.js").read_bytes()).hexdigest()
    licences = (PAGE / "LICENSES.txt").read_text("utf-8")
    assert digest in licences and "Apache License" in licences and "three.js authors" in licences
    assert sum(path.stat().st_size for path in PAGE.iterdir()) < 1_200_000


def test_a_page_that_cannot_be_written_is_said(head, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(Panic3dError, match="cannot be written"):
        write_viewer(head_bytes(head), tmp_path / "file" / "viewer.html")


def test_it_opens_without_a_complaint_and_shows_the_head_in_its_colours(tab, head):
    """Oracle: our own drawing, from where the page's camera stands."""
    difference, ground = same_picture(tab, head)
    assert difference < 3 and ground < 1
    assert not tab.complaints
    assert {address.partition(":")[0] for address in tab.requests} <= {"file", "blob", "data"}
    assert tab.run("document.getElementById('said').textContent") == ""


def test_dragging_turns_the_head(tab, head):
    front = settled(tab)
    tab.drag((240, 200), (330, 230))
    turned = settled(tab)
    assert turned[0] < front[0] - 0.5 and turned[1] < front[1] - 0.05
    assert same_picture(tab, head)[0] < 3
    assert not tab.complaints


def test_buttons_show_the_named_sides(tab, head):
    for label, azimuth in (("Left", 90.0), ("Back", 180.0), ("Front", 0.0)):
        tab.run(
            f"[...document.querySelectorAll('button')].find((b) => b.textContent == '{label}')"
            ".click()"
        )
        assert abs((degrees(settled(tab)[0]) - azimuth + 180) % 360 - 180) < 1
    assert same_picture(tab, head)[0] < 3
    start = settled(tab)
    tab.run("document.getElementById('spin').click()")
    tab.until(f"{VIEWER}.turntableRotation > 0.1")
    tab.run("document.getElementById('spin').click()")
    assert start[0] == settled(tab)[0] and not tab.complaints


def test_a_head_that_cannot_be_shown_is_said_and_its_picture_shown(tmp_path):
    """A broken page shows, too, that complaints would be found."""
    broken = tmp_path / "broken.html"
    poster = draw_mesh(made_head(), Orthographic(), 64)
    broken.write_bytes(viewer_page(b"no head", poster=poster))
    with opened_tab(tmp_path / "profile") as tab:
        tab.open(broken)
        tab.until("document.getElementById('poster')?.naturalWidth > 0")
        assert "head.glb" in tab.run("document.getElementById('said').textContent")
        assert tab.complaints
