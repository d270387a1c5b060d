import dataclasses
import hashlib
import http.server
import threading
from pathlib import Path

import pytest

from panic3d.errors import DownloadError
from panic3d.weights.fetch import fetch
from panic3d.weights.specs import SPECS

CONTENT = bytes(range(256)) * 5000


class Server(http.server.ThreadingHTTPServer):
    """A loopback server that may stop in the middle, ignore Range, or answer with an error."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.stop_after: list[int] = []  # bytes after which each coming answer breaks off
        self.statuses: list[int] = []  # errors to answer with before anything else
        self.ranges = True
        self.wrong_range = False
        self.requests: list[tuple[str, str | None]] = []


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *arguments):
        pass

    def do_GET(self):
        server = self.server
        assert isinstance(server, Server)
        wanted = self.headers.get("Range")
        server.requests.append((self.path, wanted))
        if server.statuses:
            self.send_error(server.statuses.pop(0))
            return
        content = b"{}" if self.path.endswith(".json") else CONTENT
        start = int(wanted[6:-1]) if wanted and server.ranges else 0
        if start and start >= len(content):
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        if start:
            stated = start + server.wrong_range
            self.send_header("Content-Range", f"bytes {stated}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        cut = server.stop_after.pop(0) if server.stop_after else len(content)
        self.wfile.write(content[start : start + cut])


@pytest.fixture
def server():
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def spec(server):
    return dataclasses.replace(
        SPECS[-1],
        name="example",
        file="example/a.safetensors",
        sha256=hashlib.sha256(CONTENT).hexdigest(),
        url=f"http://127.0.0.1:{server.server_port}/a.safetensors",
    )


def ask(spec, folder, **options):
    return fetch(spec, folder, pause_s=0.01, **options)


def ranges(server):
    return [wanted for path, wanted in server.requests if not path.endswith(".json")]


def test_a_file_and_its_json_arrive_with_progress(spec, server, tmp_path):
    told = []
    path = ask(spec, tmp_path, progress=lambda have, whole: told.append((have, whole)))
    assert path.read_bytes() == CONTENT and path.with_suffix(".json").read_bytes() == b"{}"
    assert told[-1] == (len(CONTENT), len(CONTENT))
    assert not list(tmp_path.rglob("*.part"))


def test_a_file_that_is_here_is_not_asked_for_again(spec, server, tmp_path):
    ask(spec, tmp_path)
    server.requests.clear()
    ask(spec, tmp_path)
    assert server.requests == []


def test_an_interrupted_transfer_continues_where_it_stopped(spec, server, tmp_path):
    server.stop_after = [300_000, 500_000]
    assert ask(spec, tmp_path).read_bytes() == CONTENT
    assert ranges(server) == [None, "bytes=300000-", "bytes=800000-"]


def test_a_later_command_continues_too(spec, server, tmp_path):
    server.stop_after = [100_000]
    with pytest.raises(DownloadError, match="continues where it stopped"):
        ask(spec, tmp_path, attempts=1)
    assert ask(spec, tmp_path).read_bytes() == CONTENT
    assert ranges(server)[-1] == "bytes=100000-"


def test_a_server_that_ignores_ranges_starts_over(spec, server, tmp_path):
    server.ranges = False
    server.stop_after = [300_000]
    assert ask(spec, tmp_path).read_bytes() == CONTENT


def test_a_server_that_sends_another_part_is_not_believed(spec, server, tmp_path):
    server.stop_after = [300_000]
    server.wrong_range = True
    assert ask(spec, tmp_path).read_bytes() == CONTENT
    assert ranges(server) == [None, "bytes=300000-", None]


def test_a_part_longer_than_the_file_is_thrown_away(spec, server, tmp_path):
    part = tmp_path / "example" / "a.safetensors.part"
    part.parent.mkdir()
    part.write_bytes(CONTENT + b"more")
    assert ask(spec, tmp_path).read_bytes() == CONTENT


def test_a_complete_part_is_checked_and_used(spec, server, tmp_path):
    """A command that was killed before the last step; the server has nothing more to send."""
    part = tmp_path / "example" / "a.safetensors.part"
    part.parent.mkdir()
    part.write_bytes(CONTENT)
    assert ask(spec, tmp_path).read_bytes() == CONTENT
    assert ranges(server) == [f"bytes={len(CONTENT)}-"] and not part.exists()


def test_a_part_as_long_as_the_file_but_of_other_bytes_is_thrown_away(spec, server, tmp_path):
    part = tmp_path / "example" / "a.safetensors.part"
    part.parent.mkdir()
    part.write_bytes(CONTENT[::-1])
    assert ask(spec, tmp_path).read_bytes() == CONTENT
    assert ranges(server) == [f"bytes={len(CONTENT)}-", None]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a full disk is Linux' /dev/full")
def test_a_full_disk_is_not_blamed_on_the_network(spec, server, tmp_path):
    part = tmp_path / "example" / "a.safetensors.part"
    part.parent.mkdir()
    part.symlink_to("/dev/full")
    with pytest.raises(DownloadError, match=r"No space left.*free some space") as caught:
        ask(spec, tmp_path)
    assert "network" not in str(caught.value)
    assert len(server.requests) == 1  # trying again would not help


def test_a_folder_that_cannot_be_made_is_not_blamed_on_the_network(spec, tmp_path):
    (tmp_path / "example").write_bytes(b"")
    with pytest.raises(DownloadError, match=r"example cannot be written .*another folder"):
        ask(spec, tmp_path)


def test_the_wrong_digest_is_refused_and_leaves_nothing(spec, server, tmp_path):
    other = dataclasses.replace(spec, sha256="0" * 64)
    with pytest.raises(DownloadError, match="expected 000000000000"):
        ask(other, tmp_path)
    assert not list((tmp_path / "example").iterdir())


def test_a_passing_failure_is_tried_again_and_a_lasting_one_is_not(spec, server, tmp_path):
    server.statuses = [503, 500, 429]
    assert ask(spec, tmp_path).read_bytes() == CONTENT
    server.requests.clear()
    server.statuses = [404]
    with pytest.raises(DownloadError, match="404"):
        ask(spec, tmp_path / "other")
    assert len(server.requests) == 1


def test_no_server_is_a_download_error(spec, tmp_path):
    nowhere = dataclasses.replace(spec, url="http://127.0.0.1:1/a.safetensors")
    with pytest.raises(DownloadError, match="could not be downloaded"):
        ask(nowhere, tmp_path, attempts=2)


def test_weights_that_may_not_be_passed_on_say_how_to_get_them(tmp_path):
    with pytest.raises(DownloadError, match="panic3d weights convert"):
        fetch(SPECS[-1], tmp_path)
