/** What the parts here show and ask for. Implemented by `app/notebook-comments.ts`. */
import type { Comment } from "../../api/client.ts";
import type { CellId } from "../../core/cell.ts";
import type { Observable } from "../../core/observable.ts";

export interface CommentsState {
  /** The oldest first; null until the hub answered for the first time. */
  readonly comments: readonly Comment[] | null;
  /** Why they could not be had; what is shown may be out of date. */
  readonly error: string | null;
  readonly canComment: boolean;
}

/** Where the focus is to go. `serial` tells two equal wishes apart. */
export type CommentWish = { readonly serial: number } & (
  | { readonly kind: "write" }
  | { readonly kind: "show"; readonly cellId: CellId }
);

/** UTF-16 code units of the cell's source. */
export interface Piece {
  readonly from: number;
  readonly to: number;
}

export interface CommentsModel {
  readonly state: Observable<CommentsState>;
  readonly wish: Observable<CommentWish | null>;
  /** What is written and not sent, by the thread's id; "" is a new one. Outlives the panel. */
  readonly drafts: Map<string, string>;
  /** Each rejects as `HubClient` does, and has shown what came of it when it resolves. */
  add(cellId: CellId, body: string, piece: Piece | null): Promise<void>;
  reply(threadId: string, body: string): Promise<void>;
  edit(id: string, body: string): Promise<void>;
  setResolved(threadId: string, isResolved: boolean): Promise<void>;
  remove(id: string): Promise<void>;
  /** Asks the hub again. */
  look(): void;
  /** What stands now where a comment was made; null: on the whole cell, or nothing is left. */
  markedText(comment: Comment): string | null;
}
