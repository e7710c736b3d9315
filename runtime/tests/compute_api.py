"""As much of Google's Compute API as `gcloud compute ssh` asks for: one machine and its project, which knows the key.

    compute_api.py ADDRESS-OF-THE-MACHINE FILE-OF-THE-PUBLIC-KEY

Prints its port. Whatever else is asked is a 404.
"""

from __future__ import annotations

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


def answers(address: str, public_key: str) -> dict[str, dict[str, Any]]:
    """What each path answers."""
    keys = {"items": [{"key": "ssh-keys", "value": f"root:{public_key.strip()}"}]}
    outside = {"name": "external-nat", "type": "ONE_TO_ONE_NAT", "natIP": address}
    instance = {"id": "1234567890", "name": "gpubox", "zone": "us-central1-a", "status": "RUNNING", "metadata": {}}
    instance["networkInterfaces"] = [{"name": "nic0", "networkIP": address, "accessConfigs": [outside]}]
    return {
        "/compute/v1/projects/lab": {"name": "lab", "commonInstanceMetadata": keys},
        "/compute/v1/projects/lab/zones/us-central1-a/instances/gpubox": instance,
    }


def main(address: str, public_key_file: str) -> None:
    known = answers(address, Path(public_key_file).read_text())

    class Api(BaseHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            """Quiet."""

        def do_GET(self) -> None:
            found = known.get(self.path.partition("?")[0])
            body = json.dumps(found or {"error": {"code": 404, "message": f"no {self.path}"}}).encode()
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
