/**
 * The page's words. One language is in force for the whole page; `text` reads it at the moment of the call.
 *
 * English words of the first load are there from the start and are the fall-back; Japanese comes when it is asked for.
 * Words of `late.ts` come with the code that shows them, through `withWords`. A component that shows text uses `useText`
 * of `ui/`, so that it is drawn again when the language changes.
 */
import { en } from "./en.ts";
import { type LateTopic, type LateWords, late } from "./late.ts";
import type { Message, ParameterOf } from "./messages.ts";

export type Language = "en" | "ja";
export const languages: readonly Language[] = ["en", "ja"];

type Topics = typeof en & LateWords;
/** `topic.name` of every text, as `home.newNotebook`. */
export type TextKey = { [T in keyof Topics & string]: `${T}.${keyof Topics[T] & string}` }[keyof Topics & string];
type MessageOf<K> = K extends `${infer T}.${infer N}`
  ? T extends keyof Topics
    ? N extends keyof Topics[T]
      ? Topics[T][N]
      : never
    : never
  : never;
type Values<K> = [ParameterOf<MessageOf<K>>] extends [never]
  ? []
  : [values: { readonly [P in ParameterOf<MessageOf<K>>]: string | number }];

type Words = Readonly<Record<string, Message>>;

/** A part of the page shows words that were not loaded with it: its `import()` lacks `withWords` or a topic. */
export class WordsMissing extends Error {
  override readonly name = "WordsMissing";
}

let current: Language = "en";
/** What is loaded, by language and topic. */
const loaded: Readonly<Record<Language, Map<string, Words>>> = { en: new Map(Object.entries(en)), ja: new Map() };
/** Late topics that some part of the page asked for. */
const wanted = new Set<LateTopic>();
const watchers = new Set<() => void>();

/** The language in force. Fits `Observable` of `core/`. */
export const language = {
  get: (): Language => current,
  subscribe(watcher: () => void): () => void {
    watchers.add(watcher);
    return () => watchers.delete(watcher);
  },
};

/** Loads a language's words and puts them in force; the page keeps the old ones when the load fails (rejects). */
export async function setLanguage(next: Language): Promise<void> {
  await loadFirst(next);
  let topics: readonly LateTopic[];
  do {
    topics = [...wanted];
    await loadLate(next, topics);
  } while (topics.length < wanted.size);
  current = next;
  for (const watcher of watchers) watcher();
}

/**
 * A part of the page that is loaded when it is needed, together with the words that it shows. Rejects when either cannot
 * be loaded; both may be asked for again.
 */
export async function withWords<Part>(part: Promise<Part>, ...topics: readonly LateTopic[]): Promise<Part> {
  for (const topic of topics) wanted.add(topic);
  const [code] = await Promise.all([part, loadLate(current, topics)]);
  // Nothing to do, unless somebody changed the language meanwhile.
  await loadLate(current, topics);
  return code;
}

async function loadFirst(into: Language): Promise<void> {
  if (into === "en" || loaded.ja.has("shell")) return;
  const { ja } = await import("./ja.ts");
  for (const [topic, words] of Object.entries(ja)) loaded.ja.set(topic, words);
}

async function loadLate(into: Language, topics: readonly LateTopic[]): Promise<void> {
  const missing = topics.filter((topic) => !loaded[into].has(topic));
  await Promise.all(missing.map(async (topic) => loaded[into].set(topic, await late[topic][into]())));
}

/** The language a browser asks for: Japanese if it names Japanese before English, else English. */
export function preferredLanguage(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const base = tag.toLowerCase().split("-")[0];
    if (base === "ja" || base === "en") return base;
  }
  return "en";
}

/** The text of a key in the language in force; `{name}` is replaced by the value given, numbers written in its way. */
export function text<K extends TextKey>(key: K, ...values: Values<K>): string {
  return fill(lookUp(key), (values[0] ?? {}) as Readonly<Record<string, string | number>>);
}

/** The English of a text without values, whatever language is in force: the name by which a page of documentation may call something. */
export function englishText(key: `commands.${keyof typeof en.commands}`): string {
  const [topic, name] = parts(key);
  const message = loaded.en.get(topic)?.[name];
  return typeof message === "string" ? message : name;
}

/** Whether `key` names a text; for codes that come from outside (an error's code, a diagnosis). */
export function isTextKey(key: string): key is TextKey {
  const [topic, name] = parts(key);
  const words = loaded[current].get(topic) ?? loaded.en.get(topic);
  return words !== undefined && Object.hasOwn(words, name);
}

/** The text of a key that was checked with `isTextKey`, with values whose names nobody can check. */
export function looseText(key: TextKey, values: Readonly<Record<string, string | number>>): string {
  return fill(lookUp(key), values);
}

function lookUp(key: string): Message {
  const [topic, name] = parts(key);
  const words = loaded[current].get(topic) ?? loaded.en.get(topic);
  // Where people work a bare name is less bad than a broken page; where we work it must not pass.
  if (!words && import.meta.env.DEV) throw new WordsMissing(`${key} is not loaded: load its part with withWords`);
  return words?.[name] ?? name;
}

function parts(key: string): readonly [topic: string, name: string] {
  const dot = key.indexOf(".");
  return [key.slice(0, dot), key.slice(dot + 1)];
}

function fill(message: Message, values: Readonly<Record<string, string | number>>): string {
  return form(message, values["count"]).replace(/\{([a-zA-Z]+)\}/g, (whole, name: string) => {
    const value = values[name];
    if (value === undefined) return whole;
    return typeof value === "number" ? formatNumber(value) : value;
  });
}

function form(message: Message, count: string | number | undefined): string {
  if (typeof message === "string") return message;
  const rule = typeof count === "number" ? new Intl.PluralRules(current).select(count) : "other";
  return rule === "one" ? (message.one ?? message.other) : message.other;
}

export function formatNumber(value: number): string {
  return new Intl.NumberFormat(current).format(value);
}

/** A size in bytes for people: `12.3 kB`. Units are powers of 1,000. */
export function formatBytes(sizeBytes: number): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;
  const step = sizeBytes < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(sizeBytes) / 3));
  const value = sizeBytes / 1000 ** step;
  return new Intl.NumberFormat(current, {
    style: "unit",
    unit: units[step] ?? "byte",
    unitDisplay: step === 0 ? "long" : "short",
    maximumFractionDigits: value < 10 && step > 0 ? 1 : 0,
  }).format(value);
}

/** `Ada, Bob and Carol`. */
export function formatList(items: readonly string[]): string {
  return new Intl.ListFormat(current, { type: "conjunction" }).format(items);
}

/** Date and time of day, medium length. `ms` since 1970, UTC; shown in the browser's time zone. */
export function formatDateTime(ms: number): string {
  return new Intl.DateTimeFormat(current, { dateStyle: "medium", timeStyle: "short" }).format(ms);
}

/** `3 minutes ago`, `yesterday`; a date once it is a month old. Both in ms since 1970. */
export function formatAgo(ms: number, nowMs: number): string {
  const seconds = Math.round((ms - nowMs) / 1000);
  const steps: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
    ["day", 86_400],
    ["hour", 3_600],
    ["minute", 60],
  ];
  if (Math.abs(seconds) > 30 * 86_400) return new Intl.DateTimeFormat(current, { dateStyle: "medium" }).format(ms);
  const relative = new Intl.RelativeTimeFormat(current, { numeric: "auto" });
  for (const [unit, size] of steps) {
    if (Math.abs(seconds) >= size) return relative.format(Math.trunc(seconds / size), unit);
  }
  return relative.format(0, "second");
}
