"""A head for tests of pictures: a ball with hair behind, two eyes, and a nose."""

import numpy as np

from panic3d.geometry.meshes import TexturedMesh

SKIN, HAIR, EYE, NOSE = (250, 222, 200), (110, 60, 30), (30, 40, 160), (230, 90, 90)
RADIUS_M = 0.2
NOSE_M = 0.26
"""The nose's distance from the middle."""
TEXTURE = 256


def made_head(columns=48, rows=32, centre_y_m=0.0):
    """Return a textured mesh; u runs once round from the back, v from the top down."""
    u, v = np.meshgrid(np.linspace(0, 1, columns + 1), np.linspace(0, 1, rows + 1))
    around, down = (u - 0.5) * 2 * np.pi, v * np.pi
    normals = np.stack(
        [np.sin(around) * np.sin(down), np.cos(down), np.cos(around) * np.sin(down)], -1
    ).reshape(-1, 3)
    vertices = normals * RADIUS_M
    nose = np.argmax(normals[:, 2])
    vertices[nose] *= NOSE_M / RADIUS_M
    vertices[:, 1] += centre_y_m
    corner = (np.arange(rows)[:, None] * (columns + 1) + np.arange(columns)).reshape(-1)
    below = corner + columns + 1
    faces = np.concatenate(
        [np.stack([corner, below, corner + 1], 1), np.stack([corner + 1, below, below + 1], 1)]
    )
    return TexturedMesh(
        vertices=vertices.astype(np.float32),
        faces=faces.astype(np.int32),
        normals=normals.astype(np.float32),
        uvs=np.stack([u, v], -1).reshape(-1, 2).astype(np.float32),
        texture=_texture(),
    )


def _texture():
    place = (np.arange(TEXTURE) + 0.5) / TEXTURE
    u, v = np.meshgrid(place, place)
    out = np.empty((TEXTURE, TEXTURE, 3), np.uint8)
    out[...] = HAIR
    out[(np.abs(u - 0.5) < 0.2) & (v > 0.3)] = SKIN
    for middle in (0.42, 0.58):
        out[(np.abs(u - middle) < 0.03) & (np.abs(v - 0.45) < 0.03)] = EYE
    out[(np.abs(u - 0.5) < 0.02) & (np.abs(v - 0.5) < 0.03)] = NOSE
    return out
