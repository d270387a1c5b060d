"""The recorded metrics, meshes and crops from our functions."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from panic3d.evaluate.clipping import filter_mesh
from panic3d.evaluate.image_metrics import paper_data_range, psnr
from panic3d.evaluate.paper_truth import without_innards
from panic3d.evaluate.regions import Region, crop_on_white, window_of
from panic3d.evaluate.surface_metrics import (
    Triangles,
    closest_points,
    point_distances,
    surface_points,
    surface_scores,
    winding_numbers,
)

from .recordings import Recorded, Recording


def ours(file: Recording, recorded: Recorded) -> dict[str, Tensor]:
    del recorded
    return {
        f"out/{name}": torch.from_numpy(value)
        for part in (surfaces(file), innards(file), queries(file), pictures(file))
        for name, value in part.items()
    }


def surfaces(file: Recording) -> dict[str, np.ndarray]:
    """Meshes cut to the region, points on them, distances and what is made of those."""
    region = region_of(file, "roi")
    meshes, points, found = [], [], {}
    for name in ("1", "2"):
        mesh = filter_mesh(triangles(file, f"mesh{name}"), region)
        found[f"filter{name}_verts"], found[f"filter{name}_faces"] = mesh
        barycentric = file.arrays[f"in/bary{name}"].astype(np.float64)
        meshes.append(mesh)
        points.append(surface_points(mesh, file.arrays[f"in/face_idx{name}"], barycentric))
        found[f"points{name}"] = points[-1]
    there, back = point_distances(points[0], meshes[1]), point_distances(points[1], meshes[0])
    scores = surface_scores(there, back, file.config["thresholds"])
    nowhere = surface_scores(there + 1, back + 1, (0.5,)).hits[0]
    return {
        **found,
        "p2s": there,
        "s2p": back,
        "cd_f64": np.array(scores.chamfer_m),
        "f1": np.array(scores.hits),
        "f1_none": np.array(nowhere.f1),
    }


def innards(file: Recording) -> dict[str, np.ndarray]:
    """Two shells within each other, of which the inner one goes."""
    shells = triangles(file, "innards")
    kept = without_innards(shells)
    return {
        "innards_winding": winding_numbers(shells.vertices, shells),
        "innards_kept_verts": kept.vertices,
        "innards_kept_faces": kept.faces,
    }


def queries(file: Recording) -> dict[str, np.ndarray]:
    """Distances from points in space."""
    mesh, points = triangles(file, "mesh1"), file.arrays["in/query"].astype(np.float64)
    return {
        "query_sqdist": point_distances(points, mesh) ** 2,
        "query_closest": closest_points(points, mesh),
    }


def pictures(file: Recording) -> dict[str, np.ndarray]:
    """PSNR with the paper's range, and a crop on white."""

    def score(name: str) -> np.ndarray:
        truth, predicted = (
            file.arrays[f"in/{each}"][0].transpose(1, 2, 0) for each in (name, "psnr_pred")
        )
        return np.array(psnr(predicted, truth, paper_data_range(truth)))

    window = window_of(region_of(file, "crop_roi"), "front", "paper")
    dim = score("psnr_gt_dim")
    return {
        "psnr": score("psnr_gt"),
        "psnr_dim": dim,
        "psnr_dim_after": dim,  # nothing is carried from one call to the next
        "crop_on_white_u8": crop_on_white(file.arrays["in/crop_rgba_u8"], window),
    }


def triangles(file: Recording, name: str) -> Triangles:
    vertices, faces = (file.arrays[f"in/{name}_{part}"] for part in ("verts", "faces"))
    return Triangles(vertices.astype(np.float64), faces)


def region_of(file: Recording, name: str) -> Region:
    (row, column), (height, width) = file.arrays[f"in/{name}"].astype(np.float64).tolist()
    return Region(row, column, height, width)
