/** A kernel of its own on a plain server, and a socket to it. */
import { KernelConnection } from "../kernel.ts";
import { newId } from "../messages.ts";
import type { JupyterServer } from "../server.ts";
import { realClock } from "./clock.ts";

/** The socket is on its way; whoever asked closes it. */
export async function newKernel(
  server: JupyterServer,
  kernelspec = "python3",
): Promise<{ readonly id: string; readonly port: KernelConnection }> {
  const { id } = (await server.startSession({ path: `${newId(Math.random)}.ipynb`, name: "x", kernelspec })).kernel;
  const port = new KernelConnection({
    server,
    kernelId: id,
    sessionId: newId(Math.random),
    clock: realClock,
    onWake: () => () => {},
    process: null,
    isTokenRefused: async () => false,
    lookMs: 2_000,
  });
  return { id, port };
}
