"""The image's locked packages for the processor that it is not built on here: each is ready-made, its hash locked."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from urllib.parse import unquote

import pytest
from packaging.requirements import Requirement
from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import parse_wheel_filename

LOCKED = Path(__file__).resolve().parents[2] / "requirements" / "hosted.txt"
IMAGE = {
    "sys_platform": "linux", "platform_system": "Linux", "platform_machine": "aarch64", "os_name": "posix",
    "python_version": "3.11", "python_full_version": "3.11.14",
    "implementation_name": "cpython", "platform_python_implementation": "CPython",
}  # fmt: skip
# What the base image's glibc takes.
PLATFORMS = [f"manylinux_2_{minor}_aarch64" for minor in range(28, 16, -1)] + ["manylinux2014_aarch64"]


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """The wheels that the registry has of what is locked: package → file name → SHA-256. No package is fetched."""
    place = tmp_path_factory.mktemp("arm64")
    pins = re.findall(r"^([A-Za-z0-9._-]+==[^\n\\]+?) *\\?$", LOCKED.read_text(encoding="utf-8"), re.MULTILINE)
    listed = ",\n".join(f'  "{pin}"' for pin in pins)
    project = f'[project]\nname = "image"\nversion = "0"\nrequires-python = ">=3.11"\ndependencies = [\n{listed}\n]\n'
    (place / "pyproject.toml").write_text(project, encoding="utf-8")
    words = [sys.executable, "-m", "uv", "lock", "--quiet", "--python", sys.executable]
    ended = subprocess.run(words, cwd=place, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr[-3000:]
    with (place / "uv.lock").open("rb") as file:
        packages = tomllib.load(file)["package"]
    versions = {(one.name, str(next(iter(one.specifier)).version)) for one in map(Requirement, pins) if _applies(one)}
    return {
        f"{one['name']}=={one['version']}": {
            unquote(re.split(r"[/\\]", wheel.get("url") or wheel["path"])[-1]): wheel["hash"].removeprefix("sha256:")
            for wheel in one.get("wheels", [])
        }
        for one in packages
        if (one["name"], one["version"]) in versions
    }


def _applies(requirement: Requirement) -> bool:
    return requirement.marker is None or requirement.marker.evaluate(IMAGE)


def lacking(wheels: dict[str, dict[str, str]], locked: str) -> list[str]:
    """Packages that pip could not install on arm64 from a wheel whose hash is locked."""
    tags = _tags()
    known = set(re.findall(r"--hash=sha256:([0-9a-f]{64})", locked))
    return sorted(
        package
        for package, files in wheels.items()
        if not any(digest in known and parse_wheel_filename(name)[3] & tags for name, digest in files.items())
    )


def _tags() -> frozenset[Tag]:
    return frozenset(cpython_tags((3, 11), platforms=PLATFORMS)) | frozenset(
        compatible_tags((3, 11), interpreter="cp311", platforms=PLATFORMS)
    )


def test_every_locked_package_is_there_ready_made_for_arm64(wheels: dict[str, dict[str, str]]) -> None:
    assert len(wheels) > 100
    assert {"numpy", "pyarrow", "scikit-learn", "pybase64"} <= {package.split("==")[0] for package in wheels}
    assert lacking(wheels, LOCKED.read_text(encoding="utf-8")) == []


def test_a_package_whose_arm64_hash_is_not_locked_is_named(wheels: dict[str, dict[str, str]]) -> None:
    (numpy,) = (package for package in wheels if package.startswith("numpy=="))
    locked = LOCKED.read_text(encoding="utf-8")
    for name, digest in wheels[numpy].items():
        if "cp311" in name and "manylinux" in name and "aarch64" in name:
            locked = locked.replace(digest, "0" * 64)
    assert lacking(wheels, locked) == [numpy]


def test_a_package_that_has_to_be_compiled_is_named(wheels: dict[str, dict[str, str]]) -> None:
    package = next(iter(wheels))
    assert lacking({**wheels, package: {}}, LOCKED.read_text(encoding="utf-8")) == [package]
