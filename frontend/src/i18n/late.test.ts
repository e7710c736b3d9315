/** Words that come late are there wherever they are shown: followed through the sources' imports. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { expect, test } from "vitest";
import { late } from "./late.ts";
import { setLanguage, text, withWords } from "./t.ts";

const SRC = resolve(import.meta.dirname, "..");
const topics = Object.keys(late);

const withoutComments = (code: string): string => code.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
const codeOf = (file: string): string => withoutComments(readFileSync(file, "utf8"));
const isOwn = (file: string): boolean => /\.tsx?$/.test(file) && existsSync(file);

const sources = readdirSync(SRC, { recursive: true, encoding: "utf8" })
  .map((name) => join(SRC, name))
  .filter((file) => isOwn(file) && !/(\.test|-for-tests)\.tsx?$|\/testing\//.test(file));

/** What a file loads before it runs. Types are nothing at run time. */
function importsOf(file: string): readonly string[] {
  const statements = codeOf(file).matchAll(/^\s*(?:import|export)\s+(?!type\b)(?:[^"';]*?\sfrom\s+)?"(\.[^"]+)"/gm);
  return [...statements].map(([, path]) => resolve(dirname(file), path ?? "")).filter(isOwn);
}

function loadedWith(root: string): ReadonlySet<string> {
  const seen = new Set<string>();
  const waiting = [root];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    waiting.push(...importsOf(file));
  }
  return seen;
}

function lateTopicsIn(file: string): readonly string[] {
  return [...codeOf(file).matchAll(/["'`]([a-z]+)\.[\w$]/g)]
    .map(([, topic]) => topic ?? "")
    .filter((topic) => topics.includes(topic));
}

interface Part {
  readonly root: string;
  readonly words: readonly string[];
}

/** Every `import()` of our own code, with the topics that its `withWords` names; and the page's first script. */
function parts(): readonly Part[] {
  const found: Part[] = [{ root: join(SRC, "app/main.tsx"), words: [] }];
  for (const file of sources) {
    const at = (path: string | undefined): string => resolve(dirname(file), path ?? "");
    const code = codeOf(file).replace(
      /withWords\(\s*import\("(\.[^"]+)"\)((?:,\s*"[a-z]+")*),?\s*\)/g,
      (_, path: string, words: string) => {
        found.push({ root: at(path), words: [...words.matchAll(/"([a-z]+)"/g)].map(([, one]) => one ?? "") });
        return "";
      },
    );
    for (const [, path] of code.matchAll(/(?<!typeof )import\("(\.[^"]+)"\)/g))
      found.push({ root: at(path), words: [] });
  }
  return found.filter(({ root }) => isOwn(root) && !root.includes("/i18n/"));
}

function missing(part: Part): readonly string[] {
  return [...loadedWith(part.root)].flatMap((file) =>
    [...new Set(lateTopicsIn(file))]
      .filter((topic) => !part.words.includes(topic))
      .map((topic) => `${relative(SRC, part.root)} is loaded without "${topic}", used in ${relative(SRC, file)}`),
  );
}

test("every part of the page is loaded with the words that it shows", () => {
  expect(parts().flatMap(missing)).toEqual([]);
});

test("a part loaded without its words is found", () => {
  const settings = parts().find(({ root }) => root.endsWith("/settings-dialog.tsx"));
  expect(settings?.words).toEqual(["settings"]);
  expect(missing({ root: settings?.root ?? "", words: [] })).toEqual([
    'views/settings/settings-dialog.tsx is loaded without "settings", used in views/settings/settings-dialog.tsx',
  ]);
});

test("late words follow a change of the language, also one while they load", async () => {
  await setLanguage("ja");
  expect(text("settings.themeDark")).toBe("ダーク");
  const back = setLanguage("en");
  await withWords(Promise.resolve(), "settings");
  await back;
  expect(text("settings.themeDark")).toBe("Dark");
});
