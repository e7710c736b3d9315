"""`runhere-runtime ssh` to servers over there that speak TLS, or answer under a path, with a real sshd."""

from __future__ import annotations

import contextlib
import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from far_servers import HUB, on_gpubox
from live_runtime import make_certificate
from needs_two_hosts import needs_two_hosts
from ssh_command import LOCAL_PORT, Command, curl, token_of
from two_hosts import ADDRESS, TwoHosts

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240), needs_two_hosts]


def companion(
    hosts: TwoHosts, certificate: Path, key: Path
) -> contextlib.AbstractContextManager[subprocess.Popen[bytes]]:
    files = hosts.home / ".local/share/jupyter/runhere-runtime/servers"
    words = ("runhere_runtime", "--hub", HUB, "--certfile", str(certificate), "--keyfile", str(key))
    return on_gpubox(hosts, files, *words)


@pytest.mark.parametrize(
    ("names", "host"),
    [("IP:127.0.0.1,DNS:localhost", "127.0.0.1"), ("DNS:localhost", "localhost")],
    ids=["good for both names", "good for one"],
)
def test_a_companion_over_https_is_shown_under_the_name_that_its_certificate_is_good_for(
    names: str, host: str, hosts: TwoHosts, ssh: Callable[..., Command], tmp_path: Path
) -> None:
    certificate, key = make_certificate(tmp_path, names)
    with companion(hosts, certificate, key):
        words = (f"root@{ADDRESS}", "--hub", HUB, "--local-port", str(LOCAL_PORT))
        command = ssh(*words, env={"SSL_CERT_FILE": str(certificate)})
        url = command.line()
        origin = f"https://{host}:{LOCAL_PORT}"
        assert url.startswith(f"{origin}/?token=rhrt_"), command.told.read_text()
        command.wait_for(f"{HUB}/connect#rt={origin}&pair=")
        assert "is not trusted" not in command.told.read_text()
        asked = curl(hosts, f"{origin}/api/runhere/info", token_of(url), "--cacert", str(certificate))
        assert json.loads(asked)["origins"] == [HUB]


def test_where_no_name_is_trusted_it_says_what_to_do_and_that_works(
    hosts: TwoHosts, ssh: Callable[..., Command], tmp_path: Path
) -> None:
    certificate, key = make_certificate(tmp_path, "DNS:gpu-box.test")
    words = (f"root@{ADDRESS}", "--hub", HUB, "--local-port", str(LOCAL_PORT))
    with companion(hosts, certificate, key) as by_hand:
        command = ssh(*words, env={"SSL_CERT_FILE": str(certificate)})
        assert command.line().startswith(f"https://127.0.0.1:{LOCAL_PORT}/?token=rhrt_"), command.told.read_text()
        told = command.told.read_text()
        assert "certificate is not trusted here for 127.0.0.1 or localhost (IP address mismatch" in told
        assert "this command with --stop, then with --start" in told
        stopping = ssh(f"root@{ADDRESS}", "--stop", "--local-port", "0")
        by_hand.wait(60)  # until its parent takes note, it counts as running
        assert stopping.process.wait(60) == 0
        assert command.process.wait(60) == 1
        plain = ssh(*words, "--start")
        url = plain.line()
        assert url.startswith(f"http://127.0.0.1:{LOCAL_PORT}/?token=rhrt_"), plain.told.read_text()
        assert json.loads(curl(hosts, f"http://127.0.0.1:{LOCAL_PORT}/api/status", token_of(url)))["kernels"] == 0


def test_a_jupyter_over_https_under_a_path_is_shown_whole(
    hosts: TwoHosts, ssh: Callable[..., Command], tmp_path: Path
) -> None:
    certificate, key = make_certificate(tmp_path, "IP:127.0.0.1")
    tls = (f"--ServerApp.certfile={certificate}", f"--ServerApp.keyfile={key}")
    where = ("--port=8891", "--ServerApp.port_retries=0", "--ServerApp.base_url=/user/me%40lab/", *tls)
    files = hosts.home / ".local/share/jupyter/runtime"
    with on_gpubox(hosts, files, "jupyter_server", "--allow-root", "--no-browser", *where):
        words = (f"root@{ADDRESS}", "--remote-port", "8891", "--local-port", "19001")
        command = ssh(*words, env={"SSL_CERT_FILE": str(certificate)})
        url = command.line()
        assert url.startswith("https://127.0.0.1:19001/user/me%40lab/?token="), command.told.read_text()
        base = url.partition("?")[0]
        asked = curl(hosts, f"{base}api/status", token_of(url), "--cacert", str(certificate))
        assert "kernels" in json.loads(asked)
