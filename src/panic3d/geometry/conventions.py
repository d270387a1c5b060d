"""Frames and units. `frames.py` carries tensors from one frame to another.

World (frame E of the paper's code): right-handed, metres, y up, the face looks along +z,
origin mid-head (the head bone plus 0.1 m). The subject's left is +x.

Other frames, all with the same origin and unit:

* **Lustrous** (L): x and z negated, the model frame of VRM 0.x (face along -z). Position
  pictures of the paper are in it.
* **Volume** (V): x negated only, a mirror image; the paper's saved meshes are in it.
* **Camera**: OpenCV axes, x right, y down, z forward.
* **Picture**: the front orthographic picture; u to the right and v down, each 0 to 1 across it.

A matrix's name reads right to left, as it acts: ``lustrous_from_world @ point_in_world``.
"""

HEAD_BOX_M = 0.7
"""Side of the cube that planes and orthographic pictures cover."""

CAMERA_DISTANCE_M = 1.0
"""Distance of every camera of the paper from the origin."""

HEAD_BONE_OFFSET_M = (0.0, 0.1, 0.0)
"""From the head bone to the origin of the world frame."""

LUSTROUS_FROM_WORLD = (-1.0, 1.0, -1.0)
"""Diagonal of the transform; its own inverse."""

VOLUME_FROM_WORLD = (-1.0, 1.0, 1.0)
"""Diagonal of the transform; its own inverse. It mirrors: triangles change their winding."""
