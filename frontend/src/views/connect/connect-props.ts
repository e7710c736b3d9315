import type { ConnectDesk } from "./connect-desk.ts";
import type { ConnectRuntime, SessionList } from "./runtime.ts";

export interface ConnectControlsProps {
  readonly runtime: ConnectRuntime & SessionList;
  readonly desk: ConnectDesk;
  /** What the notebook is called now. */
  readonly notebookName: string;
  /** The hub's origin, for the start lines. */
  readonly origin: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}
