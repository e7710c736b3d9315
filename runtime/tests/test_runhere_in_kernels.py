"""`import runhere` in a real kernel; a test's client answers as a page would (SPEC 11)."""

from __future__ import annotations

import base64
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kernel_client import Heard, JournalSocket, make_request
from live_runtime import Running, start_runtime

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """With google.colab, and kernels of a Python that is started by another name than ours."""
    folder = tmp_path_factory.mktemp("compat")
    python = folder / "their-python"
    python.write_text(f'#!/bin/sh\nTHEIRS=1 exec {sys.executable} "$@"\n')
    python.chmod(0o755)
    found = start_runtime(folder, "--colab-compat", "--kernel-python", str(python))
    yield found
    found.stop()


class Page:
    """A client that answers requests by `answers[kind](request)`; a ValueError there is an error's text."""

    def __init__(self, client: JournalSocket, **answers: Any) -> None:
        self.client = client
        self.answers = answers
        self.asked: list[tuple[str, Any]] = []
        self._at = 0

    async def run(self, code: str) -> str:
        """What the code printed, then the sentence of its error."""
        msg_id = await self.client.execute(code)
        while not self.client.is_done(msg_id):
            await self.client.step()
            for message in self.client.heard[self._at :]:
                if message.type == "colab_request":
                    await self.answer(message)
            self._at = len(self.client.heard)
        errors = [f"{m.content['ename']}: {m.content['evalue']}" for m in self.client.of(msg_id, "error")]
        return "".join([self.client.text_of(msg_id), *errors])

    async def answer(self, message: Heard) -> None:
        kind, number = self.metadata(message)
        request = message.content["request"]
        self.asked.append((kind, request))
        if number is None or kind not in self.answers:
            return
        value: dict[str, Any] = {"type": "colab_reply", "colab_msg_id": number}
        try:
            value["data"] = self.answers[kind](request)
        except ValueError as error:
            value["error"] = str(error)
        _, parts = make_request("input_reply", {"status": "ok", "value": value})
        await self.client.send("stdin", parts)

    def metadata(self, message: Heard) -> tuple[str, int | None]:
        found = message.metadata
        return str(found["colab_request_type"]), found.get("colab_msg_id")


@pytest.fixture
async def client(running: Running) -> Any:
    made = running.ask("POST", "/api/kernels", headers=running.auth, body=b'{"path": "n.ipynb"}')  # beside its notebook
    kernel = made.json()["id"]
    found = JournalSocket(f"ws://127.0.0.1:{running.port}/api/kernels/{kernel}/channels", running.auth)
    await found.attach()
    yield found
    await found.close()
    running.ask("DELETE", f"/api/kernels/{kernel}", headers=running.auth)


async def test_a_secret_is_asked_for_and_given(client: JournalSocket) -> None:
    page = Page(client, GetSecret=lambda request: {"exists": True, "access": True, "payload": f"s-{request['key']}"})
    assert await page.run("from runhere import userdata; print(userdata.get('KEY'))") == "s-KEY\n"
    assert page.asked == [("GetSecret", {"key": "KEY"})]


async def test_a_secret_that_is_missing_or_kept_back_says_so(client: JournalSocket) -> None:
    missing = Page(client, GetSecret=lambda _: {"exists": False, "access": False})
    assert "There is no secret 'KEY'" in await missing.run("from runhere import userdata; userdata.get('KEY')")
    kept = Page(client, GetSecret=lambda _: {"exists": True, "access": False})
    assert "may not have the secret 'KEY'" in await kept.run("userdata.get('KEY')")


async def test_silence_ends_in_a_sentence(client: JournalSocket) -> None:
    said = await Page(client).run("import runhere; runhere.ask('get_ipynb', '', timeout_s=0.3)")
    assert said.startswith("PageSilent: No page answered 'get_ipynb' within 0.3 s.")


async def test_an_error_of_the_page_is_raised_in_its_words(client: JournalSocket) -> None:
    def refuse(_: object) -> None:
        raise ValueError("This page does not know 'x'.")

    said = await Page(client, x=refuse).run("import runhere; runhere.ask('x', None)")
    assert said == "PageError: This page does not know 'x'."


async def test_late_answers_do_not_answer_the_next_question(client: JournalSocket) -> None:
    page = Page(client)
    await page.run("import runhere\ntry: runhere.ask('a', None, timeout_s=0.2)\nexcept runhere.PageSilent: pass")
    _, number = page.metadata(next(m for m in client.heard if m.type == "colab_request"))
    late = {"type": "colab_reply", "colab_msg_id": number, "data": "late"}
    await client.send("stdin", make_request("input_reply", {"status": "ok", "value": late})[1])
    again = Page(client, b=lambda _: "right")
    assert await again.run("print(runhere.ask('b', None))") == "right\n"


async def test_uploads_come_in_pieces_and_overwrite_nothing(client: JournalSocket, running: Running) -> None:
    content = bytes(range(256)) * 5000  # more than one piece
    files = [{"name": "../evil\\data.bin", "size": len(content)}]

    def upload(request: dict[str, Any]) -> Any:
        if request["step"] == "choose":
            return {"upload": "u1", "files": files}
        end = request["offset"] + request["size"]
        return {"data": base64.b64encode(content[request["offset"] : end]).decode()}

    page = Page(client, runhere_upload=upload)
    code = "from runhere import files; got = files.upload(); print({name: len(data) for name, data in got.items()})"
    assert await page.run(code) == f"{{'data.bin': {len(content)}}}\n"
    assert await page.run(code) == f"{{'data (1).bin': {len(content)}}}\n"
    assert (running.root / "data.bin").read_bytes() == content
    assert not list(running.root.parent.glob("evil*"))


async def test_a_download_is_handed_to_the_page(client: JournalSocket, running: Running) -> None:
    (running.root / "out.bin").write_bytes(b"x" * 3_000_000)
    taken = bytearray()

    def download(request: dict[str, Any]) -> Any:
        if request["step"] == "piece":
            taken.extend(base64.b64decode(request["data"]))
        return {"download": "d1"}

    page = Page(client, runhere_download=download)
    assert await page.run("from runhere import files; files.download('out.bin')") == ""
    assert bytes(taken) == b"x" * 3_000_000
    assert [request["step"] for _, request in page.asked] == ["start", "piece", "piece", "piece", "end"]
    assert "FileNotFoundError" in await page.run("files.download('nothing.bin')")


async def test_googles_names_work_where_they_were_asked_for(client: JournalSocket) -> None:
    page = Page(client, GetSecret=lambda _: {"exists": True, "access": True, "payload": "p"})
    assert await page.run("from google.colab import userdata, files, output; print(userdata.get('K'))") == "p\n"
    assert "google.colab.drive is not available in a Runhere runtime. There is no Google Drive here." in await page.run(
        "from google.colab import drive"
    )
    assert "Sign in with the provider's own" in await page.run("import google.colab.auth")
    assert "ImportError" not in await page.run("try:\n    import google.colab.drive\nexcept ImportError: print('told')")


THEIRS = {
    "from google.colab import drive": "the Files panel",
    "from google.colab import drive; drive.mount('/content/drive')": "the Files panel",
    "import google.colab.drive": "the Files panel",
    "import google.colab; google.colab.drive.mount('/x')": "the Files panel",
    "from google.colab import auth; auth.authenticate_user()": "gcloud auth login",
    "from google.colab.patches import cv2_imshow": "IPython.display.Image",
    "from google.colab import data_table": "shown as tables already",
    "from google.colab import runtime; runtime.unassign()": "Runtime > Shut down runtime…",
    "from google.colab import _message": "runhere.ask",
    "import google.colab; google.colab._message.blocking_request('get_ipynb')": "runhere.ask",
    "from google.colab import whatever": "Only files, output and userdata",
    "output.enable_custom_widget_manager()": "leave this line out",
    "from google.colab.output import use_tags": "ipywidgets.Output",
    "output.serve_kernel_port_as_iframe(8080)": "ssh -N -L",
    "files.view('a.txt')": "the Files panel",
    "userdata.set('K', 'v')": "It has get, ",
}


async def test_whatever_else_is_googles_fails_at_once_with_what_to_use(client: JournalSocket) -> None:
    page = Page(client)
    assert await page.run("from google.colab import files, output, userdata") == ""
    for code, advice in THEIRS.items():
        said = await page.run(code)
        assert said.startswith("UnavailableHere: google.colab."), (code, said)
        assert "is not available in a Runhere runtime" in said, (code, said)
        assert advice in said, (code, said)
    assert page.asked == []


async def test_googles_names_of_what_went_wrong_are_caught(client: JournalSocket) -> None:
    page = Page(client, GetSecret=lambda request: {"exists": request["key"] != "NONE", "access": False})
    code = (
        "from google.colab import userdata\nfrom google.colab.userdata import SecretNotFoundError\n"
        "for key in ('NONE', 'KEPT'):\n"
        "    try: userdata.get(key)\n"
        "    except SecretNotFoundError: print('none')\n"
        "    except userdata.NotebookAccessError: print('kept back')\n"
        "import inspect, copy; print(inspect.ismodule(userdata), hasattr(userdata, '__path__'))"
    )
    assert await page.run(code) == "none\nkept back\nTrue False\n"


async def test_kernels_run_in_the_python_that_was_named(client: JournalSocket) -> None:
    assert await Page(client).run("import os; print(os.environ['THEIRS'])") == "1\n"


async def test_without_the_option_nobody_takes_it_for_colab(runtime: Running) -> None:
    kernel = runtime.start_kernel()
    client = JournalSocket(f"ws://127.0.0.1:{runtime.port}/api/kernels/{kernel}/channels", runtime.auth)
    await client.attach()
    page = Page(client)
    said = await page.run("import runhere\nprint('here')\nimport google.colab")
    assert said.startswith("here\nModuleNotFoundError:")
    await client.close()


def test_it_can_be_imported_and_used_without_a_kernel() -> None:
    import runhere

    assert set(runhere.__all__) <= set(dir(runhere))
    with pytest.raises(runhere.PageError, match="in a cell of a notebook only"):
        runhere.ask("get_ipynb", "")


def test_the_package_needs_the_standard_library_and_ipython_only() -> None:
    import runhere

    folder = Path(runhere.__file__).parent
    lines = [line for path in folder.glob("*.py") for line in path.read_text().splitlines()]
    imported = {line.split()[1].split(".")[0] for line in lines if line.strip().startswith(("import ", "from "))}
    assert imported <= {*sys.stdlib_module_names, "runhere", "IPython"}
