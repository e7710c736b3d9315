/**
 * What is told when a disk says no: full, read-only, without permission, with names that it does not take. Real disks of 128 KiB, and a server
 * that is bound by permissions although root runs it. For root on Linux only: nobody else may mount.
 */
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { upload } from "./file-transfer.ts";
import { RuntimeFiles } from "./files.ts";
import { realClock } from "./testing/clock.ts";
import { ended, trouble } from "./testing/file-troubles.ts";
import { clientOf, jupyterPython, type RunningJupyter, startCompanion, startJupyter } from "./testing/jupyter.ts";

const HUB = "http://hub.example:8800";
const documented = [`--NotebookApp.allow_origin=${HUB}`, "--NotebookApp.allow_credentials=True"];
/** Root without its right to pass permissions by. */
const BOUND = ["setpriv", "--inh-caps=-dac_override,-dac_read_search", "--bounding-set=-dac_override,-dac_read_search"];

const SERVERS: readonly (readonly [string, () => Promise<RunningJupyter>, "header" | "query"])[] = [
  ["jupyter_server without any flag", () => startJupyter({ app: "server", under: BOUND }), "query"],
  [
    "notebook 7 with the documented flags",
    () => startJupyter({ app: "notebook", flags: documented, under: BOUND }),
    "header",
  ],
  ["the companion", () => startCompanion([HUB], [], BOUND), "header"],
];

const mayMount = process.platform === "linux" && process.getuid?.() === 0;

describe.skipIf(jupyterPython() === null || !mayMount).each(SERVERS)(
  "a disk that refuses, at %s",
  (name, begin, auth) => {
    let jupyter: RunningJupyter;
    let files: RuntimeFiles;
    const there = (...names: string[]) => join(jupyter.root, ...names);

    beforeAll(async () => {
      jupyter = await begin();
      files = new RuntimeFiles(clientOf(jupyter, { auth, origin: HUB }).transport);
      mkdirSync(there("small"));
      mkdirSync(there("fixed"));
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=128k", "tmpfs", there("small")]);
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=128k", "tmpfs", there("fixed")]);
      writeFileSync(there("fixed", "note.txt"), "fixed\n");
      execFileSync("mount", ["-o", "remount,ro", there("fixed")]);
    }, 60_000);
    afterAll(async () => {
      for (const disk of ["small", "fixed"]) execFileSync("umount", [there(disk)]);
      await jupyter?.stop();
    }, 20_000);

    /** Leaves so many bytes free on the small disk. */
    function fill(freeBytes: number): void {
      writeFileSync(there("small", "filler"), Buffer.alloc(128 * 1024 - freeBytes));
    }
    const clear = (): void => {
      for (const name of readdirSync(there("small"))) execFileSync("rm", ["-rf", there("small", name)]);
    };
    beforeEach(clear);
    const free = (): void => rmSync(there("small", "filler"));
    const small = (name: string): string => readFileSync(there("small", name), "utf8");

    it("a text is saved on a full disk: that is said, the file stays as it was, and it can be saved once there is room", async () => {
      writeFileSync(there("small", "note.txt"), "old\n");
      const { version } = await files.readText("small/note.txt");
      fill(4096);
      const text = "x".repeat(40_000);
      expect(await trouble(files.writeText("small/note.txt", text, version))).toBe("disk_full");
      expect(small("note.txt")).toBe("old\n");
      expect(await trouble(files.writeText("small/note.txt", text, version))).toBe("disk_full");
      free();
      await files.writeText("small/note.txt", text, version);
      expect(small("note.txt")).toBe(text);
      // Nothing is left of what it was tried with.
      expect((await files.list("small")).map(({ name }) => name)).toEqual(["note.txt"]);
    }, 40_000);

    it("a text that the disk broke off half-way is said to be incomplete, and is whole again once there is room", async () => {
      writeFileSync(there("small", "note.txt"), "old\n");
      const { version } = await files.readText("small/note.txt");
      fill(8192);
      const text = "x".repeat(7_000);
      expect(await trouble(files.writeText("small/note.txt", text, version))).toBe("damaged");
      expect(small("note.txt").length).toBeLessThan(text.length);
      free();
      await files.writeText("small/note.txt", text, null);
      expect(small("note.txt")).toBe(text);
    }, 40_000);

    it("a new text, an upload and a deletion on a full disk say so", async () => {
      fill(4096);
      expect(await trouble(files.writeText("small/new.txt", "x".repeat(40_000), null))).toBe("disk_full");
      clear();
      fill(4096);
      const content = new Blob([new Uint8Array(50_000)]);
      const up = upload({ files, clock: realClock, path: "small/big.bin", content, replaces: false });
      await ended(up);
      expect(up.state.get()).toMatchObject({ phase: "failed", error: { trouble: "disk_full" } });
      if (name === "the companion") {
        await vi.waitFor(() => expect(readdirSync(there("small"))).not.toContain("big.bin.part"), 10_000);
      }
      clear();
      fill(0);
      // The companion deletes what it has no room to move to a trash.
      const isOurs = name === "the companion";
      expect(await trouble(files.remove("small/filler"))).toBe(isOurs ? "none" : "trash_full");
      expect(existsSync(there("small", "filler"))).toBe(!isOurs);
      clear();
      const again = upload({ files, clock: realClock, path: "small/big.bin", content, replaces: false });
      await ended(again);
      expect(again.state.get()).toEqual({ phase: "done" });
    }, 60_000);

    it("a read-only disk says so, whatever is wanted of it", async () => {
      const { version } = await files.readText("fixed/note.txt");
      const { signal } = new AbortController();
      const told = [
        await trouble(files.writeText("fixed/note.txt", "mine", version)),
        await trouble(files.create("fixed/new.txt", "file")),
        await trouble(files.create("fixed/new", "directory")),
        await trouble(files.rename("fixed/note.txt", "fixed/other.txt")),
        await trouble(files.remove("fixed/note.txt")),
        await trouble(files.writePiece("fixed/up.bin", 1, "", signal)),
      ];
      expect(told).toEqual(Array(6).fill("read_only"));
      expect(readdirSync(there("fixed"))).toEqual(["note.txt"]);
    }, 40_000);

    it("without permission for a file or its folder, that is said", async () => {
      mkdirSync(there("closed"));
      writeFileSync(there("closed", "a.txt"), "a");
      writeFileSync(there("secret.txt"), "secret");
      chmodSync(there("secret.txt"), 0o000);
      const { signal } = new AbortController();
      expect(await trouble(files.readText("secret.txt"))).toBe("read_only");
      expect(await trouble(files.readPiece("secret.txt", 0, 0, signal))).toBe("read_only");
      chmodSync(there("secret.txt"), 0o444);
      const { text, version } = await files.readText("secret.txt");
      expect([text, await trouble(files.writeText("secret.txt", "mine", version))]).toEqual(["secret", "read_only"]);
      chmodSync(there("closed"), 0o555);
      expect(await trouble(files.create("closed/new.txt", "file"))).toBe("read_only");
      expect(await trouble(files.rename("closed/a.txt", "closed/b.txt"))).toBe("read_only");
      expect(await trouble(files.remove("closed/a.txt"))).toBe("read_only");
      expect(readdirSync(there("closed"))).toEqual(["a.txt"]);
      chmodSync(there("closed"), 0o755);
      expect(await trouble(files.rename("closed/a.txt", "closed/b.txt"))).toBe("none");
    }, 40_000);

    it("names that a disk may have and a request may not are said; all others work", async () => {
      writeFileSync(Buffer.concat([Buffer.from(there("odd")), Buffer.from([0xff, 0xe9]), Buffer.from(".txt")]), "x");
      const odd = (await files.list("")).find(({ name }) => name.startsWith("odd"));
      expect(await trouble(files.readText(odd?.path ?? ""))).toBe("bad_name");
      expect(await trouble(files.rename(odd?.path ?? "", "plain.txt"))).toBe("bad_name");
      const { signal } = new AbortController();
      for (const name of [
        " lead",
        "trail ",
        "tab\tname",
        "new\nline",
        "back\\slash",
        "a%20b",
        "quote'\"",
        "a;b",
        "x\u202egpj",
      ]) {
        const path = `small/${name}`;
        await files.create(path, "file");
        await files.writeText(path, "x", null);
        expect((await files.list("small")).map((one) => one.name)).toEqual([name]);
        expect(
          (await files.readText(path)).text + new TextDecoder().decode(await files.readPiece(path, 0, 0, signal)),
        ).toBe("xx");
        await files.rename(path, "small/plain.txt");
        await files.remove("small/plain.txt");
      }
    }, 60_000);

    it("a folder that vanished meanwhile is said to be gone, whatever is wanted in it", async () => {
      mkdirSync(there("gone"));
      writeFileSync(there("gone", "a.txt"), "a");
      const { version } = await files.readText("gone/a.txt");
      execFileSync("rm", ["-rf", there("gone")]);
      const { signal } = new AbortController();
      const told = [
        await trouble(files.list("gone")),
        await trouble(files.writeText("gone/a.txt", "b", version)),
        await trouble(files.writeText("gone/a.txt", "b", null)),
        await trouble(files.create("gone/b.txt", "file")),
        await trouble(files.create("gone/c", "directory")),
        await trouble(files.rename("gone/a.txt", "gone/b.txt")),
        await trouble(files.remove("gone/a.txt")),
        await trouble(files.writePiece("gone/up.bin", 1, "", signal)),
      ];
      for (const one of told) expect(one).toMatch(/^(folder_)?missing$/);
      expect(readdirSync(jupyter.root)).not.toContain("gone");
    }, 40_000);
  },
);
