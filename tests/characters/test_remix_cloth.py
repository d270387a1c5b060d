"""No clothing of an open model reaches a remix: not its materials, triangles or texels.

Outfits in those files are not certain to be as free as the rest. What is made of them may hold
skin, faces and hair alone.
"""

import io

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import gaussian_filter
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from panic3d.characters.colour import oklab_from_srgb
from panic3d.characters.make.plan import MakePlan, SampleOptions
from panic3d.characters.make.run import make_characters
from panic3d.characters.remix import Library, make_remix
from panic3d.characters.remix.make import Shares
from panic3d.characters.remix.names import is_cloth, role_of
from panic3d.formats.vrm import read_vrm
from panic3d.geometry.posing import bone_position
from panic3d.render.views import ViewOptions
from panic3d.work.jobs import run_tasks


@pytest.fixture(scope="module")
def library(request):
    models = request.getfixturevalue("shared_models")
    return Library.load(models[0].parent)


def pixels(character, material):
    use = character.materials[material].base_texture
    if use is None:
        return None
    return Image.open(io.BytesIO(character.images[use.image].data)).convert("RGBA").convert("RGB")


def parts_of(asset):
    found = asset.parts
    return [
        *(found.head.parts if found.head else ()),
        *(found.hair.parts if found.hair else ()),
    ]


@pytest.mark.parametrize(
    "name",
    [
        "F00_001_01_Tops_01_CLOTH",
        "M00_007_01_Shoes_01_CLOTH",
        "F00_001_Accessory_01_CLOTH",
        "N00_002_01_Bottoms_01_CLOTH (Instance)",
        "N00_010_01_Onepiece_00_CLOTH (Instance)",
        "F00_002_HairBand_01_CLOTH",
        "Backpack",
    ],
)
def test_clothing_is_known_by_its_name_and_has_no_role(name):
    assert is_cloth(name)
    assert role_of(name) is None


def test_every_material_of_the_shared_models_is_either_clothing_or_of_a_head(shared_models):
    """A name that is neither would be dropped without anyone having decided so."""
    unused = set()
    for path in shared_models:
        for material in read_vrm(path).materials:
            if role_of(material.name) is None and not is_cloth(material.name):
                unused.add(material.name.rsplit(".", 1)[0])
    told = {name for name in unused if "HairBack" in name or "EyeExtra" in name}
    assert unused - told == {"Face", "Body"}, "new materials: decide what they are"


def test_no_part_comes_from_a_material_of_clothing(library):
    for asset in library.assets.values():
        for part in parts_of(asset):
            assert not is_cloth(part.material)


def test_no_triangle_lies_on_one_of_clothing(library):
    """By place, whatever materials are called: no triangle has the corners of a garment's."""
    checked = 0
    for asset in library.assets.values():
        character = read_vrm(asset.path)
        origin = bone_position(character, "head")
        middles = [
            primitive.positions[primitive.faces].mean(1) - origin
            for mesh in character.meshes
            for primitive in mesh.primitives
            if is_cloth(character.materials[primitive.material or 0].name)
        ]
        skin = asset.parts.head
        if not middles or skin is None:
            continue
        cloth = cKDTree(np.concatenate(middles))
        # Parts were scaled about the head bone, all alike.
        neck = skin.part("neck").positions
        assert neck[:, 1].min() > -0.065, "more of the body than the upper neck was taken"
        raw = np.concatenate(
            [
                primitive.positions[primitive.faces].mean(1) - origin
                for mesh in character.meshes
                for primitive in mesh.primitives
                if not is_cloth(character.materials[primitive.material or 0].name)
            ]
        )
        scale = neck[:, 1].max() / raw[np.abs(raw[:, 0]) < 0.2, 1].max()
        for part in parts_of(asset):
            far, _ = cloth.query(part.positions[part.faces].mean(1) / scale)
            # The collar may run close by the neck, but no triangle is the collar's.
            assert (far < 1e-6).mean() == 0
            checked += 1
    assert checked > 20


def test_skin_that_is_kept_shows_skin_and_nothing_painted_on_the_body(library):
    """Two of the bodies have underwear or a suit painted on their skin."""
    for name in library.faces:
        neck = library[name].parts.head.part("neck")
        lab = oklab_from_srgb(neck.paint.texture[..., :3] / 255).reshape(-1, 3)
        assert lab[:, 0].min() > 0.5, name
        hue = np.degrees(np.arctan2(lab[:, 2], lab[:, 1]))
        coloured = np.hypot(lab[:, 1], lab[:, 2]) > 0.02
        assert coloured.mean() > 0.9, name
        assert (hue[coloured] > 5).all() and (hue[coloured] < 90).all(), name


def test_the_check_of_skin_would_find_what_is_painted_on_the_bodies(library):
    """The whole textures of two bodies do fail what the test above asks for."""
    failing = []
    for name in library.faces:
        character = read_vrm(library[name].path)
        body = next(k for k, m in enumerate(character.materials) if role_of(m.name) == "neck")
        lab = oklab_from_srgb(np.array(pixels(character, body)) / 255).reshape(-1, 3)
        failing.append(lab[:, 0].min() <= 0.5)
    assert any(failing)


def test_no_texture_of_clothing_is_in_a_remix(library):
    def small(picture):
        return np.array(picture.resize((24, 24), Image.Resampling.BOX), np.float64)

    garments = []
    for asset in library.assets.values():
        character = read_vrm(asset.path)
        garments += [
            small(pixels(character, k))
            for k, material in enumerate(character.materials)
            if is_cloth(material.name) and material.base_texture is not None
        ]
    table = np.array(garments).reshape(len(garments), -1)
    for seed in range(2):
        made = make_remix(library, seed)
        for k in range(len(made.character.materials)):
            picture = pixels(made.character, k)
            if picture is None:
                continue
            off = np.abs(table - small(picture).reshape(-1)).mean(1)
            assert off.min() > 4.0, made.character.materials[k].name


def test_only_pictures_that_are_used_are_kept(library):
    made = make_remix(library, 3)
    used = {m.base_texture.image for m in made.character.materials if m.base_texture}
    assert used == set(range(len(made.character.images)))
    assert all(image.data[:4] == b"\x89PNG" for image in made.character.images)


# What is written: the models that a set of characters is saved as, read back


def outline(triangles):
    """Return triangles of texture coordinates (n, 3, 2) as a set, whatever way round they are."""
    u, v = (triangles - triangles[:, :1])[:, 1:].transpose(2, 1, 0)
    kept = triangles[np.abs(u[0] * v[1] - u[1] * v[0]) > 1e-7]
    points = np.round(kept * 4096).astype(np.int64)
    return {tuple(sorted(map(tuple, triangle))) for triangle in points.tolist()}


def components(primitive):
    """Return the connected parts: their numbers of places and triangles, and their form.

    That is how far places are from the middle, of their mean distance: no similarity changes it.
    """
    _, place = np.unique(np.round(primitive.positions, 6), axis=0, return_inverse=True)
    faces = place.reshape(-1)[primitive.faces]
    ends = faces[:, [0, 1, 1, 2]].reshape(-1, 2)
    count = int(place.max()) + 1
    graph = coo_array((np.ones(len(ends)), ends.T), shape=(count, count))
    _, label = connected_components(graph, directed=False)
    points = np.zeros((count, 3))
    points[place.reshape(-1)] = primitive.positions
    for part in np.unique(label[faces[:, 0]]):
        inside = points[label == part]
        far = np.linalg.norm(inside - inside.mean(0), axis=1)
        if len(inside) >= 60:
            spread = np.quantile(far, np.linspace(0, 1, 17)) / far.mean()
            yield (len(inside), int((label[faces[:, 0]] == part).sum())), spread


def relief(picture):
    """Return what a texture shows in small, whatever colour it was given: (48 * 48,) or None."""
    grey = np.array(picture.convert("L").resize((48, 48), Image.Resampling.BOX), np.float64)
    fine = grey - gaussian_filter(grey, 3.0)
    return fine.reshape(-1) / np.linalg.norm(fine) if fine.std() > 1.5 else None


def looks(character, wanted):
    """Return outlines of textures, forms and reliefs of all primitives of materials `wanted`."""
    found = []
    for mesh in character.meshes:
        for primitive in mesh.primitives:
            material = primitive.material or 0
            if wanted(character.materials[material].name) and len(primitive.faces):
                picture = pixels(character, material)
                flat = [outline(uv[primitive.faces].astype(np.float64)) for uv in primitive.uvs[:1]]
                found.append(
                    (
                        flat[0] if flat else set(),
                        dict(components(primitive)),
                        None if picture is None else relief(picture),
                    )
                )
    return found


def clothing_in(character, garments):
    """Return by what a character is known to wear a garment of the models."""
    found = set()
    for outlines, forms, shown in looks(character, lambda name: True):
        for garment, pattern, drawn in garments:
            if len(outlines & garment) > 0.02 * len(garment):
                found.add("triangles")
            if any(np.abs(forms[k] - pattern[k]).max() < 0.08 for k in forms.keys() & pattern):
                found.add("form")
            if shown is not None and drawn is not None and abs(shown @ drawn) > 0.8:
                found.add("texels")
    return found


@pytest.fixture(scope="module")
def garments(shared_models):
    found = [one for path in shared_models for one in looks(read_vrm(path), is_cloth)]
    assert len(found) > 15
    return found


def written(out, sources, count, monkeypatch):
    """Make a set of remixed characters and read its models back."""
    views = ViewOptions(views=("sides",), kinds=("colour",), size=16, random_views=1)
    plan = MakePlan(
        out=out,
        count=count,
        seed=5,
        kinds=("remixed",),
        split="train",
        sources=sources,
        options=SampleOptions(views=views, save_vrm=True),
    )
    with monkeypatch.context() as patch:
        patch.setattr(
            "panic3d.characters.make.run.run_tasks",
            lambda make, tasks, *rest, apart: run_tasks(make, tasks),
        )
        outcomes = list(make_characters(plan, 1))
    assert [outcome.status for outcome in outcomes] == ["done"] * count, outcomes
    return [read_vrm(path) for path in sorted(plan.root.glob("vrm/remixed/*/character.vrm"))]


def test_no_clothing_of_a_model_is_in_the_files_of_a_set(
    rasteriser, shared_models, garments, tmp_path, monkeypatch
):
    """Oracle: every garment of the models, compared by texture coordinates, form and pictures."""
    saved = written(tmp_path, shared_models[0].parent, 6, monkeypatch)
    assert len(saved) == 6
    for character in saved:
        assert not clothing_in(character, garments)


def test_without_its_name_clothing_still_has_no_role(shared_models, monkeypatch):
    """Two barriers: were clothing not known, what is of no head would be left out all the same."""
    for name in ("names", "dissect"):
        monkeypatch.setattr(f"panic3d.characters.remix.{name}.is_cloth", lambda material: False)
    clothing = {m.name for path in shared_models for m in read_vrm(path).materials}
    assert all(role_of(name) is None for name in clothing if is_cloth(name))


def test_the_check_of_sets_finds_clothing_that_was_taken(
    rasteriser, shared_models, garments, tmp_path, monkeypatch
):
    """The oracle itself: without the barriers garments do get into a set, and are found."""

    def careless(material):
        return role_of(material) or ("hair" if is_cloth(material) else None)

    folder = tmp_path / "models"
    folder.mkdir()
    models = shared_models[0].parent
    for name in ("sendagaya_shino.vrm", "INDEX.json"):
        (folder / name).symlink_to(models / name)
    with monkeypatch.context() as patch:
        patch.setattr("panic3d.characters.remix.names.is_cloth", lambda material: False)
        patch.setattr("panic3d.characters.remix.dissect.is_cloth", lambda material: False)
        patch.setattr("panic3d.characters.remix.dissect.role_of", careless)
        # All wear the model's hair.
        patch.setattr("panic3d.characters.remix.make.USUAL", Shares(grown=0.0))
        saved = written(tmp_path / "out", folder, 2, monkeypatch)
    assert all(clothing_in(character, garments) for character in saved)
    assert {"triangles", "form", "texels"} <= set().union(
        *(clothing_in(character, garments) for character in saved)
    )
