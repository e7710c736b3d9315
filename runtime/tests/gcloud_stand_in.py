"""`gcloud compute ssh --zone ZONE --ssh-key-file FILE USER@NAME -- WORDS` where Google's program is not installed.

It becomes the system's ssh in the form that Google Cloud SDK 528 has: its own options, the machine's address, and only
then the words of whoever called (ADDRESS comes from the environment in place of the Compute API).
"""

from __future__ import annotations

import argparse
import os
import sys


def main(argv: list[str]) -> None:
    at = argv.index("--")
    parser = argparse.ArgumentParser()
    parser.add_argument("words", nargs=3)
    parser.add_argument("--zone", required=True)
    parser.add_argument("--ssh-key-file", required=True)
    given = parser.parse_intermixed_args(argv[:at])
    assert given.words[:2] == ["compute", "ssh"]
    user, _, _ = given.words[2].partition("@")
    known = os.path.expanduser("~/.ssh/google_compute_known_hosts")
    settings = ("CheckHostIP=no", "HashKnownHosts=no", "HostKeyAlias=compute.1234567890", "IdentitiesOnly=yes",
                "StrictHostKeyChecking=no", f"UserKnownHostsFile={known}")  # fmt: skip
    options = [word for setting in settings for word in ("-o", setting)]
    command = ["ssh", "-t", "-i", given.ssh_key_file, *options, f"{user}@{os.environ['ADDRESS']}", *argv[at + 1 :]]
    os.execvp("ssh", command)


if __name__ == "__main__":
    main(sys.argv[1:])
