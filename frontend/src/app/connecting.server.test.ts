/** Real Jupyter, real rooms of a real hub: what a person pastes to connect, and what becomes of it. */
import { describe, expect, it } from "vitest";
import { freePort } from "../kernel/testing/free-port.ts";
import { newGate } from "../kernel/testing/gate.ts";
import { startJupyter } from "../kernel/testing/jupyter.ts";
import { ALL_TICKS, drivenPages, gatedTicks, whyNoDrivenPages } from "./driven-pages-for-tests.ts";
import { TestBrowser } from "./page-for-tests.ts";

describe.skipIf(whyNoDrivenPages !== null)("connecting", () => {
  const { rooms, jupyter, open, another } = drivenPages();

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

  it("a runtime that is ready stays while another is tried, and goes once that one has answered", async () => {
    const gate = newGate();
    const other = await startJupyter({ app: "server", flags: ["--ServerApp.allow_origin=http://127.0.0.1:8800"] });
    const { page } = await open([gatedTicks(gate), "print('here')"]);
    const phases: string[] = [];
    page.runtime.binding.subscribe(() => phases.push(page.runtime.binding.get().phase));
    page.driver.runCells(["c0"]);
    await page.prints("c0", "5\n");

    await page.runtime.connect(`${await freePort()}`);
    expect(phases).toEqual([]);
    expect(page.runtime.trial.get()).toMatchObject({ phase: "unbound", failure: { code: "nothing_listening" } });
    // The very same server: the token that it took stays the token.
    await page.runtime.connect(`${jupyter().baseUrl}?token=wrong`);
    expect(page.runtime.trial.get()).toMatchObject({ phase: "unbound", failure: { code: "refused" } });
    await page.runtime.connect(other.baseUrl);
    expect(page.runtime.trial.get()).toMatchObject({ phase: "authenticating", step: "token" });
    page.runtime.callOff();
    expect(page.runtime.trial.get()).toEqual({ phase: "unbound", failure: null });
    gate.open();
    page.driver.runCells(["c1"]);
    await page.ends("c1", "ok");
    expect([page.text("c0"), page.text("c1"), phases]).toEqual([ALL_TICKS, "here\n", []]);

    await page.runtime.connect(other.baseUrl);
    await page.runtime.giveToken(other.token);
    await page.ready();
    expect(page.runtime.lastAddress).toBe(other.baseUrl);
    expect(page.runtime.trial.get()).toEqual({ phase: "unbound", failure: null });
    page.driver.runCells(["c1"]);
    await page.ends("c1", "ok");
    await page.runtime.shutdown();
    await other.stop();
  }, 90_000);

  it("tabs of one notebook that connect at the same moment share one kernel", async () => {
    const browser = new TestBrowser();
    const notebook = await rooms.notebook(["kept = 1", "print(kept)"]);
    const tabs = [await another(browser, notebook), await another(browser, notebook)] as const;
    await Promise.all(tabs.map((tab) => tab.runtime.connect(`${jupyter().baseUrl}?token=${jupyter().token}`)));
    const [one, other] = tabs;
    await Promise.all([one.ready(), other.ready()]);
    expect(one.kernelId()).toBe(other.kernelId());
    one.driver.runCells(["c0"]);
    await one.ends("c0", "ok");
    other.driver.runCells(["c1"]);
    await other.ends("c1", "ok");
    expect(other.text("c1")).toBe("1\n");
  }, 60_000);
});
