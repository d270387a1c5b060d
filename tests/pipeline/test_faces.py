"""Finding faces: networks that know their answers stand in for the trained ones."""

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from panic3d.errors import PictureError
from panic3d.geometry.face_hull import EYES
from panic3d.image import Picture
from panic3d.models.face_finder import CELL, MAPS, FaceFinder, FaceFinderConfig
from panic3d.models.landmarks import FoundLandmarks, LandmarkConfig, LandmarkNetwork
from panic3d.pipeline.align import head_turn
from panic3d.pipeline.faces import (
    FoundFace,
    choose_face,
    face_warnings,
    find_boxes,
    find_faces,
    head_angles,
    nearest_rotation,
    read_face,
)


class RedFinder(FaceFinder):
    """Sees a face wherever there is a red square, as large as the square."""

    def __init__(self):
        nn.Module.__init__(self)
        self.config = FaceFinderConfig()
        self.one = nn.Parameter(torch.zeros(1))

    def forward(self, picture):
        from scipy import ndimage

        red = ((picture[0, 0] > 0.6) & (picture[0, 1] < 0.4)).numpy()
        height, width = red.shape
        maps = torch.zeros(1, MAPS, height // CELL, width // CELL)
        maps[0, 0] = -9
        for rows, columns in ndimage.find_objects(ndimage.label(red)[0]):
            sides = np.array([columns.stop - columns.start, rows.stop - rows.start]) / CELL
            middle = np.array([columns.stop + columns.start, rows.stop + rows.start]) / 2 / CELL
            column, row = np.floor(middle).astype(int)
            if min(sides) >= 1:
                found = [2.0 + 0.01 * min(sides), *np.log(sides), *(middle - (column, row))]
                maps[0, :, row, column] = torch.tensor(found)
        return maps


class GreenEyes(LandmarkNetwork):
    """Sees eyes in two green dots; all other landmarks on their line and below it."""

    def __init__(self):
        nn.Module.__init__(self)
        self.config = LandmarkConfig()
        self.one = nn.Parameter(torch.zeros(1))

    def forward(self, crop):
        found, turns = [], []
        size = crop.shape[-1]
        y, x = (torch.arange(size) + 0.5).expand(size, size).T, torch.arange(size) + 0.5
        for rgb in crop:
            share = (rgb[1] - rgb[0]).clamp(min=0) * (rgb[1] > 0.5)
            across = (share * x).sum() / share.sum()
            eyes = []
            for side in (x < across, x >= across):
                part = share * side
                eyes.append(torch.stack([(part * x).sum(), (part * y).sum()]) / part.sum() / size)
            left, right = eyes
            along = right - left
            down = torch.stack([-along[1], along[0]])
            points = ((left + right) / 2 + down * 0.6).expand(28, 2).clone()
            points[EYES[0]], points[EYES[1]] = left, right
            points[2] = (left + right) / 2 + down
            angle = torch.atan2(along[1], along[0])
            c, s = torch.cos(angle), torch.sin(angle)
            zero, one = torch.zeros(()), torch.ones(())
            # Clockwise as one sees it is negative about z.
            turns.append(torch.stack([c, s, zero, -s, c, zero, zero, zero, one]).reshape(3, 3))
            found.append(points)
        n = len(crop)
        return FoundLandmarks(torch.stack(found), torch.full((n, 28), 0.01), torch.stack(turns))


def scene(width, height, squares, angle=0.0):
    """Red squares with two green dots, on grey; returns the picture and the dots' places."""
    big = Image.new("RGB", (width, height), (128, 128, 128))
    places = []
    for x, y, side in squares:
        face = Image.new("RGBA", (side, side), (200, 20, 20, 255))
        for share in (0.3, 0.7):
            r, cx, cy = 0.09 * side, share * side, 0.4 * side
            rows, columns = np.mgrid[:side, :side] + 0.5
            dot = np.hypot(columns - cx, rows - cy) < r
            array = np.array(face)
            array[dot] = (0, 230, 0, 255)
            face = Image.fromarray(array)
        turned = face.rotate(-angle, Image.Resampling.BICUBIC)
        big.paste(turned, (x, y), turned)
        c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
        off = np.array([[-0.2, -0.1], [0.2, -0.1]]) * side
        places.append(off @ np.array([[c, s], [-s, c]]) + (x + side / 2, y + side / 2))
    rgba = np.dstack([np.array(big), np.full((height, width), 255, np.uint8)])
    return Picture(rgba), places


def test_boxes_are_in_the_pictures_pixels_at_any_scale():
    """Oracle: the squares: of 5 and of 60 % of a wide picture."""
    picture, _ = scene(900, 500, [(30, 100, 45), (330, 20, 450)])
    found = find_boxes(picture, RedFinder().eval())
    order = np.argsort(found.boxes[:, 0])
    expected = [[30, 100, 75, 145], [330, 20, 780, 470]]
    np.testing.assert_allclose(found.boxes[order], expected, atol=4)


@pytest.mark.parametrize("angle", [0.0, 25.0, -40.0])
def test_landmarks_and_tilt_are_those_of_the_picture(angle):
    """Oracle: where the dots were put, and by what they were turned."""
    picture, (dots,) = scene(700, 600, [(180, 130, 300)], angle)
    box = np.array([180.0, 130.0, 480.0, 430.0])
    face = read_face(picture, box, GreenEyes().eval())
    np.testing.assert_allclose(face.landmarks[EYES[0]].mean(0), dots[0], atol=1.5)
    np.testing.assert_allclose(face.landmarks[EYES[1]].mean(0), dots[1], atol=1.5)
    yaw, pitch, roll = face.angles_deg
    assert (yaw, pitch) == pytest.approx((0, 0), abs=0.1) and roll == pytest.approx(angle, abs=1)
    assert face.confidence == pytest.approx(np.full(28, 0.8), abs=1e-6)


def test_the_largest_face_comes_first_and_others_can_be_chosen():
    picture, dots = scene(800, 500, [(20, 60, 120), (300, 50, 330)])
    faces = find_faces(picture, RedFinder().eval(), GreenEyes().eval())
    assert len(faces) == 2 and faces[0].size > faces[1].size
    chosen = choose_face(faces, 2)
    np.testing.assert_allclose(chosen.landmarks[EYES[0]].mean(0), dots[0][0], atol=1.5)
    with pytest.raises(PictureError, match=r"no face 3, .* 1 at .*; 2 at .*--eyes"):
        choose_face(faces, 3)


class Doubtful(GreenEyes):
    """Is as unsure as it is told to be."""

    def __init__(self, off):
        super().__init__()
        self.off = off

    def forward(self, crop):
        found = super().forward(crop)
        return found._replace(off=torch.full_like(found.off, self.off))


@pytest.mark.parametrize(("off", "count"), [(0.01, 1), (0.02, 1), (0.05, 0)])
def test_what_has_no_sure_landmarks_is_no_face(off, count):
    """Oracle: scores of 0.9 and confidences of 0.8, 0.5 and 0.14, their geometric mean."""
    picture, _ = scene(400, 400, [(100, 100, 200)])
    finder = RedFinder().eval()
    faces = find_faces(picture, finder, Doubtful(off).eval())
    assert len(faces) == count
    confidence = 1 / (1 + (off / 0.02) ** 2)
    (sure,) = [face.sure for face in find_faces(picture, finder, Doubtful(off).eval(), least=0.0)]
    (score,) = find_boxes(picture, finder).scores
    assert sure == pytest.approx(np.sqrt(score * confidence), abs=1e-6)


class TwiceFinder(RedFinder):
    """Sees every face a second time, beside where it is."""

    def forward(self, picture):
        maps = super().forward(picture)
        row, column = (maps[0, 0] > 0).nonzero()[0].tolist()
        beside = column + round(0.6 * float(maps[0, 1, row, column].exp()))
        maps[0, :, row, beside] = maps[0, :, row, column]
        return maps


def test_a_face_that_is_found_twice_is_one():
    picture, _ = scene(400, 400, [(150, 150, 100)])
    finder, network = TwiceFinder().eval(), GreenEyes().eval()
    assert len(find_boxes(picture, finder).boxes) == 2
    assert len(find_faces(picture, finder, network)) == 1


def test_no_face_is_an_error_that_says_how_to_do_without():
    picture, _ = scene(200, 300, [])
    faces = find_faces(picture, RedFinder().eval(), GreenEyes().eval())
    assert faces == []
    with pytest.raises(PictureError, match=r"--eyes x,y,x,y --chin x,y"):
        choose_face(faces)


def test_clear_pixels_are_white_whatever_their_colour():
    picture, _ = scene(400, 400, [(100, 100, 200)])
    picture.rgba[..., 3] = 0
    assert len(find_boxes(picture, RedFinder().eval()).boxes) == 0


def test_only_heads_that_are_turned_far_are_warned_of():
    def face(yaw):
        turn = head_turn(yaw, 0.0, 0.0)
        return FoundFace(np.zeros(4), 1.0, np.zeros((28, 2)), np.ones(28), turn)

    assert not face_warnings(face(34.0)) and not face_warnings(face(-34.0))
    assert "50 degrees to the picture's right" in face_warnings(face(50.0))[0]
    assert "picture's left" in face_warnings(face(-40.0))[0]


def test_angles_are_those_that_make_the_rotation():
    """Oracle: `head_turn`."""
    for angles in ((20.0, -15.0, 10.0), (-70.0, 30.0, -50.0)):
        assert head_angles(head_turn(*angles)) == pytest.approx(angles)


def test_the_nearest_rotation_of_a_rotation_is_itself():
    turn = head_turn(20.0, -15.0, 10.0)
    np.testing.assert_allclose(nearest_rotation(1.7 * turn), turn, atol=1e-12)
    assert np.linalg.det(nearest_rotation(-turn)) == pytest.approx(1)
