"""The peers, pinned, installed on first use into environments of their own under .build/peers/."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COLLABORATION = ["jupyter-collaboration==5.0.4", "jupyter-server==2.21.1", "ipykernel==7.4.0"]

JUPYVERSE = ["jupyverse[auth,jupyterlab]==0.14.18", "ipykernel==7.4.0"]


def environment(name: str, packages: list[str]) -> Path:
    """The Python of a peer's environment, made if it is not there."""
    home = ROOT / ".build" / "peers" / name
    python = home / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    stamp = home / "installed.txt"
    if not stamp.exists() or stamp.read_text() != "\n".join(packages):
        print(f"installing {name}: {', '.join(packages)} …", flush=True)
        uv = [sys.executable, "-m", "uv"]
        subprocess.run([*uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(home)], check=True)
        subprocess.run([*uv, "pip", "install", "--quiet", "--python", str(python), *packages], check=True)
        stamp.write_text("\n".join(packages))
    return python


def collaboration_python() -> Path:
    """JupyterLab's real-time collaboration."""
    return environment("collaboration", COLLABORATION)


def jupyverse_command() -> Path:
    """Jupyter's server on ASGI."""
    return environment("jupyverse", JUPYVERSE).with_name("jupyverse.exe" if sys.platform == "win32" else "jupyverse")
