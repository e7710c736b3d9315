/**
 * The place of comments in an open notebook. What shows them, and asks the hub for them, is loaded after the notebook is there
 * (`comment-part.tsx`), and is put in here.
 */
import type { HubClient } from "../api/client.ts";
import type { CellId } from "../core/cell.ts";
import { type Observable, Value } from "../core/observable.ts";
import type { NotebookDoc } from "../doc/notebook-doc.ts";
import type { RoomState } from "../sync/room-state.ts";
import type { CommentsModel, CommentWish } from "../views/comments/model.ts";
import type { MarginPart } from "../views/notebook/services.ts";

export interface CommentDeskOptions {
  readonly notebookId: string;
  readonly doc: NotebookDoc;
  readonly hub: Pick<HubClient, "ask" | "askNothing">;
  readonly room: { readonly state: Observable<RoomState> };
}

type Wished = { readonly kind: "write" } | { readonly kind: "show"; readonly cellId: CellId };

export class CommentDesk {
  readonly margin = new Value<MarginPart | null>(null);
  readonly wish = new Value<CommentWish | null>(null);
  comments: (CommentsModel & { close(): void }) | null = null;
  isClosed = false;
  /** Opens the panel; set by the page. */
  open: () => void = () => {};

  constructor(readonly options: CommentDeskOptions) {}

  /** Opens the panel, and puts the focus where something is to be written or read. */
  ask(wish: Wished): void {
    this.wish.set({ ...wish, serial: (this.wish.get()?.serial ?? 0) + 1 });
    this.open();
  }

  close(): void {
    this.isClosed = true;
    this.comments?.close();
  }
}
