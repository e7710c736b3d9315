"""`runhere-runtime ssh` to servers that listen on another address over there than 127.0.0.1, with a real sshd."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from far_servers import HUB, on_gpubox
from needs_two_hosts import needs_two_hosts
from ssh_command import LOCAL_PORT, Command, curl, token_of
from two_hosts import ADDRESS, TwoHosts

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240), needs_two_hosts]
OPEN = f"It is open to others: whoever reaches {ADDRESS} comes to it without ssh"


def test_a_jupyter_on_the_machines_own_address_is_reached_and_told_to_be_open(
    hosts: TwoHosts, ssh: Callable[..., Command]
) -> None:
    files = hosts.home / ".local/share/jupyter/runtime"
    where = (f"--ip={ADDRESS}", "--port=8894", "--ServerApp.port_retries=0")
    with on_gpubox(hosts, files, "jupyter_server", "--allow-root", "--no-browser", *where):
        command = ssh(f"root@{ADDRESS}", "--remote-port", "8894", "--local-port", str(LOCAL_PORT))
        url = command.line()
        assert url.startswith(f"http://127.0.0.1:{LOCAL_PORT}/?token="), command.told.read_text()
        assert OPEN in command.told.read_text()
        assert "kernels" in json.loads(curl(hosts, f"http://127.0.0.1:{LOCAL_PORT}/api/status", token_of(url)))
        hosts.cut()
        command.wait_for("is lost. Trying again")
        hosts.join()
        command.wait_for("again; its runtime went on meanwhile")
        assert command.told.read_text().count(f"listens on {ADDRESS}, not on 127.0.0.1") == 1
        assert command.stop() == 0


def test_a_runtime_on_the_machines_own_address_is_reached_paired_and_ended(
    hosts: TwoHosts, ssh: Callable[..., Command]
) -> None:
    files = hosts.home / ".local/share/jupyter/runhere-runtime/servers"
    words = ("runhere_runtime", "--ip", ADDRESS, "--i-am-behind-a-proxy", "--hub", HUB)
    with on_gpubox(hosts, files, *words) as by_hand:
        command = ssh(f"root@{ADDRESS}", "--hub", HUB, "--local-port", str(LOCAL_PORT))
        url = command.line()
        assert url.startswith(f"http://127.0.0.1:{LOCAL_PORT}/?token=rhrt_"), command.told.read_text()
        command.wait_for(f"{HUB}/connect#rt=http://127.0.0.1:{LOCAL_PORT}&pair=")
        assert OPEN in command.told.read_text()
        info = json.loads(curl(hosts, f"http://127.0.0.1:{LOCAL_PORT}/api/runhere/info", token_of(url)))
        assert info["origins"] == [HUB]
        stopping = ssh(f"root@{ADDRESS}", "--stop", "--local-port", "0")
        by_hand.wait(60)  # until its parent takes note, it counts as running
        assert stopping.process.wait(60) == 0
        assert "1 runtime(s) ended" in stopping.told.read_text()


def test_a_server_on_every_address_is_dialled_at_loopback(hosts: TwoHosts, ssh: Callable[..., Command]) -> None:
    files: Path = hosts.home / ".local/share/jupyter/runtime"
    where = ("--ip=0.0.0.0", "--port=8895", "--ServerApp.port_retries=0")
    with on_gpubox(hosts, files, "jupyter_server", "--allow-root", "--no-browser", *where):
        command = ssh(f"root@{ADDRESS}", "--remote-port", "8895", "--local-port", str(LOCAL_PORT))
        assert token_of(command.line()), command.told.read_text()
        assert "listens on" not in command.told.read_text()
