/** What "find" shows of one notebook. What it does comes with its bar (`find-model.ts`): nothing of that is needed before. */
import { type Observable, Value } from "../../core/observable.ts";
import type { FindOptions, Match } from "./find.ts";

export interface FindState {
  readonly isOpen: boolean;
  readonly showsReplace: boolean;
  readonly options: FindOptions;
  readonly isInvalid: boolean;
  /** Outputs are looked into, too. */
  readonly inOutputs: boolean;
  /** Not all outputs were looked through so far. */
  readonly isLooking: boolean;
  /** Outputs that are not looked through to their end: they are too large, or not here. */
  readonly missed: number;
  readonly matches: readonly Match[];
  /** Index into `matches`, -1 for none. */
  readonly current: number;
  /** Counts how often it was opened, so that the field can take the focus again. */
  readonly opened: number;
}

const START: FindState = {
  isOpen: false,
  showsReplace: false,
  options: { text: "", matchCase: false, wholeWord: false, isRegExp: false },
  isInvalid: false,
  inOutputs: false,
  isLooking: false,
  missed: 0,
  matches: [],
  current: -1,
  opened: 0,
};

export class FindDesk {
  readonly #state = new Value<FindState>(START);

  get state(): Observable<FindState> {
    return this.#state;
  }

  set(next: Partial<FindState>): void {
    this.#state.set({ ...this.#state.get(), ...next });
  }

  /** Opens the bar, with this text to look for. */
  open(text: string | null, { withReplace = false }: { withReplace?: boolean } = {}): void {
    const { options, showsReplace, opened } = this.#state.get();
    this.set({
      isOpen: true,
      showsReplace: withReplace || showsReplace,
      options: text ? { ...options, text, isRegExp: false } : options,
      opened: opened + 1,
    });
  }
}
