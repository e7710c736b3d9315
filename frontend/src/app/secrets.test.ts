import { IDBFactory } from "fake-indexeddb";
import { expect, test } from "vitest";
import { Secrets } from "./secrets.ts";

test("a secret is given only to the person whose it is, in a notebook that they allowed to have it", async () => {
  const browser = new IDBFactory();
  const of = (owner: string | null) => new Secrets(owner, browser, globalThis.crypto);
  await of("ada").keep("shared", "API_KEY", "hers");
  for (const other of ["bob", null]) {
    expect(await of(other).allowed("shared", "API_KEY")).toBeNull();
    expect([await of(other).has("API_KEY"), await of(other).value("API_KEY"), await of(other).names()]).toEqual([
      false,
      null,
      [],
    ]);
    await of(other).forget("API_KEY");
  }
  expect(await of("ada").allowed("shared", "API_KEY")).toBe("hers");
  expect(await of("ada").allowed("another", "API_KEY")).toBeNull();
  expect(await of("ada").names()).toEqual(["API_KEY"]);
});
