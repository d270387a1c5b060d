"""No accessory floats on whole characters, and the check of it finds one that does."""

from dataclasses import replace

import numpy as np

from campaign.floating import TOUCH_M, floating, run
from panic3d.characters.parts.accessories.design import AccessoryDesign
from panic3d.characters.procedural import build_procedural, draw_procedural
from panic3d.characters.remix import Library, make_remix


def test_nothing_floats_on_procedural_characters():
    for seed in (2, 4, 6):
        run(seed, 1)


def test_nothing_floats_on_remixed_characters(shared_models):
    library = Library.load(shared_models[0].parent)
    worn = 0
    for seed in range(3):
        made = make_remix(library, seed, {"hair": tuple(library.hairs)})
        worn += made.part_labels.count("accessory")
        assert not [part for part in floating(made) if not halo(part)], seed
    assert worn


def halo(part):
    return part.gap_m > 0.02


def test_a_thing_moved_off_the_head_is_found():
    design = replace(draw_procedural(3), accessories=AccessoryDesign(items=("beret",)))
    made = build_procedural(design)
    assert not floating(made)
    numbers = iter(made.part_labels)

    def lifted(primitive):
        if next(numbers) != "accessory":
            return primitive
        return replace(primitive, positions=primitive.positions + np.array([0, 0.3, 0], np.float32))

    meshes = tuple(
        replace(mesh, primitives=tuple(lifted(one) for one in mesh.primitives))
        for mesh in made.character.meshes
    )
    moved = replace(made, character=replace(made.character, meshes=meshes))
    assert all(part.gap_m > TOUCH_M for part in floating(moved)) and floating(moved)
    halos = replace(draw_procedural(3), accessories=AccessoryDesign(items=("halo",)))
    assert floating(build_procedural(halos)), "a halo does float"
