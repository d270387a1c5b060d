"""The video: what a player makes of it."""

import builtins
import struct
import sys
import time

import numpy as np
import pytest

from panic3d.errors import ConfigError, Panic3dError
from panic3d.pipeline.turntable import GROUND, RATE, turning, write_turntable

from .chromium import PATIENCE_S, opened_tab
from .made_head import made_head

FRAMES, SIZE = 24, 96


@pytest.fixture(scope="module")
def head():
    return made_head(centre_y_m=-0.1)


@pytest.fixture(scope="module")
def video(tmp_path_factory, head):
    pytest.importorskip("av", reason="PyAV is not installed: pip install av")
    path = tmp_path_factory.mktemp("video") / "turntable.mp4"
    assert write_turntable(head, path, frames=FRAMES, size=SIZE) is None
    return path


def test_it_is_what_browsers_and_phones_play(video):
    """Oracle: FFmpeg."""
    import av

    with av.open(str(video)) as opened:
        (stream,) = opened.streams.video
        codec = stream.codec_context
        assert (codec.name, codec.pix_fmt, codec.profile) == ("h264", "yuv420p", "High")
        assert (codec.width, codec.height, stream.frames) == (SIZE, SIZE, FRAMES)
        assert stream.average_rate == RATE
        assert (codec.colorspace, codec.color_range, codec.color_trc) == (1, 1, 1)


def test_its_table_of_contents_comes_first(video):
    """A player that gets the file bit by bit can start at once."""
    data, place, kinds = video.read_bytes(), 0, []
    while place < len(data):
        length, kind = struct.unpack(">I4s", data[place : place + 8])
        kinds.append(kind)
        place += length
    assert kinds.index(b"moov") < kinds.index(b"mdat") and place == len(data)


def test_its_frames_are_those_that_were_drawn(video, head):
    import av

    drawn = list(turning(head, FRAMES, SIZE))
    with av.open(str(video)) as opened:
        shown = [frame.to_ndarray(format="rgb24") for frame in opened.decode(video=0)]
    assert len(drawn) == len(shown) == FRAMES
    for a, b in zip(drawn, shown, strict=True):
        assert np.abs(a.astype(int) - b).mean() < 4  # colours have half the resolution
    assert np.abs(shown[0][2, 2].astype(int) - GROUND).max() <= 2


def test_all_of_the_head_stays_in_the_picture_and_fills_it(head):
    for frame in turning(head, 8, SIZE):
        shown = np.abs(frame.astype(int) - GROUND).max(-1) > 8
        assert not (shown[0].any() or shown[-1].any() or shown[:, 0].any() or shown[:, -1].any())
        tall, wide = (np.ptp(np.flatnonzero(shown.any(k))) / SIZE for k in (1, 0))
        assert 0.6 < max(tall, wide) < 0.95


def test_the_same_head_gives_the_same_bytes(video, head, tmp_path):
    write_turntable(head, tmp_path / "again.mp4", frames=FRAMES, size=SIZE)
    assert (tmp_path / "again.mp4").read_bytes() == video.read_bytes()


def test_without_pyav_there_is_a_note_and_no_file(head, tmp_path, monkeypatch):
    real = builtins.__import__

    def without(name, *arguments, **options):
        if name.split(".")[0] == "av":
            raise ImportError("No module named 'av'")
        return real(name, *arguments, **options)

    monkeypatch.delitem(sys.modules, "av", raising=False)
    monkeypatch.setattr(builtins, "__import__", without)
    note = write_turntable(head, tmp_path / "turntable.mp4", frames=4, size=32)
    assert note is not None and "No module named 'av'" in note and "pip install" in note
    assert not list(tmp_path.iterdir())


def test_without_an_encoder_there_is_a_note_and_no_file(head, tmp_path, monkeypatch):
    av = pytest.importorskip("av", reason="PyAV is not installed: pip install av")
    monkeypatch.setattr(av, "codecs_available", {"mpeg4"})
    note = write_turntable(head, tmp_path / "turntable.mp4", frames=4, size=32)
    assert note is not None and "cannot encode H.264" in note
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_is_said(head, tmp_path):
    pytest.importorskip("av", reason="PyAV is not installed: pip install av")
    (tmp_path / "file").write_text("")
    with pytest.raises(Panic3dError, match="cannot be written"):
        write_turntable(head, tmp_path / "file" / "turntable.mp4", frames=2, size=32)


@pytest.mark.parametrize(("frames", "size"), [(1, 64), (72, 63), (72, 8), (4000, 64)])
def test_absurd_numbers_are_refused(head, tmp_path, frames, size):
    with pytest.raises(ConfigError, match="turntable"):
        write_turntable(head, tmp_path / "turntable.mp4", frames=frames, size=size)


def test_chromium_plays_it(video, head, tmp_path):
    page = video.with_name("video.html")
    page.write_text(
        f'<video muted src="{video.name}" width="{SIZE}" style="display:block"></video>'
    )
    with opened_tab(tmp_path / "profile") as tab:
        tab.open(page)
        tab.until("document.querySelector('video')?.readyState >= 2")
        assert tab.run("document.querySelector('video').videoWidth") == SIZE
        assert tab.run("document.querySelector('video').duration") == pytest.approx(
            FRAMES / RATE, abs=0.05
        )
        tab.run(
            "new Promise((done) => { const v = document.querySelector('video');"
            f" v.onseeked = done; v.currentTime = {FRAMES / RATE / 2} + 0.01; }})"
        )
        back = list(turning(head, FRAMES, SIZE))[FRAMES // 2].astype(int)
        end = time.monotonic() + PATIENCE_S
        while np.abs(tab.screenshot()[8 : 8 + SIZE, 8 : 8 + SIZE] - back).mean() > 6:
            assert time.monotonic() < end, "the video does not show the back half way through"
        assert not tab.complaints
