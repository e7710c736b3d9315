import { expect, test } from "vitest";
import { HubClient } from "./client.ts";
import { ApiError, HubUnreachable } from "./errors.ts";

interface Sent {
  readonly url: string;
  readonly init: RequestInit;
}

function hub(answer: () => Response | Promise<Response>): { client: HubClient; sent: Sent[] } {
  const sent: Sent[] = [];
  const client = new HubClient({
    fetch: async (input, init) => {
      sent.push({ url: String(input), init: init ?? {} });
      return answer();
    },
  });
  return { client, sent };
}
const json = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status });

test("a change names its media type and that no other site sent it; reading does neither", async () => {
  const { client, sent } = hub(() => json({ entries: [] }));
  await client.openNotebook({ folderId: "f", path: "a/b c.ipynb" }, "upgrade");
  await client.entries("f", "a/日本 &x");
  expect(sent[0]?.init).toMatchObject({
    method: "POST",
    credentials: "same-origin",
    headers: { "X-Requested-By": "runhere", "Content-Type": "application/json" },
    body: JSON.stringify({ folder_id: "f", path: "a/b c.ipynb", accept: "upgrade" }),
  });
  expect(sent[1]?.init.headers).toEqual({});
  expect(new URL(sent[1]?.url ?? "", "http://h").searchParams.get("path")).toBe("a/日本 &x");
});

test("a notebook that is made right behind a choice for new ones waits for it, and is not made without it", async () => {
  let answer: (response: Response) => void = () => {};
  const { client, sent } = hub(() => new Promise((give) => (answer = give)));
  const place = { folderId: "f", path: "" };
  const chosen = client.chooseForNewNotebooks(true);
  const made = client.createNotebook(place);
  await Promise.resolve();
  expect(sent.map(({ url }) => url)).toEqual(["/api/v1/new-notebooks"]);
  answer(json({ omit: true, hub_omits: false }));
  await chosen;
  await expect.poll(() => sent.length).toBe(2);
  answer(json({ id: "n" }));
  expect(await made).toEqual({ id: "n" });

  const refused = client.chooseForNewNotebooks(false).catch(() => "refused");
  const unmade = client.createNotebook(place).catch((error: unknown) => error);
  answer(json({ code: "disk_full", message: "Full." }, 507));
  expect([await refused, await unmade]).toEqual(["refused", expect.any(ApiError)]);
  expect(sent).toHaveLength(3);
  const later = client.createNotebook(place);
  await expect.poll(() => sent.length).toBe(4);
  answer(json({ id: "m" }));
  expect(await later).toEqual({ id: "m" });
});

test("the hub's refusal keeps its code, message and details", async () => {
  const body = { code: "notebook_needs_upgrade", message: "Old format.", details: { nbformat: 3 } };
  const { client } = hub(() => json(body, 409));
  const error = await client.openNotebook({ folderId: "f", path: "x" }).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ApiError);
  expect(error).toMatchObject({ status: 409, ...body });
});

test("an answer of somebody else (a proxy's page) is told as such", async () => {
  const { client } = hub(() => new Response("<html>Bad gateway", { status: 502 }));
  await expect(client.home()).rejects.toMatchObject({ status: 502, code: "unexpected_answer" });
});

test("no answer at all is the hub's absence; a cancelled request stays a cancelled request", async () => {
  const away = hub(() => Promise.reject(new TypeError("Failed to fetch")));
  await expect(away.client.session()).rejects.toBeInstanceOf(HubUnreachable);

  const stop = new AbortController();
  const cancelled = hub(() => {
    stop.abort();
    throw stop.signal.reason;
  });
  await expect(cancelled.client.search("x", { signal: stop.signal })).rejects.toMatchObject({ name: "AbortError" });
});

test("204 needs no body", async () => {
  const { client, sent } = hub(() => new Response(null, { status: 204 }));
  await expect(client.trashNotebook("n")).resolves.toBeUndefined();
  expect(sent[0]?.init.method).toBe("DELETE");
});
