/**
 * The page's errors: one tree, each with a stable code and a message a person can act on.
 *
 *   RunhereError
 *   ├─ DocumentError     cell_unknown, cell_id_taken, offset_outside, read_only, position_invalid
 *   ├─ RoomError         frame_invalid
 *   └─ OfflineStoreError storage_unavailable
 */
export type Facts = { readonly [key: string]: string | number | boolean | null };

export class RunhereError extends Error {
  readonly code: string;
  readonly facts: Facts;

  constructor(code: string, message: string, facts: Facts = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = new.target.name;
    this.code = code;
    this.facts = facts;
  }
}

/** An edit that cannot be made. The document is as it was. */
export class DocumentError extends RunhereError {}

/** The hub sent something that is not of this protocol. */
export class RoomError extends RunhereError {}

/** The browser's storage does not work (private window, full disk). Edits are then kept only by the hub. */
export class OfflineStoreError extends RunhereError {}
