import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { JupyterServer } from "./server.ts";
import { TerminalLink } from "./terminal-link.ts";
import { endTerminal, listTerminals, startTerminal } from "./terminals.ts";
import { type Cable, cuttable } from "./testing/cable.ts";
import { realClock } from "./testing/clock.ts";
import { clientOf, jupyterPython, type RunningJupyter, startCompanion, startJupyter } from "./testing/jupyter.ts";

const HUB = "http://hub.example:8800";
const documented = [`--NotebookApp.allow_origin=${HUB}`, "--NotebookApp.allow_credentials=True"];

const SERVERS: readonly (readonly [string, () => Promise<RunningJupyter>, "header" | "query"])[] = [
  ["jupyter_server without any flag", () => startJupyter({ app: "server" }), "query"],
  ["notebook 7 with the documented flags", () => startJupyter({ app: "notebook", flags: documented }), "header"],
  ["the companion", () => startCompanion([HUB]), "header"],
];

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

function linked(server: JupyterServer, name: string, isFresh: boolean) {
  const heard = { replayed: "", text: "" };
  const listener = {
    replay: (text: string) => {
      heard.replayed += text;
      heard.text = text;
    },
    output: (text: string) => {
      heard.text += text;
    },
  };
  const link = new TerminalLink({ server, name, isFresh, clock: realClock, onWake: () => () => {}, listener });
  ends.push(() => link.close());
  return { link, heard };
}

const until = async (what: () => unknown) => await vi.waitFor(() => expect(what()).toBeTruthy(), 20_000);

describe.skipIf(jupyterPython() === null).each(SERVERS)("%s", (_name, start, auth) => {
  let jupyter: RunningJupyter;
  let cable: Cable;
  let server: JupyterServer;

  beforeAll(async () => {
    jupyter = await start();
    cable = await cuttable(jupyter.port);
    server = clientOf(jupyter, { auth, origin: HUB, baseUrl: cable.baseUrl });
  }, 60_000);
  afterAll(async () => {
    cable?.close();
    await jupyter?.stop();
  }, 20_000);

  it("starts a shell in a folder, takes UTF-8, tells its size, and ends it", async () => {
    mkdirSync(join(jupyter.root, "weather", "日本"), { recursive: true });
    const { name } = await startTerminal(server.transport, "weather/日本");
    const { link, heard } = linked(server, name, true);
    await until(() => link.state.get().phase === "open");
    link.resize(77, 21);
    link.write("echo it-is-$((6*7))-🌧-é; pwd; stty size\r");
    await until(() => heard.text.includes("it-is-42-🌧-é") && heard.text.includes("weather/日本"));
    await until(() => heard.text.includes("21 77"));
    expect((await listTerminals(server.transport))?.map((one) => one.name)).toContain(name);
    await endTerminal(server.transport, name);
    await until(() => link.state.get().phase === "ended");
    expect((await listTerminals(server.transport))?.map((one) => one.name)).not.toContain(name);
    await endTerminal(server.transport, name);
  }, 40_000);

  it("takes a paste of 1 MB whole and in order, telling how far it is", async () => {
    const { name } = await startTerminal(server.transport, "");
    const { link } = linked(server, name, true);
    await until(() => link.state.get().phase === "open");
    const lines = Array.from({ length: 20_000 }, (_, n) => `line ${n} 🌧 ${"x".repeat(40)} é\n`).join("");
    const shares: number[] = [];
    link.sending.subscribe(() => shares.push(link.sending.get() ?? 1));
    link.write(`stty -echo; cat > pasted.txt; sha256sum < pasted.txt | tee sum.txt > done.txt\r`);
    await until(() => existsSync(join(jupyter.root, "pasted.txt")));
    link.write(lines.replaceAll("\n", "\r"));
    link.write("\x04");
    await until(() => existsSync(join(jupyter.root, "done.txt")) && link.sending.get() === null);
    await until(() => readFileSync(join(jupyter.root, "done.txt"), "utf8").length > 60);
    expect(Buffer.byteLength(lines)).toBeGreaterThan(1_000_000);
    expect(readFileSync(join(jupyter.root, "done.txt"), "utf8").slice(0, 64)).toBe(
      createHash("sha256").update(lines).digest("hex"),
    );
    expect(shares.length).toBeGreaterThan(2);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    await endTerminal(server.transport, name);
  }, 60_000);

  it("is there again after the page went away and after a cut, with what it said", async () => {
    const { name } = await startTerminal(server.transport, "");
    const before = linked(server, name, true);
    await until(() => before.link.state.get().phase === "open");
    before.link.write("echo mark-$((40+2)); X=kept\r");
    await until(() => before.heard.text.includes("mark-42"));
    before.link.close();
    const after = linked(server, name, false);
    await until(() => after.heard.replayed.includes("mark-42"));
    cable.cut();
    await until(() => after.link.state.get().phase !== "open");
    after.heard.replayed = "";
    await until(() => after.link.state.get().phase === "open");
    await until(() => after.heard.replayed.includes("mark-42"));
    after.link.write("echo $X-still; exit\r");
    await until(() => after.heard.text.includes("kept-still"));
    await until(() => after.link.state.get().phase === "ended");
    expect(after.link.state.get()).toEqual({ phase: "ended", reason: "exited" });
  }, 40_000);

  it("says that a terminal which is not there any more is gone", async () => {
    const { link } = linked(server, "999", false);
    await until(() => link.state.get().phase === "ended");
    expect(link.state.get()).toEqual({ phase: "ended", reason: "gone" });
  }, 40_000);
});

describe.skipIf(jupyterPython() === null)("a server whose terminals are switched off", () => {
  it.each(["header", "query"] as const)(
    "is known for it (%s), and starts none",
    async (auth) => {
      const flags = ["--ServerApp.terminals_enabled=False", `--ServerApp.allow_origin=${HUB}`];
      const jupyter = await startJupyter({ app: "server", flags });
      ends.push(() => void jupyter.stop());
      const server = clientOf(jupyter, { auth, origin: HUB });
      expect(await listTerminals(server.transport)).toBeNull();
      await expect(startTerminal(server.transport, "")).rejects.toMatchObject({ code: /runtime_/ });
    },
    60_000,
  );

  it("is not mixed up with a server that does not answer", async () => {
    const jupyter = await startJupyter({ app: "server" });
    const server = clientOf(jupyter, { auth: "query", origin: HUB });
    await jupyter.stop();
    await expect(listTerminals(server.transport)).rejects.toMatchObject({ code: "runtime_unreachable" });
  }, 60_000);
});
