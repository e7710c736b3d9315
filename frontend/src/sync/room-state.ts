/** What a page knows of its room, for people to see. */
import type { FileState, Hello } from "../core/notebook.ts";

export type Connection = "connecting" | "online" | "offline" | "refused";

/** Why the hub will not have this page; only a person can mend it. */
export type RefusedCode =
  | "signed_out"
  | "not_allowed"
  | "no_such_notebook"
  | "document_version"
  | "message_too_large"
  | "protocol_version";

export interface RoomState {
  readonly connection: Connection;
  /** Everything that this page made is on the hub's disk: edits and runs. */
  readonly saved: boolean;
  /** When the oldest unsaved thing was made, ms since 1970; null when all is saved. */
  readonly unsavedSince: number | null;
  /** The hub cannot write (SPEC 2.5); it goes on trying. */
  readonly notSaved: { readonly code: string; readonly message: string } | null;
  readonly file: FileState | null;
  readonly hello: Hello | null;
  /** Grows when the hub says that comments are others now (SPEC 2.11). */
  readonly commentNews: number;
  readonly refusedCode: RefusedCode | null;
  /** Every unsaved edit is written to this browser's storage: it survives a closed tab. */
  readonly keptOffline: boolean;
}

export const FIRST_ROOM_STATE: RoomState = {
  connection: "connecting",
  saved: true,
  unsavedSince: null,
  notSaved: null,
  file: null,
  hello: null,
  commentNews: 0,
  refusedCode: null,
  keptOffline: true,
};

const REFUSED: { readonly [code: number]: RefusedCode } = {
  4401: "signed_out",
  4403: "not_allowed",
  4404: "no_such_notebook",
  4409: "document_version",
  4413: "message_too_large",
  4426: "protocol_version",
};
const TOO_MANY_MESSAGES = 4429;
const SLOW_DOWN_MS = 5_000;

/** What a close code means (SPEC 5): a refusal that no retry mends, or null: try again. */
export function refusalOf(closeCode: number): RefusedCode | null {
  return REFUSED[closeCode] ?? null;
}

/** The least wait before the next try after this close code, ms. */
export function leastWait(closeCode: number): number {
  return closeCode === TOO_MANY_MESSAGES ? SLOW_DOWN_MS : 0;
}

/** The state with some members changed; the same object when none did. */
export function changed(state: RoomState, part: Partial<RoomState>): RoomState {
  const after = { ...state, ...part };
  // The keys are those of a RoomState, by construction of the line above.
  const keys = Object.keys(after) as (keyof RoomState)[];
  return keys.every((key) => Object.is(state[key], after[key])) ? state : after;
}
