"""`runhere-runtime ssh --via 'gcloud compute ssh …'` between two hosts with a real sshd.

With Google's own program where it is installed; it asks a Compute API of ours on this machine, for Google's needs an
account. Else with a stand-in that becomes ssh in the same form. Ssh, the key, the host's key and the forward are real.
"""

from __future__ import annotations

import contextlib
import json
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from two_hosts import ADDRESS, PORT, TwoHosts, why_not

SKIP = why_not()
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(240),
    pytest.mark.skipif(SKIP is not None, reason=str(SKIP)),
]
HERE = Path(__file__).parent
HUB = "https://hub.test"


@contextlib.contextmanager
def front_end(hosts: TwoHosts, home: Path) -> Iterator[list[str]]:
    """The program and its environment, as words of `--via`."""
    (home / ".ssh").mkdir(parents=True, mode=0o700)
    gcloud = shutil.which("gcloud")
    if gcloud is None:
        yield ["env", f"HOME={home}", f"ADDRESS={ADDRESS}", sys.executable, str(HERE / "gcloud_stand_in.py")]
        return
    token = home / "token"
    token.write_text("nobody")
    program = [sys.executable, str(HERE / "compute_api.py"), ADDRESS, str(hosts.folder / "id.pub")]
    api = subprocess.Popen(hosts.on_laptop(*program), stdout=subprocess.PIPE, text=True)
    try:
        assert api.stdout is not None
        port = int(api.stdout.readline())
        settings = {
            "HOME": home,
            "CLOUDSDK_CONFIG": home / "config",
            "CLOUDSDK_CORE_PROJECT": "lab",
            "CLOUDSDK_CORE_DISABLE_PROMPTS": "1",
            "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "1",
            "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE": token,
            "CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE": f"http://127.0.0.1:{port}/compute/v1/",
        }
        yield ["env", *(f"{name}={value}" for name, value in settings.items()), gcloud]
    finally:
        api.terminate()
        api.communicate(timeout=20)


def test_a_machine_of_google_cloud_is_reached_and_its_runtime_answers(hosts: TwoHosts, tmp_path: Path) -> None:
    with front_end(hosts, tmp_path / "home") as front:
        via = [*front, "compute", "ssh", "--zone", "us-central1-a", "--ssh-key-file", str(hosts.folder / "id")]
        words = ["ssh", "--via", shlex.join([*via, "root@gpubox", "--"]), "--start", "--hub", HUB, "--local-port", "0"]
        ours = [sys.executable, "-m", "runhere_runtime", *words, "--no-browser", "--python", sys.executable]
        behind = ["--", "-p", str(PORT)]
        told = tmp_path / "told"
        with told.open("w") as stderr:
            running = subprocess.Popen(
                hosts.on_laptop(*ours, *behind),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
            )
        try:
            assert running.stdout is not None
            url = running.stdout.readline().strip()
            origin, _, token = url.partition("/?token=")
            assert token.startswith("rhrt_"), told.read_text()
            asked = hosts.on_laptop("curl", "-sS", "-m", "20", "-H", f"Authorization: Bearer {token}")
            answer = subprocess.run([*asked, f"{origin}/api/runhere/info"], capture_output=True, text=True, check=True)
            assert json.loads(answer.stdout)["root_dir"] == str(hosts.home)
            assert f"{HUB}/connect#rt={origin}&pair=" in told.read_text()
            known = (tmp_path / "home/.ssh/google_compute_known_hosts").read_text()
            assert known.startswith("compute.1234567890 "), "the machine's key is remembered under its number"
        finally:
            running.send_signal(signal.SIGINT)
            running.wait(30)
            running.communicate()
            stopping = [*ours, "--stop", *behind]
            ended = subprocess.run(
                hosts.on_laptop(*stopping), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60
            )
        assert "1 runtime(s) ended" in ended.stderr, ended.stderr


def test_a_machine_that_is_not_there_ends_it_with_the_front_ends_words(hosts: TwoHosts, tmp_path: Path) -> None:
    if shutil.which("gcloud") is None:
        pytest.skip("Google's own program is not installed: its words cannot be heard")
    with front_end(hosts, tmp_path / "home") as front:
        via = [*front, "compute", "ssh", "--zone", "us-central1-a", "--ssh-key-file", str(hosts.folder / "id")]
        words = ["ssh", "--via", shlex.join([*via, "root@elsewhere", "--"]), "--local-port", "0", "--no-browser"]
        ended = subprocess.run(
            hosts.on_laptop(sys.executable, "-m", "runhere_runtime", *words),
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120,
        )  # fmt: skip
    assert ended.returncode == 1
    assert "elsewhere" in ended.stderr
    assert ended.stdout == ""
