import { expect, test } from "vitest";
import { hostedId, hostedUrl } from "./hosted.ts";

const id = "0123456789abcdef0123456789abcdef";

test("the address of a hosted runtime names it, and no other address does", () => {
  expect(hostedId(hostedUrl("https://hub.example", id), "https://hub.example")).toBe(id);
  for (const url of [
    `https://evil.example/rt/${id}/`,
    `https://hub.example/rt/${id}`,
    `https://hub.example/rt/${id}/lab/`,
    `https://hub.example.evil/rt/${id}/`,
    `https://hub.example/rt/${id.toUpperCase()}/`,
    "http://127.0.0.1:8888/",
  ]) {
    expect(hostedId(url, "https://hub.example")).toBeNull();
  }
});
