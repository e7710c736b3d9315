/**
 * ANSI escape sequences as styled pieces of text. Pure: the state at the end of one piece is the start of the next, so long
 * texts can be shown from the middle. Everything but SGR and http(s) hyperlinks (OSC 8) is dropped, and with it the marks of where a cursor stood
 * (`core/stream-text.ts`).
 *
 * Source: ECMA-48 8.3.117 (SGR); https://gist.github.com/egmontkob/eb114294efbcd5adb1944c9f3cb5feda (OSC 8).
 */

/** 0–15 are the theme's sixteen colours; a string is `#rrggbb`. */
export type AnsiColor = number | string;

export interface AnsiStyle {
  readonly fg: AnsiColor | null;
  readonly bg: AnsiColor | null;
  readonly bold: boolean;
  readonly dim: boolean;
  readonly italic: boolean;
  readonly underline: boolean;
  readonly strike: boolean;
  readonly inverse: boolean;
  readonly link: string | null;
}

export interface AnsiPiece {
  readonly text: string;
  readonly style: AnsiStyle;
}

export const plainStyle: AnsiStyle = {
  fg: null,
  bg: null,
  bold: false,
  dim: false,
  italic: false,
  underline: false,
  strike: false,
  inverse: false,
  link: null,
};

// CSI … letter | OSC … (BEL or ST) | a two-character escape | an escape cut off at the end of the text. Put together from
// strings, because the escape character may not stand in a literal.
const ESC = "\\u001b";
const BEL = "\\u0007";
const OSC_TEXT = `[^${BEL}${ESC}]*`;
const ESCAPE = new RegExp(
  `${ESC}(?:\\[([0-9;:?<=>]*)[ -/]*([@-~])|\\](?:8;[^;${BEL}${ESC}]*;(${OSC_TEXT})|${OSC_TEXT})(?:${BEL}|${ESC}\\\\)|[()#][0-9A-Za-z]|[^[\\]]|.*$)|[\\r\\b]`,
  "g",
);
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this file is about.
const CONTROLS = /[\r\u0008\u001b]/;

/** Splits `text` into pieces of one style each. `start` is the style in force before it. */
export function readAnsi(text: string, start: AnsiStyle = plainStyle): { pieces: AnsiPiece[]; end: AnsiStyle } {
  if (!CONTROLS.test(text)) return { pieces: text ? [{ text, style: start }] : [], end: start };
  const pieces: AnsiPiece[] = [];
  let style = start;
  let from = 0;
  for (const found of text.matchAll(ESCAPE)) {
    if (found.index > from) pieces.push({ text: text.slice(from, found.index), style });
    from = found.index + found[0].length;
    if (found[2] === "m") style = applySgr(style, found[1] ?? "");
    else if (found[3] !== undefined) style = { ...style, link: safeLink(found[3]) };
  }
  if (from < text.length) pieces.push({ text: text.slice(from), style });
  return { pieces, end: style };
}

/** `text` without escape sequences and without marks of a cursor. */
export function stripAnsi(text: string): string {
  return CONTROLS.test(text) ? text.replace(ESCAPE, "") : text;
}

function safeLink(url: string): string | null {
  return /^https?:\/\//i.test(url) ? url : null;
}

function applySgr(style: AnsiStyle, parameters: string): AnsiStyle {
  const groups = parameters.split(";");
  const codes = groups.map(Number);
  let next = style;
  for (let at = 0; at < groups.length; at += 1) {
    const group = groups[at] ?? "";
    const code = codes[at] ?? 0;
    if (group.includes(":")) {
      next = applyGroup(next, group.split(":"));
    } else if (isColored(code)) {
      const color = extendedColor(codes, at + 1);
      at += color.used;
      next = colored(next, code, color.value);
    } else {
      next = applyCode(next, code);
    }
  }
  return next;
}

/** A code with parts of its own (ITU T.416): `38:5:n`, `38:2::r:g:b`, often written without the colour space, and kinds of underline. */
function applyGroup(style: AnsiStyle, parts: readonly string[]): AnsiStyle {
  const [code = 0, kind = 0, ...values] = parts.map(Number);
  if (code === 4) return { ...style, underline: kind !== 0 };
  if (!isColored(code)) return applyCode(style, code);
  if (kind === 5) return colored(style, code, paletteColor(values[0] ?? 0));
  return kind === 2 ? colored(style, code, hex(values.length > 3 ? values.slice(1) : values)) : style;
}

/** 58 colours the underline: read, so that its parts are not taken for codes, and not shown. */
function isColored(code: number): boolean {
  return code === 38 || code === 48 || code === 58;
}

function colored(style: AnsiStyle, code: number, color: AnsiColor | null): AnsiStyle {
  if (color === null || code === 58) return style;
  return code === 38 ? { ...style, fg: color } : { ...style, bg: color };
}

const SWITCHES: Readonly<Record<number, Partial<AnsiStyle>>> = {
  1: { bold: true },
  2: { dim: true },
  3: { italic: true },
  4: { underline: true },
  7: { inverse: true },
  9: { strike: true },
  21: { bold: false },
  22: { bold: false, dim: false },
  23: { italic: false },
  24: { underline: false },
  27: { inverse: false },
  29: { strike: false },
  39: { fg: null },
  49: { bg: null },
};

function applyCode(style: AnsiStyle, code: number): AnsiStyle {
  if (code === 0) return { ...plainStyle, link: style.link };
  if (code >= 30 && code <= 37) return { ...style, fg: code - 30 };
  if (code >= 40 && code <= 47) return { ...style, bg: code - 40 };
  if (code >= 90 && code <= 97) return { ...style, fg: code - 82 };
  if (code >= 100 && code <= 107) return { ...style, bg: code - 92 };
  return { ...style, ...SWITCHES[code] };
}

function extendedColor(codes: readonly number[], at: number): { value: AnsiColor | null; used: number } {
  if (codes[at] === 5) return { value: paletteColor(codes[at + 1] ?? 0), used: 2 };
  if (codes[at] === 2) return { value: hex(codes.slice(at + 1, at + 4)), used: 4 };
  return { value: null, used: 1 };
}

function paletteColor(index: number): AnsiColor {
  if (index < 16) return Math.max(0, index);
  if (index >= 232) return hex(Array(3).fill(8 + (Math.min(index, 255) - 232) * 10));
  const level = (n: number): number => (n === 0 ? 0 : 55 + n * 40);
  const cube = index - 16;
  return hex([level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6), level(cube % 6)]);
}

function hex(channels: readonly number[]): string {
  const part = (value: number | undefined): string =>
    Math.max(0, Math.min(255, Math.trunc(value ?? 0) || 0))
      .toString(16)
      .padStart(2, "0");
  return `#${part(channels[0])}${part(channels[1])}${part(channels[2])}`;
}
