import { afterEach, expect, it } from "vitest";
import type { BindingState, RuntimeTarget } from "../../core/binding.ts";
import { languages, setLanguage, text } from "../../i18n/t.ts";
import { briefLabelOf, labelOf } from "./connection-label.ts";

const target: RuntimeTarget = { baseUrl: "http://127.0.0.1:34469/", label: "127.0.0.1:34469", kind: "jupyter" };
const attachment = {
  kernelId: "k",
  kernelspec: "python3",
  displayName: "Python 3",
  folder: { path: "", place: "root" },
} as const;
const interrupted = { phase: "interrupted", target, attachment, attempt: 1, retryAt: null } as const;
const STATES: readonly BindingState[] = [
  { phase: "unbound", failure: null },
  { phase: "probing", target, step: "reach" },
  { phase: "probing", target, step: "confirm_token" },
  { phase: "authenticating", target, step: "check", failure: null },
  { phase: "authenticating", target, step: "token", failure: null },
  { phase: "connecting", target, step: "session" },
  { phase: "connecting", target, step: "kernelspec_choice" },
  { phase: "ready", target, attachment },
  { ...interrupted, reason: "network" },
  { ...interrupted, reason: "token_refused" },
  { phase: "gone", target, attachment, reason: "kernel_gone" },
];

afterEach(() => setLanguage("en"));

it.each(languages)("what a phone shows of the button is a part of its name, in %s", async (language) => {
  await setLanguage(language);
  for (const state of STATES) {
    const [brief, whole] = [briefLabelOf(state, text), labelOf(state, text)];
    expect(whole.toLowerCase()).toContain(brief.toLowerCase());
    expect(brief).not.toContain(target.label);
  }
});

it("what waits for a word of the person does not seem to be on its way", () => {
  expect(labelOf({ phase: "probing", target, step: "confirm_token" }, text)).toBe("127.0.0.1:34469 waits for you");
  expect(labelOf({ phase: "probing", target, step: "reach" }, text)).toBe("Connecting to 127.0.0.1:34469…");
});
