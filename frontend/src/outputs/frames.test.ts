// @vitest-environment jsdom
import { afterEach, expect, it } from "vitest";
import { quietEnvironment } from "./environment-for-tests.ts";
import { endFrames, openFrame } from "./frames.ts";
import type { FrameOwner } from "./rendered.ts";

const owner: FrameOwner = { environment: quietEnvironment, runId: "r", isOwn: true, onUnshowable: () => {} };

function heightOfNew(keptPx: number): string | undefined {
  const slot = document.createElement("div");
  slot.style.minHeight = `${keptPx}px`;
  document.body.append(slot);
  openFrame("key", slot, { mime: "text/html", data: "<p>x</p>", widget: null }, owner);
  return slot.querySelector("iframe")?.style.height;
}

afterEach(() => endFrames());

it("a frame that was not drawn yet is as high as its place was kept", () => {
  expect(heightOfNew(160)).toBe("160px");
});

it("one whose place keeps no height is as high as the page's style has it", () => {
  expect(heightOfNew(0)).toBe("");
});
