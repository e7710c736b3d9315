import { execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { download, upload } from "./file-transfer.ts";
import { RuntimeFiles } from "./files.ts";
import { openPieces } from "./pieces.ts";
import { type Cable, cuttable } from "./testing/cable.ts";
import { realClock } from "./testing/clock.ts";
import { ended, trouble } from "./testing/file-troubles.ts";
import { clientOf, jupyterPython, type RunningJupyter, startCompanion, startJupyter } from "./testing/jupyter.ts";
import { until } from "./testing/runs.ts";

const HUB = "http://hub.example:8800";
const documented = [`--NotebookApp.allow_origin=${HUB}`, "--NotebookApp.allow_credentials=True"];

const SERVERS: readonly (readonly [string, () => Promise<RunningJupyter>, "header" | "query"])[] = [
  ["jupyter_server without any flag", () => startJupyter({ app: "server" }), "query"],
  ["notebook 7 with the documented flags", () => startJupyter({ app: "notebook", flags: documented }), "header"],
  ["the companion", () => startCompanion([HUB]), "header"],
];

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const ODD = "ö 100% #1 ?&+ ‘日本’ 🌧.txt";

describe.skipIf(jupyterPython() === null).each(SERVERS)("files of %s", (_name, begin, auth) => {
  let jupyter: RunningJupyter;
  let cable: Cable;
  let files: RuntimeFiles;

  beforeAll(async () => {
    jupyter = await begin();
    cable = await cuttable(jupyter.port);
    files = new RuntimeFiles(clientOf(jupyter, { auth, origin: HUB, baseUrl: cable.baseUrl }).transport);
  }, 60_000);
  afterAll(async () => {
    cable?.close();
    await jupyter?.stop();
  }, 20_000);

  it("makes, lists, renames and deletes, whatever the names are", async () => {
    await files.create("a folder", "directory");
    await files.create(`a folder/${ODD}`, "file");
    writeFileSync(join(jupyter.root, "a folder", "zz.ipynb"), "{}");
    const listed = await files.list("a folder");
    expect(listed.map(({ name, kind }) => [name, kind])).toEqual([
      [ODD, "file"],
      ["zz.ipynb", "notebook"],
    ]);
    await files.rename(`a folder/${ODD}`, "a folder/plain.txt");
    expect(readdirSync(join(jupyter.root, "a folder")).filter((name) => !name.startsWith("."))).toEqual([
      "plain.txt",
      "zz.ipynb",
    ]);
    await files.remove("a folder/plain.txt");
    expect(await files.stat("a folder/plain.txt")).toBeNull();
  }, 40_000);

  it("takes no name that is taken, and changes nothing then", async () => {
    writeFileSync(join(jupyter.root, "one.txt"), "one");
    writeFileSync(join(jupyter.root, "two.txt"), "two");
    expect(await trouble(files.create("one.txt", "file"))).toBe("exists");
    expect(await trouble(files.rename("one.txt", "two.txt"))).toBe("exists");
    expect(readFileSync(join(jupyter.root, "two.txt"), "utf8")).toBe("two");
    expect(readFileSync(join(jupyter.root, "one.txt"), "utf8")).toBe("one");
  }, 40_000);

  it("saves text, but not over what somebody else wrote meanwhile", async () => {
    writeFileSync(join(jupyter.root, "text.md"), "# één\n");
    const opened = await files.readText("text.md");
    expect(opened.text).toBe("# één\n");
    const saved = await files.writeText("text.md", "# twee 🌧\n", opened.version);
    expect(readFileSync(join(jupyter.root, "text.md"), "utf8")).toBe("# twee 🌧\n");
    execFileSync("touch", ["-d", "2030-01-01", join(jupyter.root, "text.md")]);
    expect(await trouble(files.writeText("text.md", "mine", saved.version))).toBe("changed");
    expect(readFileSync(join(jupyter.root, "text.md"), "utf8")).toBe("# twee 🌧\n");
    writeFileSync(join(jupyter.root, "bytes.bin"), Buffer.from([0xff, 0xfe, 0, 0x80]));
    expect(await trouble(files.readText("bytes.bin"))).toBe("not_text");
  }, 40_000);

  it("says which is missing: the file, its folder, or the server", async () => {
    expect(await trouble(files.readText("nowhere.txt"))).toBe("missing");
    mkdirSync(join(jupyter.root, "vanishing"));
    expect(await files.list("vanishing")).toEqual([]);
    rmSync(join(jupyter.root, "vanishing"), { recursive: true });
    expect(await trouble(files.list("vanishing"))).toBe("missing");
    cable.blackHole();
    cable.cut();
    const away = new RuntimeFiles(clientOf(jupyter, { auth, origin: HUB, baseUrl: "http://127.0.0.1:9/" }).transport);
    expect(await trouble(away.list(""))).toBe("unreachable");
    cable.heal();
  }, 40_000);

  it("carries 7 MB there and back whole, over cut lines", async () => {
    const bytes = randomBytes(7_000_003);
    const up = upload({ files, clock: realClock, path: "big 日本.bin", content: new Blob([bytes]), replaces: false });
    let cuts = 0;
    up.state.subscribe(() => {
      const now = up.state.get();
      if (now.phase === "running" && now.doneBytes > 0 && cuts < 2) {
        cuts += 1;
        cable.cut();
      }
    });
    await ended(up);
    expect(up.state.get()).toEqual({ phase: "done" });
    expect(cuts).toBe(2);
    expect(sha256(readFileSync(join(jupyter.root, "big 日本.bin")))).toBe(sha256(bytes));
    expect(existsSync(join(jupyter.root, "big 日本.bin.part"))).toBe(false);

    const entry = await files.stat("big 日本.bin");
    let whole: Blob | null = null;
    const wish = { path: "big 日本.bin", sizeBytes: entry?.sizeBytes ?? 0, modifiedAt: entry?.modifiedAt ?? 0 };
    const down = download({
      files,
      clock: realClock,
      ...wish,
      open: () => openPieces({ storage: undefined, sizeBytes: 0, now: 0 }),
      onWhole: (content) => {
        whole = content;
      },
    });
    await ended(down);
    expect(down.state.get()).toEqual({ phase: "done" });
    expect(sha256(new Uint8Array(await (whole as unknown as Blob).arrayBuffer()))).toBe(sha256(bytes));
  }, 90_000);

  it("leaves nothing of an upload that was stopped, and replaces only when it is whole", async () => {
    writeFileSync(join(jupyter.root, "kept.bin"), "before");
    const content = new Blob([randomBytes(12_000_000)]);
    const stopped = upload({ files, clock: realClock, path: "kept.bin", content, replaces: true });
    await until(stopped.state, (state) => state.phase === "running" && state.doneBytes >= 3 * 2 ** 20);
    stopped.cancel();
    await ended(stopped);
    expect(stopped.state.get()).toEqual({ phase: "cancelled" });
    await vi.waitFor(() => expect(existsSync(join(jupyter.root, "kept.bin.part"))).toBe(false), 10_000);
    expect(readFileSync(join(jupyter.root, "kept.bin"), "utf8")).toBe("before");
    const small = new Blob(["after"]);
    const whole = upload({ files, clock: realClock, path: "kept.bin", content: small, replaces: true });
    await ended(whole);
    expect(readFileSync(join(jupyter.root, "kept.bin"), "utf8")).toBe("after");
  }, 60_000);
});
