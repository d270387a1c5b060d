"""The page and the numbers."""

import json
import re
import shutil
import subprocess

import numpy as np
import pytest
from PIL import Image

from panic3d.evaluate.records import read_results
from panic3d.evaluate.report import TEMPLATE, write_report
from panic3d.evaluate.run import evaluate
from panic3d.evaluate.strips import SHOWN, SIDE, error_map, strip

from .balls import Neighbour, OpenedBalls
from .test_run import plan_of

pytest.importorskip("igl", reason="libigl is not installed: pip install 'panic3d[eval]'")

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="module")
def written(tmp_path_factory, rasteriser):
    folder = tmp_path_factory.mktemp("report")
    plan = plan_of(
        folder,
        Neighbour("ours </script><b>", 1, failing="ball-2"),
        Neighbour("sheet", 2, role="floor"),
        Neighbour("oracle", 0, role="oracle"),
        count=3,
    )
    return plan, write_report(evaluate(plan))


def test_the_page_needs_nothing_else(written):
    page = written[1].html.read_text()
    assert page.count("</script>") == TEMPLATE.read_text().count("</script>")
    assert "&lt;/script&gt; &amp; co</title>" in page
    addresses = set(re.findall(r"\w+://[^\"' )<]+", page))
    assert addresses == {"http://www.w3.org/2000/svg"}  # a name, which nobody fetches
    assert not re.findall(r"<(?:link|script|img)[^>]+(?:href|src)=\"(?!data:)", page)
    assert page.count("data:image/webp;base64,") == 3 + 3 + 9
    assert len(page) < 400_000


def test_the_json_has_every_number_and_its_interval(written):
    plan, paths = written
    value = json.loads(paths.json.read_text())
    assert [len(value["results"]), len(value["tables"])] == [9, 4]
    for predictor in plan.predictors:
        kept = {result.case: result for result in read_results(plan.ledger(predictor))}
        for row in value["results"]:
            if row["predictor"] == predictor.name:
                assert row["measures"]["front.psnr"] == kept[row["case"]].measures["front.psnr"]
    mean, low, high, count = value["tables"][0]["estimates"]["sheet"]["front.psnr"]
    own = [r["measures"]["front.psnr"] for r in value["results"] if r["predictor"] == "sheet"]
    assert mean == pytest.approx(np.mean(own)) and count == 3
    assert low is high is None and value["tables"][0]["independent_assets"] == 3
    assert value["tables"][0]["failures"]["ours </script><b>"] == 1
    assert value["measures"][0]["name"] == "front.clip"


def test_strips_show_the_views_and_their_errors():
    truth = OpenedBalls().truth("ball-0").views
    import io

    picture = np.array(Image.open(io.BytesIO(strip(truth, truth))))
    assert picture.shape == (2 * SIDE, len(SHOWN) * SIDE, 3)
    assert picture[SIDE + 8 :].min() > 245  # equal pictures leave white
    black, white = (np.full((2, 2, 3), v, np.uint8) for v in (0, 255))
    assert (error_map(black, black) == 255).all()
    assert error_map(black, white).max() < 40


def browser():
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip("no Chromium is installed: apt-get install chromium")
    return found


def opened(program, page, profile):
    """Return the page as it stands after its scripts ran, and what they complained about."""
    command = [
        *(program, "--headless=new", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr"),
        *(f"--user-data-dir={profile}", "--virtual-time-budget=3000", "--dump-dom", page.as_uri()),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line]


def test_the_page_opens_in_a_browser_without_a_complaint(written, tmp_path):
    """Oracle: Chromium. A broken copy shows that complaints would be found."""
    program, path = browser(), written[1].html
    dom, complaints = opened(program, path, tmp_path / "profile")
    assert not complaints
    assert dom.count("<article") == 3 and dom.count('<tr class="') == 3
    assert "ValueError: no such head" in dom
    images = re.findall(r"<img[^>]+src=\"data:image/webp", dom)
    assert len(images) == 3 * (2 + 3)
    assert dom.count("<circle") == 9
    broken = tmp_path / "broken.html"
    broken.write_text(path.read_text().replace("function drawPlot", "function drawPlod"))
    assert opened(program, broken, tmp_path / "profile")[1]
