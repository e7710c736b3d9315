import { expect, test } from "vitest";
import { RuntimeError } from "./errors.ts";
import { JupyterServer } from "./server.ts";
import type { Transport } from "./transport.ts";

/** A server that refuses every request so. */
function refusing(status: number): JupyterServer {
  const transport: Pick<Transport, "request"> = {
    request: () => Promise.reject(new RuntimeError("runtime_failed", `status ${status}`, { status })),
  };
  // Only requests are asked here.
  return new JupyterServer(transport as Transport);
}

test("the kernels of a hosted runtime that does not run are gone", async () => {
  expect(await refusing(409).kernel("k")).toBeNull();
});

test("a server that fails otherwise says nothing of its kernels", async () => {
  await expect(refusing(503).kernel("k")).rejects.toThrow(RuntimeError);
});
