import { expect, test } from "vitest";
import { chooseKernelspec, type KernelWishes } from "./kernel-start.ts";

const python = { name: "python3", displayName: "Python 3", language: "python" };
const venv = { name: "venv", displayName: "Python (venv)", language: "python" };
const r = { name: "ir", displayName: "R", language: "r" };
const none: KernelWishes = { picked: undefined, remembered: null, wanted: null, defaultName: "python3" };

test.each<[string, Partial<KernelWishes>, typeof python]>([
  ["names none: the default", {}, python],
  ["names one that is there", { wanted: { name: "venv", language: "python" } }, venv],
  ["ran on one before", { remembered: "ir", wanted: { name: "python3", language: "python" } }, r],
  ["somebody picks one", { picked: "venv", remembered: "ir" }, venv],
])("a notebook that %s", (_, wishes, spec) => {
  expect(chooseKernelspec([python, venv, r], { ...none, ...wishes })).toEqual({ type: "take", spec, isOther: false });
});

test("another name of the same language is taken, the default first", () => {
  const wanted = { name: "myenv", language: "python" };
  expect(chooseKernelspec([r, venv, python], { ...none, wanted })).toEqual({
    type: "take",
    spec: python,
    isOther: true,
  });
  expect(chooseKernelspec([r, venv], { ...none, defaultName: "ir", wanted })).toMatchObject({ spec: venv });
  // A file that does not say its language, with a name that does.
  const bare = { name: "python3", language: null };
  expect(chooseKernelspec([venv], { ...none, wanted: bare })).toMatchObject({ spec: venv, isOther: true });
});

test("another language is never taken unasked, nor anything for a name that nobody knows", () => {
  for (const wanted of [
    { name: "ir", language: "r" },
    { name: "something", language: null },
  ])
    expect(chooseKernelspec([python, venv], { ...none, wanted })).toEqual({ type: "ask" });
});
