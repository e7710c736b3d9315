/**
 * How long the hub's word about a cell holds: may what stands in it now run on this person's machine without asking the hub again
 * (architecture 9, ADR 46)?
 *
 *   asked ─▶ own | trusted ──typed here──▶ still so ──anybody else's change, or a piece put in──▶ unknown: ask
 *
 * Whatever is not known for certain is asked about; an answer that is used wrongly runs code that nobody accepted.
 */

/** Pieces of this many characters are looked up by the hub, wherever they came from; what is shorter is the typist's (its `core/provenance.py`). */
const PIECE_CHARACTERS = 4;

/** A decision may be taken back from elsewhere: an answer that rests on one is used for this long. */
const DECISION_MS = 10_000;
/** Somebody types in a cell that needs a question anyway: the hub is not asked for each key. */
const REFUSED_APART_MS = 2_000;

/** What the hub said of one source of a cell. */
export interface Vouch {
  readonly state: "own" | "trusted" | "review";
  /** Hex SHA-256 of the source that was asked about. */
  readonly digest: string;
  /** Everything that anybody else did in the cell is accepted: what this person types into it is too. */
  readonly coversTyping: boolean;
  /** When the hub was asked, ms since 1970: what happened after that it may not have known. */
  readonly askedAt: number;
  /** The cell's revision then: the same for as long as only this person types in it. Null: the source was not what stood in the cell. */
  readonly revision: number | null;
}

/** What would run. */
export interface Candidate {
  readonly digest: string;
  /** See `Vouch.revision`, now. */
  readonly revision: number | null;
}

/** Whether the hub's word covers these bytes, however old it is. */
export function covers(vouch: Vouch, { digest, revision }: Candidate): boolean {
  if (vouch.state === "review") return false;
  if (vouch.digest === digest) return true;
  return vouch.coversTyping && revision !== null && vouch.revision === revision;
}

/** Whether the hub need not be asked again: nobody else touched the cell since, and no decision behind the answer may have been taken back. */
export function isKnown(vouch: Vouch, candidate: Candidate, now: number): boolean {
  if (candidate.revision === null || candidate.revision !== vouch.revision || !covers(vouch, candidate)) return false;
  return (vouch.state === "own" && vouch.coversTyping) || ageOf(vouch, now) < DECISION_MS;
}

/** Whether somebody who may be about to run the cell should ask now, so that nobody waits for the answer later. */
export function isWorthAsking(vouch: Vouch | undefined, revision: number, now: number): boolean {
  if (vouch === undefined || vouch.revision !== revision) return true;
  if (vouch.state === "review" || !vouch.coversTyping) return ageOf(vouch, now) >= REFUSED_APART_MS;
  return vouch.state === "trusted" && ageOf(vouch, now) >= DECISION_MS / 2;
}

/** A clock that was set back tells nothing. */
function ageOf({ askedAt }: Vouch, now: number): number {
  return now < askedAt ? Number.POSITIVE_INFINITY : now - askedAt;
}

/** One change of a cell's source. */
export interface SourceChange {
  /** By this page's own person, and neither undo nor redo: those bring back what others wrote. */
  readonly isOwnEdit: boolean;
  /** Nothing else changed in the same step: text that lands here while another cell loses some is moved. */
  readonly isAlone: boolean;
  /** All that was put in. */
  readonly inserted: string;
}

export function isTyped({ isOwnEdit, isAlone, inserted }: SourceChange): boolean {
  return isOwnEdit && isAlone && inserted.trim().length < PIECE_CHARACTERS;
}
