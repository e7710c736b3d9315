"""The real application on a data folder and a bound folder of its own."""

import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from runhere_hub.app import create_app
from runhere_hub.testing.serving import CONTROL, PORT, Hub, serving, settings_for


@pytest.fixture
def static(tmp_path: Path) -> Path:
    """A built page, as small as can be."""
    root = tmp_path / "static"
    (root / "page" / "assets").mkdir(parents=True)
    (root / "frame" / "v1" / "assets").mkdir(parents=True)
    (root / "page" / "index.html").write_text('<!doctype html><meta property="csp-nonce" nonce="__CSP_NONCE__">')
    (root / "page" / "assets" / "main-abc.js").write_text("console.log(1)")
    (root / "page" / "assets" / "main-abc.js.gz").write_bytes(gzip.compress(b"console.log(1)"))
    (root / "page" / "assets" / "main-abc.js.map").write_text("{}")
    (root / "frame" / "v1" / "frame.html").write_text("<!doctype html>frame")
    (root / "frame" / "v1" / "assets" / "frame-abc.js").write_text("1")
    return root


@pytest.fixture
async def hub(tmp_path: Path, static: Path) -> AsyncIterator[Hub]:
    data, folder = tmp_path / "data", tmp_path / "work"
    data.mkdir()
    folder.mkdir()
    app = create_app(settings_for(data, static), port=PORT, control_token=CONTROL)
    async with serving(app, folder=folder, data=data) as running:
        yield running
