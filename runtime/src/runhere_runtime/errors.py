"""Every error of the runtime, as one tree.

RuntimeFailure                      code, message a person can act on, facts as fields
├── StartRefused                    the command line ends with exit code 2, nothing is left behind
│   ├── PortTaken
│   ├── AddressRefused              a non-loopback address without TLS or --i-am-behind-a-proxy
│   ├── CertificateUnusable
│   ├── RootUnusable
│   ├── DataFolderUnusable          where the runtime keeps its own files cannot be written
│   ├── OriginInvalid
│   ├── UrlInvalid
│   ├── KernelPythonUnusable
│   ├── ExtensionUnusable           a server extension that is not installed here, or fails
│   └── RoutesUnlabelled            a route nobody labelled: the gate would not know what it guards
├── NoRuntimeRunning                a subcommand found no running runtime of this person
├── RuntimeAmbiguous                a subcommand found several
├── RuntimeSilent                   a running runtime did not answer the subcommand
├── SshFailure                      the other machine was not reached; nothing of ours is left on this one
│   ├── DestinationRefused          what was typed is no destination; nothing was run
│   ├── SshOptionRefused            an option that would weaken the way; nothing was run
│   ├── SshMissing                  no ssh program here
│   ├── HostKeyRefused              unknown or changed key; nothing was sent
│   ├── SshLoginRefused
│   ├── SshUnreachable
│   ├── ForwardForbidden            the other machine's sshd lets no port through
│   ├── LocalPortTaken
│   ├── LocalPortForbidden
│   └── FarFailure                  the program over there said why; `code` is its own
├── PairingRefused                  code unknown, used, expired, for another origin, or too many tries
├── SessionUnknown
├── SessionsNotKept                 the list of paired pages cannot be written: a full disk, mostly
└── JournalError
    ├── JournalUnknown
    └── JournalFrameInvalid         bytes that are no journal record
"""

from __future__ import annotations

import sys
from pathlib import Path


class RuntimeFailure(Exception):
    """Base of all errors of the runtime.

    Attributes:
        code: Stable, for programs.
        message: A sentence a person can act on.
    """

    code = "runtime_failure"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class StartRefused(RuntimeFailure):
    code = "start_refused"


class PortTaken(StartRefused):
    code = "port_taken"

    def __init__(self, port: int, address: str) -> None:
        super().__init__(
            f"Port {port} on {address} is in use by another program. Stop that program or choose "
            f"another port with --port; Runhere never moves to another port by itself."
        )
        self.port = port


class AddressRefused(StartRefused):
    code = "address_refused"


class CertificateUnusable(StartRefused):
    code = "certificate_unusable"


class RootUnusable(StartRefused):
    code = "root_unusable"


class DataFolderUnusable(StartRefused):
    code = "data_folder_unusable"

    def __init__(self, folder: Path, reason: str) -> None:
        super().__init__(
            f"The data folder {folder} cannot be used: {reason}. The runtime keeps its lists and journals there. Give "
            "yourself the right to write in it, or make room, or name another folder in the environment variable "
            "RUNHERE_RUNTIME_DATA."
        )
        self.folder = folder


class OriginInvalid(StartRefused):
    code = "origin_invalid"


class UrlInvalid(StartRefused):
    code = "url_invalid"


class KernelPythonUnusable(StartRefused):
    code = "kernel_python_unusable"


class ExtensionUnusable(StartRefused):
    code = "extension_unusable"

    def __init__(self, extension: str, reason: str) -> None:
        super().__init__(
            f"The extension {extension} cannot be used: {reason.rstrip('.')}{'' if reason.endswith('?') else '.'} "
            f"Install it beside this program ({sys.executable} -m pip install …), or leave out --extension {extension}."
        )
        self.extension = extension


class RoutesUnlabelled(StartRefused):
    code = "routes_unlabelled"

    def __init__(self, routes: tuple[str, ...], *, known: str, installed: str) -> None:
        listed = "\n  ".join(routes)
        super().__init__(
            f"The server would have addresses that this runhere-runtime does not know, so it does not open:\n  "
            f"{listed}\nIt knows jupyter_server up to {known}; {installed} is installed. Update runhere-runtime, or "
            f"give it the one that it knows: {sys.executable} -m pip install jupyter_server=={known}"
        )
        self.routes = routes


class NoRuntimeRunning(RuntimeFailure):
    code = "no_runtime_running"


class RuntimeAmbiguous(RuntimeFailure):
    code = "runtime_ambiguous"


class RuntimeSilent(RuntimeFailure):
    code = "runtime_silent"


class SshFailure(RuntimeFailure):
    code = "ssh_failed"


class DestinationRefused(SshFailure):
    code = "destination_refused"


class SshOptionRefused(SshFailure):
    code = "ssh_option_refused"


class SshMissing(SshFailure):
    code = "ssh_missing"


class HostKeyRefused(SshFailure):
    code = "host_key_refused"


class SshLoginRefused(SshFailure):
    code = "ssh_login_refused"


class SshUnreachable(SshFailure):
    code = "ssh_unreachable"


class ForwardForbidden(SshFailure):
    code = "forward_forbidden"


class LocalPortTaken(SshFailure):
    code = "local_port_taken"

    def __init__(self, port: int) -> None:
        super().__init__(
            f"Port {port} on this machine is in use, perhaps by a runtime of your own. Choose another with "
            "--local-port; the other machine's port stays."
        )
        self.port = port


class LocalPortForbidden(SshFailure):
    code = "local_port_forbidden"

    def __init__(self, port: int) -> None:
        super().__init__(
            f"You may not open port {port} on this machine: the system keeps it for programs with more rights. Choose "
            "one from 1024 up with --local-port; the other machine's port stays."
        )
        self.port = port


class FarFailure(SshFailure):
    """Told by the program on the other machine. `code` is its own, such as `install_refused` or `remote_port_taken`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class PairingRefused(RuntimeFailure):
    """Nothing was issued. `status` is the HTTP status of the answer: 403 or 410."""

    code = "pairing_refused"

    def __init__(self, code: str, message: str, *, status: int) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


class SessionUnknown(RuntimeFailure):
    code = "session_unknown"


class SessionsNotKept(RuntimeFailure):
    """`status` is the HTTP status of the answer: 507 where room is wanting, else 500."""

    code = "sessions_not_kept"

    def __init__(self, message: str, *, status: int) -> None:
        super().__init__(message)
        self.status = status


class JournalError(RuntimeFailure):
    code = "journal_error"


class JournalUnknown(JournalError):
    code = "journal_unknown"


class JournalFrameInvalid(JournalError):
    code = "journal_frame_invalid"
