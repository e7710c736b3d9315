/**
 * What this browser remembers of a notebook's runtime, over reloads and closed tabs. No secret is among it, and it never leaves the browser.
 */
import type { AuthStyle, KernelFolder, RuntimeKind } from "../core/binding.ts";

export interface RememberedKernel {
  readonly kernelId: string;
  readonly kernelspec: string;
  readonly displayName: string;
  readonly folder: KernelFolder;
  /** Who the kernel's process said it is; another one later means that variables are lost. */
  readonly process: string | null;
}

export interface RememberedRuntime {
  readonly baseUrl: string;
  readonly label: string;
  readonly kind: RuntimeKind;
  readonly auth: AuthStyle;
  /** Null after the kernel was shut down. */
  readonly kernel: RememberedKernel | null;
}

interface Stored {
  readonly sessionId: string;
  /** Chosen for this notebook, whatever server it was bound to. */
  readonly kernelspec: string | null;
  readonly runtime: RememberedRuntime | null;
  /** The person disconnected; until they connect again, nothing is bound without being asked. Absent: no. */
  readonly isDetached?: boolean;
}

export type LocalStore = Pick<Storage, "getItem" | "setItem">;

export class RuntimeMemory {
  readonly #store: LocalStore;
  readonly #key: string;
  readonly #newId: () => string;
  #now: Stored;

  constructor(store: LocalStore, notebookId: string, newId: () => string) {
    this.#store = store;
    this.#key = keyOf(notebookId);
    this.#newId = newId;
    this.#now = this.#read();
  }

  /** What is remembered of a notebook that may never have been bound; writes nothing. */
  static peek(store: LocalStore, notebookId: string): Pick<RuntimeMemory, "runtime" | "isDetached"> {
    const text = store.getItem(keyOf(notebookId));
    const stored = text === null ? null : parsed(text);
    return { runtime: stored?.runtime ?? null, isDetached: stored?.isDetached === true };
  }

  /** The same for every tab of this browser with this notebook: the key of the server's buffer. */
  get sessionId(): string {
    return this.#now.sessionId;
  }

  get runtime(): RememberedRuntime | null {
    return this.#now.runtime;
  }

  get kernelspec(): string | null {
    return this.#now.kernelspec;
  }

  /** Whether the person disconnected and has not connected again. */
  get isDetached(): boolean {
    return this.#now.isDetached === true;
  }

  bind(runtime: RememberedRuntime): void {
    this.#write({
      ...this.#now,
      isDetached: false,
      runtime,
      kernelspec: runtime.kernel?.kernelspec ?? this.#now.kernelspec,
    });
  }

  /** The bound kernel's process, as it just told. */
  process(process: string): void {
    this.#kernelChanged((kernel) => ({ ...kernel, process }));
  }

  forgetKernel(): void {
    this.#kernelChanged(() => null);
  }

  /** News of the kernel that this tab knows. What another tab has put in its place since, or taken away, is remembered as it is. */
  #kernelChanged(change: (kernel: RememberedKernel) => RememberedKernel | null): void {
    const own = withKernel(this.#now, change);
    if (own === null) return;
    const stored = this.#read();
    const isTheSame = stored.runtime?.kernel?.kernelId === this.#now.runtime?.kernel?.kernelId;
    this.#now = own;
    const changed = isTheSame ? withKernel(stored, change) : null;
    if (changed !== null) this.#store.setItem(this.#key, JSON.stringify(changed));
  }

  /** The kernel that was chosen for this notebook did not work. */
  forgetKernelspec(): void {
    this.#write({ ...this.#now, kernelspec: null });
  }

  /** Disconnected by the person. */
  unbind(): void {
    this.#write({ ...this.#now, runtime: null, isDetached: true });
  }

  /** Another tab may have written since. */
  refresh(): void {
    this.#now = this.#read();
  }

  #read(): Stored {
    const text = this.#store.getItem(this.#key);
    const stored = text === null ? null : parsed(text);
    if (stored !== null) return stored;
    const fresh: Stored = { sessionId: this.#newId(), kernelspec: null, runtime: null };
    this.#store.setItem(this.#key, JSON.stringify(fresh));
    return fresh;
  }

  #write(stored: Stored): void {
    this.#now = stored;
    this.#store.setItem(this.#key, JSON.stringify(stored));
  }
}

/** Null: it has no kernel. */
function withKernel(stored: Stored, change: (kernel: RememberedKernel) => RememberedKernel | null): Stored | null {
  const { runtime } = stored;
  return runtime?.kernel ? { ...stored, runtime: { ...runtime, kernel: change(runtime.kernel) } } : null;
}

function keyOf(notebookId: string): string {
  return `runhere.kernel:${notebookId}`;
}

/** Null for what an older page wrote otherwise: it is then made anew. */
function parsed(text: string): Stored | null {
  try {
    const value: unknown = JSON.parse(text);
    const isOurs = typeof value === "object" && value !== null && "sessionId" in value && "runtime" in value;
    return isOurs ? (value as Stored) : null;
  } catch {
    return null;
  }
}
