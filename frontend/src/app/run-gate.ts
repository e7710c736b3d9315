/**
 * Stands between a gesture and the kernel of a person's own machine: only bytes that were captured at the gesture, and only if the hub says
 * that they are the person's own or trusted, or the person says so now (architecture 9).
 *
 *   captured ─▶ the hub's judgement ─▶ all own or trusted: run
 *                                  └─▶ one question for all of them ─▶ run | nothing
 *
 * A chunk of its own, loaded with the first gesture.
 */
import type { HubClient, Judgement } from "../api/client.ts";
import { ApiError, HubUnreachable } from "../api/errors.ts";
import type { CellId } from "../core/cell.ts";
import type { RunId } from "../core/notebook.ts";
import type { Observable, Value } from "../core/observable.ts";
import type { NotebookDoc } from "../doc/notebook-doc.ts";
import type { RoomState } from "../sync/room-socket.ts";
import type { Author, Review, ReviewCell, TrustState } from "../views/trust/review.ts";

/** The bytes that would run, and their hex SHA-256. */
export interface Captured {
  readonly runId: RunId;
  readonly cellId: CellId;
  readonly source: string;
  readonly digest: string;
}

export interface RunGateOptions {
  readonly notebookId: string;
  readonly doc: NotebookDoc;
  readonly room: { readonly state: Observable<RoomState> };
  readonly hub: Pick<HubClient, "judgeCells" | "trustCells" | "trustAuthor">;
  readonly turnToHosted: (() => void) | null;
  readonly digestOf: (source: string) => Promise<string>;
  /** The question that is being asked; whoever shows it answers. */
  readonly review: Value<Review | null>;
  /** Of every cell that was judged. */
  readonly states: Value<ReadonlyMap<CellId, TrustState>>;
}

/** What was typed a moment ago must be with the hub before it can judge it. */
const SAVED_WITHIN_MS = 5_000;
const ASK_AGAIN_MS = 100;

export class RunGate {
  readonly #options: RunGateOptions;
  /** Sources that may run unasked, by cell, as the hub said last: it counts while the hub is away. */
  readonly #fine = new Map<CellId, string>();
  /** Accepted while the hub was away: for as long as this page is open. */
  readonly #accepted = new Set<string>();

  constructor(options: RunGateOptions) {
    this.#options = options;
  }

  /** Those that may run now: all, or none. Rejects only when the hub refuses what it is told. */
  async approve(captured: readonly Captured[]): Promise<readonly Captured[]> {
    for (;;) {
      const judgement = await this.#judgeWhatIsSaved(captured);
      const waiting = captured.filter((one) => !this.#isFine(one));
      if (waiting.length === 0) return captured;
      const reviewed = judgement?.unknown_once ? await this.#withOthers(waiting) : waiting;
      const whole = judgement?.unknown_once ? ((await this.#judge(reviewed)) ?? judgement) : judgement;
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

  /** Finds out how every code cell stands, for its margin. A hub that is away changes nothing. */
  async look(): Promise<void> {
    await this.#judge(await this.#allCells());
  }

  /** Trust was taken back, or may have been: everything is asked again. */
  forget(): void {
    this.#fine.clear();
    this.#accepted.clear();
  }

  #isFine({ cellId, digest, source }: Captured): boolean {
    return source === "" || this.#fine.get(cellId) === digest || this.#accepted.has(digest);
  }

  /** The hub is asked at each gesture, because trust may have been taken back; what was typed just now may be on its way to it. */
  async #judgeWhatIsSaved(captured: readonly Captured[]): Promise<Judgement | null> {
    const { state } = this.#options.room;
    for (let waited = 0; ; waited += ASK_AGAIN_MS) {
      const { saved: isSaved, connection } = state.get();
      const judgement = await this.#judge(captured);
      const isDecided = judgement === null || captured.every((one) => this.#isFine(one));
      if (isDecided || isSaved || connection !== "online" || waited >= SAVED_WITHIN_MS) return judgement;
      await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
    }
  }

  /** @returns null while the hub cannot be reached. */
  async #judge(cells: readonly Captured[]): Promise<Judgement | null> {
    try {
      const asked = cells.map(({ cellId, digest }) => ({ cell_id: cellId, digest }));
      const judgement = await this.#options.hub.judgeCells(this.#options.notebookId, asked);
      const digests = new Map(cells.map(({ cellId, digest }) => [cellId, digest]));
      const states = new Map(this.#options.states.get());
      for (const { cell_id: cellId, state } of judgement.cells) {
        states.set(cellId, state);
        if (state === "review") this.#fine.delete(cellId);
        else this.#fine.set(cellId, digests.get(cellId) ?? "");
      }
      this.#options.states.set(states);
      return judgement;
    } catch (error) {
      if (error instanceof HubUnreachable || (error instanceof ApiError && error.status >= 500)) return null;
      throw error;
    }
  }

  /** One question covers the whole notebook where everything that is not mine came with its file. */
  async #withOthers(waiting: readonly Captured[]): Promise<readonly Captured[]> {
    const ids = new Set(waiting.map(({ cellId }) => cellId));
    const others = (await this.#allCells()).filter((one) => !ids.has(one.cellId));
    await this.#judge(others);
    const all = [...waiting, ...others.filter((one) => !this.#isFine(one))];
    const order = this.#options.doc.cellIds();
    return all.sort((one, other) => order.indexOf(one.cellId) - order.indexOf(other.cellId));
  }

  async #allCells(): Promise<Captured[]> {
    const { doc, digestOf } = this.#options;
    const cells = doc.cellIds().flatMap((cellId) => {
      const cell = doc.cell(cellId);
      return cell?.type === "code" ? [{ cellId, source: cell.source.toString() }] : [];
    });
    return await Promise.all(cells.map(async (one) => ({ ...one, runId: "", digest: await digestOf(one.source) })));
  }

  #ask(cells: readonly Captured[], judgement: Judgement | null): Promise<Choice | null> {
    const { doc, review, turnToHosted } = this.#options;
    const order = doc.cellIds();
    const judged = new Map(judgement?.cells.map((cell) => [cell.cell_id, cell]) ?? []);
    const shown = cells.map(({ cellId, source }): ReviewCell => {
      const known = judged.get(cellId);
      const cell = doc.cell(cellId);
      return {
        cellId,
        position: order.indexOf(cellId) + 1,
        source,
        trustedSource: known?.trusted_source ?? null,
        strangers: known?.strangers ?? [NOBODY],
        isFolded: cell?.metadata("cellView") === "form" || hides(cell?.metadata("jupyter")),
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
    const states = new Map(this.#options.states.get());
    for (const { cellId, digest } of cells) {
      this.#fine.set(cellId, digest);
      states.set(cellId, "trusted");
    }
    this.#options.states.set(states);
  }
}

type Choice = NonNullable<Parameters<Review["answer"]>[0]>;

const NOBODY: Author = { id: null, name: null };

/** JupyterLab's way to fold the code of a cell. */
function hides(jupyter: unknown): boolean {
  return (
    typeof jupyter === "object" && jupyter !== null && (jupyter as { source_hidden?: unknown }).source_hidden === true
  );
}
