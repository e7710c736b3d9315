/** Comments as a page shows them: threads in the order of the cells, counts for the margin, links in plain text. */
import type { CellId } from "./cell.ts";

/** What the rules here need of a comment, as the hub names it. */
export interface CommentFacts {
  readonly id: string;
  readonly cell_id: CellId;
  /** The comment that begins the thread; null: this one does. */
  readonly reply_to: string | null;
  readonly resolved_at: number | null;
  readonly is_deleted: boolean;
}

export interface Thread<C> {
  readonly first: C;
  readonly replies: readonly C[];
  readonly isResolved: boolean;
}

/** Threads in the order of `cells`, within a cell the oldest first; those of cells that are gone stand last. */
export function threadsOf<C extends CommentFacts>(comments: readonly C[], cells: readonly CellId[]): Thread<C>[] {
  const places = new Map(cells.map((id, index) => [id, index]));
  const place = (thread: Thread<C>): number => places.get(thread.first.cell_id) ?? cells.length;
  return comments
    .filter((one) => one.reply_to === null)
    .map((first) => ({
      first,
      replies: comments.filter((one) => one.reply_to === first.id),
      isResolved: first.resolved_at !== null,
    }))
    .sort((a, b) => place(a) - place(b));
}

/** How many comments of open threads stand on each cell that has some. */
export function openCounts(comments: readonly CommentFacts[]): ReadonlyMap<CellId, number> {
  const resolved = new Set(comments.filter((one) => one.resolved_at !== null).map((one) => one.id));
  const counts = new Map<CellId, number>();
  for (const one of comments) {
    if (one.is_deleted || resolved.has(one.reply_to ?? one.id)) continue;
    counts.set(one.cell_id, (counts.get(one.cell_id) ?? 0) + 1);
  }
  return counts;
}

export interface TextPart {
  readonly text: string;
  /** Where a link leads; null: plain text. */
  readonly href: string | null;
}

// Visible ASCII only: an address with marks of direction or look-alike letters in it is not what it seems.
const ADDRESS = /https?:\/\/[!-~]+/g;
const BEHIND = /[.,;:!?)\]}>'"`]+$/;

/** Plain text with its http addresses as links. All parts together are the text. */
export function linkParts(body: string): TextPart[] {
  const parts: TextPart[] = [];
  let done = 0;
  const plain = (until: number): void => {
    if (until > done) parts.push({ text: body.slice(done, until), href: null });
    done = until;
  };
  for (const { 0: found, index } of body.matchAll(ADDRESS)) {
    const text = found.replace(BEHIND, "");
    const href = addressOf(text);
    if (href === null) continue;
    plain(index);
    parts.push({ text, href });
    done = index + text.length;
  }
  plain(body.length);
  return parts;
}

/** Null for what is no address, or shows another host than it leads to (`https://bank.test@evil.test`). */
function addressOf(text: string): string | null {
  if (!URL.canParse(text)) return null;
  const { href, username, password } = new URL(text);
  return username === "" && password === "" ? href : null;
}
