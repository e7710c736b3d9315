/**
 * What in a cell's code a person should look at before it runs on their machine. Advice, not protection: code can hide anything. Pure.
 */
export type WarningKind = "shell" | "network" | "deletes" | "hidden_characters";

export interface CodeWarning {
  readonly kind: WarningKind;
  /** From 1. */
  readonly line: number;
}

const PATTERNS: readonly (readonly [WarningKind, RegExp])[] = [
  [
    "shell",
    /^\s*(!|%%?(bash|sh|system|script|sx|cmd|perl|ruby)\b)|\b(os\.(system|popen|exec\w*|spawn\w*)|subprocess\b|pty\.spawn)/,
  ],
  [
    "network",
    /\b(requests\.\w+\s*\(|urllib\b|http\.client|httpx|aiohttp|socket\.(socket|create_connection)|ftplib|smtplib|paramiko|websockets?\b)|\b(curl|wget|nc|ssh|scp)\s|\bpip3?\s+install\b|%(pip|conda)\b/,
  ],
  [
    "deletes",
    /\b(shutil\.rmtree|os\.(remove|unlink|rmdir|removedirs)|\.unlink\s*\(|\.rmdir\s*\()|\brm\s+-\w*|\bdel\s+\/|\bmkfs\b|\bdd\s+if=/,
  ],
];

/** Bidirectional controls and characters without width: code with them does not read as it runs. */
export const HIDDEN_CHARACTERS =
  /\u034f|[\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0]/;

/** One warning of a kind for each line, in the order of the lines. */
export function warningsOf(source: string): CodeWarning[] {
  return source.split("\n").flatMap((text, index) => {
    const found = PATTERNS.filter(([, pattern]) => pattern.test(text)).map(([kind]) => kind);
    if (HIDDEN_CHARACTERS.test(text)) found.push("hidden_characters");
    return found.map((kind) => ({ kind, line: index + 1 }));
  });
}

/** The text with every hidden character written out, as `⟨U+202E⟩`. */
export function revealed(text: string): string {
  return text.replace(new RegExp(HIDDEN_CHARACTERS, "g"), (character) => {
    const code = character.codePointAt(0) ?? 0;
    return `⟨U+${code.toString(16).toUpperCase().padStart(4, "0")}⟩`;
  });
}
