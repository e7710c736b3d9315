import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AuthStyle } from "../core/binding.ts";
import { RuntimeError } from "./errors.ts";
import type { JupyterServer } from "./server.ts";
import { clientOf, type JupyterWish, jupyterPython, type RunningJupyter, startJupyter } from "./testing/jupyter.ts";

const HUB = "http://hub.example:8800";

const SERVERS: readonly (readonly [string, JupyterWish, AuthStyle])[] = [
  ["jupyter_server without any flag", { app: "server" }, "query"],
  [
    "jupyter_server with ServerApp.allow_origin",
    { app: "server", flags: [`--ServerApp.allow_origin=${HUB}`] },
    "header",
  ],
  [
    "notebook 7 with the documented flags",
    {
      app: "notebook",
      flags: [
        `--NotebookApp.allow_origin=${HUB}`,
        "--NotebookApp.port_retries=0",
        "--NotebookApp.allow_credentials=True",
      ],
    },
    "header",
  ],
];

describe.skipIf(jupyterPython() === null).each(SERVERS)("%s", (_name, wish, auth) => {
  let jupyter: RunningJupyter;
  let server: JupyterServer;

  beforeAll(async () => {
    jupyter = await startJupyter(wish);
    server = clientOf(jupyter, { auth, origin: HUB });
  }, 60_000);
  afterAll(async () => {
    await jupyter?.stop();
  }, 20_000);

  it("offers its kernels, the default first", async () => {
    const { defaultName, specs } = await server.kernelspecs();
    expect(defaultName).toBe("python3");
    expect(specs[0]).toEqual({ name: "python3", displayName: "Python 3 (ipykernel)", language: "python" });
  });

  it("refuses a wrong token, and starts nothing", async () => {
    const stranger = clientOf(jupyter, { auth, origin: HUB, token: "wrong" });
    const start = stranger.startSession({ path: "x.ipynb", name: "x", kernelspec: "python3" });
    await expect(start).rejects.toBeInstanceOf(RuntimeError);
    expect(await server.sessions()).toEqual([]);
  });

  it("says what lies at a path, and what does not", async () => {
    mkdirSync(join(jupyter.root, "my work", "日本"), { recursive: true });
    writeFileSync(join(jupyter.root, "my work", "日本", "x.ipynb"), "{}");
    const { modifiedAt, ...stat } = (await server.stat("my work/日本/x.ipynb")) ?? { modifiedAt: 0 };
    expect(stat).toEqual({ kind: "notebook", sizeBytes: 2 });
    expect(Math.abs(modifiedAt - Date.now())).toBeLessThan(60_000);
    expect(await server.stat("my work/nothing.ipynb")).toBeNull();
  });

  it("starts, finds, interrupts, restarts and ends a kernel", async () => {
    const started = await server.startSession({ path: "my/x.ipynb", name: "x.ipynb", kernelspec: "python3" });
    const kernelId = started.kernel.id;
    expect((await server.sessions()).map((session) => session.id)).toEqual([started.id]);
    await server.interrupt(kernelId);
    await server.restart(kernelId);
    expect((await server.kernel(kernelId))?.name).toBe("python3");
    await server.shutdown(kernelId);
    expect(await server.kernel(kernelId)).toBeNull();
    await server.shutdown(kernelId);
    expect(await server.sessions()).toEqual([]);
  }, 60_000);
});
