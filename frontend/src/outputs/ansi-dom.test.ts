// @vitest-environment jsdom
import { describe, expect, it } from "vitest";
import { plainStyle } from "./ansi.ts";
import { appendAnsi } from "./ansi-dom.ts";

function html(text: string): string {
  const host = document.createElement("div");
  appendAnsi(host, text, plainStyle);
  return host.innerHTML;
}

describe("appendAnsi", () => {
  it("makes spans with classes and leaves plain text plain", () => {
    expect(html("a\x1b[1;31mb\x1b[0mc")).toBe('a<span class="ansi-fg-1 ansi-bold">b</span>c');
  });

  it("never reads markup", () => {
    expect(html("<img src=x onerror=alert(1)>")).toBe("&lt;img src=x onerror=alert(1)&gt;");
  });

  it("hands colours to the style sheet", () => {
    expect(html("\x1b[38;5;241mx")).toBe('<span class="ansi-fg-rgb" style="--ansi-fg: #626262;">x</span>');
    expect(html("\x1b[7mx")).toBe('<span class="ansi-fg-inverse ansi-bg-inverse">x</span>');
  });

  it("opens links apart from the page", () => {
    expect(html("\x1b]8;;https://a.example/\x07t\x1b]8;;\x07")).toContain(
      'target="_blank" rel="noopener noreferrer nofollow"',
    );
  });
});
