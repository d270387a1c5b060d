"""The ground truth of whole characters, measured by itself, in both modes."""

import numpy as np
import pytest

from panic3d.characters.procedural import make_procedural
from panic3d.evaluate.cases import VIEW_NAMES, Prediction, Truth
from panic3d.evaluate.paper_truth import paper_surface
from panic3d.evaluate.protocol import score
from panic3d.evaluate.regions import Region
from panic3d.evaluate.surface_metrics import point_distances
from panic3d.evaluate.visible_truth import posed_surface, visible_surface
from panic3d.formats.container import parse_container
from panic3d.formats.vrm import read_vrm
from panic3d.formats.vrm_write import vrm_bytes
from panic3d.geometry.posing import head_origin, posed

pytest.importorskip("igl", reason="libigl is not installed: pip install 'panic3d[eval]'")


def area(surface):
    a, b, c = (surface.vertices[surface.faces[:, k]] for k in range(3))
    return np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2


def against_itself(surface, mode):
    views = dict.fromkeys(VIEW_NAMES, np.full((64, 64, 4), 128, np.uint8))
    # In the middle: of any other region the paper compares the mirror image.
    region = Region(100.0, 131.0, 270.0, 250.0)
    truth = Truth(name="head", views=views, surface=surface, region=region)
    return score(truth, Prediction(views=views, surface=surface), mode)


def check_perfect(found):
    assert found["geom.cd_cm"] <= 1e-6
    assert found["geom.f1_5"] == 100 and found["geom.empty"] == 0


def test_a_real_model(rasteriser, shared_models):
    """Oracle: identity; distances to all triangles of the model; no mouth is left in the head."""
    path = next(path for path in shared_models if path.stem == "vita")
    check_perfect(against_itself(paper_surface(path), "paper"))
    vita = read_vrm(path)
    found = visible_surface(rasteriser, posed(vita), head_origin(vita))
    check_perfect(against_itself(found, "fixed"))
    everything, _ = posed_surface(posed(vita), head_origin(vita))
    assert point_distances(found.vertices[::50], everything).max() < 1e-6
    middles = found.vertices[found.faces].mean(1)
    assert not (np.linalg.norm(middles - [0, -0.02, 0], axis=1) < 0.04).any()
    assert area(found) < 0.6 * area(everything)


def test_a_procedural_character(rasteriser):
    """Oracle: identity; what is seen is a part of what is there; either version of VRM."""
    character = make_procedural(5).character
    old, new = (
        paper_surface(parse_container(vrm_bytes(character, version))) for version in ("0.x", "1.0")
    )
    # Turned about, a few of the winding numbers fall on the other side of the limit.
    assert abs(len(old.faces) - len(new.faces)) < 0.001 * len(new.faces)
    assert point_distances(old.vertices[::20], new).max() < 0.01
    assert np.mean(point_distances(old.vertices[::20], new) > 1e-6) < 0.01
    check_perfect(against_itself(new, "paper"))
    found = visible_surface(rasteriser, posed(character), head_origin(character))
    check_perfect(against_itself(found, "fixed"))
    assert np.abs(found.vertices).max() <= 0.35 + 1e-6
    assert 0.2 < area(found) < area(posed_surface(posed(character), head_origin(character))[0])
