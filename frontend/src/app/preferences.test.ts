import { expect, test, vi } from "vitest";
import { lastingStore } from "./lasting-store.ts";
import { PreferenceStore, readPreferences } from "./preferences.ts";

const usual = { language: "en", theme: "system", editorFontSize: 14, lineNumbers: false };

test.each([null, "", "{", "[]", "null", '{"theme":"pink","editorFontSize":400,"language":"fr","lineNumbers":"yes"}'])(
  "what makes no sense gives the usual values: %s",
  (stored) => {
    expect(readPreferences(stored, ["en-US"])).toEqual(usual);
  },
);

test("what was chosen is kept, and wins over the browser's language", () => {
  const chosen = { language: "ja", theme: "dark", editorFontSize: 18, lineNumbers: true };
  expect(readPreferences(JSON.stringify(chosen), ["en-US"])).toEqual(chosen);
  expect(readPreferences(null, ["ja-JP", "en"]).language).toBe("ja");
});

test("a browser that is full says so once it is asked to keep a choice, and the page goes by it", () => {
  vi.stubGlobal("addEventListener", () => {});
  const told = vi.fn();
  const full = {
    length: 0,
    key: () => null,
    getItem: () => null,
    removeItem: () => {},
    setItem: () => {
      throw new DOMException("the quota has been exceeded", "QuotaExceededError");
    },
  };
  const store = lastingStore(full, told);
  new PreferenceStore(store).set({ theme: "dark" });
  expect(told).toHaveBeenCalledOnce();
  expect(new PreferenceStore(store).get().theme).toBe("dark");
  vi.unstubAllGlobals();
});
