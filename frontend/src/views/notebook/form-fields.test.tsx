// @vitest-environment jsdom
/** A form by keyboard and screen reader: each field has its name, and what is chosen stands in the code. */
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import axe from "axe-core";
import { afterEach, beforeAll, expect, test } from "vitest";
import * as Y from "yjs";
import { NotebookDoc } from "../../doc/notebook-doc.ts";
import { formatRoot } from "../../doc/schema.ts";
import { withWords } from "../../i18n/t.ts";
import { FormFields } from "./form-fields.tsx";
import { useSource } from "./hooks.ts";

beforeAll(async () => {
  // What jsdom lacks.
  globalThis.CSS ??= {} as typeof CSS;
  CSS.escape ??= (text) => text;
  Element.prototype.scrollIntoView ??= () => {};
  await withWords(Promise.resolve(), "forms");
});
afterEach(cleanup);

const FORM = `#@title Rain
place = "Kyoto" #@param {type:"string"}
days = 3 #@param {type:"integer"}
is_wet = True #@param {type:"boolean"}
share = 0.5 #@param {type:"slider", min:0, max:1, step:0.1}
day = "2026-11-29" #@param {type:"date"}
unit = "mm" #@param ["mm", "inch"]
how = sum #@param {type:"raw"}
print(place)`;

function opened({ isReadOnly = false } = {}) {
  const doc = new NotebookDoc(new Y.Doc(), { now: () => 1 });
  formatRoot(doc.doc).set("schema", 1);
  doc.pasteCells([{ type: "code", source: FORM }], null);
  const cell = doc.cell(doc.cellIds()[0] ?? "");
  if (cell === null) throw new Error("no cell");
  const { container } = render(<Form doc={doc} cell={cell} isReadOnly={isReadOnly} />);
  return { doc, container, line: (at: number) => cell.source.toString().split("\n")[at], source: cell.source };
}

function Form(props: Omit<Parameters<typeof FormFields>[0], "source" | "title">) {
  return <FormFields {...props} source={useSource(props.cell)} title="Rain" />;
}

const typed = (name: string, value: string) => fireEvent.change(screen.getByLabelText(name), { target: { value } });

test("every field has its name and what the code says", async () => {
  const { container } = opened();
  screen.getByRole("group", { name: "Rain" });
  const value = (name: string) => (screen.getByLabelText(name) as HTMLInputElement).value;
  expect(["place", "days", "share", "day", "how"].map(value)).toEqual(["Kyoto", "3", "0.5", "2026-11-29", "sum"]);
  expect((screen.getByRole("checkbox", { name: "is_wet" }) as HTMLInputElement).checked).toBe(true);
  expect(screen.getByRole("button", { name: /unit$/ }).textContent).toContain("mm");
  const { violations } = await axe.run(container, { rules: { "color-contrast": { enabled: false } } });
  expect(violations.map(({ id, nodes }) => [id, nodes[0]?.html])).toEqual([]);
});

test("what is typed, ticked, moved and chosen is written into its line", async () => {
  const { line, doc } = opened();
  typed("place", 'Ise "bay"');
  expect(line(1)).toBe('place = "Ise \\"bay\\"" #@param {type:"string"}');
  fireEvent.click(screen.getByRole("checkbox", { name: "is_wet" }));
  expect(line(3)).toBe('is_wet = False #@param {type:"boolean"}');
  fireEvent.change(screen.getByRole("slider", { name: "share" }), { target: { value: "0.7" } });
  expect(line(4)).toBe('share = 0.7 #@param {type:"slider", min:0, max:1, step:0.1}');
  typed("day", "2027-01-02");
  expect(line(5)).toContain('"2027-01-02"');
  fireEvent.click(screen.getByRole("button", { name: /unit$/ }));
  fireEvent.click(await screen.findByRole("option", { name: "inch" }));
  expect(line(6)).toBe('unit = "inch" #@param ["mm", "inch"]');
  expect([line(0), line(8)]).toEqual(["#@title Rain", "print(place)"]);
  act(() => void doc.undo.undo());
  expect(line(6)).toBe('unit = "mm" #@param ["mm", "inch"]');
});

test("what the code cannot take is said and not written, and leaving the field shows what it keeps", () => {
  const { line } = opened();
  typed("days", "3.5");
  expect(line(2)).toBe('days = 3 #@param {type:"integer"}');
  screen.getByText("This is no value for this field. The code keeps 3.");
  typed("days", "35");
  expect(line(2)).toBe('days = 35 #@param {type:"integer"}');
  typed("how", '"open');
  expect(line(7)).toBe('how = sum #@param {type:"raw"}');
  fireEvent.blur(screen.getByLabelText("how"));
  expect((screen.getByLabelText("how") as HTMLInputElement).value).toBe("sum");
});

test("what somebody else writes in the code shows in the field", () => {
  const { source } = opened();
  act(() => source.insert(0, "# above\n"));
  act(() => source.insert(source.toString().indexOf("Kyoto"), "Old "));
  expect((screen.getByLabelText("place") as HTMLInputElement).value).toBe("Old Kyoto");
});

test("who may only read changes nothing", () => {
  opened({ isReadOnly: true });
  for (const name of ["place", "days", "is_wet", "share", "day", "how"])
    expect((screen.getByLabelText(name) as HTMLInputElement).disabled).toBe(true);
});
