import { expect, test } from "vitest";
import { assetFor, invoked } from "./frame-asks.ts";

function asking(isOwn: boolean) {
  const asked: string[] = [];
  const environment = {
    invoke: async (call: string) => {
      asked.push(call);
      return { "text/plain": "3" };
    },
    widgets: {
      openLine: async () => ({ receive: () => {}, close: () => {} }),
      openPlot: async () => ({ receive: () => {}, close: () => {} }),
      readAsset: async (name: string) => {
        asked.push(name);
        return `code of ${name}`;
      },
    },
  };
  return { isOwn, environment, asked };
}

test("an output of one's own run gets modules and answers", async () => {
  const own = asking(true);
  expect(await assetFor("panel/panel.min", own)).toEqual({
    type: "asset",
    name: "panel/panel.min",
    code: "code of panel/panel.min",
  });
  expect(await invoked({ type: "invoke", id: 1, call: "{}" }, own)).toMatchObject({ json: '{"text/plain":"3"}' });
  expect(own.asked).toEqual(["panel/panel.min", "{}"]);
});

test("an output of somebody else is no kernel at all, nor its modules", async () => {
  const foreign = asking(false);
  expect(await assetFor("panel/panel.min", foreign)).toMatchObject({ type: "asset", code: null });
  expect(await invoked({ type: "invoke", id: 1, call: "{}" }, foreign)).toMatchObject({ id: 1, json: null });
  expect(foreign.asked).toEqual([]);
});
