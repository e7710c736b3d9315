"""The container image: built from this checkout by a real engine, run with a published port, used, ended."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from containers import Containers, build_image, podman, published_here, why_not
from live_runtime import free_port

SKIP = why_not()
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
HUB = "https://hub.test"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),  # the first build fetches every package of the image
    pytest.mark.skipif(SKIP is not None, reason=str(SKIP)),
]


@pytest.fixture(scope="module")
def image() -> str:
    return build_image()


@pytest.fixture
def containers() -> Iterator[Containers]:
    found = Containers(f"rhc{os.getpid() % 30000}")
    yield found
    found.close()


def started(containers: Containers, image: str, *words: str) -> tuple[str, str]:
    """(container id, the line that it printed)."""
    container = containers.run(*words, image)
    end = time.monotonic() + 90
    while not (line := containers.logs(container).strip()):
        assert time.monotonic() < end, podman("logs", container).stderr
    return container, line


def curl(containers: Containers, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        containers.inside("curl", "-sS", "-m", "20", *words), capture_output=True, text=True, check=False
    )


def test_it_prints_the_url_of_the_published_port_and_guards_it(containers: Containers, image: str) -> None:
    container, line = started(containers, image, "-p", "127.0.0.1:9000:8080", "-e", f"RUNHERE_HUB={HUB}")
    found = re.fullmatch(r"http://127\.0\.0\.1:9000/\?token=(rhrt_\S+)", line)
    assert found
    auth = f"Authorization: Bearer {found.group(1)}"
    assert json.loads(curl(containers, "-H", auth, "http://127.0.0.1:9000/api/status").stdout)["kernels"] == 0
    refused = curl(containers, "-o", "/dev/null", "-w", "%{http_code}", "http://127.0.0.1:9000/api/status")
    assert refused.stdout == "401"
    listed = curl(containers, "-o", "/dev/null", "-w", "%{http_code}", "-H", auth, "-H", f"Origin: {HUB}",
                  "http://127.0.0.1:9000/api/status")  # fmt: skip
    stranger = curl(containers, "-o", "/dev/null", "-w", "%{http_code}", "-H", auth, "-H", "Origin: https://evil.test",
                    "http://127.0.0.1:9000/api/status")  # fmt: skip
    assert (listed.stdout, stranger.stdout) == ("200", "403")
    assert containers.within(container, "id", "-un").stdout.strip() == "runhere"
    health = podman("inspect", "--format", "{{json .Config.Healthcheck.Test}}", container).stdout
    words = [word.replace("\\u0027", "'") for word in json.loads(health)][1:]
    assert containers.within(container, *words).returncode == 0
    assert containers.within(container, *words[:-1], words[-1].replace("8080", "8081")).returncode != 0


def test_another_port_is_told_and_a_hub_is_let_in_later(containers: Containers, image: str) -> None:
    public = "RUNHERE_PUBLIC_URL=http://127.0.0.1:9100"
    container, line = started(containers, image, "-p", "127.0.0.1:9100:8080", "-e", public)
    assert line.startswith("http://127.0.0.1:9100/?token=")
    auth = f"Authorization: Bearer {line.partition('token=')[2]}"
    ask = ("-o", "/dev/null", "-w", "%{http_code}", "-H", auth, "-H", f"Origin: {HUB}")
    assert curl(containers, *ask, "http://127.0.0.1:9100/api/status").stdout == "403"
    assert containers.within(container, "runhere-runtime", "allow", HUB).returncode == 0
    assert curl(containers, *ask, "http://127.0.0.1:9100/api/status").stdout == "200"


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_published_on_another_port_its_own_page_shows_the_link_that_works(
    containers: Containers, image: str, tmp_path: Path
) -> None:
    """It prints 9000 and cannot know better; a person who opens the port that they published is put right."""
    _, line = started(containers, image, "-p", "127.0.0.1:9100:8080")
    assert line.startswith("http://127.0.0.1:9000/?token=")
    port, program = free_port(), Path(__file__).with_name("drive_landing.py")
    with published_here(containers.inside, 9100, port, tmp_path):
        ended = subprocess.run(
            [sys.executable, str(program), f"http://127.0.0.1:{port}", str(CHROMIUM), str(tmp_path / "s.png")],
            input=line.partition("token=")[2], capture_output=True, text=True, timeout=140, check=False,
        )  # fmt: skip
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert json.loads(ended.stdout)["address"] == f"http://127.0.0.1:{port}/"


def test_its_packages_work_and_files_on_a_volume_survive(containers: Containers, image: str, tmp_path: Path) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    folder.chmod(0o777)  # for the user inside, number 1000
    mount = ("-v", f"{folder}:/home/runhere/work")
    container, _ = started(containers, image, *mount)
    program = (
        "import numpy, pandas, scipy, matplotlib, sklearn, plotly, ipywidgets, seaborn, pyarrow\n"
        "pandas.DataFrame({'a': [1, 2]}).to_csv('made.csv', index=False)"
    )
    worked = containers.within(container, "python", "-W", "error::ImportWarning", "-c", program)
    assert worked.returncode == 0, worked.stderr
    containers.stop(container)
    assert (folder / "made.csv").read_text() == "a\n1\n2\n"
    again, _ = started(containers, image, *mount)
    assert containers.within(again, "cat", "made.csv").stdout == "a\n1\n2\n"


def test_a_user_whom_the_image_does_not_know_runs_it_and_keeps_files_on_a_volume(
    containers: Containers, image: str
) -> None:
    """`--user "$(id -u)"`, where a folder of the machine is open to that number only."""
    volume = f"rhv{os.getpid() % 30000}"
    try:
        words = ("-p", "127.0.0.1:9000:8080", "--user", "12345", "-v", f"{volume}:/home/runhere/work")
        container, line = started(containers, image, *words)
        auth = f"Authorization: Bearer {line.partition('token=')[2]}"
        made = curl(containers, "-H", auth, "-X", "POST", "-d", "{}", "http://127.0.0.1:9000/api/kernels")
        assert json.loads(made.stdout)["name"] == "python3"
        assert containers.within(container, "id", "-u").stdout.strip() == "12345"
        assert containers.within(container, "runhere-runtime", "sessions").returncode == 0
        assert containers.within(container, "sh", "-c", "echo kept > kept.txt && touch ~/.made").returncode == 0
        containers.stop(container)
        again, _ = started(containers, image, *words)
        assert containers.within(again, "cat", "kept.txt").stdout == "kept\n"
        containers.stop(again)
    finally:
        podman("volume", "rm", "-f", volume)


def test_nothing_that_its_packages_need_is_missing(containers: Containers, image: str) -> None:
    """Our own are installed without looking for what they need: the locked set has to have it."""
    container, _ = started(containers, image)
    looked = containers.within(container, "python", "-m", "pip", "check")
    assert (looked.stdout.strip(), looked.returncode) == ("No broken requirements found.", 0)


def test_the_token_is_in_no_argument_and_no_environment(containers: Containers, image: str) -> None:
    container, line = started(containers, image)
    token = line.partition("token=")[2]
    told = podman("inspect", container).stdout
    read_all = "for f in /proc/[0-9]*/cmdline /proc/[0-9]*/environ; do cat $f 2>/dev/null | tr '\\0' '\\n'; done"
    seen = containers.within(container, "sh", "-c", read_all).stdout
    assert token
    assert "runhere-runtime" in seen
    assert token not in seen
    assert token not in told


def test_the_relay_reaches_a_published_port(containers: Containers, image: str, tmp_path: Path) -> None:
    """What the story in the browser stands on."""
    _, line = started(containers, image, "-p", "127.0.0.1:9000:8080")
    port = free_port()
    with published_here(containers.inside, 9000, port, tmp_path):
        asked = subprocess.run(
            [sys.executable, "-m", "runhere_runtime", "doctor", "--json", line.replace(":9000/", f":{port}/")],
            capture_output=True,
            text=True,
            check=False,
        )
    assert json.loads(asked.stdout)["findings"][0]["level"] == "ok", asked.stdout
