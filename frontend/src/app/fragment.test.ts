// @vitest-environment jsdom
import { beforeEach, expect, test, vi } from "vitest";

async function openPage(path: string): Promise<typeof import("./fragment.ts")> {
  vi.resetModules();
  history.replaceState(null, "", path);
  return await import("./fragment.ts");
}

beforeEach(() => history.replaceState(null, "", "/"));

test("a sign-in link's secrets leave the address at once and are given once", async () => {
  const link = "/login#code=abc&rt=http%3A%2F%2F127.0.0.1%3A8888&pair=XY-12";
  const { takeCode, takeRuntimeLink } = await openPage(link);
  expect(location.pathname + location.hash).toBe("/login");
  expect(takeCode()).toBe("abc");
  expect(takeCode()).toBeNull();
  expect(takeRuntimeLink()).toBe(`${location.origin}/connect#rt=http%3A%2F%2F127.0.0.1%3A8888&pair=XY-12`);
  expect(takeRuntimeLink()).toBeNull();
});

test("a fragment elsewhere is somebody else's and stays", async () => {
  const { takeCode } = await openPage("/n/0123456789abcdef0123456789abcdef#code=abc");
  expect(location.hash).toBe("#code=abc");
  expect(takeCode()).toBeNull();
});

test("a link without a runtime names none, whatever else it carries", async () => {
  const { readFragment } = await openPage("/");
  expect(readFragment("#pair=XY&token=t", "http://h")).toEqual({ code: null, runtimeLink: null, shareSecret: null });
  expect(readFragment("#rt=8888&token=t&other=1", "http://h").runtimeLink).toBe("http://h/connect#rt=8888&token=t");
});
