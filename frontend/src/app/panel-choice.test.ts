import { afterEach, expect, test, vi } from "vitest";
import { PanelChoice } from "./panel-choice.ts";

function browserThatKeeps(kept: string | null): { stored: () => string | null } {
  let value = kept;
  vi.stubGlobal("localStorage", {
    getItem: () => value,
    setItem: (_: string, next: string) => {
      value = next;
    },
  });
  return { stored: () => value };
}

afterEach(() => vi.unstubAllGlobals());

test("a panel and its width are there again at the next visit, and take no focus", () => {
  browserThatKeeps(null);
  const first = new PanelChoice(false, localStorage);
  first.toggle("contents");
  first.keepWidth(444);
  expect(first.state.get()).toEqual({ panel: "contents", asked: 1 });
  const next = new PanelChoice(false, localStorage);
  expect(next.state.get()).toEqual({ panel: "contents", asked: 0 });
  expect(next.width).toBe(444);
});

test("on a narrow screen nothing covers the notebook before it is asked for", () => {
  browserThatKeeps('{"panel":"contents","width":300}');
  const choice = new PanelChoice(true, localStorage);
  expect(choice.state.get().panel).toBeNull();
  choice.toggle("contents");
  expect(choice.state.get().panel).toBe("contents");
});

test("opening the open panel closes it, and what makes no sense in the storage is passed over", () => {
  const { stored } = browserThatKeeps('{"panel":"nonsense","width":"wide"}');
  const choice = new PanelChoice(false, localStorage);
  expect([choice.state.get().panel, choice.width]).toEqual([null, 320]);
  choice.toggle("contents");
  choice.toggle("contents");
  expect(choice.state.get().panel).toBeNull();
  expect(stored()).toBe('{"panel":null,"width":320}');
});
