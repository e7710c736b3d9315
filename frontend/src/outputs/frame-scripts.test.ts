import { describe, expect, it } from "vitest";
import type { PageMessage } from "../core/frame-messages.ts";
import { FrameScripts } from "./frame-scripts.ts";

function made() {
  const told: PageMessage[] = [];
  return { told, scripts: new FrameScripts((message) => told.push(message)) };
}

describe("12.4 scripts of running code", () => {
  it("wait for the document, go to it once, and give JSON or the script's own words", async () => {
    const { told, scripts } = made();
    const early = scripts.run("1");
    expect(told).toEqual([]);
    scripts.opened();
    const later = scripts.run("2");
    expect(told).toEqual([
      { type: "evaluate", id: 1, script: "1" },
      { type: "evaluate", id: 2, script: "2" },
    ]);
    scripts.evaluated({ type: "evaluated", id: 2, json: null, error: "TypeError: no" });
    scripts.evaluated({ type: "evaluated", id: 1, json: '{"a":[1]}', error: null });
    await expect(early).resolves.toEqual({ a: [1] });
    await expect(later).rejects.toThrow("TypeError: no");
  });

  it("are not run again in a document that begins anew, and fail when the frame goes", async () => {
    const { told, scripts } = made();
    scripts.opened();
    const lost = scripts.run("1");
    scripts.opened();
    await expect(lost).rejects.toThrow();
    const gone = scripts.run("2");
    scripts.end();
    await expect(gone).rejects.toThrow();
    expect(told.length).toBe(2);
  });

  it("give nothing that is no JSON, nor an answer that nobody waits for", async () => {
    const { scripts } = made();
    scripts.opened();
    const odd = scripts.run("1");
    scripts.evaluated({ type: "evaluated", id: 7, json: "1", error: null });
    scripts.evaluated({ type: "evaluated", id: 1, json: "not json", error: null });
    await expect(odd).rejects.toThrow();
    const nothing = scripts.run("2");
    scripts.evaluated({ type: "evaluated", id: 2, json: null, error: null });
    await expect(nothing).resolves.toBeNull();
  });
});
