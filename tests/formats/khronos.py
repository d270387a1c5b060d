"""Khronos' glTF-Validator, asked through Node; its package has no command of its own."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent / "gltf_validator"

# What it says of every VRM, right or wrong: it knows neither the extensions of VRM nor the name of
# the older one; MToon comes with KHR_materials_unlit as its fallback, as its specification asks;
# tangents of VRM's normal maps are made when they are loaded.
ABOUT_EVERY_VRM = {
    "UNSUPPORTED_EXTENSION",
    "INVALID_EXTENSION_NAME_FORMAT",
    "MULTIPLE_EXTENSIONS",
    "MESH_PRIMITIVE_GENERATED_TANGENT_SPACE",
}


def validate(*paths):
    """Return the validator's reports by path; skip the test where it is not installed."""
    node = shutil.which("node")
    if node is None or not (FOLDER / "node_modules" / "gltf-validator").is_dir():
        pytest.skip(
            "Khronos' glTF-Validator is not installed: with Node.js, run "
            f"npm install --no-package-lock --prefix {FOLDER}"
        )
    done = subprocess.run(
        [node, str(FOLDER / "validate.mjs"), *map(str, paths)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return {Path(path): report for path, report in json.loads(done.stdout).items()}


def faults(report):
    """Return the errors and warnings that are about the file and not about all VRMs."""
    return [
        f"{message['code']} {message['message']} ({message.get('pointer')})"
        for message in report["issues"]["messages"]
        if message["severity"] < 2 and message["code"] not in ABOUT_EVERY_VRM
    ]
