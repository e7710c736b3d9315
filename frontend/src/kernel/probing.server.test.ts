import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { createServer as createHttp } from "node:http";
import { type AddressInfo, createServer, type Server } from "node:net";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Diagnosis } from "../core/probe.ts";
import { findFolder } from "./folder.ts";
import { probe } from "./probing.ts";
import { realClock } from "./testing/clock.ts";
import { freePort } from "./testing/free-port.ts";
import {
  browserLikeFetch,
  clientOf,
  jupyterPython,
  openWs,
  type RunningJupyter,
  startJupyter,
} from "./testing/jupyter.ts";

const HUB = "http://127.0.0.1:8800";

interface Asked {
  readonly url: string;
  readonly mode: string;
}

async function diagnose(baseUrl: string, token: string | null): Promise<{ diagnosis: Diagnosis; asked: Asked[] }> {
  const asked: Asked[] = [];
  const pageFetch = browserLikeFetch(HUB);
  const diagnosis = await probe(
    {
      baseUrl,
      hasToken: token !== null,
      hasPairingCode: false,
      environment: { engine: "chromium", isSecureContext: true, hubOrigin: HUB },
    },
    {
      fetch: async (input, init) => {
        asked.push({ url: String(input), mode: init?.mode ?? "cors" });
        return await pageFetch(input, init);
      },
      openSocket: (url, protocols) => openWs(url, protocols, HUB),
      clock: realClock,
      queryPermission: async () => "granted",
      explain: async () => true,
      onStep: () => {},
      token: () => token,
      pair: async () => ({ status: 404, json: null }),
      prove: async () => false,
      signal: new AbortController().signal,
    },
  );
  return { diagnosis, asked };
}

function codeOf(diagnosis: Diagnosis): string {
  return diagnosis.ok ? `ok ${diagnosis.kind} ${diagnosis.auth} ${diagnosis.advice.join()}`.trim() : diagnosis.code;
}

describe.skipIf(jupyterPython() === null)("a real server", () => {
  const servers: Record<string, RunningJupyter> = {};

  beforeAll(async () => {
    const [plain, allows, other] = await Promise.all([
      startJupyter({ app: "server" }),
      startJupyter({ app: "notebook", flags: [`--NotebookApp.allow_origin=${HUB}`] }),
      startJupyter({ app: "server", flags: ["--ServerApp.allow_origin=https://other.example"] }),
    ]);
    Object.assign(servers, { plain, allows, other });
  }, 120_000);
  afterAll(async () => {
    await Promise.all(Object.values(servers).map((server) => server.stop()));
  }, 30_000);

  it.each([
    ["plain", "right", "ok jupyter query set_allow_origin"],
    ["plain", "wrong", "refused"],
    ["plain", null, "token_missing"],
    ["allows", "right", "ok jupyter header"],
    ["allows", "wrong", "token_refused"],
    ["allows", null, "token_missing"],
    ["other", "right", "origin_not_allowed"],
    ["other", "wrong", "refused"],
  ])(
    "%s, token %s: %s",
    async (name, which, expected) => {
      const server = servers[name];
      if (server === undefined) throw new Error("It did not start.");
      const token = which === "right" ? server.token : which;
      const { diagnosis, asked } = await diagnose(server.baseUrl, token);
      expect(codeOf(diagnosis)).toBe(expected);
      expect(asked[0]).toEqual({ url: `${server.baseUrl}api`, mode: "no-cors" });
      expect(JSON.stringify(diagnosis)).not.toContain(server.token);
    },
    30_000,
  );

  it("finds the notebook's folder, and falls back to the root", async () => {
    const server = servers["plain"];
    if (server === undefined) throw new Error("It did not start.");
    const folder = join(server.root, "my work");
    mkdirSync(folder);
    writeFileSync(join(folder, "x.ipynb"), "{}");
    const { size, mtimeMs } = statSync(join(folder, "x.ipynb"));
    const client = clientOf(server, { auth: "query", origin: HUB });
    const asked = vi.spyOn(client.transport, "request");
    const place = { folder, fileName: "x.ipynb", sizeBytes: size, modifiedAt: mtimeMs };
    expect(await findFolder(client, place)).toEqual({ path: "my work", place: "notebook" });
    expect(await findFolder(client, { ...place, folder: join("/elsewhere", basename(server.root)) })).toEqual({
      path: "",
      place: "root",
    });
    expect(await findFolder(client, { ...place, sizeBytes: 999 })).toEqual({ path: "", place: "root" });
    expect(await findFolder(client, null)).toEqual({ path: "", place: "root" });
    // A browser writes a red line for each answer that is an error.
    const answers = await Promise.allSettled(asked.mock.results.map(({ value }) => value));
    expect(answers.map(({ status }) => status)).not.toContain("rejected");
    expect(answers.length).toBeGreaterThan(0);
  }, 30_000);
});

describe("something else", () => {
  const open: Server[] = [];
  const received: string[] = [];
  afterAll(() => {
    for (const server of open) server.close();
  });

  async function listen(server: Server): Promise<string> {
    open.push(server);
    server.unref();
    await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
    // Known: a TCP server's address.
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  }

  it("nothing listens", async () => {
    const { diagnosis } = await diagnose(`http://127.0.0.1:${await freePort()}/`, "secret");
    expect(codeOf(diagnosis)).toBe("nothing_listening");
  });

  it("another protocol: no token is sent", async () => {
    const base = await listen(
      createServer((socket) => {
        socket.on("error", () => {});
        socket.on("data", (chunk) => received.push(String(chunk)));
        socket.end("SSH-2.0-OpenSSH_9.2\r\n");
      }),
    );
    const { diagnosis } = await diagnose(base, "secret");
    expect(codeOf(diagnosis)).toBe("nothing_listening");
    expect(received.join()).not.toContain("secret");
  });

  it("takes the connection and says nothing: no token is sent", async () => {
    const base = await listen(
      createServer((socket) => {
        socket.on("error", () => {});
        socket.on("data", (chunk) => received.push(String(chunk)));
        setTimeout(() => socket.destroy(), 20_000).unref();
      }),
    );
    const { diagnosis } = await diagnose(base, "secret");
    expect(codeOf(diagnosis)).toBe("no_answer");
    expect(received.join()).not.toContain("secret");
  }, 20_000);

  it("another JSON service that lets everybody read", async () => {
    const asked: string[] = [];
    const http = createHttp((request, answer) => {
      asked.push(request.url ?? "");
      answer.setHeader("Access-Control-Allow-Origin", "*").setHeader("Content-Type", "application/json").end('{"a":1}');
    });
    const { diagnosis } = await diagnose(await listen(http), "secret");
    expect(codeOf(diagnosis)).toBe("not_jupyter");
    expect(asked.join()).not.toContain("secret");
  });
});
