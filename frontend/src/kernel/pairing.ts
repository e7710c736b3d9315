/**
 * Pairing with a companion, and the check that the one who answers is the one that was paired with (SPEC 8).
 *
 * Both sides know the session's token. Before this page sends it, the other side has to show that it knows it, by a MAC over a nonce of ours
 * and the address we dialled. A program that took the runtime's port meanwhile cannot, and learns nothing.
 */
import { hexOf } from "../core/hex.ts";

export interface PairingTools {
  readonly fetch: typeof fetch;
  readonly crypto: Crypto;
}

/** `unreachable`: nobody answered, or nothing that this page may read. */
export type Proof = "proven" | "unproven" | "unreachable";

export interface ProofWish {
  /** With final slash. */
  readonly baseUrl: string;
  /** Not sent. */
  readonly token: string;
  readonly sessionId: string;
  readonly signal?: AbortSignal;
}

/** After a dead cable a browser's kept connections are dead, too, and each swallows one request: so several are tried, one after another. */
const PROOF_MS = 4_000;
const NEXT_TRY_MS = 700;
const TRIES = 8;

/** Does this address know our token? Never rejects, unless the browser has no cryptography. */
export async function proves(wish: ProofWish, tools: PairingTools): Promise<Proof> {
  const settled = new AbortController();
  const signal = wish.signal === undefined ? settled.signal : AbortSignal.any([settled.signal, wish.signal]);
  try {
    return await new Promise<Proof>((give, fail) => {
      let open = TRIES;
      const attempt = async (at: number) => {
        await pause(at * NEXT_TRY_MS, signal);
        const proof = signal.aborted ? "unreachable" : await provesOnce({ ...wish, signal }, tools);
        open -= 1;
        // A refused connection says at once what the other tries would say.
        if (proof !== "timed_out") give(proof);
        else if (open === 0) give("unreachable");
      };
      for (let at = 0; at < TRIES; at += 1) attempt(at).catch(fail);
    });
  } finally {
    settled.abort();
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms === 0) return;
  await new Promise<void>((wake) => {
    const timer = setTimeout(wake, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      wake();
    });
  });
}

async function provesOnce(wish: ProofWish, { fetch, crypto }: PairingTools): Promise<Proof | "timed_out"> {
  const nonce = hexOf(crypto.getRandomValues(new Uint8Array(16)));
  const url = new URL("api/runhere/challenge", wish.baseUrl);
  url.searchParams.set("nonce", nonce);
  url.searchParams.set("session_id", wish.sessionId);
  const limit = AbortSignal.timeout(PROOF_MS);
  let mac: unknown;
  try {
    const answer = await fetch(url, {
      credentials: "omit",
      cache: "no-store",
      referrerPolicy: "no-referrer",
      redirect: "error",
      signal: wish.signal === undefined ? limit : AbortSignal.any([limit, wish.signal]),
    });
    if (!answer.ok) return "unproven";
    const json: unknown = await answer.json().catch(() => null);
    mac = typeof json === "object" && json !== null && "mac" in json ? json.mac : null;
  } catch {
    // An impostor without CORS looks the same: nothing is sent either way.
    return limit.aborted ? "timed_out" : "unreachable";
  }
  return mac === (await macOf(crypto, wish.token, nonce, url.host)) ? "proven" : "unproven";
}

async function macOf(crypto: Crypto, token: string, nonce: string, host: string): Promise<string> {
  const text = new TextEncoder();
  const key = hexOf(await crypto.subtle.digest("SHA-256", text.encode(token)));
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const imported = await crypto.subtle.importKey("raw", text.encode(key), algorithm, false, ["sign"]);
  return hexOf(await crypto.subtle.sign("HMAC", imported, text.encode(`runhere-challenge\n${nonce}\n${host}`)));
}

export interface PairWish {
  readonly baseUrl: string;
  /** One-time. */
  readonly code: string;
  /** Shown by the companion beside the session. */
  readonly clientName: string;
  readonly signal: AbortSignal;
}

export type Paired =
  | { readonly ok: true; readonly token: string; readonly sessionId: string | null }
  | { readonly ok: false; readonly status: number; readonly json: unknown };

/**
 * Exchange a code for a session token, which is bound to this origin and can be revoked.
 *
 * @throws TypeError or DOMException of `fetch` when nobody answers. The code may be used up then.
 */
export async function pair(wish: PairWish, fetch: PairingTools["fetch"]): Promise<Paired> {
  const answer = await fetch(`${wish.baseUrl}api/runhere/pair`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ code: wish.code, client_name: wish.clientName }),
    credentials: "omit",
    cache: "no-store",
    referrerPolicy: "no-referrer",
    redirect: "error",
    signal: wish.signal,
  });
  const json: unknown = await answer.json().catch(() => null);
  const given = typeof json === "object" && json !== null ? (json as Readonly<Record<string, unknown>>) : {};
  const { token, session_id: sessionId } = given;
  if (!answer.ok || typeof token !== "string") return { ok: false, status: answer.ok ? 500 : answer.status, json };
  return { ok: true, token, sessionId: typeof sessionId === "string" ? sessionId : null };
}
