/** A kernel as those see it who run cells: its state, its events, its journal. */
import type { InterruptionReason } from "../core/binding.ts";
import type { Observable } from "../core/observable.ts";
import type { GapWatch, GapWatchOptions } from "./gap-watch.ts";
import type { Past, PastWish } from "./journal-reader.ts";
import type { KernelMessage, OutgoingMessage } from "./wire.ts";

export type LinkState =
  | { readonly phase: "connecting"; readonly attempt: number }
  | { readonly phase: "open" }
  | {
      readonly phase: "waiting";
      readonly attempt: number;
      /** ms since 1970. */
      readonly retryAt: number;
      readonly reason: InterruptionReason;
    }
  | { readonly phase: "ended"; readonly reason: "kernel_gone" | "token_refused" | "closed" };

export type KernelStatus = "unknown" | "starting" | "idle" | "busy" | "restarting" | "dead";

export type KernelEvent =
  /** `seq` and `at` (ms since 1970, the runtime's clock) where a journal numbers messages. */
  | { readonly type: "message"; readonly message: KernelMessage; readonly seq?: number; readonly at?: number }
  /** `clean` false: since the last socket, messages may have been lost. */
  | { readonly type: "opened"; readonly again: boolean; readonly clean: boolean }
  /** What was buffered has arrived: everything from now on is new. */
  | { readonly type: "caught_up" }
  /** Every request sent before the last `opened` has been answered or never will be. */
  | { readonly type: "shell_drained" }
  /** The journal had to drop messages here, for space or on a full disk. */
  | { readonly type: "gap" }
  /** The kernel's process is another one than before: variables are gone. */
  | { readonly type: "process_changed"; readonly process: string };

/** What those who run cells need of a kernel, whichever tab holds its socket. */
export interface KernelPort {
  readonly kernelId: string;
  readonly state: Observable<LinkState>;
  readonly status: Observable<KernelStatus>;
  /** Whether this tab holds the socket. */
  readonly isLeader: Observable<boolean>;
  /** Calls `fn` for each event, in order. Returns the end. */
  listen(fn: (event: KernelEvent) => void): () => void;
  /** Sent as soon as the socket is open and the kernel's outputs are known to reach it, in order. */
  send(message: OutgoingMessage): void;
  reconnectNow(): void;
  /** The server was told to start the kernel anew, and has: what is sent from `process_changed` on is for the new process, nothing else. */
  restarted(): void;
  close(): void;
  /** Looks for losses among what is told to it; null where a journal loses nothing. */
  watchGaps(options: GapWatchOptions): GapWatch | null;
  /** Where the runtime keeps a journal: whole runs can be read again. Null for plain Jupyter. */
  readonly journal: JournalPort | null;
}

/** A question of running code that waits for an answer (SPEC 7.7). */
export interface Prompt {
  /** Of the `input_request`. */
  readonly msgId: string;
  readonly runId: string;
  readonly isMine: boolean;
}

export interface JournalPort {
  /** Seq of the last message heard here; what is later comes as an event, what is earlier can be read. */
  readonly lastSeq: number;
  readonly prompt: Observable<Prompt | null>;
  /** What was said of some runs, from after a seq on; see `readPast`. */
  past(wish: PastWish): Promise<Past | null>;
  /** Become the one who may answer, whoever was asked first. */
  takePrompt(): void;
  /** Take a request back that the kernel has not begun: it is answered as aborted and never runs. One that has begun goes on (SPEC 7.13). */
  withdraw(msgId: string): void;
}
