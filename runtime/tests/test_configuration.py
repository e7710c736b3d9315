"""What a person once wrote for their stock Jupyter server does not reach ours: it could open what the gate closes."""

from __future__ import annotations

import json
from pathlib import Path

from live_runtime import EVIL, HUB, start_runtime


def test_personal_configuration_is_neither_obeyed_nor_run(tmp_path: Path) -> None:
    home, ran = tmp_path / "config", tmp_path / "ran"
    (home / "jupyter_server_config.d").mkdir(parents=True)
    for name in ("jupyter_config.py", "jupyter_server_config.py", "jupyter_notebook_config.py"):
        (home / name).write_text(
            f"open({str(ran)!r}, 'a').write({name!r})\n"
            "c.ServerApp.allow_origin = '*'\nc.ServerApp.disable_check_xsrf = True\nc.ServerApp.ip = '0.0.0.0'\n"
            "c.IdentityProvider.token = 'mine'\nc.ServerApp.token = 'mine'\nc.ServerApp.base_url = '/elsewhere/'\n"
            "c.TerminalManager.shell_command = ['/no/shell']\n"
            "c.ServerApp.root_dir = '/'\nc.MappingKernelManager.default_kernel_name = 'nonsense'\n"
        )
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
