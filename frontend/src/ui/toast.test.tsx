// @vitest-environment jsdom
import { act, cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import { Toasts, toast, useErrorsOfView } from "./toast.tsx";

afterEach(cleanup);

function Page({ view }: { readonly view: string }) {
  useErrorsOfView(view);
  return <Toasts />;
}

test("an error goes with the view that it is about, and what offers to undo stays", () => {
  const { rerender } = render(<Page view="home" />);
  act(() => {
    toast({ text: "The notebook was not moved.", tone: "error" });
    toast({ text: "Moved to the trash.", action: { label: "Undo", onAction: () => {} } });
  });
  rerender(<Page view="home" />);
  expect(screen.getByRole("alert").textContent).toBe("The notebook was not moved.");
  rerender(<Page view="a notebook" />);
  expect(screen.queryByRole("alert")).toBeNull();
  expect(screen.getByText("Moved to the trash.")).toBeTruthy();
});

test("an error that comes while a view is being opened stays in it", () => {
  const { rerender } = render(<Page view="home" />);
  rerender(<Page view="a notebook" />);
  act(() => void toast({ text: "The runtime does not answer.", tone: "error" }));
  rerender(<Page view="a notebook" />);
  expect(screen.getByRole("alert").textContent).toBe("The runtime does not answer.");
});

test("what is said once more stands there once, and what offers something each time", () => {
  render(<Page view="home" />);
  const noted: string[] = [];
  act(() => {
    for (const who of ["one", "two"]) {
      toast({ text: "The kernel was restarted.", tone: "error" });
      toast({ text: "Deleted.", action: { label: `Undo ${who}`, onAction: () => noted.push(who) } });
    }
  });
  expect(screen.getAllByRole("alert")).toHaveLength(1);
  act(() => screen.getByRole("button", { name: "Undo one" }).click());
  act(() => screen.getByRole("button", { name: "Undo two" }).click());
  expect(noted).toEqual(["one", "two"]);
});

test("errors that stand there do not hide what comes after them", () => {
  render(<Page view="home" />);
  act(() => {
    for (const name of ["a", "b", "c"]) toast({ text: `${name} could not be moved.`, tone: "error" });
    toast({ text: "Deleted 2 cells." });
  });
  expect(screen.getByText("Deleted 2 cells.")).toBeTruthy();
  expect(screen.getAllByRole("alert")).toHaveLength(2);
});
