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
