"""A JupyterHub on loopback for test_jupyterhub.py, which sets the variables."""

import json
import os
import secrets

c = get_config()  # noqa: F821  # type: ignore[name-defined]  # JupyterHub puts it there
folder = os.environ["HUB_DIR"]
c.JupyterHub.bind_url = f"http://127.0.0.1:{os.environ['HUB_PORT']}/"
c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{os.environ['HUB_API_PORT']}"
c.ConfigurableHTTPProxy.command = json.loads(os.environ["CHP"])
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{os.environ['CHP_PORT']}"
c.ConfigurableHTTPProxy.pid_file = f"{folder}/proxy.pid"
c.JupyterHub.db_url = f"sqlite:///{folder}/hub.sqlite"
c.JupyterHub.cookie_secret_file = f"{folder}/cookie"
c.JupyterHub.authenticator_class = "dummy"
c.DummyAuthenticator.password = secrets.token_hex(16)
c.Authenticator.allow_all = True
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = folder + "/home/{username}"
c.Spawner.args = ["--allow-root"]
c.Spawner.environment = {"JUPYTERHUB_SINGLEUSER_APP": "jupyter_server.serverapp.ServerApp"}
c.JupyterHub.allow_named_servers = True
c.JupyterHub.services = [{"name": "runhere", "api_token": os.environ["SERVICE_TOKEN"]}]
c.JupyterHub.load_roles = [
    {
        "name": "runhere",
        "services": ["runhere"],
        "scopes": ["admin:users", "admin:servers", "access:servers", "tokens", "list:users"],
    }
]
