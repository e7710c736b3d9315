/** Which panel stands beside the notebook and how wide it is, kept by this browser. In the first load; the panels themselves are not. */
import { type Observable, Value } from "../core/observable.ts";
import type { LocalStore } from "./runtime-memory.ts";

/** In the order of the rail. Each has a title `commands.panel_<id>`, a command of that name, and a row in `panel-table.tsx`. */
export const panelIds = ["contents", "comments", "variables", "debugger", "files", "terminal", "resources"] as const;
export type PanelId = (typeof panelIds)[number];

export interface PanelState {
  readonly panel: PanelId | null;
  /** How often a person of this tab has opened one; 0: it is open because it was at the last visit, and takes no focus. */
  readonly asked: number;
}

const storageKey = "runhere.panel";
/** Below this width (CSS pixels) a panel covers the notebook, and is not opened without being asked for. */
export const NARROW_PX = 640;

export class PanelChoice {
  readonly #state: Value<PanelState>;
  #width: number;

  readonly #store: LocalStore;

  constructor(isNarrow: boolean, store: LocalStore) {
    this.#store = store;
    const { panel, width } = kept(store.getItem(storageKey));
    this.#width = width;
    this.#state = new Value<PanelState>({ panel: isNarrow ? null : panel, asked: 0 });
  }

  get state(): Observable<PanelState> {
    return this.#state;
  }

  /** Opens a panel, or closes it when it is the open one. */
  toggle(id: PanelId): void {
    const { panel, asked } = this.#state.get();
    this.#set(panel === id ? null : id, asked + 1);
  }

  /** Opens a panel; one that is open stays. */
  show(id: PanelId): void {
    if (this.#state.get().panel !== id) this.toggle(id);
  }

  close(): void {
    this.#set(null, this.#state.get().asked);
  }

  /** Shows the notebook where an open panel covers it. */
  uncover(): void {
    if (innerWidth < NARROW_PX) this.close();
  }

  /** CSS pixels. */
  get width(): number {
    return this.#width;
  }

  keepWidth(width: number): void {
    this.#width = width;
    this.#keep();
  }

  #set(panel: PanelId | null, asked: number): void {
    this.#state.set({ panel, asked });
    this.#keep();
  }

  #keep(): void {
    this.#store.setItem(storageKey, JSON.stringify({ panel: this.#state.get().panel, width: this.#width }));
  }
}

function kept(text: string | null): { panel: PanelId | null; width: number } {
  try {
    const raw = JSON.parse(text ?? "{}") as Readonly<Record<string, unknown>>;
    const width = raw["width"];
    return {
      panel: panelIds.find((one) => one === raw["panel"]) ?? null,
      width: typeof width === "number" && Number.isFinite(width) ? width : 320,
    };
  } catch {
    return { panel: null, width: 320 };
  }
}
