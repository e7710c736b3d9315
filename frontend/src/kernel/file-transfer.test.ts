/** Replacing a file over a line that breaks at any moment, with files in memory; `files.server.test.ts` does it with real servers. */
import { describe, expect, it, vi } from "vitest";
import { type UploadFiles, upload } from "./file-transfer.ts";
import { type FileEntry, FileError } from "./files.ts";
import { TestClock } from "./testing/clock.ts";

/** Breaks at question number `at`: before it is carried out, or after (only the answer is lost). */
class BreakingFiles implements UploadFiles {
  readonly there = new Map<string, string>();
  asked = 0;
  /** Whether at every moment the old or the new text was to be found whole, under whatever name. */
  isEverLost = false;

  constructor(
    readonly at: number,
    readonly moment: "before" | "after",
    /** Never answers again. */
    readonly isForGood: boolean,
  ) {}

  async #do<T>(work: () => T): Promise<T> {
    this.asked += 1;
    const isBroken = this.isForGood ? this.asked >= this.at : this.asked === this.at;
    if (isBroken && (this.moment === "before" || this.asked > this.at)) throw new FileError("unreachable", "");
    const done = work();
    if (!["old", "new"].some((text) => [...this.there.values()].includes(text))) this.isEverLost = true;
    if (isBroken) throw new FileError("unreachable", "");
    return done;
  }

  stat(path: string): Promise<FileEntry | null> {
    return this.#do(() => {
      const text = this.there.get(path);
      if (text === undefined) return null;
      const sizeBytes = text.length;
      return { name: path, path, kind: "file", sizeBytes, modifiedAt: 0, isWritable: true };
    });
  }
  writePiece(path: string, _chunk: number, base64: string): Promise<void> {
    return this.#do(() => void this.there.set(path, atob(base64)));
  }
  rename(from: string, to: string): Promise<void> {
    return this.#do(() => {
      const text = this.there.get(from);
      if (text === undefined || this.there.has(to)) throw new FileError(text === undefined ? "missing" : "exists", "");
      this.there.delete(from);
      this.there.set(to, text);
    });
  }
  remove(path: string): Promise<void> {
    return this.#do(() => {
      if (!this.there.delete(path)) throw new FileError("missing", "");
    });
  }
}

async function replace(files: BreakingFiles): Promise<void> {
  files.there.set("a.txt", "old");
  const clock = new TestClock();
  const transfer = upload({ files, clock, path: "a.txt", content: new Blob(["new"]), replaces: true });
  // Ends: done, or waiting for a line that does not come back.
  await vi.waitFor(
    () => {
      const { phase } = transfer.state.get();
      if (phase === "waiting" && !files.isForGood) clock.advance(60_000);
      expect(phase).toMatch(files.isForGood ? /waiting|done/ : /done/);
    },
    { timeout: 5_000, interval: 1 },
  );
}

const QUESTIONS = 12;

describe("replacing a file", () => {
  it.each(["before", "after"] as const)(
    "ends with the new one and nothing else, wherever the line breaks (%s)",
    async (moment) => {
      for (let at = 1; at <= QUESTIONS; at += 1) {
        const files = new BreakingFiles(at, moment, false);
        await replace(files);
        expect([at, [...files.there]]).toEqual([at, [["a.txt", "new"]]]);
        expect(files.isEverLost).toBe(false);
      }
    },
  );

  it.each(["before", "after"] as const)("loses neither when the line breaks for good (%s)", async (moment) => {
    for (let at = 1; at <= QUESTIONS; at += 1) {
      const files = new BreakingFiles(at, moment, true);
      await replace(files);
      const texts = [...files.there.values()];
      expect([at, texts.includes("old") || texts.includes("new")]).toEqual([at, true]);
      expect(files.isEverLost).toBe(false);
    }
  });

  it("keeps an older `.old` that somebody has there", async () => {
    const files = new BreakingFiles(0, "before", false);
    files.there.set("a.txt.old", "mine");
    await replace(files);
    expect(Object.fromEntries(files.there)).toEqual({ "a.txt": "new", "a.txt.old": "mine" });
  });
});
