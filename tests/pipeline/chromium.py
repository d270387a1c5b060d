"""Headless Chromium, driven over the two pipes of its devtools protocol."""

from __future__ import annotations

import base64
import io
import json
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SIZE = 480
PATIENCE_S = 90.0
"""A busy machine draws WebGL in software at a crawl."""

_START = (
    "import os, sys; a, b = map(int, sys.argv[1:3]); "
    "os.dup2(a, 3); os.dup2(b, 4); os.execv(sys.argv[3], sys.argv[3:])"
)


class Tab:
    """One page, and what it complained about or asked of the network."""

    def __init__(self, reading: int, writing: int) -> None:
        self._reading, self._writing = reading, writing
        self._rest, self._number = b"", 0
        self._session: str | None = None
        self.complaints: list[str] = []
        self.requests: list[str] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> Any:
        """Send a command and wait for its result."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._writing, json.dumps(message).encode() + b"\0")
        end = time.monotonic() + PATIENCE_S
        while True:
            answer = self._next(end)
            if answer.get("id") == self._number:
                assert "error" not in answer, answer["error"]
                return answer["result"]
            self._noted(answer)

    def _next(self, end: float) -> Any:
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._reading], [], [], max(end - time.monotonic(), 0))
            assert ready, "Chromium does not answer"
            data = os.read(self._reading, 1 << 20)
            assert data, "Chromium is gone"
            self._rest += data
        line, _, self._rest = self._rest.partition(b"\0")
        return json.loads(line)

    def _noted(self, event: Any) -> None:
        kind, value = event.get("method"), event.get("params", {})
        if kind == "Runtime.exceptionThrown":
            self.complaints.append(json.dumps(value["exceptionDetails"])[:500])
        elif kind == "Runtime.consoleAPICalled" and value["type"] in ("error", "assert"):
            self.complaints.append(json.dumps(value["args"])[:500])
        elif kind == "Log.entryAdded" and value["entry"]["level"] == "error":
            self.complaints.append(value["entry"]["text"])
        elif kind == "Network.requestWillBeSent":
            self.requests.append(value["request"]["url"].partition(",")[0][:200])

    def run(self, script: str) -> Any:
        """Evaluate an expression, awaiting a promise, and return its value."""
        done = self.call(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in done, done["exceptionDetails"]
        return done["result"].get("value")

    def open(self, page: Path) -> None:
        """Go to a page on the disk."""
        self.call("Page.navigate", url=page.as_uri())

    def until(self, script: str) -> None:
        """Wait until an expression is true."""
        end = time.monotonic() + PATIENCE_S
        while not self.run(script):
            assert time.monotonic() < end, f"{script} stayed false; {self.complaints}"
            time.sleep(0.1)

    def screenshot(self) -> NDArray[np.uint8]:
        """Return what the page shows, (h, w, 3)."""
        data = self.call("Page.captureScreenshot", format="png")["data"]
        return np.array(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB"))

    def drag(self, start: tuple[float, float], end: tuple[float, float], steps: int = 6) -> None:
        """Press the mouse, move it, and let go."""

        def mouse(kind: str, at: tuple[float, float], held: int) -> None:
            button = "none" if kind == "mouseMoved" and not held else "left"
            place = {"x": at[0], "y": at[1]}
            self.call(
                "Input.dispatchMouseEvent",
                type=kind,
                button=button,
                buttons=held,
                clickCount=int(kind != "mouseMoved"),
                **place,
            )

        mouse("mouseMoved", start, 0)
        mouse("mousePressed", start, 1)
        for k in range(1, steps + 1):
            share = k / steps
            at = tuple(a + (b - a) * share for a, b in zip(start, end, strict=True))
            mouse("mouseMoved", (at[0], at[1]), 1)
        mouse("mouseReleased", end, 0)


@contextmanager
def opened_tab(profile: Path) -> Iterator[Tab]:
    """Start Chromium, and end it; skip where there is none."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        pytest.skip("no Chromium is installed: apt-get install chromium")
    to_read, to_write = os.pipe(), os.pipe()
    command = [
        *(sys.executable, "-c", _START, str(to_read[0]), str(to_write[1]), program),
        *("--headless=new", "--no-sandbox", "--remote-debugging-pipe", "--mute-audio"),
        *("--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"),
        *("--force-device-scale-factor=1", "--force-color-profile=srgb", "--hide-scrollbars"),
        *(f"--window-size={SIZE},{SIZE}", f"--user-data-dir={profile}"),
        *("--host-resolver-rules=MAP * ~NOTFOUND", "--autoplay-policy=no-user-gesture-required"),
        *("--no-first-run", "--disable-background-networking", "--disable-component-update"),
    ]
    process = subprocess.Popen(
        command,
        pass_fds=(to_read[0], to_write[1]),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    os.close(to_read[0])
    os.close(to_write[1])
    try:
        tab = Tab(to_write[0], to_read[1])
        tab.call(
            "Emulation.setDeviceMetricsOverride",
            width=SIZE,
            height=SIZE,
            deviceScaleFactor=1,
            mobile=False,
        )
        yield tab
        with suppress(AssertionError, OSError):
            tab._session = None
            tab.call("Browser.close")
    finally:
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)
        if process.poll() is None:
            process.kill()
            process.wait()
        os.close(to_read[1])
        os.close(to_write[0])
