"""A pair of AnimeRecon as the truth of a case: its renders, its model's surface, its region."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from panic3d.data.animerecon import RENDER_SET, SCORED_ORTHO, SPIN_NAMES, Pair, read_frame
from panic3d.errors import DatasetError
from panic3d.evaluate.cases import VIEW_NAMES, Truth
from panic3d.evaluate.paper_truth import paper_surface
from panic3d.evaluate.prediction_tree import with_silhouette
from panic3d.evaluate.regions import Mode, Region
from panic3d.evaluate.surface_metrics import Triangles
from panic3d.evaluate.visible_truth import visible_surface
from panic3d.formats.vrm import read_vrm
from panic3d.geometry.posing import head_origin, posed
from panic3d.render.raster import Rasteriser
from panic3d.render.views import pose_of_set


def animerecon_truth(pair: Pair, mode: Mode, rasteriser: Callable[[], Rasteriser]) -> Truth:
    """Read a pair as the truth of a case.

    Paper mode takes the pictures as they lie there. Fixed mode gives those that were saved on white
    the silhouette of their position pictures, where these are there, and takes of the model what is
    seen of it in the pose of the renders.

    Args:
        pair: one that lacks nothing to be scored.
        mode: of the protocol.
        rasteriser: opens one; called in fixed mode alone.

    Raises:
        DatasetError: the pair is not complete.
        PictureError, ModelError: a file is broken.
        MissingDependencyError: libigl, or in fixed mode moderngl, is not installed.
        RenderError: fixed mode, and there is no OpenGL.
    """
    if pair.to_score or pair.alignment is None:
        lacks = "; ".join(lack.what for lack in pair.to_score)
        raise DatasetError(f"{pair.key} cannot be scored: {lacks}")
    views = {}
    for view in VIEW_NAMES:
        spin = view in SPIN_NAMES
        path = pair.render("rgb60" if spin else "ortho", view)
        if not path.is_file() and view not in (*SCORED_ORTHO, *SPIN_NAMES):
            continue
        picture = read_frame(path)
        if mode == "fixed":
            positions = pair.render("xyza60" if spin else "ortho_xyza", view)
            picture = with_silhouette(picture, positions)
        views[view] = picture
    return Truth(
        name=pair.key,
        views=views,
        surface=_surface(pair.model, mode, rasteriser),
        region=Region(*pair.alignment.area),
    )


def _surface(model: Path, mode: Mode, rasteriser: Callable[[], Rasteriser]) -> Triangles:
    if mode == "paper":
        return paper_surface(model)
    character = read_vrm(model)
    figure = posed(character, pose_of_set(RENDER_SET))
    return visible_surface(rasteriser(), figure, head_origin(character))
