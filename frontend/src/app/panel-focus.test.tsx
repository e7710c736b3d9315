// @vitest-environment jsdom
/** The focus of a panel: it comes in, it is never lost inside, it goes back. */
import { act, cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { useEffect, useRef } from "react";
import { afterEach, expect, test } from "vitest";
import { TextField } from "../ui/text-field.tsx";
import { awaitFocus, focusInto, useFocusBack, useFocusKept } from "./panel-focus.ts";

afterEach(cleanup);

/** A panel whose content comes late and changes. */
function Panel({ shows }: { readonly shows: readonly string[] }) {
  const section = useRef<HTMLElement>(null);
  const body = useRef<HTMLDivElement>(null);
  useFocusKept(section);
  useEffect(() => (section.current === null ? undefined : focusInto(section.current, body.current)), []);
  return (
    <section ref={section} aria-label="Panel" tabIndex={-1}>
      <button type="button">Close</button>
      <div ref={body}>
        {shows.includes("filter") ? <TextField label="Filter" data-panel-focus="" /> : null}
        {shows.includes("list") ? (
          <ul>
            <li>
              <button type="button">Parent</button>
              <div>
                {shows.includes("first") ? <button type="button">First</button> : null}
                <ul>
                  <li>text</li>
                </ul>
                {shows.includes("more") ? <button type="button">More</button> : null}
              </div>
            </li>
          </ul>
        ) : null}
        {shows.includes("empty") ? <button type="button">Start</button> : null}
      </div>
    </section>
  );
}

interface PageProps {
  readonly panel: string | null;
  readonly hasOpener: boolean;
  readonly orElse: () => void;
}

function Page({ panel, hasOpener, orElse }: PageProps) {
  useFocusBack(panel, orElse);
  return (
    <>
      {hasOpener ? <button type="button">Opener</button> : null}
      {panel === null ? null : <Panel shows={["filter"]} />}
    </>
  );
}

const focused = () => document.activeElement;

test("what comes late gets the focus: the field itself, not what lies around it", async () => {
  const { rerender } = render(<Panel shows={[]} />);
  expect(focused()).toBe(screen.getByRole("region", { name: "Panel" }));
  rerender(<Panel shows={["filter"]} />);
  await waitFor(() => expect(focused()).toBe(screen.getByRole("textbox", { name: "Filter" })));
});

test("whoever moved the focus meanwhile keeps it", async () => {
  const { rerender } = render(<Panel shows={[]} />);
  act(() => screen.getByRole("button", { name: "Close" }).focus());
  rerender(<Panel shows={["filter"]} />);
  await act(async () => {});
  expect(focused()).toBe(screen.getByRole("button", { name: "Close" }));
});

test("what goes away leaves the focus to the stop before it, in the smallest part that has one", async () => {
  const { rerender } = render(<Panel shows={["filter", "list", "first", "more"]} />);
  act(() => screen.getByRole("button", { name: "More" }).focus());
  rerender(<Panel shows={["filter", "list", "first"]} />);
  await waitFor(() => expect(focused()).toBe(screen.getByRole("button", { name: "First" })));
  rerender(<Panel shows={["filter", "list"]} />);
  await waitFor(() => expect(focused()).toBe(screen.getByRole("button", { name: "Parent" })));
});

test("where everything is replaced, the first stop of what came has it", async () => {
  const { rerender } = render(<Panel shows={["list", "more"]} />);
  act(() => screen.getByRole("button", { name: "More" }).focus());
  rerender(<Panel shows={["empty"]} />);
  await waitFor(() => expect(focused()).toBe(screen.getByRole("button", { name: "Start" })));
});

test("what goes away without the focus moves nothing", async () => {
  const { rerender } = render(<Panel shows={["list", "more"]} />);
  act(() => screen.getByRole("button", { name: "More" }).focus());
  act(() => screen.getByRole("button", { name: "Close" }).focus());
  rerender(<Panel shows={["list"]} />);
  await act(async () => {});
  expect(focused()).toBe(screen.getByRole("button", { name: "Close" }));
});

test("the focus goes back to where it was, or to the notebook when that is gone", () => {
  const fallBacks: string[] = [];
  const orElse = () => fallBacks.push("notebook");
  const { rerender } = render(<Page orElse={orElse} panel={null} hasOpener />);
  act(() => screen.getByRole("button", { name: "Opener" }).focus());
  rerender(<Page orElse={orElse} panel="files" hasOpener />);
  expect(focused()).toBe(screen.getByRole("textbox", { name: "Filter" }));
  rerender(<Page orElse={orElse} panel={null} hasOpener />);
  expect(focused()).toBe(screen.getByRole("button", { name: "Opener" }));
  rerender(<Page orElse={orElse} panel="files" hasOpener />);
  rerender(<Page orElse={orElse} panel="files" hasOpener={false} />);
  expect(fallBacks).toEqual([]);
  rerender(<Page orElse={orElse} panel={null} hasOpener={false} />);
  expect(fallBacks).toEqual(["notebook"]);
});

/** A panel that was just opened from a cell's menu, and has no content yet. */
function awaiting() {
  render(
    <>
      <button type="button">Cell</button>
      <section aria-label="Panel" tabIndex={-1} />
    </>,
  );
  const section = screen.getByRole("region");
  screen.getByText("Cell").focus();
  return { section, awaited: awaitFocus(section) };
}

test("a panel whose content is still coming has the focus, and its content may take it", async () => {
  const { section, awaited } = awaiting();
  await waitFor(() => expect(focused()).toBe(section));
  fireEvent.keyDown(section, { key: "d" });
  expect(awaited.take()).toBe(true);
  expect(awaited.take()).toBe(false);
});

test.each([
  ["a press", () => fireEvent.pointerDown(screen.getByText("Cell"))],
  ["a key", () => fireEvent.keyDown(screen.getByText("Cell"), { key: "b" })],
])("after %s elsewhere the content takes no focus", async (_, goOn) => {
  const { section, awaited } = awaiting();
  await waitFor(() => expect(focused()).toBe(section));
  goOn();
  screen.getByText("Cell").focus();
  expect(awaited.take()).toBe(false);
  expect(focused()).toBe(screen.getByText("Cell"));
});

test("a panel that goes before its content comes takes no focus", async () => {
  const { awaited } = awaiting();
  awaited.end();
  await new Promise(requestAnimationFrame);
  await new Promise(requestAnimationFrame);
  expect(focused()).toBe(screen.getByText("Cell"));
});
