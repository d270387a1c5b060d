"""``panic3d reconstruct``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from tyro.conf import Positional

from panic3d.cli.preparing import USUAL, PreparationOptions
from panic3d.errors import ConfigError

if TYPE_CHECKING:
    from panic3d.image import Picture
    from panic3d.pipeline.preparation_options import PrepareOptions


def reconstruct(
    portrait: Positional[Path],
    preparation: PreparationOptions = USUAL,
    out: Path = Path("head"),
    aligned: bool = False,
    weights: str = "first",
    prepare_weights: str = "",
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto",
    seed: int = 0,
) -> None:
    """Turn one portrait into a 3D head: a textured mesh and views from all sides.

    Args:
        portrait: picture of a character: the face is found and aligned, the character cut out, its
            lines removed; OUT/stages has every step.
        preparation: where the face is, what is background, what is left out.
        out: folder for the head and its pictures; made if missing.
        aligned: the picture already is what the networks expect: square, one head from the
            front, 0.7 m across, on a transparent or white background. Nothing is looked for,
            lines stay, and no weights for it are needed; of the options of preparation only
            --matte is taken.
        weights: a name that 'panic3d weights list' prints, a file that 'panic3d weights
            convert' or 'panic3d train pack' wrote, or 'random' for a small untrained network that
            only shows that everything runs.
        prepare_weights: what prepares the portrait, see 'panic3d prepare --help'; by default what
            belongs to the weights.
        device: where to compute.
        seed: of the latent, the sampling and the untrained network.
    """
    from dataclasses import replace

    from panic3d.cli.devices import choose_device
    from panic3d.cli.folders import default_folder
    from panic3d.cli.preparing import options_of, say_warnings
    from panic3d.geometry.cameras import evaluation_cameras
    from panic3d.pipeline.prepare import Prepared, Preparer
    from panic3d.pipeline.reconstruct import RANDOM, Reconstructor
    from panic3d.pipeline.stage_pictures import check_free, write_stages
    from panic3d.weights.preparation import preparation_set

    options = options_of(preparation, aligned)
    stages = out / "stages"
    given: Path | Picture | Prepared
    if aligned:
        given = _as_it_is(portrait, options)
    else:
        check_free(stages, portrait, options.matte, options.landmarks)
        preparer = Preparer.from_pretrained(
            prepare_weights or preparation_set(weights),
            folder=default_folder(),
            device=choose_device(device),
        )
        given = preparer.prepare(portrait, options)
    reconstructor = Reconstructor.from_pretrained(weights, folder=default_folder(), seed=seed)
    reconstructor.settings = replace(reconstructor.settings, seed=seed)
    reconstructor.generator.to(choose_device(device))
    if weights == RANDOM:
        print("UNTRAINED random weights: the result is noise, not a likeness.")
    head = reconstructor.reconstruct(given, seed=seed)
    if isinstance(given, Prepared):
        say_warnings(given)
        write_stages(given, stages, {"file": portrait.name})
    mesh = head.mesh()
    mesh.save(out / "head.glb")
    mesh.save(out / "head.ply")
    for name, camera in evaluation_cameras().items():
        head.picture(camera).save(out / "views" / f"{name}.png")
    print(f"{out / 'head.glb'}: textured mesh, for any 3D program")
    print(f"{out / 'head.ply'}: the same with colours at its vertices")
    print(f"{out / 'views'}: 16 views")
    if isinstance(given, Prepared):
        print(f"{stages}: how the portrait was prepared")


def _as_it_is(portrait: Path, options: PrepareOptions) -> Path | Picture:
    """Return an aligned portrait, cut out if a matte is given."""
    if options.matting != "auto":
        raise ConfigError(
            "with --aligned the picture's own alpha is taken, or white that its border reaches is "
            "cut: leave --matting and --no-matting out, or give a matte (--matte FILE)"
        )
    if options.matte is None:
        return portrait
    import numpy as np

    from panic3d.image import read_picture
    from panic3d.pipeline.given_matte import read_matte
    from panic3d.pipeline.matting import Matte

    picture = read_picture(portrait)
    alpha = np.minimum(read_matte(options.matte, picture.size), picture.rgba[..., 3])
    return Matte(alpha, "file").cut(picture)
