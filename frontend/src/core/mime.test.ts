import { describe, expect, test } from "vitest";
import { chooseMime, isActiveHtml, markedMime, mimeRank, mimeTier, PAGE_TIERS, textFallback } from "./mime.ts";

describe("chooseMime", () => {
  test("takes the richest that is allowed", () => {
    const plotly = { "application/vnd.plotly.v1+json": { data: [] }, "text/html": "<b>x</b>", "text/plain": "Figure" };
    expect(chooseMime(plotly)?.mime).toBe("application/vnd.plotly.v1+json");
    expect(chooseMime(plotly, PAGE_TIERS)).toEqual({ mime: "text/html", value: "<b>x</b>", tier: "sanitised" });
    expect(chooseMime({ "text/plain": "x", "image/png": "iVBO" })?.mime).toBe("image/png");
  });

  test("gives nothing rather than something unknown", () => {
    expect(chooseMime({ "application/x-thing": "?" })).toBeNull();
    expect(mimeRank("application/x-thing")).toBeNull();
    expect(mimeTier("application/x-thing", "?")).toBe("inert");
  });

  test("knows what stands beside a type that only marks it", () => {
    const plot = {
      "text/html": "<script></script>",
      "application/vnd.holoviews_exec.v0+json": "",
      "text/plain": ":Curve",
    };
    const chosen = chooseMime(plot);
    expect([chosen?.mime, chosen?.tier]).toEqual(["application/vnd.holoviews_exec.v0+json", "active"]);
    expect(markedMime(chosen?.mime ?? "")).toBe("text/html");
    expect(markedMime("application/vnd.bokehjs_exec.v0+json")).toBe("application/javascript");
    expect([markedMime("text/html"), markedMime("application/vnd.holoviews_load.v0+json")]).toEqual([null, null]);
  });

  test("does not mind parameters and capitals", () => {
    expect(mimeRank("Text/HTML; charset=utf-8")).toBe(mimeRank("text/html"));
  });
});

describe("tiers", () => {
  test.each([
    ["<table><tr><td>1</td></tr></table><style>td{color:red}</style>", false],
    ["<p>the word script, and on = off</p>", false],
    ["<script>alert(1)</script>", true],
    ["<img src=x onerror=alert(1)>", true],
    ["<a href='javascript:alert(1)'>x</a>", true],
    ["<iframe src=x></iframe>", true],
    ["<form action=x>", true],
  ])("%s: active %s", (html, active) => {
    expect(isActiveHtml(html)).toBe(active);
    expect(mimeTier("text/html", html)).toBe(active ? "active" : "sanitised");
  });

  test("HTML that cannot be looked into counts as active; a picture of it stays inert", () => {
    const blob = { $blob: "0".repeat(64), size_bytes: 70_000 };
    expect(mimeTier("text/html", blob)).toBe("active");
    expect(mimeTier("image/png", blob)).toBe("inert");
    expect(mimeTier("image/svg+xml", "<svg onload='x'/>")).toBe("inert");
  });

  test("a bundle that cannot be shown names what it holds", () => {
    expect(textFallback({ "application/x-b": 1, "application/x-a": 2 })).toBe("application/x-a, application/x-b");
    expect(textFallback({ "text/plain": "me", "application/x-a": 2 })).toBe("me");
  });
});
