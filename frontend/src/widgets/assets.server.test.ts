import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Asker } from "../kernel/ask.ts";
import { invokeFunction } from "../kernel/invoke.ts";
import type { KernelConnection } from "../kernel/kernel.ts";
import { realClock } from "../kernel/testing/clock.ts";
import { echoKernel } from "../kernel/testing/echo-kernel.ts";
import { clientOf, jupyterPython, type RunningJupyter, startJupyter } from "../kernel/testing/jupyter.ts";
import { newKernel } from "../kernel/testing/new-kernel.ts";
import { printed, run, until } from "../kernel/testing/runs.ts";
import { assetExpression, readAsset } from "./assets.ts";

// A package that looks like Panel to whoever looks for its files, and says so when it is imported.
const PANEL = `
import os, sys, tempfile
place = tempfile.mkdtemp()
os.makedirs(place + "/panel/dist/css")
open(place + "/panel/__init__.py", "w").write("raise SystemError('imported')")
open(place + "/panel/dist/panel.min.js", "w", encoding="utf-8").write("window.panel = 'パネル';")
open(place + "/panel/dist/css/loading.css", "w").write(".a { color: red }")
open(place + "/secret.js", "w").write("secret")
sys.path.insert(0, place)`;

describe.skipIf(jupyterPython() === null)("9_3 modules of the kernel's environment", () => {
  let jupyter: RunningJupyter;
  const kernels: KernelConnection[] = [];
  beforeAll(async () => {
    jupyter = await startJupyter({ app: "server", kernels: [echoKernel] });
  }, 60_000);
  afterAll(async () => {
    for (const kernel of kernels) kernel.close();
    await jupyter?.stop();
  }, 20_000);

  async function attach(kernelspec = "python3"): Promise<Asker & { readonly port: KernelConnection }> {
    const server = clientOf(jupyter, { auth: "query", origin: "http://hub.example:8800" });
    const { port } = await newKernel(server, kernelspec);
    kernels.push(port);
    return { port, session: "session-of-the-test", clock: realClock };
  }

  it("are read while the line is being made, from notebook extensions and from packages, which are not imported", async () => {
    const asker = await attach();
    expect(asker.port.state.get().phase).not.toBe("open");
    expect(await readAsset(asker, "anywidget/index")).toContain("export");
    await run(asker.port, PANEL);
    expect(await readAsset(asker, "panel/panel.min")).toBe("window.panel = 'パネル';");
    expect(await readAsset(asker, "panel/css/loading.css")).toBe(".a { color: red }");
    // Nothing of it stays with the person.
    const after = await run(
      asker.port,
      "print([name for name in dir() if 'base64' in name], 'panel' in sys.modules, len(In))",
    );
    expect(printed(after.outputs)).toBe("[] False 3\n");
  }, 60_000);

  it("are null where there is none, and never a file elsewhere", async () => {
    const asker = await attach();
    await run(asker.port, PANEL);
    for (const name of ["panel/nothing", "no-such-extension/index", "bokeh/no-such.min", "secret"])
      expect([name, await readAsset(asker, name)]).toEqual([name, null]);
    for (const name of ["panel/../secret", "../secret", 'x")+("', "/etc/passwd"])
      expect(() => assetExpression(name)).toThrow("not a module's name");
    await expect(invokeFunction(asker, '{"name":"none","args":[],"kwargs":{}}')).rejects.toThrow("Error");
  }, 60_000);

  it("are null of a kernel that speaks no Python, and of one that is gone", async () => {
    const asker = await attach(echoKernel.name);
    await until(asker.port.state, ({ phase }) => phase === "open");
    expect(await readAsset(asker, "anywidget/index")).toBeNull();
    const other = await attach();
    const waiting = readAsset(other, "anywidget/index");
    other.port.close();
    expect(await waiting).toBeNull();
  }, 60_000);
});
