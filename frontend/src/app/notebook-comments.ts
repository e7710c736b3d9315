/**
 * The comments of one open notebook, as the hub has them: asked for when the room is joined, and whenever it says that they are
 * others now (SPEC 2.11). Closed with the notebook.
 */
import type { Comment } from "../api/client.ts";
import type { components } from "../api/generated/schema.ts";
import type { CellId } from "../core/cell.ts";
import { openCounts } from "../core/comments.ts";
import { canComment } from "../core/notebook.ts";
import { type Observable, Value } from "../core/observable.ts";
import { type Mark, markedText, markOf } from "../doc/marks.ts";
import { errorText } from "../i18n/error-text.ts";
import type { CommentsModel, CommentsState, CommentWish, Piece } from "../views/comments/model.ts";
import type { CommentDeskOptions } from "./comment-desk.ts";

/** Told of comments that others wrote while the page was looking. */
type OnNew = (comments: readonly Comment[]) => void;

export class NotebookComments implements CommentsModel {
  readonly state = new Value<CommentsState>({ comments: null, error: null, canComment: false });
  /** Of open threads, by cell. */
  readonly counts = new Value<ReadonlyMap<CellId, number>>(new Map());
  readonly drafts = new Map<string, string>();
  readonly wish: Observable<CommentWish | null>;
  readonly #options: CommentDeskOptions;
  readonly #onNew: OnNew;
  readonly #end: () => void;
  #seen: { hello: unknown; news: number } = { hello: null, news: 0 };
  #looking: Promise<void> | null = null;
  #isStale = false;
  #isClosed = false;

  constructor(options: CommentDeskOptions, wish: Observable<CommentWish | null>, onNew: OnNew) {
    this.#options = options;
    this.wish = wish;
    this.#onNew = onNew;
    const follow = (): void => this.#follow();
    this.#end = options.room.state.subscribe(follow);
    follow();
  }

  close(): void {
    this.#isClosed = true;
    this.#end();
  }

  async add(cellId: CellId, body: string, piece: Piece | null): Promise<void> {
    const source = this.#options.doc.cell(cellId)?.source;
    const marked = piece && source ? markOf(source, piece.from, piece.to) : null;
    await this.#ask("", "POST", { cell_id: cellId, body, marked });
  }

  async reply(threadId: string, body: string): Promise<void> {
    const first = this.state.get().comments?.find(({ id }) => id === threadId);
    await this.#ask("", "POST", { cell_id: first?.cell_id ?? "", body, reply_to: threadId });
  }

  edit(id: string, body: string): Promise<void> {
    return this.#ask(`/${id}`, "PATCH", { body });
  }

  setResolved(threadId: string, isResolved: boolean): Promise<void> {
    return this.#ask(`/${threadId}/resolved`, "POST", { resolved: isResolved });
  }

  remove(id: string): Promise<void> {
    return this.#ask(`/${id}`, "DELETE");
  }

  look(): void {
    void this.#look();
  }

  markedText({ cell_id: cellId, marked }: Comment): string | null {
    const source = this.#options.doc.cell(cellId)?.source;
    return marked && source ? markedText(source, marked satisfies Mark) : null;
  }

  get #path(): string {
    return `/notebooks/${this.#options.notebookId}/comments`;
  }

  async #ask(path: string, method: "POST" | "PATCH" | "DELETE", json?: unknown): Promise<void> {
    await this.#options.hub.askNothing(`${this.#path}${path}`, { method, ...(json === undefined ? {} : { json }) });
    await this.#look();
  }

  #follow(): void {
    const { hello, commentNews: news } = this.#options.room.state.get();
    const may = hello !== null && canComment(hello.role);
    if (may !== this.state.get().canComment) this.state.set({ ...this.state.get(), canComment: may });
    if (hello === null || (hello === this.#seen.hello && news === this.#seen.news)) return;
    this.#seen = { hello, news };
    void this.#look();
  }

  /** Resolves once the hub has answered a question that was asked after this call. */
  async #look(): Promise<void> {
    this.#isStale = true;
    this.#looking ??= this.#keepLooking().finally(() => {
      this.#looking = null;
    });
    await this.#looking;
  }

  async #keepLooking(): Promise<void> {
    while (this.#isStale && !this.#isClosed) {
      this.#isStale = false;
      try {
        const found = await this.#options.hub.ask<components["schemas"]["Comments"]>(this.#path);
        this.#take(found.comments);
      } catch (error) {
        this.state.set({ ...this.state.get(), error: errorText(error) });
      }
    }
  }

  #take(comments: readonly Comment[]): void {
    const before = this.state.get().comments;
    this.state.set({ ...this.state.get(), comments, error: null });
    this.counts.set(openCounts(comments));
    if (before === null) return;
    const known = new Set(before.map(({ id }) => id));
    const fresh = comments.filter((one) => !known.has(one.id) && !one.may_edit && !one.is_deleted);
    if (fresh.length > 0) this.#onNew(fresh);
  }
}
