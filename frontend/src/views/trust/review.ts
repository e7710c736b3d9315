/** The question before code of others runs on a person's own machine: what is shown, and what may be answered. */
import type { CellId } from "../../core/cell.ts";

/** Somebody who wrote in a cell; without an id nobody knows who. */
export interface Author {
  readonly id: string | null;
  readonly name: string | null;
}

/** How a cell stands to this person: only they wrote it, they accepted it, or it must be reviewed before it runs. */
export type TrustState = "own" | "trusted" | "review";

export interface ReviewCell {
  readonly cellId: CellId;
  /** Among all cells, from 1; 0: it is gone meanwhile. */
  readonly position: number;
  /** The bytes that would run. */
  readonly source: string;
  /** What was accepted last in this cell; null: nothing yet. */
  readonly trustedSource: string | null;
  /** Whose text has not been accepted, the latest first. */
  readonly strangers: readonly Author[];
  /** The notebook hides the code. */
  readonly isFolded: boolean;
}

export type ReviewChoice =
  | { readonly kind: "once" }
  | { readonly kind: "cells" }
  | { readonly kind: "author"; readonly personId: string };

export interface Review {
  readonly owner: Author;
  /** The hub could not be asked who wrote what. */
  readonly isHubAway: boolean;
  /** In the notebook's order. */
  readonly cells: readonly ReviewCell[];
  /** Turns to the hub's hosted runtime in place of this machine; null: the hub offers none. */
  readonly turnToHosted: (() => void) | null;
  /** Null: nothing runs. */
  readonly answer: (choice: ReviewChoice | null) => void;
}

/** Everybody whose text has not been accepted, once. */
export function strangersOf(review: Review): Author[] {
  const all = review.cells.flatMap(({ strangers }) => strangers);
  return [...new Map(all.map((author) => [author.id, author])).values()];
}
