import { describe, expect, it } from "vitest";
import { MAX_MESSAGES_PER_SECOND, MessageRate, readFrameMessage } from "./frame-messages.ts";

describe("readFrameMessage", () => {
  it("reads each shape", () => {
    expect(readFrameMessage({ type: "ready", extra: 1 })).toEqual({ type: "ready" });
    expect(readFrameMessage({ type: "resize", height: 12.2 })).toEqual({ type: "resize", height: 13 });
    expect(readFrameMessage({ type: "error", message: "x" })).toEqual({ type: "error", message: "x" });
    expect(readFrameMessage({ type: "open_link", url: "https://a.example/" })).toEqual({
      type: "open_link",
      url: "https://a.example/",
    });
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
