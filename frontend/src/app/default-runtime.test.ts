import { expect, test } from "vitest";
import { DefaultRuntime } from "./default-runtime.ts";

function browser(answer: () => Promise<Response>) {
  const stored = new Map<string, string>();
  const tokens: { baseUrl: string; token: string; remember: boolean }[] = [];
  const asked: { url: string; body: unknown }[] = [];
  const environment = {
    store: {
      getItem: (key: string) => stored.get(key) ?? null,
      setItem: (key: string, value: string) => void stored.set(key, value),
    },
    vault: {
      keep: async (baseUrl: string, token: string, { remember }: { readonly remember: boolean }) =>
        void tokens.push({ baseUrl, token, remember }),
    },
    fetch: (async (input: unknown, init?: RequestInit) => {
      asked.push({ url: String(input), body: JSON.parse(String(init?.body)) });
      return await answer();
    }) as typeof fetch,
    clientName: "Firefox on Linux",
    owner: null,
    locks: locks(),
  };
  return { environment, stored, tokens, asked, open: () => new DefaultRuntime(environment) };
}

/** As the tabs of one browser have them; `shared` waits its turn, too. */
function locks() {
  let last: Promise<unknown> = Promise.resolve();
  return {
    request: (_name: string, _options: object, work: () => Promise<void>): Promise<unknown> => {
      last = last.then(work);
      return last;
    },
  };
}

const paired = async () => new Response(JSON.stringify({ token: "session-token" }), { status: 201 });
const link = (port: number, secret: string) => `http://127.0.0.1:8800/connect#rt=http://127.0.0.1:${port}&${secret}`;

test("a sign-in link's runtime is paired at once and serves every notebook that remembers none", async () => {
  const { open, tokens, asked, stored } = browser(paired);
  const page = open();
  page.adopt(link(8888, "pair=AB-12"));
  expect(await page.inputFor(null)).toBe("http://127.0.0.1:8888/");
  expect(asked).toEqual([
    { url: "http://127.0.0.1:8888/api/runhere/pair", body: { code: "AB-12", client_name: "Firefox on Linux" } },
  ]);
  expect(tokens).toEqual([{ baseUrl: "http://127.0.0.1:8888/", token: "session-token", remember: true }]);
  expect([...stored.values()].join()).not.toMatch(/AB-12|session-token/);
  // Another tab, or the same after a reload.
  expect(await open().inputFor(null)).toBe("http://127.0.0.1:8888/");
});

test("a tab that is opened while the link's code is exchanged waits for that", async () => {
  let answer = (_: Response) => {};
  const answered = new Promise<Response>((give) => {
    answer = give;
  });
  const { open } = browser(() => answered);
  open().adopt(link(8888, "pair=AB-12"));
  const other = open().inputFor(null);
  answer(await paired());
  expect(await other).toBe("http://127.0.0.1:8888/");
});

test("a notebook's own runtime wins, unless it was an earlier default that is gone", async () => {
  const { open } = browser(paired);
  const page = open();
  page.adopt(link(8888, "pair=AB-12"));
  expect(await page.inputFor("http://127.0.0.1:9999/")).toBeNull();
  page.adopt(link(8890, "pair=CD-34"));
  expect(await page.inputFor("http://127.0.0.1:8888/")).toBe("http://127.0.0.1:8890/");
  expect(await page.inputFor("http://127.0.0.1:8890/")).toBeNull();
  expect(await page.inputFor("http://127.0.0.1:9999/")).toBeNull();
});

test("a token of a link is kept for the tabs only", async () => {
  const { open, tokens, asked } = browser(paired);
  const page = open();
  page.adopt(link(8888, "token=abc"));
  expect(await page.inputFor(null)).toBe("http://127.0.0.1:8888/");
  expect(asked).toEqual([]);
  expect(tokens).toEqual([{ baseUrl: "http://127.0.0.1:8888/", token: "abc", remember: false }]);
});

test("a code that cannot be exchanged now leaves the link to the connection, which says why", async () => {
  const { open, stored } = browser(() => Promise.reject(new TypeError("Failed to fetch")));
  const page = open();
  page.adopt(link(8888, "pair=AB-12"));
  expect(await page.inputFor(null)).toBe(link(8888, "pair=AB-12"));
  expect(stored.size).toBe(0);
});

test("without a link there is no default", async () => {
  expect(await browser(paired).open().inputFor(null)).toBeNull();
});
