"""A Jupyter that was there already, on another machine, and its port brought here by what a person types: `ssh -N -L`.

The other machine and this one are network namespaces with a real sshd between them (runtime/tests/two_hosts.py).
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from containers import published_here
from servers import answers, start, wait_until
from two_hosts import ADDRESS, TwoHosts

from runhere_hub.testing.ports import free_port

JUPYTER = (sys.executable, "-m", "jupyter", "server")


@contextmanager
def jupyter_over_there(root: Path, origin: str, joint: Path) -> Iterator[str]:
    """Yields the line of `jupyter server list` over there, with the port that it has here. `joint`: a folder to use."""
    hosts = TwoHosts(path=os.defpath)
    env = {"JUPYTER_RUNTIME_DIR": str(joint / "there")}
    words = ("--no-browser", "--allow-root", "--port=8888", "--ServerApp.port_retries=0")
    programs = [start(hosts.on_gpubox(*JUPYTER, *words, f"--ServerApp.allow_origin={origin}"), cwd=root, env=env)]
    try:
        programs[0].line_matching("127.0.0.1:8888/")
        forward = (
            *("ssh", *hosts.options, "-N", "-o", "ExitOnForwardFailure=yes"),
            *("-L", "127.0.0.1:9000:127.0.0.1:8888", f"root@{ADDRESS}"),
        )
        programs.append(start(hosts.on_laptop(*forward), cwd=root))
        listed = subprocess.run(
            hosts.on_gpubox(*JUPYTER, "list"), env={**os.environ, **env}, capture_output=True, text=True, check=True
        ).stdout
        port = free_port()
        with published_here(hosts.on_laptop, 9000, port, joint):
            wait_until(lambda: answers(f"http://127.0.0.1:{port}/api"), what="the forwarded port")
            yield next(line for line in listed.splitlines() if "token=" in line).replace(":8888/", f":{port}/")
    finally:
        for program in reversed(programs):
            program.stop()
        hosts.close()
