"""``panic3d reconstruct``."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from tyro.conf import Positional


def reconstruct(
    portrait: Positional[Path],
    out: Path = Path("head"),
    aligned: bool = False,
    weights: str = "first",
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto",
    seed: int = 0,
) -> None:
    """Turn one aligned portrait into a 3D head: a textured mesh and views from all sides.

    Args:
        portrait: square picture of one head from the front, in the frame the networks were
            trained on (0.7 m across), on a transparent or white background.
        out: folder for the head and its pictures; made if missing.
        aligned: says that the picture is such an aligned front view. Finding and aligning the
            face in any other picture is not part of this version.
        weights: a name that 'panic3d weights list' prints, a file that 'panic3d weights
            convert' or 'panic3d train pack' wrote, or 'random' for a small untrained network that
            only shows that everything runs.
        device: where to compute.
        seed: of the latent, the sampling and the untrained network.
    """
    from dataclasses import replace

    from panic3d.cli.devices import choose_device
    from panic3d.cli.folders import default_folder
    from panic3d.errors import PictureError
    from panic3d.geometry.cameras import evaluation_cameras
    from panic3d.pipeline.reconstruct import RANDOM, Reconstructor

    if not aligned:
        raise PictureError(
            "this version cannot find and align a face yet: crop the picture to the aligned front "
            "view and pass --aligned"
        )
    reconstructor = Reconstructor.from_pretrained(weights, folder=default_folder(), seed=seed)
    reconstructor.settings = replace(reconstructor.settings, seed=seed)
    reconstructor.generator.to(choose_device(device))
    if weights == RANDOM:
        print("UNTRAINED random weights: the result is noise, not a likeness.")
    head = reconstructor.reconstruct(portrait, seed=seed)
    mesh = head.mesh()
    mesh.save(out / "head.glb")
    mesh.save(out / "head.ply")
    for name, camera in evaluation_cameras().items():
        head.picture(camera).save(out / "views" / f"{name}.png")
    print(f"{out / 'head.glb'}: textured mesh, for any 3D program")
    print(f"{out / 'head.ply'}: the same with colours at its vertices")
    print(f"{out / 'views'}: 16 views")
