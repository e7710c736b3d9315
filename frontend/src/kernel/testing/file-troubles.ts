/** How a change of a runtime's files went, in words that tests compare. */
import { expect, vi } from "vitest";
import type { Transfer } from "../file-transfer.ts";
import { FileError } from "../files.ts";

/** `none`, the trouble that is told to the person, or any other failure as text. */
export async function trouble(work: Promise<unknown>): Promise<string> {
  return await work.then(
    () => "none",
    (error: unknown) => (error instanceof FileError ? error.trouble : String(error)),
  );
}

export async function ended(transfer: Transfer): Promise<void> {
  await vi.waitFor(() => expect(transfer.state.get().phase).toMatch(/done|failed|cancelled/), 40_000);
}
