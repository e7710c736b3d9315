/** Where code in a kernel stands still until the test lets it go on: what happens meanwhile has all the time that it takes. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";

export interface Gate {
  /** A condition in Python. */
  readonly isShut: string;
  /** A line of Python that waits. */
  readonly wait: string;
  /** A line of Python that waits and lets no other thread of the kernel do anything: it keeps the interpreter's lock. */
  readonly hold: string;
  /** Resolves once `hold` keeps the lock. */
  held(): Promise<void>;
  open(): void;
}

/** To be called in a test, with whose end it goes. */
export function newGate(): Gate {
  const folder = mkdtempSync(join(tmpdir(), "runhere-gate-"));
  const file = join(folder, "open");
  const held = join(folder, "held");
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const isShut = `not __import__("os").path.exists(${JSON.stringify(file)})`;
  return {
    isShut,
    wait: `while ${isShut}: __import__("time").sleep(0.02)`,
    // The shell is begun by C, with the lock kept: once it speaks, no thread comes in between.
    hold: `__import__("ctypes").PyDLL(None).system(b": > ${held}; until [ -e ${file} ]; do sleep 0.02; done")`,
    held: async () => await expect.poll(() => existsSync(held), { timeout: 20_000 }).toBe(true),
    open: () => writeFileSync(file, ""),
  };
}
