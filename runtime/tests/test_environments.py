"""Environments whose kernels nobody registered: found by their folders, started as what they are."""

from __future__ import annotations

import json
import sys
import sysconfig
import venv
from pathlib import Path

import ipykernel
import pytest
from kernel_client import JournalSocket
from live_runtime import HUB, start_runtime

from runhere_runtime.channels.specs import unregistered
from runhere_runtime.environments import Environment, find_environments

PACKAGES = f"lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"


def make(prefix: Path, *marks: str, settings: str | None = None, kernel: bool = False) -> Path:
    """A folder that looks like an environment."""
    for file in ("bin/python", *marks):
        (prefix / file).parent.mkdir(parents=True, exist_ok=True)
        (prefix / file).touch()
    if settings is not None:
        (prefix / "pyvenv.cfg").write_text(settings, encoding="utf-8")
    if kernel:
        (prefix / PACKAGES / "ipykernel").mkdir(parents=True)
    return prefix


def found(root: Path, home: Path, **variables: str) -> dict[str, Environment]:
    seen = find_environments(root=root, home=home, variables=variables)
    return {one.name: one for one in seen if one.kind != "system"}


@pytest.mark.skipif(sys.platform == "win32", reason="the folders are laid out as on POSIX")
def test_each_kind_is_found_where_it_lives_and_says_how_it_gets_a_kernel(tmp_path: Path) -> None:
    root, home = tmp_path / "project" / "notebooks", tmp_path / "home"
    root.mkdir(parents=True)
    beside = make(root / ".venv", settings="home = /usr/bin\nuv = 0.9.1\n")
    above = make(tmp_path / "project" / "venv", settings="home = /usr/bin\n", kernel=True)
    active = make(tmp_path / "odd name", settings="home = /usr/bin\n")
    listed = make(tmp_path / "elsewhere" / "stats", "conda-meta/history")
    usual = make(home / "miniforge3" / "envs" / "deep", "conda-meta/history", kernel=True)
    version = make(home / ".pyenv" / "versions" / "3.12.1")
    make(home / "miniforge3" / "envs" / "no-conda-after-all")
    make(home / ".virtualenvs" / "no-venv-after-all")
    (home / ".conda").mkdir()
    (home / ".conda/environments.txt").write_text(f"{listed}\n{usual}\n/gone\n", encoding="utf-8")

    seen = found(root, home, VIRTUAL_ENV=str(active))

    assert {name: (one.kind, one.prefix, one.has_kernel) for name, one in seen.items()} == {
        "notebooks": ("uv", beside, False),
        "project": ("venv", above, True),
        "odd name": ("venv", active, False),
        "stats": ("conda", listed, False),
        "deep": ("conda", usual, True),
        "3.12.1": ("pyenv", version, False),
    }
    assert seen["notebooks"].install_line == f"uv pip install --python {beside}/bin/python ipykernel"
    assert seen["odd name"].install_line == f"'{active}/bin/python' -m pip install ipykernel"
    assert seen["stats"].install_line == f"conda install --prefix {listed} ipykernel"
    assert seen["3.12.1"].install_line == f"{version}/bin/python -m pip install ipykernel"
    assert seen["project"].variables == {"PATH": f"{above}/bin:${{PATH}}", "VIRTUAL_ENV": str(above)}
    assert seen["deep"].variables["CONDA_PREFIX"] == str(usual)
    assert len({one.kernel_name for one in seen.values()}) == len(seen)
    assert seen["odd name"].kernel_name.startswith("environment-odd-name-")


@pytest.mark.skipif(sys.platform == "win32", reason="the folders are laid out as on POSIX")
def test_what_cannot_be_read_or_is_this_runtimes_own_is_passed_over(tmp_path: Path) -> None:
    make(tmp_path / "venv").joinpath("pyvenv.cfg").write_bytes(b"\xff\xfe")
    assert found(tmp_path, tmp_path / "nobody", VIRTUAL_ENV=sys.prefix, CONDA_PREFIX="/no/such/folder") == {}


def test_an_environment_whose_kernel_is_registered_is_offered_once(tmp_path: Path) -> None:
    one = Environment(tmp_path, tmp_path / "bin/python", "venv", "one", has_kernel=True)
    registered = [str(tmp_path / "bin/python"), "-m", "ipykernel_launcher"]
    assert unregistered([one], [registered]) == ()
    assert unregistered([one], [["/usr/bin/R"], []]) == (one,)


@pytest.mark.skipif(sys.platform == "win32", reason="links are made as on POSIX")
async def test_a_kernel_runs_in_a_venv_beside_the_notebooks_and_one_without_says_what_is_missing(
    tmp_path: Path,
) -> None:
    root = tmp_path / "root"
    with_kernel, without = root / ".venv", tmp_path / "venv"
    for prefix in (with_kernel, without):
        venv.create(prefix, with_pip=False, symlinks=True)
    packages = with_kernel / PACKAGES
    (packages / "ipykernel").symlink_to(Path(ipykernel.__file__).parent)
    (packages / "what_it_needs.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")

    nothing_else = dict.fromkeys(("VIRTUAL_ENV", "CONDA_PREFIX", "CONDA_EXE", "MAMBA_ROOT_PREFIX"), "")
    places = {"HOME": str(tmp_path), "PYENV_ROOT": str(tmp_path), "WORKON_HOME": str(tmp_path / "none")}
    running = start_runtime(tmp_path, "--hub", HUB, env={**nothing_else, **places})
    try:
        specs = running.ask("GET", "/api/kernelspecs", headers=running.auth).json()["kernelspecs"]
        (name,) = [name for name, one in specs.items() if one["spec"]["display_name"] == "Python (root)"]
        answer = running.ask("GET", "/api/runhere/environments", headers=running.auth).json()
        assert answer["environments"] == [
            {
                "name": tmp_path.name,
                "python": str(without / "bin/python"),
                "install": f"{without}/bin/python -m pip install ipykernel",
            }
        ]
        body = json.dumps({"name": name}).encode()
        made = running.ask("POST", "/api/kernels", headers=running.auth, body=body)
        assert made.status == 201, made
        url = f"ws://127.0.0.1:{running.port}/api/kernels/{made.json()['id']}/channels"
        client = JournalSocket(url, {**running.auth, "Origin": HUB})
        await client.attach()
        run = await client.run(
            "import os, shutil, sys; print(sys.prefix, os.environ['VIRTUAL_ENV'], shutil.which('python'))", 30
        )
        assert client.text_of(run).split() == [str(with_kernel), str(with_kernel), str(with_kernel / "bin/python")]
        await client.close()
    finally:
        running.stop()
