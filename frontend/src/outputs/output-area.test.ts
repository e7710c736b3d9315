// @vitest-environment jsdom
import { beforeEach, describe, expect, it, vi } from "vitest";
import { NOTICE_MIME } from "../core/mime.ts";
import type { MimeBundle, Output } from "../core/outputs.ts";
import { setLanguage, text } from "../i18n/t.ts";
import { quietEnvironment } from "./environment-for-tests.ts";
import { OutputArea } from "./output-area.ts";
import type { OutputEnvironment } from "./rendered.ts";

const environment: OutputEnvironment = {
  ...quietEnvironment,
  readBlob: (sha256) =>
    sha256 === "known" ? Promise.resolve(new TextEncoder().encode('"from a blob"')) : Promise.reject(new Error("none")),
};
let host: HTMLElement;
let area: OutputArea;

beforeEach(() => {
  host = document.createElement("div");
  document.body.replaceChildren(host);
  area = new OutputArea(host, environment);
});

const stream = (text: string): Output => ({ output_type: "stream", name: "stdout", text });
const show = (outputs: readonly Output[], runId = "r", isOwn = true): void => area.showNow({ runId, outputs, isOwn });
const display = (data: MimeBundle): Output => ({ output_type: "display_data", data, metadata: {} });

describe("OutputArea", () => {
  it("grows a stream in place", () => {
    show([stream("a\n")]);
    const before = host.querySelector(".output-text");
    show([stream("a\nb\n")]);
    expect([host.querySelector(".output-text") === before, host.textContent]).toEqual([true, "a\nb"]);
  });

  it("draws at most once per frame while a run prints, and what another run gave at once", () => {
    const next = (text: string, runId: string) => area.show({ runId, outputs: [stream(text)], isOwn: true });
    next("a", "old");
    next("a\nb", "old");
    expect(host.textContent).toBe("a");
    next("c", "new");
    expect(host.textContent).toBe("c");
    next("c\nd", "new");
    expect(host.textContent).toBe("c");
  });

  it("rewrites the last line when a carriage return changed it", () => {
    show([stream("x\n10%")]);
    show([stream("x\n20%")]);
    expect(host.textContent).toBe("x\n20%");
  });

  it("shows what a program of another notebook wrote over as it ended, however the file keeps it", () => {
    show([stream("\r 10%\r100%\n\rinner\x1b[A\rdone\n")]);
    expect(host.textContent).toBe("done\ninner");
    show([stream("\r 10%\r 90%\b")]);
    expect(host.textContent).toBe(" 90%");
  });

  it("leaves outputs alone that did not change, and drops those that went", () => {
    const first = display({ "text/plain": "one" });
    show([first, display({ "text/plain": "two" })]);
    const kept = host.firstElementChild;
    show([first]);
    expect([host.firstElementChild === kept, host.children.length]).toEqual([true, 1]);
  });

  it("names an output type that it does not know", () => {
    show([{ output_type: "future output", "some key": ["some data"] } as unknown as Output, stream("after")]);
    expect(host.textContent).toContain("future output");
    expect(host.textContent).toContain("after");
  });

  it("says in the page's language that output was dropped, and what the file says where it does not know the notice", async () => {
    const notice = (code: string) => display({ [NOTICE_MIME]: { code }, "text/plain": "some are missing" });
    await setLanguage("ja");
    show([notice("too_fast"), notice("of the future")]);
    expect(host.textContent).toBe("some are missingsome are missing");
    await vi.waitFor(() => expect(host.querySelectorAll("code")).toHaveLength(2), 15_000);
    expect(host.children[0]?.textContent).toBe(text("notices.tooFast"));
    expect(host.children[0]?.textContent).toContain("破棄");
    expect(host.children[1]?.textContent).toBe("some are missing");
    await setLanguage("en");
  });

  it("begins anew for another run", () => {
    show([stream("old")]);
    show([stream("new")], "r2");
    expect(host.textContent).toBe("new");
    area.showNow(null);
    expect(host.textContent).toBe("");
  });

  it("folds a long stream and shows all of it on request", () => {
    show([stream(Array.from({ length: 5_000 }, (_, line) => `line ${line}\n`).join(""))]);
    expect(host.textContent).toContain("line 59");
    expect(host.textContent).not.toContain("line 2500");
    expect(host.textContent).toContain("line 4999");
    const all = [...host.querySelectorAll("button")].find((one) => one.textContent === "Show all");
    all?.click();
    expect(host.querySelector(".output-window")).not.toBeNull();
  });

  it("says of a text that grows while all of it is shown how long it is by now", () => {
    const lines = (count: number): string => Array.from({ length: count }, (_, line) => `line ${line}\n`).join("");
    show([stream(lines(2_020))]);
    [...host.querySelectorAll("button")].find((one) => one.textContent === "Show all")?.click();
    const name = (): string | null | undefined => host.querySelector("[role=group]")?.getAttribute("aria-label");
    expect(name()).toBe("All 2,020 lines");
    show([stream(lines(3_000))]);
    expect(name()).toBe("All 3,000 lines");
  });

  it("folds many outputs", () => {
    show(Array.from({ length: 100 }, (_, index) => display({ "text/plain": `n${index}` })));
    expect([host.textContent?.includes("n59"), host.textContent?.includes("n60")]).toEqual([true, false]);
    [...host.querySelectorAll("button")].find((one) => one.textContent === "Show all")?.click();
    expect(host.textContent).toContain("n99");
  });

  it("keeps the button that shows all while more outputs come", () => {
    const many = (count: number): Output[] =>
      Array.from({ length: count }, (_, n) => display({ "text/plain": `n${n}` }));
    const outputs = many(102);
    show(outputs.slice(0, 100));
    const all = [...host.querySelectorAll("button")].find((one) => one.textContent === "Show all");
    all?.focus();
    show(outputs.slice(0, 101));
    expect(document.activeElement).toBe(all);
    expect(host.lastElementChild?.textContent).toContain("41");
    all?.click();
    show(outputs);
    expect(host.lastElementChild?.textContent).toBe("n101");
  });

  it("picks the richest representation it can show", () => {
    show([display({ "text/plain": "plain", "image/png": "AAAA", "application/vnd.none.v1+json": "{}" })]);
    expect(host.querySelector("img")?.getAttribute("src")).toBe("data:image/png;base64,AAAA");
    show([display({ "application/vnd.none.v1+json": "{}" })], "r2");
    expect(host.textContent).toContain("application/vnd.none.v1+json");
  });

  it("asks before it runs a saved output, and never puts its script into the page", async () => {
    show([display({ "text/html": "<script>window.ran = true</script><b>x</b>" })], "saved", false);
    await vi.waitFor(() => expect(host.querySelector("button")).not.toBeNull(), 15_000);
    expect([
      host.querySelector("iframe"),
      host.querySelector("script"),
      host.querySelector("button")?.textContent,
    ]).toEqual([null, null, "Show it"]);
    host.querySelector("button")?.click();
    await vi.waitFor(() => expect(host.querySelector("iframe")).not.toBeNull(), 15_000);
    const frame = host.querySelector("iframe");
    expect([frame?.getAttribute("sandbox"), new URL(frame?.src ?? "").pathname]).toEqual([
      "allow-scripts",
      "/frame/v1/frame.html",
    ]);
  });

  it("shows nothing of an empty display, and says what it cannot show", () => {
    show([display({})], "empty");
    expect(host.textContent).toBe("");
    show([display({ "application/x-unknown": "1" })], "unknown");
    expect(host.textContent).toContain("application/x-unknown");
  });

  it("frames an active output of one's own at once", async () => {
    show([display({ "text/html": "<script>1</script>" })], "live", true);
    await vi.waitFor(() => expect(host.querySelectorAll("iframe")).toHaveLength(1), 15_000);
  });

  it("asks before it shows a page of somewhere else, whoever's output it is", async () => {
    show([display({ "text/html": '<iframe width="9" src="https://example.test/a?b&amp;c"></iframe>' })], "page", true);
    await vi.waitFor(() => expect(host.textContent).toContain("example.test"), 15_000);
    expect(host.querySelector("iframe")).toBeNull();
    expect([...host.querySelectorAll("button")].map((one) => one.textContent)).toEqual([
      "Show it",
      "Open it in a new tab",
    ]);
  });

  it("keeps a widget's frame when its saved state changes beside it", async () => {
    const view = (state: string) =>
      display({ "application/vnd.jupyter.widget-view+json": { model_id: "m" }, "text/plain": state });
    show([view("a")], "widget", true);
    await vi.waitFor(() => expect(host.querySelector("iframe")).not.toBeNull(), 15_000);
    const before = host.querySelector("iframe");
    show([view("b")], "widget", true);
    expect(host.querySelector("iframe")).toBe(before);
  });

  it("reads large values from the hub and says when it has none", async () => {
    show([{ output_type: "stream", name: "stdout", text: { $blob: "known", size_bytes: 1 } }]);
    await vi.waitFor(() => expect(host.textContent).toBe("from a blob"), 15_000);
    show([{ output_type: "stream", name: "stdout", text: { $blob: "gone", size_bytes: 1 } }], "r2");
    await vi.waitFor(() => expect(host.textContent).toContain("could not be read"), 15_000);
  });

  it("shows an error's name before its traceback, and folds a long one", () => {
    show([{ output_type: "error", ename: "ValueError", evalue: "bad", traceback: Array(40).fill("at") }]);
    expect(host.querySelector(".output-failure-head")?.textContent).toBe("ValueError: bad");
    expect(host.querySelector("details")?.open).toBe(false);
  });

  describe("when the language changes", () => {
    const lines = (count: number) => Array.from({ length: count }, (_, at) => `line ${at}`).join("\n");
    const switched = async (look: () => void | Promise<void>) => {
      await setLanguage("ja");
      try {
        await look();
      } finally {
        await setLanguage("en");
      }
    };

    it("says what is folded in the new one, in the same places", async () => {
      show([stream(lines(1_000))]);
      const [bar, all, first] = [".output-fold", "button", "[data-first-line]"].map((one) => host.querySelector(one));
      expect(bar?.textContent).toBe("880 lines hiddenShow allCopy all");
      await switched(() => {
        expect(bar?.textContent).toBe("880 行を省略すべて表示すべてコピー");
        const now = [".output-fold", "button", "[data-first-line]"].map((one) => host.querySelector(one));
        expect([now[0] === bar, now[1] === all, now[2] === first]).toEqual([true, true, true]);
        show([stream(lines(1_001))]);
        expect(bar?.textContent).toContain("881 行を省略");
      });
      expect(bar?.textContent).toContain("881 lines hidden");
    });

    it("names the box with all lines anew and leaves it where it was scrolled to", async () => {
      show([stream(lines(1_000))]);
      host.querySelector("button")?.click();
      const box = host.querySelector(".output-window") as HTMLElement;
      box.scrollTop = 400;
      await switched(() => {
        expect([host.querySelector(".output-window"), box.scrollTop]).toEqual([box, 400]);
        expect(box.getAttribute("aria-label")).toBe(text("outputs.allLines", { count: 1_000 }));
        expect(host.querySelector(".output-fold")?.textContent).toBe("折りたたむすべてコピー");
      });
    });

    it("says again how long a line is that was cut", async () => {
      show([stream("x".repeat(30_000))]);
      expect(host.textContent).toContain(text("outputs.lineCut", { count: 30_000 }));
      await switched(() => expect(host.textContent).toContain(text("outputs.lineCut", { count: 30_000 })));
    });

    it("keeps how many outputs are hidden, errors, pictures and what cannot be shown in it", async () => {
      const error: Output = { output_type: "error", ename: "E", evalue: "", traceback: ["at"] };
      const several = [
        display({ "image/png": "AAAA" }),
        error,
        display({ "x/y": "?" }),
        ...Array(60).fill(stream("a")),
      ];
      show(several);
      const said = () => [
        host.querySelector("img")?.alt,
        host.querySelector("summary")?.textContent,
        host.querySelector(".output-unknown")?.textContent,
        host.querySelector(":scope > .output-fold")?.textContent,
      ];
      const before = said();
      await switched(() => {
        const now = said();
        expect(now.filter((one, at) => one === before[at])).toEqual([]);
        expect(now[1]).toBe("トレースバック");
        expect(now[3]).toBe("3 件の出力を省略すべて表示");
      });
      expect(said()).toEqual(before);
    });

    it("names a frame anew that goes on running, and the question before another", async () => {
      show([display({ "text/html": "<script>1</script>" })], "mine", true);
      await vi.waitFor(() => expect(host.querySelector("iframe")).not.toBeNull(), 15_000);
      const frame = host.querySelector("iframe") as HTMLIFrameElement;
      const inside = frame.contentWindow;
      await switched(() => {
        expect(frame.title).toBe("インタラクティブな出力");
        expect([host.querySelector("iframe") === frame, frame.contentWindow === inside]).toEqual([true, true]);
      });
      show([display({ "text/html": "<script>1</script>" })], "theirs", false);
      await vi.waitFor(() => expect(host.querySelector(".output-ask")).not.toBeNull(), 15_000);
      const question = host.querySelector(".output-ask")?.textContent;
      await switched(() => {
        expect(host.querySelector(".output-ask")?.textContent).toBe(`${text("frames.saved")}${text("frames.show")}`);
        expect(host.querySelector(".output-ask")?.textContent).not.toBe(question);
      });
    });
  });
});
