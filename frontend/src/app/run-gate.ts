/**
 * Stands between a gesture and the kernel of a person's own machine: only bytes that were captured at the gesture, and only if the hub says
 * that they are the person's own or trusted, or the person says so now (architecture 9).
 *
 *   captured ─▶ the hub's judgement ─▶ all own or trusted: run
 *                                  └─▶ one question for all of them ─▶ run | nothing
 *
 * The hub is mostly asked ahead of the gesture; how long its word holds is `core/vouched.ts`.
 *
 * A chunk of its own, loaded with the first gesture.
 */
import type { HubClient, Judgement } from "../api/client.ts";
import { ApiError, HubUnreachable } from "../api/errors.ts";
import type { CellId } from "../core/cell.ts";
import type { RunId } from "../core/notebook.ts";
import type { Observable, Value } from "../core/observable.ts";
import { type Candidate, covers, isKnown, isWorthAsking, type Vouch } from "../core/vouched.ts";
import type { NotebookDoc } from "../doc/notebook-doc.ts";
import { Typing } from "../doc/typing.ts";
import type { Clock } from "../sync/clock.ts";
import type { RoomState } from "../sync/room-socket.ts";
import { isSourceHidden } from "../views/notebook/source-fold.ts";
import type { Author, Review, ReviewCell, TrustState } from "../views/trust/review.ts";

/** The bytes that would run, and their hex SHA-256. */
export interface Captured {
  readonly runId: RunId;
  readonly cellId: CellId;
  readonly source: string;
  readonly digest: string;
}

/** What a gesture captured, before its digest is known. */
export type Wish = Omit<Captured, "digest">;

/** Those of them that nobody has taken back by now: about the others there is nothing to ask. */
export type StillWanted = <One extends Wish>(runs: readonly One[]) => readonly One[];

export interface RunGateOptions {
  readonly notebookId: string;
  readonly doc: NotebookDoc;
  readonly room: { readonly state: Observable<RoomState> };
  readonly hub: Pick<HubClient, "judgeCells" | "trustCells" | "trustAuthor">;
  readonly turnToHosted: (() => void) | null;
  readonly digestOf: (source: string) => Promise<string>;
  /** The same at once; null where that cannot be. */
  readonly digestNow: (source: string) => string | null;
  /** The question that is being asked; whoever shows it answers. */
  readonly review: Value<Review | null>;
  /** Of every cell that was judged. */
  readonly states: Value<ReadonlyMap<CellId, TrustState>>;
  readonly clock: Clock;
}

/** What was typed a moment ago must be with the hub before it can judge it. */
const SAVED_WITHIN_MS = 5_000;
const ASK_AGAIN_MS = 100;

export class RunGate {
  readonly #options: RunGateOptions;
  readonly #typing: Typing;
  /** What the hub said last of each cell: while it is away that counts, however old it is. */
  readonly #vouches = new Map<CellId, Vouch>();
  /** Accepted while the hub was away: for as long as this page is open. */
  readonly #accepted = new Set<string>();
  /** What was asked before trust was taken back is not believed any more. */
  #epoch = 0;
  /** What is asked before its gesture. */
  #ahead: { readonly cellId: CellId; readonly answered: Promise<void> } | null = null;

  constructor(options: RunGateOptions) {
    this.#options = options;
    this.#typing = new Typing(options.doc.doc, options.doc.origin);
  }

  close(): void {
    this.#typing.close();
  }

  /**
   * Those that may run now: all that are `wanted` by then (default: all), or none. Rejects only when the hub refuses what it is told.
   *
   * What is taken back while the hub is asked is not asked about.
   */
  async approve(captured: readonly Captured[], wanted: StillWanted = (runs) => runs): Promise<readonly Captured[]> {
    if (this.#isKnown(captured)) return captured;
    if (captured.some(({ cellId }) => cellId === this.#ahead?.cellId)) {
      await this.#ahead?.answered;
      if (this.#isKnown(captured)) return captured;
    }
    for (;;) {
      const judgement = await this.#judgeWhatIsSaved(captured, wanted);
      const waiting = wanted(captured).filter((one) => !this.#isFine(one));
      if (waiting.length === 0) return wanted(captured);
      const reviewed = judgement?.unknown_once ? await this.#withOthers(waiting) : waiting;
      const whole = judgement?.unknown_once ? ((await this.#judge(reviewed)) ?? judgement) : judgement;
      if (wanted(waiting).length < waiting.length) continue;
      const choice = await this.#ask(reviewed, whole);
      if (choice === null) return [];
      if (choice.kind === "once") return captured;
      if (choice.kind === "cells") {
        await this.#accept(reviewed, whole);
        return captured;
      }
      await this.#options.hub.trustAuthor(choice.personId);
    }
  }

  /** The same without asking or waiting for anybody; null: that it takes. */
  approveAtOnce(wishes: readonly Wish[]): readonly Captured[] | null {
    const captured = wishes.flatMap((one) => {
      const digest = this.#options.digestNow(one.source);
      return digest === null ? [] : [{ ...one, digest }];
    });
    return captured.length === wishes.length && this.#isKnown(captured) ? captured : null;
  }

  /** Finds out how every code cell stands, for its margin. A hub that is away changes nothing. */
  async look(): Promise<void> {
    await this.#judge(await this.#allCells());
  }

  /** Somebody is about to run this cell: asks the hub now, so that nobody waits for the answer. Without one, the gesture asks. */
  lookAhead(cellId: CellId): void {
    const cell = this.#options.doc.cell(cellId);
    if (this.#ahead !== null || cell?.type !== "code") return;
    const revision = this.#typing.revision(cell.source);
    if (!isWorthAsking(this.#vouches.get(cellId), revision, this.#options.clock.now())) return;
    const answered = this.#lookAt([cellId])
      .catch(() => undefined) // the gesture asks again, and says what is wrong
      .then(() => {
        this.#ahead = null;
      });
    this.#ahead = { cellId, answered };
  }

  /** Trust was taken back, or may have been: everything is asked again. */
  forget(): void {
    this.#epoch += 1;
    this.#vouches.clear();
    this.#accepted.clear();
  }

  #isFine({ cellId, digest, source }: Captured): boolean {
    const vouch = this.#vouches.get(cellId);
    const isCovered = vouch !== undefined && covers(vouch, this.#candidate({ cellId, digest, source }));
    return source === "" || isCovered || this.#accepted.has(digest);
  }

  /** All of them may run, and the hub need not be asked. */
  #isKnown(captured: readonly Captured[]): boolean {
    const now = this.#options.clock.now();
    return captured.every((one) => {
      const vouch = this.#vouches.get(one.cellId);
      return one.source === "" || (vouch !== undefined && isKnown(vouch, this.#candidate(one), now));
    });
  }

  /** What stands in the cell now has a history that is known; other bytes are judged by their digest alone. */
  #candidate({ cellId, digest, source }: Omit<Captured, "runId">): Candidate {
    const text = this.#options.doc.cell(cellId)?.source;
    return { digest, revision: text?.toString() === source ? this.#typing.revision(text) : null };
  }

  /** What was typed or pasted just now may be on its way to the hub. */
  async #judgeWhatIsSaved(captured: readonly Captured[], wanted: StillWanted): Promise<Judgement | null> {
    const { state } = this.#options.room;
    for (let waited = 0; ; waited += ASK_AGAIN_MS) {
      const { saved: isSaved, connection } = state.get();
      const judgement = await this.#judge(captured);
      const isDecided = judgement === null || wanted(captured).every((one) => this.#isFine(one));
      if (isDecided || isSaved || connection !== "online" || waited >= SAVED_WITHIN_MS) return judgement;
      await this.#moment();
    }
  }

  /** Until the room has told something, but not for long. */
  async #moment(): Promise<void> {
    const { clock, room } = this.#options;
    await new Promise<void>((resolve) => {
      const end = (): void => {
        endTimer();
        endListening();
        resolve();
      };
      const endTimer = clock.after(ASK_AGAIN_MS, end);
      const endListening = room.state.subscribe(end);
    });
  }

  /** @returns null while the hub cannot be reached. */
  async #judge(cells: readonly Captured[]): Promise<Judgement | null> {
    try {
      const { hub, notebookId, clock } = this.#options;
      const epoch = this.#epoch;
      const askedAt = clock.now();
      const candidates = new Map(cells.map((one) => [one.cellId, this.#candidate(one)]));
      const asked = cells.map(({ cellId, digest }) => ({ cell_id: cellId, digest }));
      const judgement = await hub.judgeCells(notebookId, asked);
      if (epoch !== this.#epoch) return judgement;
      const news: [CellId, TrustState][] = [];
      for (const { cell_id: cellId, state, strangers } of judgement.cells) {
        const candidate = candidates.get(cellId);
        if (candidate === undefined || askedAt < (this.#vouches.get(cellId)?.askedAt ?? 0)) continue;
        this.#vouches.set(cellId, { ...candidate, state, coversTyping: strangers.length === 0, askedAt });
        news.push([cellId, state]);
      }
      this.#show(news);
      return judgement;
    } catch (error) {
      if (error instanceof HubUnreachable || (error instanceof ApiError && error.status >= 500)) return null;
      throw error;
    }
  }

  /** For the margins; told when one of them is another than before. */
  #show(told: readonly (readonly [CellId, TrustState])[]): void {
    const { states } = this.#options;
    const before = states.get();
    if (told.some(([cellId, state]) => before.get(cellId) !== state)) states.set(new Map([...before, ...told]));
  }

  /** One question covers the whole notebook where everything that is not mine came with its file. */
  async #withOthers(waiting: readonly Captured[]): Promise<readonly Captured[]> {
    const ids = new Set(waiting.map(({ cellId }) => cellId));
    const others = (await this.#allCells()).filter((one) => !ids.has(one.cellId));
    await this.#judge(others);
    const all = [...waiting, ...others.filter((one) => !this.#isFine(one))];
    const places = this.#places();
    const place = ({ cellId }: Captured) => places.get(cellId) ?? 0;
    return all.sort((one, other) => place(one) - place(other));
  }

  /** Of each cell in the notebook, from 1. */
  #places(): ReadonlyMap<CellId, number> {
    return new Map(this.#options.doc.cellIds().map((cellId, at) => [cellId, at + 1]));
  }

  async #lookAt(ids: readonly CellId[]): Promise<void> {
    await this.#judge(await this.#captured(ids));
  }

  async #allCells(): Promise<Captured[]> {
    return await this.#captured(this.#options.doc.cellIds());
  }

  async #captured(ids: readonly CellId[]): Promise<Captured[]> {
    const { doc, digestOf } = this.#options;
    const cells = ids.flatMap((cellId) => {
      const cell = doc.cell(cellId);
      return cell?.type === "code" ? [{ cellId, source: cell.source.toString() }] : [];
    });
    return await Promise.all(cells.map(async (one) => ({ ...one, runId: "", digest: await digestOf(one.source) })));
  }

  #ask(cells: readonly Captured[], judgement: Judgement | null): Promise<Choice | null> {
    const { doc, review, turnToHosted } = this.#options;
    const places = this.#places();
    const judged = new Map(judgement?.cells.map((cell) => [cell.cell_id, cell]) ?? []);
    const shown = cells.map(({ cellId, source }): ReviewCell => {
      const known = judged.get(cellId);
      const cell = doc.cell(cellId);
      return {
        cellId,
        position: places.get(cellId) ?? 0,
        source,
        trustedSource: known?.trusted_source ?? null,
        strangers: known?.strangers ?? [NOBODY],
        isFolded: cell ? isSourceHidden((key) => cell.metadata(key)) : false,
      };
    });
    return new Promise((resolve) => {
      review.get()?.answer(null);
      const question: Review = {
        owner: judgement?.owner ?? NOBODY,
        isHubAway: judgement === null,
        cells: shown,
        turnToHosted:
          turnToHosted &&
          (() => {
            question.answer(null);
            turnToHosted();
          }),
        answer: (choice) => {
          if (review.get() === question) review.set(null);
          resolve(choice);
        },
      };
      review.set(question);
    });
  }

  async #accept(cells: readonly Captured[], judgement: Judgement | null): Promise<void> {
    if (judgement === null) {
      for (const { digest } of cells) this.#accepted.add(digest);
      return;
    }
    const { hub, notebookId } = this.#options;
    const accepted = cells.map(({ cellId, source }) => ({ cell_id: cellId, source }));
    await hub.trustCells(notebookId, { cells: accepted, seq: judgement.seq, unknown: judgement.unknown_once });
    // What else stands in these cells the hub did not say: the next look asks.
    for (const { cellId, digest } of cells) {
      const asked = { digest, revision: null, askedAt: this.#options.clock.now() };
      this.#vouches.set(cellId, { ...asked, state: "trusted", coversTyping: false });
    }
    this.#show(cells.map(({ cellId }) => [cellId, "trusted"]));
  }
}

type Choice = NonNullable<Parameters<Review["answer"]>[0]>;

const NOBODY: Author = { id: null, name: null };
