// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeAll, expect, test } from "vitest";
import { UNBOUND } from "../../core/binding.ts";
import { Value } from "../../core/observable.ts";
import { ConnectControls } from "./connect-controls.tsx";
import { ConnectDesk } from "./connect-desk.ts";
import type { ConnectControlsProps } from "./connect-props.ts";
import type { HostedAccess } from "./runtime.ts";

beforeAll(() => {
  // What jsdom lacks.
  globalThis.CSS ??= {} as typeof CSS;
  CSS.escape ??= (text) => text;
  Element.prototype.scrollIntoView ??= () => {};
});
afterEach(cleanup);

test.each([
  ["says so where there is none", null, "This hub has none"],
  ["says nothing where there is one", {} as HostedAccess, null],
])("the way to a hosted runtime %s, and keeps its name", async (_, hosted, said) => {
  const binding = new Value(UNBOUND);
  const runtime = {
    binding,
    kernel: new Value({ status: "none", name: null, displayName: null }),
    kernelspecs: new Value([]),
  } as unknown as ConnectControlsProps["runtime"];
  render(
    <ConnectControls
      runtime={runtime}
      desk={new ConnectDesk(binding, hosted)}
      notebookName="rain"
      origin="https://hub"
      now={Date.now}
    />,
  );
  fireEvent.keyDown(screen.getByRole("button", { name: "Connection options" }), { key: "ArrowDown" });
  const item = await screen.findByRole("menuitem", { name: "Connect to a hosted runtime" });
  const described = item.getAttribute("aria-describedby");
  expect(described === null ? null : (document.getElementById(described)?.textContent ?? null)).toBe(said);
});
