import { expect, test } from "vitest";
import { hostedId, hostedUrl } from "./hosted.ts";

const id = "0123456789abcdef0123456789abcdef";

test("the address of a hosted runtime below the hub names it, and no other address does", () => {
  const place = "https://hub.example/rt/*/";
  expect(hostedUrl(place, id)).toBe(`https://hub.example/rt/${id}/`);
  expect(hostedId(hostedUrl(place, id), place)).toBe(id);
  for (const url of [
    `https://evil.example/rt/${id}/`,
    `https://hub.example/rt/${id}`,
    `https://hub.example/rt/${id}/lab/`,
    `https://hub.example.evil/rt/${id}/`,
    `https://hub.example/rt/${id.toUpperCase()}/`,
    "https://hub.example/rt/",
    "http://127.0.0.1:8888/",
  ]) {
    expect(hostedId(url, place)).toBeNull();
  }
});

test("so does the address of a hosted runtime with a host of its own", () => {
  const place = "https://*.rt.example:8443/";
  expect(hostedUrl(place, id)).toBe(`https://${id}.rt.example:8443/`);
  expect(hostedId(hostedUrl(place, id), place)).toBe(id);
  for (const url of [
    `https://${id}.rt.example/`,
    `https://x.${id}.rt.example:8443/`,
    `https://${id}.rt.example:8443/lab/`,
    `https://${id}.rt.example:8443.evil/`,
    `http://${id}.rt.example:8443/`,
    "https://.rt.example:8443/",
  ]) {
    expect(hostedId(url, place)).toBeNull();
  }
});

test("a hub without hosted runtimes has none", () => {
  expect(hostedId(`https://hub.example/rt/${id}/`, null)).toBeNull();
});
