/**
 * Keyboard shortcuts as data: what a key binding says, which binding a key press means, and how it is shown.
 *
 * A binding is written as strokes parted by spaces: `"Mod-Enter"`, `"d d"`, `"Mod-m b"`. `Mod` is Cmd on a Mac and Ctrl
 * elsewhere; `Ctrl` is always Ctrl. Letters are written in lower case with `Shift-` where Shift is held; a character that
 * needs Shift on some keyboards (`?`, `+`) is written as itself.
 *
 *     idle --first stroke of a longer binding--> pending --next stroke--> match or idle
 *                                                pending --1 s--> idle
 */

/** Where a binding works: on the selected cell, while text is typed, or both. */
export type KeyMode = "command" | "edit" | "any";

/** One way to call a command by keys. */
export interface KeyBinding {
  readonly command: string;
  readonly keys: string;
  readonly mode: KeyMode;
}

/** The parts of a `KeyboardEvent` that decide what it means. */
export interface KeyStroke {
  readonly key: string;
  /** Physical key, e.g. `KeyM` or `Digit8`: names the letter where an input method or Alt gives another character. */
  readonly code?: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
}

/** What has been typed of a longer binding. `expiresAt` is in milliseconds of the caller's clock. */
export interface PendingKeys {
  readonly strokes: readonly string[];
  readonly expiresAt: number;
}

export interface KeyAnswer {
  /** The command that is meant, or null. */
  readonly command: string | null;
  /** Set while a longer binding has begun. */
  readonly pending: PendingKeys | null;
  /** Whether the page should keep the key press for itself. */
  readonly taken: boolean;
}

const PENDING_MS = 1_000;
const NAMED = new Map([
  [" ", "Space"],
  ["Esc", "Escape"],
  ["Up", "ArrowUp"],
  ["Down", "ArrowDown"],
]);
const MODIFIERS = new Set([
  "Control",
  "Shift",
  "Alt",
  "Meta",
  "AltGraph",
  "CapsLock",
  "Dead",
  "Process",
  "Unidentified",
]);

function keyName(stroke: KeyStroke): string {
  const named = NAMED.get(stroke.key) ?? stroke.key;
  const letter = /^Key([A-Z])$/.exec(stroke.code ?? "")?.[1];
  // Alt gives other characters on a Mac, and a Japanese input method gives "Process": the physical key knows better.
  // Shift makes another character of this key on every keyboard ("_", "="), and Ctrl-Shift-Minus is meant by its place.
  if (stroke.code === "Minus" && (stroke.ctrlKey || stroke.metaKey)) return "-";
  if (letter && (stroke.altKey || stroke.ctrlKey || stroke.metaKey || named === "Process")) return letter.toLowerCase();
  return named.length === 1 ? named.toLowerCase() : named;
}

/** A key press in the notation of this module, with `Mod` resolved; null for a modifier alone. */
export function strokeName(stroke: KeyStroke, isMac: boolean): string | null {
  const key = keyName(stroke);
  if (MODIFIERS.has(key)) return null;
  const mod = isMac ? stroke.metaKey : stroke.ctrlKey;
  const other = isMac ? stroke.ctrlKey : stroke.metaKey;
  const shiftCounts = key.length > 1 || /[a-z0-9-]/.test(key);
  return [
    mod ? "Mod" : "",
    other ? (isMac ? "Ctrl" : "Meta") : "",
    stroke.altKey ? "Alt" : "",
    stroke.shiftKey && shiftCounts ? "Shift" : "",
    key,
  ]
    .filter(Boolean)
    .join("-");
}

/** What a binding says on this kind of machine, as `strokeName` says it. */
function resolved(keys: string, isMac: boolean): string {
  return isMac || !keys.includes("Ctrl-") ? keys : keys.replace(/(^|[ -])Ctrl-/g, "$1Mod-");
}

/**
 * Say what a key press means.
 *
 * Args: `bindings` in order of preference; `mode` is where the focus is; `now` in milliseconds of the clock that made
 * `pending.expiresAt`.
 */
export function readKey(
  stroke: KeyStroke,
  bindings: readonly KeyBinding[],
  { mode, pending, now, isMac }: { mode: "command" | "edit"; pending: PendingKeys | null; now: number; isMac: boolean },
): KeyAnswer {
  const name = strokeName(stroke, isMac);
  if (name === null) return { command: null, pending, taken: false };
  const before = pending && pending.expiresAt >= now ? pending.strokes : [];
  const usable = bindings.filter((binding) => binding.mode === "any" || binding.mode === mode);
  return (
    step([...before, name]) ??
    (before.length > 0 ? step([name]) : null) ?? { command: null, pending: null, taken: before.length > 0 }
  );

  function step(typed: readonly string[]): KeyAnswer | null {
    // As one text: this goes through all bindings with every letter that somebody writes.
    const soFar = typed.join(" ");
    let longer = false;
    for (const binding of usable) {
      const wanted = resolved(binding.keys, isMac);
      if (wanted === soFar) return { command: binding.command, pending: null, taken: true };
      longer ||= wanted.startsWith(`${soFar} `);
    }
    return longer ? { command: null, pending: { strokes: typed, expiresAt: now + PENDING_MS }, taken: true } : null;
  }
}

const MAC_SIGNS: Readonly<Record<string, string>> = {
  Mod: "⌘",
  Ctrl: "⌃",
  Alt: "⌥",
  Shift: "⇧",
  Meta: "⌘",
  Enter: "↩",
  Backspace: "⌫",
  Delete: "⌦",
};
const SIGNS: Readonly<Record<string, string>> = { Mod: "Ctrl", ArrowUp: "↑", ArrowDown: "↓", Escape: "Esc" };

/** A binding as people read it: `⇧⌘P` on a Mac, `Ctrl+Shift+P` elsewhere. */
export function showKeys(keys: string, isMac: boolean): string {
  return keys
    .split(" ")
    .map((stroke) => {
      const parts = stroke === "-" ? ["-"] : stroke.split(/-(?=.)/);
      const signs = parts.map(
        (part) =>
          (isMac ? MAC_SIGNS[part] : undefined) ?? SIGNS[part] ?? (part.length === 1 ? part.toUpperCase() : part),
      );
      return signs.join(isMac ? "" : "+");
    })
    .join(" ");
}
