/**
 * The page's line to a notebook's room: document, presence and runs over one WebSocket (SPEC 2).
 *
 *   connecting ──hello, both syncs──▶ online ──close, silence──▶ offline ──wait or wake──▶ connecting …
 *        └──────── a close code that no retry mends ───────────▶ refused
 *
 * Invariant: an own update is in `#unsaved` from its making until the hub acknowledged a frame that holds it (2.4), and in the offline store
 * for the same time. After a connection's first answer every frame goes out in the order of making.
 */
import { applyAwarenessUpdate, encodeAwarenessUpdate, removeAwarenessStates } from "y-protocols/awareness";
import * as Y from "yjs";
import { RoomError } from "../core/errors.ts";
import { canEdit, type Hello } from "../core/notebook.ts";
import { type Observable, Value } from "../core/observable.ts";
import type { NotebookDoc } from "../doc/notebook-doc.ts";
import { onWake, waitBefore } from "./back-off.ts";
import { type Clock, systemClock } from "./clock.ts";
import { type BinaryFrame, decodeFrame, encodeFrame, type HubFrame, parseHubFrame, ROOM_PROTOCOL } from "./messages.ts";
import type { OfflineStore } from "./offline.ts";
import {
  type Connection,
  changed,
  FIRST_ROOM_STATE,
  leastWait,
  type RefusedCode,
  type RoomState,
  refusalOf,
} from "./room-state.ts";
import type { RunStore } from "./run-store.ts";
import { type Connect, connectWebSocket, ROOM_SUBPROTOCOL, type Socket } from "./socket.ts";
import { Unsaved } from "./unsaved.ts";

/** Without a word for this long the connection counts as dead (SPEC 2.6). */
export const SILENCE_MS = 40_000;
const CONNECT_MS = 15_000;

export type { Connection, RefusedCode, RoomState } from "./room-state.ts";

export interface RoomSocketOptions {
  /** `ws(s)://…/api/v1/notebooks/{id}/room` */
  readonly url: string;
  readonly doc: NotebookDoc;
  readonly runs: RunStore;
  readonly offline: OfflineStore;
  readonly browserId: string;
  readonly tabId: string;
  /** Whose page this is: should somebody else be signed in meanwhile, nothing of it goes out in their name. Absent: anybody's. */
  readonly personId?: string;
  readonly clock?: Clock;
  readonly connect?: Connect;
  /** Calls back when a retry is worth while. */
  readonly wakes?: (fn: () => void) => () => void;
  /** Asked when the hub refused the upgrade, of which a browser tells no reason: is it one that no retry mends? */
  readonly whyRefused?: () => Promise<RefusedCode | null>;
}

/** One connection. Its fields end with it. */
interface Line {
  readonly socket: Socket;
  heardAt: number;
  helloSeen: boolean;
  /** The hub's state vector, until it is answered. */
  asked: Uint8Array | null;
  /** Our own sync step 1 was answered: the document is complete. */
  isComplete: boolean;
  /** We answered once: from now on every own update is sent as it is made. */
  isLive: boolean;
  isOfflineMerged: boolean;
  endConnectTimer: () => void;
  endSilenceTimer: () => void;
}

export class RoomSocket {
  readonly #options: RoomSocketOptions;
  readonly #clock: Clock;
  readonly #doc: Y.Doc;
  readonly #state: Value<RoomState>;
  readonly #unsaved: Unsaved;
  #line: Line | null = null;
  #failures = 0;
  /** Something kept by an earlier tab could not be read. */
  #hasDamaged = false;
  #endWait: (() => void) | null = null;
  #ends: (() => void)[] = [];

  constructor(options: RoomSocketOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#doc = options.doc.doc;
    this.#unsaved = new Unsaved(options.offline);
    this.#state = new Value({ ...FIRST_ROOM_STATE, keptOffline: options.offline.state.get() === "ok" });
  }

  get state(): Observable<RoomState> {
    return this.#state;
  }

  /** Connects, and stays connected until `stop`. Calling it again does nothing. */
  start(): void {
    if (this.#ends.length > 0) return;
    const { doc, runs, offline, wakes = onWake } = this.#options;
    this.#doc.on("update", this.#onUpdate);
    doc.awareness.on("update", this.#onAwareness);
    this.#ends = [
      () => this.#doc.off("update", this.#onUpdate),
      () => doc.awareness.off("update", this.#onAwareness),
      runs.unsavedSince.subscribe(() => this.#tellSaved()),
      // Not at the beginning of a write: the edit that is written is not among the unsaved ones yet, and `saved` would be told of it.
      offline.state.subscribe(() => offline.state.get() !== "writing" && this.#tellSaved()),
      wakes(() => this.#onWake()),
    ];
    this.#connect();
  }

  /** Closes. What is unsaved stays in the offline store. */
  stop(): void {
    for (const end of this.#ends.splice(0)) end();
    this.#endWait?.();
    this.#endWait = null;
    this.#drop("offline");
  }

  /** Tries at once, whatever stood against it. */
  reconnectNow(): void {
    if (this.#line?.isLive || this.#ends.length === 0) return;
    this.#failures = 0;
    this.#drop("connecting");
    this.#set({ refusedCode: null });
    this.#connect();
  }

  // Connection

  #connect(): void {
    this.#endWait?.();
    this.#endWait = null;
    const { url, connect = connectWebSocket } = this.#options;
    const line: Line = {
      socket: connect(url, ROOM_SUBPROTOCOL, {
        opened: () => this.#greet(line),
        heard: (data) => this.#hear(line, data),
        closed: (code) => this.#closed(line, code),
      }),
      heardAt: this.#clock.now(),
      helloSeen: false,
      asked: null,
      isComplete: false,
      isLive: false,
      isOfflineMerged: false,
      endConnectTimer: this.#clock.after(CONNECT_MS, () => line.isLive || this.#closed(line, 0)),
      endSilenceTimer: () => {},
    };
    this.#line = line;
    void this.#mergeOffline(line);
  }

  #greet(line: Line): void {
    if (line !== this.#line) return;
    const { browserId, tabId } = this.#options;
    const join = {
      type: "join",
      protocol: ROOM_PROTOCOL,
      client_id: this.#doc.clientID,
      browser_id: browserId,
      tab_id: tabId,
    };
    line.socket.send(JSON.stringify(join));
    line.socket.send(encodeFrame({ type: "step1", stateVector: Y.encodeStateVector(this.#doc) }));
    this.#watchSilence(line);
  }

  // One timer that is set again when it rings, not one for each message.
  #watchSilence(line: Line): void {
    const leftMs = line.heardAt + SILENCE_MS - this.#clock.now();
    if (leftMs <= 0) this.#closed(line, 0);
    else line.endSilenceTimer = this.#clock.after(leftMs, () => this.#watchSilence(line));
  }

  #onWake(): void {
    const line = this.#line;
    if (line?.isLive) {
      if (this.#clock.now() - line.heardAt >= SILENCE_MS) this.#closed(line, 0);
      return;
    }
    if (this.#endWait) this.reconnectNow();
  }

  /** @param code 0: this page gave the connection up. */
  #closed(line: Line, code: number): void {
    if (line !== this.#line) return;
    const refused = refusalOf(code);
    const wasRefusedEarly = !line.helloSeen && refused === null;
    this.#drop(refused ? "refused" : "offline");
    if (refused) {
      this.#set({ refusedCode: refused });
      return;
    }
    this.#failures += 1;
    const waitMs = waitBefore(this.#failures, () => this.#clock.random(), leastWait(code));
    this.#endWait = this.#clock.after(waitMs, () => this.#connect());
    if (wasRefusedEarly) void this.#askWhy();
  }

  async #askWhy(): Promise<void> {
    const code = await this.#options.whyRefused?.().catch(() => null);
    if (!code || this.#line?.helloSeen || this.#ends.length === 0) return;
    this.#endWait?.();
    this.#endWait = null;
    this.#refuse(code);
  }

  #refuse(code: RefusedCode): void {
    this.#drop("refused");
    this.#set({ refusedCode: code });
  }

  #drop(connection: Connection): void {
    const line = this.#line;
    this.#line = null;
    if (line) {
      line.endConnectTimer();
      line.endSilenceTimer();
      line.socket.end();
      this.#unsaved.disconnected();
      this.#options.runs.disconnected();
      this.#forgetOthers();
    }
    this.#set({ connection });
    this.#tellSaved();
  }

  #forgetOthers(): void {
    const { awareness } = this.#options.doc;
    const others = [...awareness.getStates().keys()].filter((id) => id !== awareness.clientID);
    removeAwarenessStates(awareness, others, this);
  }

  // Hearing

  #hear(line: Line, data: string | ArrayBuffer): void {
    if (line !== this.#line) return;
    line.heardAt = this.#clock.now();
    try {
      if (typeof data === "string") {
        const frame = parseHubFrame(data);
        if (frame) this.#takeFrame(line, frame);
      } else {
        const frame = decodeFrame(new Uint8Array(data));
        if (frame) this.#takeBinary(line, frame);
      }
    } catch (error) {
      if (!(error instanceof RoomError)) throw error;
      // Not of this protocol: another try gets a fresh room; the wait keeps it from spinning.
      this.#closed(line, 0);
    }
  }

  #takeBinary(line: Line, frame: BinaryFrame): void {
    switch (frame.type) {
      case "step1":
        line.asked = frame.stateVector;
        break;
      case "step2":
        this.#apply(frame.update);
        line.isComplete = true;
        break;
      case "update":
        this.#apply(frame.update);
        break;
      case "awareness":
        applyAwarenessUpdate(this.#options.doc.awareness, frame.update, this);
        break;
    }
    this.#answer(line);
  }

  /**
   * What the hub sent, into the document. For whoever listens to updates Yjs writes each of them out again, at the first the whole notebook;
   * but what came from the hub nobody here sends anywhere.
   */
  #apply(update: Uint8Array): void {
    // Whatever somebody changes in answer to it is an edit like any other.
    const onAnswer = ({ origin }: Y.Transaction): void => {
      if (origin !== this) this.#doc.on("update", this.#onUpdate);
    };
    this.#doc.off("update", this.#onUpdate);
    this.#doc.on("beforeTransaction", onAnswer);
    try {
      Y.applyUpdate(this.#doc, update, this);
    } finally {
      this.#doc.off("beforeTransaction", onAnswer);
      this.#doc.on("update", this.#onUpdate);
    }
  }

  #takeFrame(line: Line, frame: HubFrame): void {
    switch (frame.type) {
      case "hello":
        if (frame.person.id !== (this.#options.personId ?? frame.person.id)) {
          this.#refuse("signed_out");
          break;
        }
        line.helloSeen = true;
        this.#set({ hello: frame, file: frame.file ?? null });
        this.#options.runs.connected(frame, (message) => line.socket.send(JSON.stringify(message)));
        if (this.#options.doc.awareness.getLocalState()) this.#sayWhoIAm(line);
        this.#answer(line);
        break;
      case "saved":
        this.#unsaved.acknowledged(frame.received);
        this.#set({ notSaved: null });
        this.#tellSaved();
        break;
      case "not_saved":
        this.#set({ notSaved: { code: frame.code, message: frame.message } });
        break;
      case "file":
        this.#set({
          file: { state: frame.state, path: frame.path, message: frame.message ?? null, reasons: frame.reasons ?? [] },
        });
        break;
      case "omit_outputs":
        this.#takeOmitOutputs(frame.omit, frame.cells);
        break;
      case "comments":
        this.#set({ commentNews: this.#state.get().commentNews + 1 });
        break;
      case "role":
        this.#takeRole(frame.role);
        break;
      case "refused":
        this.#options.runs.refused(frame.of, frame.code);
        break;
      case "beat":
        break;
      default:
        this.#options.runs.received(frame);
    }
  }

  #takeOmitOutputs(omit: boolean, cells: readonly string[]): void {
    const hello = this.#state.get().hello;
    if (hello) this.#set({ hello: { ...hello, omit_outputs: omit, private_cells: cells } });
    this.#options.runs.keepHome({ everything: omit, cells: new Set(cells) });
  }

  #takeRole(role: Hello["role"]): void {
    const hello = this.#state.get().hello;
    if (hello) this.#set({ hello: { ...hello, role } });
  }

  // Document

  async #mergeOffline(line: Line): Promise<void> {
    const kept = await this.#options.offline.load();
    if (line !== this.#line) return;
    for (const { key, update, at } of kept) {
      if (!this.#unsaved.addKept(key, at)) continue;
      this.#applyKept(update);
    }
    line.isOfflineMerged = true;
    this.#tellSaved();
    this.#answer(line);
  }

  // A damaged entry (a browser killed while writing) must not keep the notebook from opening; what can be read of it was applied.
  #applyKept(update: Uint8Array): void {
    try {
      Y.applyUpdate(this.#doc, update, this.#options.offline);
    } catch {
      this.#hasDamaged = true;
      this.#tellSaved();
    }
  }

  /** Answers the hub's sync step 1 with everything it lacks, once this page has all that it should know itself. */
  #answer(line: Line): void {
    if (!line.helloSeen || !line.isComplete || !line.isOfflineMerged) return;
    const hello = this.#state.get().hello;
    // A reader has nothing to say, would be cut off for saying it (SPEC 2.9), and is not asked by every hub.
    const isReader = hello !== null && !canEdit(hello.role);
    if (line.asked || isReader) {
      if (line.asked && !isReader) {
        const update = Y.encodeStateAsUpdate(this.#doc, line.asked);
        this.#unsaved.sentAll();
        line.socket.send(encodeFrame({ type: "step2", update }));
      }
      line.asked = null;
      line.isLive = true;
      this.#failures = 0;
    }
    if (line.isLive) this.#set({ connection: "online", refusedCode: null });
    this.#tellSaved();
  }

  readonly #onUpdate = (update: Uint8Array, origin: unknown): void => {
    // What came from the hub needs no saving; what came from the offline store is in it already.
    if (origin === this || origin === this.#options.offline) return;
    const line = this.#line?.isLive ? this.#line : null;
    this.#unsaved.add(update, this.#clock.now(), line !== null);
    if (line) {
      this.#unsaved.sentNewest();
      line.socket.send(encodeFrame({ type: "update", update }));
    }
    this.#tellSaved();
  };

  // Presence

  readonly #onAwareness = (
    { added, updated, removed }: { added: number[]; updated: number[]; removed: number[] },
    origin: unknown,
  ): void => {
    const mine = [...added, ...updated, ...removed].includes(this.#doc.clientID);
    if (origin !== this && mine && this.#line?.helloSeen) this.#sayWhoIAm(this.#line);
  };

  #sayWhoIAm(line: Line): void {
    const { awareness } = this.#options.doc;
    line.socket.send(
      encodeFrame({ type: "awareness", update: encodeAwarenessUpdate(awareness, [this.#doc.clientID]) }),
    );
  }

  // State

  #tellSaved(): void {
    const sinces = [this.#unsaved.since, this.#options.runs.unsavedSince.get()].filter((since) => since !== null);
    const unsavedSince = sinces.length > 0 ? Math.min(...sinces) : null;
    const { offline, runs } = this.#options;
    const keptOffline = offline.state.get() === "ok" && runs.isKept && !this.#hasDamaged;
    this.#set({ unsavedSince, saved: unsavedSince === null && this.#unsaved.isAcknowledged, keptOffline });
  }

  #set(part: Partial<RoomState>): void {
    this.#state.set(changed(this.#state.get(), part));
  }
}
