/** Real Jupyter, real rooms of a real hub: what a person pastes to connect, and what becomes of it. */
import { describe, expect, it } from "vitest";
import { startJupyter } from "../kernel/testing/jupyter.ts";
import { drivenPages, whyNoDrivenPages } from "./driven-pages-for-tests.ts";
import { TestBrowser } from "./page-for-tests.ts";

describe.skipIf(whyNoDrivenPages !== null)("connecting", () => {
  const { rooms, another } = drivenPages();

  const ODD = "my a+b &c=d#e%20f ü合";
  it.each([
    ["takes the token in a header", ["--ServerApp.allow_origin=http://127.0.0.1:8800"]],
    ["takes it in the address", []],
  ])(
    "a token of odd characters is read encoded, as it is, and alone, by a server that %s",
    async (_, flags) => {
      const odd = await startJupyter({ app: "server", token: ODD, flags });
      const encoded = new URLSearchParams({ token: ODD }).toString();
      const notebook = await rooms.notebook(["print(1)"]);
      for (const pasted of [`${odd.baseUrl}?${encoded}`, `${odd.baseUrl}?token=${ODD} :: ${odd.root}`, null]) {
        const page = await another(new TestBrowser(), notebook);
        await page.runtime.connect(pasted ?? odd.baseUrl);
        if (pasted === null) {
          expect(page.runtime.binding.get()).toMatchObject({ phase: "authenticating", step: "token" });
          await page.runtime.giveToken("not this one");
          if (flags.length > 0)
            expect(page.runtime.binding.get()).toMatchObject({ failure: { code: "token_refused" } });
          else await page.runtime.connect(odd.baseUrl);
          await page.runtime.giveToken(ODD);
        }
        await page.ready();
        page.driver.runCells(["c0"]);
        await page.ends("c0", "ok");
        await page.runtime.shutdown();
      }
      await odd.stop();
    },
    90_000,
  );
});
