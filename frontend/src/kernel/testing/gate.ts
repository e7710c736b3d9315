/** Where code in a kernel stands still until the test lets it go on: what happens meanwhile has all the time that it takes. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

export interface Gate {
  /** A condition in Python. */
  readonly isShut: string;
  /** A line of Python that waits. */
  readonly wait: string;
  open(): void;
}

/** To be called in a test, with whose end it goes. */
export function newGate(): Gate {
  const folder = mkdtempSync(join(tmpdir(), "runhere-gate-"));
  const file = join(folder, "open");
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const isShut = `not __import__("os").path.exists(${JSON.stringify(file)})`;
  return {
    isShut,
    wait: `while ${isShut}: __import__("time").sleep(0.02)`,
    open: () => writeFileSync(file, ""),
  };
}
