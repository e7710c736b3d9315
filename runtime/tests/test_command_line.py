"""What the subcommands say to a person at a terminal, as processes of their own."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

from live_runtime import HUB


def command(*words: str, data: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Run `runhere-runtime` to its end, with a data folder of its own."""
    return subprocess.run(
        [sys.executable, "-m", "runhere_runtime", *words],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=60,
        env={**os.environ, "RUNHERE_RUNTIME_DATA": str(data), **env},
    )


def test_allow_says_for_which_runtimes_it_counts_and_how_others_are_told(tmp_path: Path) -> None:
    ended = command("allow", HUB, data=tmp_path)
    assert ended.returncode == 0
    assert json.loads((tmp_path / "origins.json").read_text()) == {"origins": [HUB]}
    assert f"your runtimes on this machine ({socket.gethostname()})" in ended.stderr
    assert f"runhere-runtime ssh … --hub {HUB}" in ended.stderr
    assert f"docker exec NAME runhere-runtime allow {HUB}" in ended.stderr
