"""What a person once wrote for their stock Jupyter server does not reach ours: it could open what the gate closes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from live_runtime import EVIL, HUB, start_runtime

OPENS_EVERYTHING = (
    "c.ServerApp.allow_origin = '*'\nc.ServerApp.disable_check_xsrf = True\nc.ServerApp.ip = '0.0.0.0'\n"
    "c.IdentityProvider.token = 'mine'\nc.ServerApp.token = 'mine'\nc.ServerApp.base_url = '/elsewhere/'\n"
    "c.TerminalManager.shell_command = ['/no/shell']\n"
    "c.ServerApp.root_dir = '/'\nc.MappingKernelManager.default_kernel_name = 'nonsense'\n"
)


def test_personal_configuration_is_neither_obeyed_nor_run(tmp_path: Path) -> None:
    home, ran = tmp_path / "config", tmp_path / "ran"
    (home / "jupyter_server_config.d").mkdir(parents=True)
    for name in ("jupyter_config.py", "jupyter_server_config.py", "jupyter_notebook_config.py"):
        (home / name).write_text(f"open({str(ran)!r}, 'a').write({name!r})\n" + OPENS_EVERYTHING)
    (home / "jupyter_server_config.json").write_text(json.dumps({"ServerApp": {"base_url": "/elsewhere/"}}))
    extensions = {"ServerApp": {"jpserver_extensions": {"jupyterlab": True, "nbclassic": True}}}
    (home / "jupyter_server_config.d" / "lab.json").write_text(json.dumps(extensions))
    environment = {"JUPYTER_CONFIG_DIR": str(home), "JUPYTER_CONFIG_PATH": str(home), "JUPYTER_TOKEN": "mine"}
    runtime = start_runtime(tmp_path / "run", "--hub", HUB, env=environment)
    try:
        assert not ran.exists(), ran.read_text()
        assert runtime.ask("GET", "/api/status", headers={"Authorization": "token mine"}).status == 401
        assert runtime.ask("GET", "/api/status?token=mine").status == 401
        assert runtime.ask("GET", "/api/status", headers={**runtime.auth, "Origin": EVIL}).status == 403
        assert runtime.ask("GET", "/elsewhere/api/status", headers=runtime.auth).status == 404
        assert runtime.ask("GET", "/lab", headers=runtime.auth).status == 404
        info = runtime.ask("GET", "/api/runhere/info", headers={**runtime.auth, "Origin": HUB}).json()
        assert info["root_dir"] == str(runtime.root)
        assert info["default_kernel"] == "python3"
    finally:
        runtime.stop()


def test_an_extension_brings_its_pages_and_no_configuration(tmp_path: Path) -> None:
    """JupyterLab reads `jupyter_lab_config` by itself, and what stands there goes on to the server."""
    home, ran = tmp_path / "config", tmp_path / "ran"
    home.mkdir()
    for name in ("jupyter_config.py", "jupyter_lab_config.py"):
        (home / name).write_text(
            f"open({str(ran)!r}, 'a').write({name!r})\n{OPENS_EVERYTHING}c.LabApp.default_url = '/elsewhere'\n"
        )
    environment = {"JUPYTER_CONFIG_DIR": str(home), "JUPYTER_CONFIG_PATH": str(home)}
    runtime = start_runtime(tmp_path / "run", "--hub", HUB, "--extension", "jupyterlab", env=environment)
    try:
        assert not ran.exists(), ran.read_text()
        assert b"JupyterLab" in runtime.ask("GET", "/lab", headers=runtime.auth).body
        info = runtime.ask("GET", "/api/runhere/info", headers={**runtime.auth, "Origin": HUB}).json()
        assert (info["root_dir"], info["default_kernel"]) == (str(runtime.root), "python3")
    finally:
        runtime.stop()


def test_an_extension_that_is_not_there_stops_the_start_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=r"no_such_extension cannot be used.*pip install"):
        start_runtime(tmp_path, "--extension", "no_such_extension")
    assert not list((tmp_path / "data" / "servers").glob("*.json"))
