import { describe, expect, it } from "vitest";
import { MAX_JSON_CHARACTERS, MAX_MESSAGES_PER_SECOND, MessageRate, readFrameMessage } from "./frame-messages.ts";

describe("readFrameMessage", () => {
  it("reads each shape", () => {
    expect(readFrameMessage({ type: "ready", extra: 1 })).toEqual({ type: "ready" });
    expect(readFrameMessage({ type: "resize", height: 12.2 })).toEqual({ type: "resize", height: 13 });
    expect(readFrameMessage({ type: "error", message: "x" })).toEqual({ type: "error", message: "x" });
    expect(readFrameMessage({ type: "gone", message: 1 })).toEqual({ type: "gone" });
    expect(readFrameMessage({ type: "missing", name: "jupyter-matplotlib" })).toEqual({
      type: "missing",
      name: "jupyter-matplotlib",
    });
    expect(readFrameMessage({ type: "open_link", url: "https://a.example/" })).toEqual({
      type: "open_link",
      url: "https://a.example/",
    });
  });

  it("9_4 reads what widgets say, and nothing beside it", () => {
    const bytes = new Uint8Array([1]);
    const data = { method: "update", state: { v: 1 }, buffer_paths: [["b", 0]] };
    expect(readFrameMessage({ type: "comm_msg", id: 1, comm_id: "c-1", data, buffers: [bytes], target: "x" })).toEqual({
      type: "comm_msg",
      id: 1,
      comm_id: "c-1",
      data,
      buffers: [bytes],
    });
    expect(readFrameMessage({ type: "want_asset", name: "@scope/name/index" })).toEqual({
      type: "want_asset",
      name: "@scope/name/index",
    });
    expect(readFrameMessage({ type: "blocked", host: "tile.example:8443" })).toEqual({
      type: "blocked",
      host: "tile.example:8443",
    });
  });

  it("12_4 12_5 reads what scripts came to and what they call, within limits", () => {
    const fine = { type: "evaluated", id: 3, json: "[1]", error: null };
    expect(readFrameMessage({ ...fine, extra: 1 })).toEqual(fine);
    expect(readFrameMessage({ type: "evaluated", id: 3, error: "x".repeat(5_000) })).toEqual({
      type: "evaluated",
      id: 3,
      json: null,
      error: "x".repeat(4_096),
    });
    expect(readFrameMessage({ ...fine, json: { a: 1 } })).toBeNull();
    expect(readFrameMessage({ ...fine, id: "3" })).toBeNull();
    expect(readFrameMessage({ type: "invoke", id: 1, call: "{}" })).toEqual({ type: "invoke", id: 1, call: "{}" });
    expect(readFrameMessage({ type: "invoke", id: 1, call: "x".repeat(MAX_JSON_CHARACTERS + 1) })).toBeNull();
    expect(readFrameMessage({ type: "invoke", id: 1, call: {} })).toBeNull();
  });

  it("holds the height within the limit", () => {
    expect(readFrameMessage({ type: "resize", height: 1e9 })).toEqual({ type: "resize", height: 4_000 });
    expect(readFrameMessage({ type: "resize", height: -5 })).toEqual({ type: "resize", height: 0 });
  });

  it.each([
    [null],
    ["ready"],
    [{ type: "execute", code: "1" }],
    [{ type: "resize", height: "1" }],
    [{ type: "resize", height: Number.NaN }],
    [{ type: "open_link", url: "javascript:alert(1)" }],
    [{ type: "open_link", url: "https://" }],
    [{ type: "error" }],
    [{ type: "blocked", host: "a b<script>" }],
    [{ type: "missing", name: "<b>" }],
    [{ type: "want_model", model_id: "../x" }],
    [{ type: "want_asset", name: "../../etc/passwd" }],
    [{ type: "want_asset", name: "a/../b" }],
    [{ type: "want_asset", name: 'x")+__import__("os").system("true")+("' }],
    [{ type: "comm_msg", id: 1, comm_id: "c", data: { method: "execute", content: 1 } }],
    [{ type: "comm_msg", id: 0.5, comm_id: "c", data: { method: "custom", content: 1 } }],
    [{ type: "comm_msg", id: 1, comm_id: "c", data: { method: "custom", content: "x".repeat(MAX_JSON_CHARACTERS) } }],
    [{ type: "comm_msg", id: 1, comm_id: "c", data: { method: "update", state: {}, buffer_paths: [["a"]] } }],
    [{ type: "comm_msg", id: 1, comm_id: "c", data: { method: "custom", content: 1 }, buffers: ["text"] }],
    [{ type: "comm_open", id: 1, comm_id: "c", target: "any", state: 1 }],
  ])("refuses %j", (message) => {
    expect(readFrameMessage(message)).toBeNull();
  });
});

describe("MessageRate", () => {
  it("lets the limit through each second and no more", () => {
    const rate = new MessageRate();
    for (let n = 0; n < MAX_MESSAGES_PER_SECOND; n += 1) expect(rate.take(5)).toBe(true);
    expect(rate.take(900)).toBe(false);
    expect(rate.take(1_005)).toBe(true);
  });
});
