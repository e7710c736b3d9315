/**
 * Keeps one open notebook and its file on a runtime's disk in step (ADR 0037). The hub merges and renders; this carries the text there and back:
 *
 *   changed ──rest──▶ read the file ──▶ hub: what others changed goes into the notebook; what is to stand there ──▶ write, if it is still what was read
 *   seen: other time of change ────────▶ the same
 *
 * Nothing is written over a text that was not read first, but on a person's word. One tab of a browser at a time; others find nothing to do.
 */
import { ApiError, HubUnreachable } from "../api/errors.ts";
import { changedAt, type DiskState, dueAt, isHalf, isRelated, type Unwritten, withoutHome } from "../core/disk-file.ts";
import { type Observable, Value } from "../core/observable.ts";
import type { AtHome } from "../core/private-outputs.ts";
import { FileError, RuntimeFiles } from "../kernel/files.ts";
import type { Clock } from "../kernel/messages.ts";
import type { Transport } from "../kernel/transport.ts";
import type { DiskBase, DiskBases } from "./disk-bases.ts";
import type { DiskLink } from "./disk-links.ts";

export interface Exchanged {
  readonly text: string;
  readonly conflicts: number;
  readonly metadata_kept: boolean;
}

/** What a person may have done to a file that stopped it. */
export type DiskWish =
  /** Write the notebook there, whatever is there. */
  | "write_mine"
  /** Make the notebook what the file says. */
  | "take_theirs";

export interface DiskNotebookOptions {
  readonly link: DiskLink;
  readonly bases: Pick<DiskBases, "load" | "keep">;
  /** Merges what changed between `base` and `file` into the notebook, and tells what is to stand in the file. */
  readonly exchange: (file: string, base: string | null) => Promise<Exchanged>;
  /** Way to the bound server; null while none answers. */
  readonly way: Observable<DiskWay>;
  /** Whether the hub has everything that was typed in this page. */
  readonly hub: Observable<"in_step" | "behind" | "away">;
  readonly atHome: () => AtHome;
  /** The file is at home at another address from now on. */
  readonly onMoved: (link: DiskLink) => void;
  readonly clock: Clock;
  readonly locks: Pick<LockManager, "request"> | undefined;
}

export type DiskWay =
  | { readonly phase: "none" | "away" }
  | { readonly phase: "open"; readonly transport: Transport; readonly label: string };

/** How often the file is looked at while nothing is typed. */
const LOOK_MS = 3_000;
const RETRY_MS = 10_000;
const SETTLE_MS = 1_000;
const AT_ONCE: Unwritten = { first: 0, last: 0, hasEdits: true };
/** Of a write whose file changes under it again and again. */
const TRIES = 3;

export class DiskNotebook {
  readonly #options: DiskNotebookOptions;
  readonly #state = new Value<DiskState>({ phase: "saving" });
  readonly #ends: (() => void)[];
  #link: DiskLink;
  #unwritten: Unwritten | null;
  /** Time of change that the file had when it was read or written last. */
  #version: string | null = null;
  #lastTookMs = 0;
  #isInvalid = false;
  /** After a failure it is not tried at once again; ms. */
  #notBefore = 0;
  #isWorking = false;
  #isClosed = false;
  #cancel: () => void = () => {};
  #wish: DiskWish | null = null;

  constructor(options: DiskNotebookOptions) {
    this.#options = options;
    this.#link = options.link;
    // What was typed while no page could write it is found by comparing once.
    this.#unwritten = changedAt(null, options.clock.now(), true);
    const again = () => {
      this.#notBefore = 0;
      this.#turn();
    };
    this.#ends = [options.way.subscribe(again), options.hub.subscribe(() => this.#turn())];
    this.#turn();
  }

  get state(): Observable<DiskState> {
    return this.#state;
  }

  get link(): DiskLink {
    return this.#link;
  }

  /** The notebook changed: its document, or what its cells show. */
  changed(what: "document" | "outputs"): void {
    this.#unwritten = changedAt(this.#unwritten, this.#options.clock.now(), what === "document");
    if (this.#state.get().phase === "saved") this.#state.set({ phase: "saving" });
    this.#turn();
  }

  /** Tries at once; with a wish, does what a person decided. */
  tryNow(wish: DiskWish | null = null): void {
    this.#wish = wish;
    this.#notBefore = 0;
    this.#unwritten = AT_ONCE;
    this.#turn();
  }

  /** What was not written stays in the hub, and is written when the notebook is open again. */
  close(): void {
    this.#isClosed = true;
    this.#cancel();
    for (const end of this.#ends) end();
  }

  #turn(): void {
    this.#cancel();
    if (this.#isClosed || this.#isWorking) return;
    const { way, hub, clock } = this.#options;
    const now = way.get();
    if (now.phase !== "open") {
      this.#wait(now.phase === "none" ? "not_connected" : "runtime_away");
      return;
    }
    if (this.#unwritten === null) {
      this.#after(LOOK_MS, () => this.#look(now.transport));
      return;
    }
    // What the hub has not got yet it cannot put into the file; it tells when it has.
    if (hub.get() === "away") this.#wait("hub_away");
    if (hub.get() !== "in_step") return;
    const due = Math.max(dueAt(this.#unwritten, this.#lastTookMs), this.#notBefore);
    this.#after(Math.max(0, due - clock.now()), () => this.#write(now.transport, now.label));
  }

  #wait(why: Extract<DiskState, { phase: "waiting" }>["why"]): void {
    this.#state.set({ phase: "waiting", why });
    // Nobody knows what became of the file meanwhile.
    this.#unwritten ??= changedAt(null, this.#options.clock.now(), true);
  }

  #after(ms: number, work: () => Promise<void>): void {
    this.#cancel = this.#options.clock.after(ms, () => {
      this.#isWorking = true;
      void work().finally(() => {
        this.#isWorking = false;
        this.#turn();
      });
    });
  }

  /** Has others written the file? */
  async #look(transport: Transport): Promise<void> {
    try {
      const version = await new RuntimeFiles(transport).version(this.#link.path);
      if (version !== this.#version) this.#unwritten = AT_ONCE;
    } catch (error) {
      this.#failed(error);
    }
  }

  async #write(transport: Transport, label: string): Promise<void> {
    const { clock, locks } = this.#options;
    const wish = this.#wish;
    this.#unwritten = null;
    this.#wish = null;
    const began = clock.now();
    const work = async (): Promise<void> => {
      if (transport.baseUrl !== this.#link.baseUrl && !(await this.#isMoved(transport, label))) {
        this.#notBefore = clock.now() + RETRY_MS;
        this.#wait("other_runtime");
        return;
      }
      const told = await this.#bringInStep(new RuntimeFiles(transport), wish);
      this.#isInvalid = false;
      if (this.#unwritten === null) this.#state.set(told);
    };
    try {
      if (locks === undefined) await work();
      else await locks.request(`runhere.disk:${this.#link.notebookId}`, work);
      this.#lastTookMs = clock.now() - began;
    } catch (error) {
      this.#failed(error);
    }
  }

  /** Reads, merges and writes. @throws FileError, ApiError, Another: nothing was written over what was not read. */
  async #bringInStep(files: RuntimeFiles, wish: DiskWish | null): Promise<DiskState> {
    const { bases, exchange } = this.#options;
    const { notebookId, path } = this.#link;
    for (let attempt = 1; ; attempt += 1) {
      const kept = await bases.load(notebookId);
      const file = wish === "write_mine" && kept !== null ? null : await files.readText(path);
      // What a full disk broke off is our own half: the file said what it said before.
      const told = file !== null && kept !== null && isHalf(file.text, kept) ? kept.text : (file?.text ?? null);
      const base = baseFor(kept, told);
      const text = told ?? base ?? "";
      if (wish === null && base !== null && !isRelated(base, text)) throw new Another();
      const answer = await this.#exchange(exchange, text, wish === "take_theirs" ? "theirs" : base);
      if (answer.text !== file?.text) {
        await bases.keep(notebookId, { text: base ?? text, pending: answer.text });
        try {
          this.#version = (await files.writeText(path, answer.text, file?.version ?? null)).version;
        } catch (error) {
          const isRace = error instanceof FileError && error.trouble === "changed";
          if (isRace && attempt < TRIES) continue;
          throw error;
        }
      } else {
        this.#version = file.version;
      }
      await bases.keep(notebookId, { text: answer.text, pending: null });
      return { phase: "saved", conflicts: answer.conflicts, isMetadataKept: answer.metadata_kept };
    }
  }

  /** @param base `theirs`: whatever the notebook says now, so that the file's word is the last. */
  async #exchange(
    exchange: DiskNotebookOptions["exchange"],
    file: string,
    base: string | null | "theirs",
  ): Promise<Exchanged> {
    const home = this.#options.atHome();
    const shown = withoutHome(file, home);
    if (base === "theirs") return await exchange(shown, (await exchange(shown, shown)).text);
    return await exchange(shown, base === null ? null : base === file ? shown : withoutHome(base, home));
  }

  /** Whether the very file is at another address: the runtime was started anew, on another port. */
  async #isMoved(transport: Transport, label: string): Promise<boolean> {
    const kept = await this.#options.bases.load(this.#link.notebookId);
    if (kept === null) return false;
    try {
      const { text } = await new RuntimeFiles(transport).readText(this.#link.path);
      if (text !== kept.text && text !== kept.pending) return false;
    } catch (error) {
      if (error instanceof FileError && error.trouble !== "unreachable") return false;
      throw error;
    }
    this.#link = { ...this.#link, baseUrl: transport.baseUrl, label };
    this.#options.onMoved(this.#link);
    return true;
  }

  #failed(error: unknown): void {
    if (this.#isClosed) return;
    const now = this.#options.clock.now();
    const state = stateAfter(error);
    // Servers and programs write a file in place: for a moment it is empty, or half there.
    const isMoment = state.phase === "stopped" && state.trouble === "invalid" && !this.#isInvalid;
    this.#isInvalid = state.phase === "stopped" && state.trouble === "invalid";
    this.#unwritten = changedAt(null, now, true);
    this.#notBefore = now + (isMoment ? SETTLE_MS : RETRY_MS);
    if (!isMoment) this.#state.set(state);
  }
}

/** Another notebook took the name of ours. */
class Another extends Error {
  override readonly name = "Another";
}

/** What the file is known to have said: what was being written counts when it is what is there. */
function baseFor(kept: DiskBase | null, file: string | null): string | null {
  if (kept === null) return null;
  return kept.pending !== null && kept.pending === file ? kept.pending : kept.text;
}

function stateAfter(error: unknown): DiskState {
  if (error instanceof Another) return { phase: "stopped", trouble: "another", reason: "" };
  if (error instanceof FileError) {
    const { trouble, reason } = error;
    switch (trouble) {
      case "unreachable":
      case "token":
        return { phase: "waiting", why: "runtime_away" };
      case "missing":
      case "folder_missing":
        return { phase: "stopped", trouble: "missing", reason };
      case "read_only":
      case "disk_full":
        return { phase: "stopped", trouble, reason };
      case "damaged":
        return { phase: "stopped", trouble: "disk_full", reason };
      case "not_text":
        return { phase: "stopped", trouble: "invalid", reason };
      case "exists":
      case "changed":
      case "name_too_long":
      case "bad_name":
      case "trash_full":
      case "no_room_here":
      case "refused":
        return { phase: "stopped", trouble: "refused", reason };
    }
  }
  if (error instanceof HubUnreachable) return { phase: "waiting", why: "hub_away" };
  if (error instanceof ApiError) {
    const { status, code, message } = error;
    const isInvalid = code === "notebook_invalid" || code === "notebook_needs_upgrade";
    if (isInvalid) return { phase: "stopped", trouble: "invalid", reason: message };
    if (status === 403 || status === 404) return { phase: "stopped", trouble: "not_allowed", reason: message };
    if (status === 413) return { phase: "stopped", trouble: "too_large", reason: message };
    return status >= 500
      ? { phase: "waiting", why: "hub_away" }
      : { phase: "stopped", trouble: "refused", reason: message };
  }
  return { phase: "stopped", trouble: "refused", reason: error instanceof Error ? error.message : String(error) };
}
