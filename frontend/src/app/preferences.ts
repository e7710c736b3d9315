/** A person's choices about the page, kept by this browser. Nothing here is about a notebook. */
import { type Observable, Value } from "../core/observable.ts";
import { type Language, languages, preferredLanguage } from "../i18n/t.ts";
import type { LocalStore } from "./runtime-memory.ts";

export type Theme = "system" | "light" | "dark";

export interface Preferences {
  readonly language: Language;
  readonly theme: Theme;
  /** CSS pixels. */
  readonly editorFontSize: number;
  readonly lineNumbers: boolean;
}

export const editorFontSizes = { min: 10, max: 28, usual: 14 } as const;
const themes: readonly Theme[] = ["system", "light", "dark"];
const storageKey = "runhere.preferences";

/** What was stored, with the usual value for everything that is missing or makes no sense. */
export function readPreferences(stored: string | null, wanted: readonly string[]): Preferences {
  const raw = parseObject(stored);
  const size = raw["editorFontSize"];
  return {
    language: languages.find((one) => one === raw["language"]) ?? preferredLanguage(wanted),
    theme: themes.find((one) => one === raw["theme"]) ?? "system",
    editorFontSize:
      typeof size === "number" && size >= editorFontSizes.min && size <= editorFontSizes.max
        ? size
        : editorFontSizes.usual,
    lineNumbers: raw["lineNumbers"] === true,
  };
}

function parseObject(text: string | null): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text ?? "{}");
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

export class PreferenceStore implements Observable<Preferences> {
  readonly #value: Value<Preferences>;
  readonly #store: LocalStore;

  constructor(store: LocalStore) {
    this.#store = store;
    const read = () => readPreferences(store.getItem(storageKey), navigator.languages);
    this.#value = new Value(read());
    // Another tab of this browser changed them.
    addEventListener("storage", (event) => {
      if (event.key === storageKey) this.#value.set(read());
    });
  }

  get(): Preferences {
    return this.#value.get();
  }

  subscribe(fn: () => void): () => void {
    return this.#value.subscribe(fn);
  }

  set(changes: Partial<Preferences>): void {
    const next = { ...this.#value.get(), ...changes };
    this.#value.set(next);
    this.#store.setItem(storageKey, JSON.stringify(next));
  }
}

/** Puts theme and editor size on the root element, where the style sheets look for them. */
export function applyPreferences(preferences: Preferences): void {
  const root = document.documentElement;
  root.lang = preferences.language;
  if (preferences.theme === "system") delete root.dataset["theme"];
  else root.dataset["theme"] = preferences.theme;
  root.style.setProperty("--code-size", `${preferences.editorFontSize / 16}rem`);
}
