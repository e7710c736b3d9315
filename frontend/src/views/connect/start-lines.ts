/** The command lines that the connect dialog prints: exact for this hub's origin. */

/** A stock Jupyter that lets this hub's page in. `command` is `notebook`, `lab` or `server`. */
export function jupyterLine(command: "notebook" | "lab" | "server", origin: string, port = 8888): string {
  const app = command === "notebook" ? "NotebookApp" : "ServerApp";
  return (
    `jupyter ${command} --${app}.allow_origin='${origin}' --port=${port} ` +
    `--${app}.port_retries=0 --${app}.allow_credentials=True`
  );
}

export function companionLine(origin: string): string {
  return `runhere-runtime --hub ${origin}`;
}

export function allowLine(origin: string): string {
  return `runhere-runtime allow ${origin}`;
}

/** Forwards a port of another computer to this one. */
export function sshLine(port = 8888): string {
  return `ssh -N -o ExitOnForwardFailure=yes -L 127.0.0.1:${port}:127.0.0.1:${port} you@host`;
}
