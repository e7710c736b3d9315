import { afterEach, expect, test } from "vitest";
import { en } from "./en.ts";
import { ja } from "./ja.ts";
import { late } from "./late.ts";
import type { Message } from "./messages.ts";
import { formatAgo, formatBytes, isTextKey, language, looseText, preferredLanguage, setLanguage, text } from "./t.ts";

afterEach(() => setLanguage("en"));

const names = (message: Message): string[] =>
  [...JSON.stringify(message).matchAll(/\{([a-zA-Z]+)\}/g)].map((match) => match[1] ?? "").sort();

type Words = Readonly<Record<string, Message>>;

async function allTopics(): Promise<readonly (readonly [topic: string, english: Words, japanese: Words])[]> {
  const first = Object.entries(en).map(([topic, words]) => [topic, words, ja[topic as keyof typeof ja]] as const);
  const others = Object.entries(late).map(
    async ([topic, words]) => [topic, await words.en(), await words.ja()] as const,
  );
  return [...first, ...(await Promise.all(others))];
}

test("every Japanese text names the same values as the English one", async () => {
  for (const [topic, messages, translated] of await allTopics()) {
    expect(Object.keys(translated).sort(), topic).toEqual(Object.keys(messages).sort());
    for (const [name, message] of Object.entries(messages)) {
      const wanted = new Set(names(message));
      const got = new Set(names(translated[name] ?? ""));
      // A plural form may leave the number out ("one folder"), never add a name.
      for (const value of got) expect([...wanted, "count"], `${topic}.${name}`).toContain(value);
      for (const value of wanted) if (value !== "count") expect([...got], `${topic}.${name}`).toContain(value);
    }
  }
});

test("a text follows the language in force and tells its watchers", async () => {
  let told = 0;
  const stop = language.subscribe(() => {
    told += 1;
  });
  expect(text("shell.cancel")).toBe("Cancel");
  await setLanguage("ja");
  expect(text("shell.cancel")).toBe("キャンセル");
  expect(told).toBe(1);
  stop();
});

test("values are put in, unknown names stay, numbers are written for people", () => {
  expect(looseText("runtime.connectedTo", { name: 12345 })).toBe("Connected to 12,345");
  expect(looseText("runtime.connectedTo", {})).toBe("Connected to {name}");
});

test("a code from outside is looked up only if there is a text for it", () => {
  expect(isTextKey("shell.cancel")).toBe(true);
  expect(isTextKey("shell.toString")).toBe(false);
  expect(isTextKey("nowhere.cancel")).toBe(false);
  expect(isTextKey("cancel")).toBe(false);
});

test("the browser's first known language wins", () => {
  expect(preferredLanguage(["fr-FR", "ja-JP", "en-US"])).toBe("ja");
  expect(preferredLanguage(["en-GB", "ja"])).toBe("en");
  expect(preferredLanguage(["fr"])).toBe("en");
});

test("sizes and times are short", () => {
  expect(formatBytes(999)).toBe("999 bytes");
  expect(formatBytes(1500)).toBe("1.5 kB");
  expect(formatBytes(23_400_000)).toBe("23 MB");
  const now = Date.UTC(2026, 0, 10);
  expect(formatAgo(now - 20_000, now)).toBe("now");
  expect(formatAgo(now - 180_000, now)).toBe("3 minutes ago");
  expect(formatAgo(now - 26 * 3_600_000, now)).toBe("yesterday");
});
