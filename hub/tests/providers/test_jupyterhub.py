"""The contract on a real JupyterHub 6 with configurable-http-proxy, where they are installed.

RUNHERE_TEST_JUPYTERHUB: a Python with jupyterhub and jupyter_server. RUNHERE_TEST_CHP: the proxy's program.
"""

import os
import secrets
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from runhere_hub.providers.jupyterhub import JupyterHubOptions, JupyterHubProvider
from runhere_hub.testing.contracts.provider import ADA, BEN, ProviderContract, answer, ready

PYTHON, PROXY = os.environ.get("RUNHERE_TEST_JUPYTERHUB"), os.environ.get("RUNHERE_TEST_CHP")
pytestmark = [
    pytest.mark.skipif(not (PYTHON and PROXY), reason="RUNHERE_TEST_JUPYTERHUB and RUNHERE_TEST_CHP name none"),
    pytest.mark.timeout(180),
]


def free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return str(taken.getsockname()[1])


@pytest.fixture(scope="module")
def options(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterHubOptions]:
    folder = tmp_path_factory.mktemp("jupyterhub")
    (folder / "home").mkdir()
    token, port = secrets.token_hex(24), free_port()
    own = {"HUB_DIR": str(folder), "HUB_PORT": port, "HUB_API_PORT": free_port(), "CHP_PORT": free_port()}
    path = f"{Path(str(PYTHON)).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, **own, "CHP": str(PROXY), "SERVICE_TOKEN": token, "PATH": path}
    words = [str(PYTHON), "-m", "jupyterhub", "-f", str(Path(__file__).with_name("jupyterhub_config.py"))]
    with (folder / "hub.log").open("wb") as log:
        hub = subprocess.Popen(words, env=environment, cwd=folder, stdout=log, stderr=log)
        try:
            url = f"http://127.0.0.1:{port}/"
            until = time.monotonic() + 60
            while not _answers(url):
                assert hub.poll() is None, (folder / "hub.log").read_text()[-2000:]
                assert time.monotonic() < until
            yield JupyterHubOptions(url=url, token=token)
        finally:
            hub.terminate()
            hub.wait(30)


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}hub/api/", trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


class TestJupyterHub(ProviderContract):
    @pytest.fixture
    async def provider(self, options: JupyterHubOptions) -> AsyncIterator[JupyterHubProvider]:
        provider = JupyterHubProvider(options)
        yield provider
        for owner in (ADA, BEN):
            await provider.stop(owner)
        await provider.close()

    async def test_progress_is_told_and_the_token_is_good_for_one_server(
        self, provider: JupyterHubProvider, options: JupyterHubOptions
    ) -> None:
        told = await ready(provider, ADA)
        assert any(status.percent is not None for status in told[:-1])
        upstream = await provider.upstream(ADA)
        assert await answer(upstream) == 200
        headers = {"Authorization": f"token {upstream.token}"}
        async with httpx.AsyncClient(trust_env=False, headers=headers) as client:
            assert (await client.get(f"{options.url}hub/api/users")).status_code == 403
