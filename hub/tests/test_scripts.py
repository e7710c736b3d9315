"""The scripts behind the Makefile: what a clone needs before anything of the hub runs."""

import importlib
import importlib.util
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "scripts"


def script(name: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(SCRIPTS)
    return importlib.import_module(name)


@pytest.fixture
def setup_script(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    return script("setup", monkeypatch)


@pytest.mark.parametrize("missing", [["venv"], ["ensurepip"], ["venv", "ensurepip"]])
def test_a_python_without_venv_is_told_which_package_to_install(
    missing: list[str], setup_script: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(setup_script, "VENV", tmp_path / ".venv")
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name in missing else find(name))

    with pytest.raises(setup_script.SetupFailed) as failed:
        setup_script.make_venv()

    package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    assert f"sudo apt install {package}" in str(failed.value)
    assert all(name in str(failed.value) for name in missing)
    assert not (tmp_path / ".venv").exists()


def test_a_python_with_venv_makes_the_environment(
    setup_script: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made: list[list[str]] = []
    monkeypatch.setattr(setup_script, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(setup_script, "run", lambda words: made.append([str(word) for word in words]))

    setup_script.make_venv()

    assert made == [[sys.executable, "-m", "venv", str(tmp_path / ".venv")]]


def test_a_failed_step_ends_with_one_sentence_and_status_1(
    setup_script: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    def work() -> int:
        raise setup_script.SetupFailed("install the thing")

    assert setup_script.guarded(work) == 1
    assert capsys.readouterr().err == "\nruns no further: install the thing\n"
    assert setup_script.guarded(lambda: 0) == 0


def test_a_step_is_done_again_only_when_its_inputs_changed(
    setup_script: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(setup_script, "BUILD", tmp_path / ".build")
    monkeypatch.setattr(setup_script, "ROOT", tmp_path)
    source = tmp_path / "source.txt"
    source.write_text("one")
    done: list[str] = []

    def twice() -> None:
        for _ in range(2):
            setup_script.unless_done("copy", [source], lambda: done.append(source.read_text()), title="Copying")

    twice()
    source.write_text("two")
    twice()

    assert done == ["one", "two"]


def test_a_failed_step_is_tried_again(
    setup_script: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(setup_script, "BUILD", tmp_path / ".build")
    monkeypatch.setattr(setup_script, "ROOT", tmp_path)

    def fails() -> None:
        setup_script.run([sys.executable, "-c", "raise SystemExit(3)"], cwd=tmp_path)

    for _ in range(2):
        with pytest.raises(setup_script.SetupFailed, match="exit 3"):
            setup_script.unless_done("broken", [], fails, title="Breaking")


def test_run_names_the_sample_and_its_own_data_unless_told_otherwise(
    setup_script: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    run = script("run", monkeypatch)
    (tmp_path / "sample").mkdir()
    (tmp_path / "sample" / "Welcome.ipynb").write_text("{}")
    monkeypatch.setattr(setup_script, "ROOT", tmp_path)
    sample, data = str(tmp_path / ".runhere" / "sample"), str(tmp_path / ".runhere" / "data")

    assert run.words_for_runhere([]) == [sample, "--data", data]
    assert run.words_for_runhere(["--port", "0"]) == [sample, "--port", "0", "--data", data]
    assert run.words_for_runhere(["mine"]) == ["mine", "--data", data]
    assert run.words_for_runhere(["mine", "--data=D"]) == ["mine", "--data=D"]
    assert run.words_for_runhere(["mine", "--data", "D"]) == ["mine", "--data", "D"]
    assert run.words_for_runhere(["login"]) == ["login", "--data", data]
    assert (tmp_path / ".runhere" / "sample" / "Welcome.ipynb").read_text() == "{}"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no exec: there the script waits")
def test_run_becomes_runhere_so_that_signals_reach_it() -> None:
    program = "import run, sys, os; print(os.getpid(), flush=True); run.become([sys.executable, '-c', {!r}])"
    words = [sys.executable, "-c", program.format("import os; print(os.getpid())")]
    printed = subprocess.run(words, cwd=SCRIPTS, capture_output=True, text=True, check=True)

    before, after = printed.stdout.split()
    assert before == after


def locked(name: str) -> dict[str, str]:
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
    pins = re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^ ;\\]+)", text, re.MULTILINE)
    return {canonicalize_name(package): version for package, version in pins}


def pyproject(path: str) -> dict[str, Any]:
    return tomllib.loads((ROOT / path / "pyproject.toml").read_text(encoding="utf-8"))


def wanted() -> list[tuple[str, str]]:
    """(locked file, requirement) of everything that a pyproject.toml names, our own distributions left out."""
    needed = [word for part in ("hub", "runtime", "protocol") for word in pyproject(part)["project"]["dependencies"]]
    groups = pyproject(".")["dependency-groups"]
    pairs = [("run.txt", word) for word in needed + groups["page"]]
    pairs += [("dev.txt", word) for word in needed + groups["page"] + groups["dev"]]
    return sorted({pair for pair in pairs if not pair[1].startswith(("runhere-", "runhere="))})


@pytest.mark.parametrize(("file", "requirement"), wanted())
def test_the_lock_holds_what_the_pyprojects_ask_for(file: str, requirement: str) -> None:
    asked = Requirement(requirement)
    version = locked(file).get(canonicalize_name(asked.name))
    assert version is not None, f"{asked.name} is not locked in requirements/{file}: run `make lock`"
    assert asked.specifier.contains(version, prereleases=True), f"{asked} is locked as {version}: run `make lock`"


def test_the_test_environment_holds_the_same_versions_as_the_one_that_runs() -> None:
    run, dev = locked("run.txt"), locked("dev.txt")
    assert {name: dev.get(name) for name in run} == run


def npm_lock() -> dict[str, dict[str, Any]]:
    packages: dict[str, dict[str, Any]] = json.loads((ROOT / "frontend" / "package-lock.json").read_text())["packages"]
    return packages


def test_the_npm_lock_is_of_this_package_json() -> None:
    package = json.loads((ROOT / "frontend" / "package.json").read_text())
    root = npm_lock()[""]
    for kind in ("dependencies", "devDependencies"):
        assert root[kind] == package[kind], f"{kind}: run npm install in frontend/"


def test_the_npm_lock_holds_the_builds_for_every_system() -> None:
    """npm leaves out the builds for other systems when a registry lacks them; `npm ci` then refuses the whole lock."""
    packages = npm_lock()
    missing = [
        f"{path}: {name}"
        for path, facts in packages.items()
        for name in facts.get("optionalDependencies", {})
        if f"node_modules/{name}" not in packages and f"{path}/node_modules/{name}" not in packages
    ]
    assert missing == []


MANIFEST: dict[str, dict[str, Any]] = {
    "index.html": {"file": "a/index.js", "imports": ["_base.js"], "dynamicImports": ["src/app/notebook-page.tsx"]},
    "_base.js": {"file": "a/base.js", "css": ["a/base.css"], "dynamicImports": ["_menu.js"]},
    "_menu.js": {"file": "a/menu.js"},
    "src/app/notebook-page.tsx": {"file": "a/notebook.js", "imports": ["_base.js", "_editor.js", "index.html"]},
    "_editor.js": {"file": "a/editor.js"},
    "style.css": {"file": "a/style.css"},
}


def test_page_size_counts_what_a_notebook_needs_and_nothing_later(monkeypatch: pytest.MonkeyPatch) -> None:
    page_size = script("page_size", monkeypatch)
    assert page_size.needed(MANIFEST) == {
        "a/index.js",
        "a/base.js",
        "a/base.css",
        "a/notebook.js",
        "a/editor.js",
        "a/style.css",
    }


def test_page_size_refuses_a_manifest_without_the_notebook_page(monkeypatch: pytest.MonkeyPatch) -> None:
    page_size = script("page_size", monkeypatch)
    with pytest.raises(page_size.ManifestUnexpected, match="notebook-page"):
        page_size.needed({name: chunk for name, chunk in MANIFEST.items() if "notebook" not in name})
