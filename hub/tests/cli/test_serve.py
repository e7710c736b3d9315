"""`runhere serve` and `runhere user` as an administrator uses them: real processes."""

import json
import re
import signal
import sqlite3
import subprocess
import sys
import tomllib
import urllib.error
import urllib.request
from contextlib import closing
from fnmatch import fnmatch
from pathlib import Path

import pytest

from runhere_hub.folders.locks import FileLock
from runhere_hub.settings import SettingInvalid, read_team
from runhere_hub.testing.ports import free_port
from runhere_hub.testing.processes import ask, environment, starting

PASSWORD = "a long enough password"


def config(tmp_path: Path, port: int = 0, more: str = "") -> Path:
    file = tmp_path / "runhere.toml"
    file.write_text(
        f'public_url = "http://127.0.0.1:{port or 1}"\ndata = "data"\nport = {port}\n{more}', encoding="utf-8"
    )
    return file


def post(origin: str, path: str, body: object) -> tuple[int, dict[str, object]]:
    headers = {"Origin": origin, "Content-Type": "application/json"}
    request = urllib.request.Request(f"{origin}/api/v1{path}", json.dumps(body).encode(), headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.loads(answer.read() or b"{}")
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


@pytest.mark.timeout(240)  # seven starts of a program, one after the other, each with a limit of its own
def test_an_administrator_sets_up_a_hub_from_the_terminal(tmp_path: Path) -> None:
    port = free_port()
    file = config(tmp_path, port)
    origin = f"http://127.0.0.1:{port}"

    def user(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "runhere_hub.cli.main", "user", *words, "--config", str(file)]
        return subprocess.run(command, capture_output=True, text=True, env=environment(tmp_path / "home"), timeout=60)

    with starting(tmp_path / "home") as start:
        hub = start("serve", "--config", file)
        code = re.fullmatch(rf"{origin}/join#code=(\S+)\n", hub.out.get(timeout=60))
        assert code is not None
        first = {"code": code.group(1), "user_name": "ada", "name": "Ada", "password": PASSWORD}
        assert post(origin, "/invitations/accept", first)[0] == 200
        added = user("add", "Bob")  # while the hub runs
        link = re.fullmatch(rf"{origin}/join#code=(\S+)\n", added.stdout)
        assert link is not None, added.stderr
        bob = {"code": link.group(1), "user_name": "", "name": "Bob", "password": PASSWORD}
        assert post(origin, "/invitations/accept", bob)[1]["user_name"] == "bob"
        assert user("list").stdout == "ada\tAda\tadministrator\nbob\tBob\t\n"
        credentials = {"user_name": "bob", "password": PASSWORD}
        assert post(origin, "/session/password", credentials)[0] == 200
        disabled = user("disable", "bob")
        assert (disabled.returncode, "cut within seconds" in disabled.stderr) == (0, True)
        assert post(origin, "/session/password", credentials)[1]["code"] == "account_disabled"
        last = user("disable", "ada")
        assert (last.returncode, "last administrator" in last.stderr) == (1, True)
        last = user("demote", "ada")
        assert (last.returncode, "last administrator" in last.stderr) == (1, True)
        for words in (("enable", "bob"), ("promote", "bob"), ("demote", "ada")):
            assert user(*words).returncode == 0, words
        assert user("list").stdout == "ada\tAda\t\nbob\tBob\tadministrator\n"
        assert user("reset", "nobody").returncode == 1
        assert hub.stop(signal.SIGTERM) == 0
        said = "".join(hub.err)
        assert not [secret for secret in (PASSWORD, code.group(1), link.group(1)) if secret in said]


def test_audit_says_whether_the_log_is_as_it_was_written(tmp_path: Path) -> None:
    file = config(tmp_path)

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "runhere_hub.cli.main", *words, "--config", str(file)]
        return subprocess.run(command, capture_output=True, text=True, env=environment(tmp_path / "home"), timeout=60)

    for name in ("ada", "bob", "eve"):
        assert run("user", "add", name).returncode == 0
    whole = run("audit")
    assert (whole.returncode, whole.stdout) == (0, "The audit log is whole: 3 lines, each as it was written.\n")
    with sqlite3.connect(tmp_path / "data" / "hub.db") as database:
        database.execute("UPDATE audit SET detail = replace(detail, 'bob', 'ben') WHERE id = 2")
    changed = run("audit")
    assert (changed.returncode, changed.stdout) == (1, "")
    assert "line 2 is not what was written" in changed.stderr


def test_a_process_of_another_machine_than_the_one_with_hosted_runtimes_does_not_start(tmp_path: Path) -> None:
    port = free_port()
    file = config(tmp_path, port, 'hosted_provider = "local"')
    lock, notice = FileLock(tmp_path / "data" / "hosted.lock"), tmp_path / "data" / "hosted.json"
    with starting(tmp_path / "home") as start:
        # As a process of the same hub on PostgreSQL holds them; on SQLite the second would not come so far.
        assert lock.take()
        notice.write_text('{"machine": "elsewhere.example.org", "port": 1, "token": "x"}', encoding="utf-8")
        second = start("serve", "--config", file)
        assert second.process.wait(60) == 1
        assert "run hosted runtimes on elsewhere.example.org" in "".join(second.err)
        lock.close()  # that one is gone, and its notice with nobody behind it is still there
        first = start("serve", "--config", file)
        assert "/join#code=" in first.out.get(timeout=60)
        with closing(FileLock(tmp_path / "data" / "hosted.lock")) as held:
            assert not held.take()
        assert first.stop(signal.SIGTERM) == 0
        assert not notice.exists()


@pytest.mark.parametrize(
    ("more", "names"),
    [
        ("publik = 1", "publik"),
        ('sign_up = "all"', "sign_up"),
        ('trusted_proxies = ["proxy"]', "trusted_proxies"),
        ('trusted_proxies = "10.0.0.1"', "trusted_proxies"),
        ('tls_key = "a"', "tls_certificate"),
        ('[oidc]\nissuer = "https://x"', "client_id"),
        ('[[bound_folders]]\npath = "/srv"', "owner"),
        ("[", "TOML"),
        ('runtime_domain = "*.rt.example.org"', "hosted_provider"),
        ('hosted_provider = "local"\nruntime_domain = "rt.example.org"', "wildcard"),
        ('hosted_provider = "local"\nruntime_domain = "*.rt.example.org:444"', "wildcard"),
        ('hosted_provider = "local"\nruntime_domain = "https://*.rt.example.org"', "wildcard"),
        ('hosted_provider = "local"\nruntime_domain = "*.*.example.org"', "wildcard"),
        ('hosted_provider = "local"\nruntime_domain = "*.10.0.0.1"', "wildcard"),
    ],
)
def test_a_setting_that_cannot_be_meant_is_named(tmp_path: Path, more: str, names: str) -> None:
    with pytest.raises(SettingInvalid, match=re.escape(names)):
        read_team({}, config(tmp_path, more=more))


def test_a_domain_of_runtimes_is_read_from_the_file_or_the_environment(tmp_path: Path) -> None:
    file = config(tmp_path, more='hosted_provider = "local"\nruntime_domain = "*.RT.example.org"')
    for variables, domain in (({}, "rt.example.org"), ({"RUNHERE_RUNTIME_DOMAIN": "*.b.example"}, "b.example")):
        found = read_team(variables, file).team
        assert found is not None
        assert found.runtime_domain == domain
    with pytest.raises(SettingInvalid, match="beside"):
        read_team({"RUNHERE_PUBLIC_URL": "https://rt.example.org"}, file)


def test_variables_win_over_every_line_of_the_file(tmp_path: Path) -> None:
    file = config(
        tmp_path,
        port=1,
        more='host = "::1"\ndatabase_url = "sqlite:///a"\nlog_level = "info"\nomit_outputs = true\n[oidc]\n'
        'issuer = "https://i.example"\nclient_id = "c"\nclient_secret = "of-the-file"',
    )
    variables = {
        "RUNHERE_PUBLIC_URL": "https://hub.example",
        "RUNHERE_DATA": str(tmp_path / "elsewhere"),
        "RUNHERE_HOST": "127.0.0.1",
        "RUNHERE_PORT": "2",
        "RUNHERE_DATABASE_URL": "sqlite:///b",
        "RUNHERE_LOG_LEVEL": "error",
        "RUNHERE_OMIT_OUTPUTS": "false",
        "RUNHERE_OIDC_CLIENT_SECRET": "of-the-environment",
    }
    found = read_team(variables, file)
    assert (found.data_dir, found.host, found.port) == (tmp_path / "elsewhere", "127.0.0.1", 2)
    assert (found.database_url, found.log_level, found.omit_outputs) == ("sqlite:///b", "error", False)
    assert found.team is not None
    assert found.team.oidc is not None
    assert (found.team.public_origin, found.team.oidc.client_secret) == ("https://hub.example", "of-the-environment")


def test_settings_of_the_deploy_folder_are_understood() -> None:
    deploy = Path(__file__).parents[3] / "deploy"
    plain = read_team({}, deploy / "runhere.toml")
    assert plain.team is not None
    assert (plain.team.public_origin, plain.team.is_https) == ("https://notebooks.example.org", True)
    variables = {"RUNHERE_PUBLIC_URL": "https://a.example", "RUNHERE_DATABASE_URL": "postgresql://u:secret@h/d"}
    composed = read_team(variables, deploy / "compose.toml")
    assert composed.database_url == variables["RUNHERE_DATABASE_URL"]
    assert "secret" not in repr(composed)


def test_the_compose_file_gives_every_service_an_address_and_its_image_what_it_copies() -> None:
    root = Path(__file__).parents[3]
    compose = (root / "deploy" / "compose.yaml").read_text(encoding="utf-8")
    services = dict(re.findall(r"(?m)^  (\w+):\n((?:    .*\n|\n)+)", compose.partition("services:")[2]))
    addresses = {
        name: re.findall(r"ipv4_address: (\S+)", text)
        for name, text in services.items()
        if "image" in text or "build" in text
    }
    # Whoever is without one may be given the proxy's, which then cannot start, or is believed in its stead.
    assert sorted(addresses) == ["hub", "postgres", "proxy"]
    assert all(len(found) == 1 for found in addresses.values())
    assert len({one for found in addresses.values() for one in found}) == 3
    with (root / "deploy" / "compose.toml").open("rb") as file:
        assert tomllib.load(file)["trusted_proxies"] == addresses["proxy"]
    copied = re.findall(r"(?m)^COPY (.*) \S+$", (root / "deploy" / "hub.Dockerfile").read_text(encoding="utf-8"))
    let_in = [line[1:] for line in (root / ".dockerignore").read_text(encoding="utf-8").splitlines() if line[:1] == "!"]
    for source in " ".join(copied).split():
        assert any(fnmatch(source, one) or source.startswith(f"{one}/") for one in let_in), source


def test_plain_http_is_for_this_machine_or_for_whoever_insists(tmp_path: Path) -> None:
    file = tmp_path / "runhere.toml"
    file.write_text('public_url = "http://hub.example"\ndata = "d"\n', encoding="utf-8")
    with pytest.raises(SettingInvalid, match="allow_plain_http"):
        read_team({}, file)
    file.write_text('public_url = "http://hub.example"\ndata = "d"\nallow_plain_http = true\n', encoding="utf-8")
    insisted = read_team({}, file)
    assert insisted.team is not None
    assert insisted.team.public_origin == "http://hub.example"


@pytest.mark.timeout(240)
def test_an_administrator_sees_and_stops_a_hosted_runtime_from_the_terminal(tmp_path: Path) -> None:
    port = free_port()
    file = config(tmp_path, port, 'hosted_provider = "local"\n')
    origin = f"http://127.0.0.1:{port}"

    def runtime(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "runhere_hub.cli.main", "runtime", *words, "--config", str(file)]
        return subprocess.run(command, capture_output=True, text=True, env=environment(tmp_path / "home"), timeout=60)

    alone = runtime("list")
    assert (alone.returncode, "No hub runs" in alone.stderr) == (1, True)
    with starting(tmp_path / "home") as start:
        hub = start("serve", "--config", file)
        code = re.fullmatch(rf"{origin}/join#code=(\S+)\n", hub.out.get(timeout=60))
        assert code is not None
        wish = {"code": code.group(1), "user_name": "ada", "name": "Ada", "password": PASSWORD}
        status, _, cookie = ask(origin, "POST", "/api/v1/invitations/accept", wish)
        assert status == 200
        assert (runtime("list").stdout, runtime("list").returncode) == ("", 0)
        assert "has no hosted runtime" in runtime("stop", "ada").stderr
        assert ask(origin, "POST", "/api/v1/runtimes/hosted/start", {}, Cookie=cookie)[0] == 200
        seen = runtime("list").stdout
        assert re.match(r"ada\tAda\t(starting|ready)\t\d{4}-\d\d-\d\d \d\d:\d\d\t(busy|idle|-)\t", seen), seen
        stopped = runtime("stop", "ada")
        assert (stopped.returncode, "was stopped" in stopped.stderr) == (0, True), stopped.stderr
        assert ask(origin, "GET", "/api/v1/runtimes/hosted", Cookie=cookie)[1]["state"] == "absent"
        unknown = runtime("stop", "nobody")
        assert (unknown.returncode, "no account nobody" in unknown.stderr) == (1, True)
