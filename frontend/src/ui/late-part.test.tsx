// @vitest-environment jsdom
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { Component, type ReactNode, useEffect, useLayoutEffect, useRef, useState } from "react";
import { createRoot } from "react-dom/client";
import { afterEach, expect, test, vi } from "vitest";
import { askAgainForParts, latePart, onMissingPart } from "./late-part.ts";

afterEach(cleanup);

const Hello = ({ name }: { readonly name: string }) => <p>Hello {name}</p>;

/** Its layout effect runs after its siblings were drawn and before their effects. */
const Between = ({ arrive }: { readonly arrive: () => void }) => {
  useLayoutEffect(arrive, [arrive]);
  return null;
};

class Catch extends Component<{ readonly children: ReactNode }, { readonly told: string | null }> {
  override state = { told: null };
  static getDerivedStateFromError(error: Error) {
    return { told: error.message };
  }
  override render() {
    return this.state.told ?? this.props.children;
  }
}

test("a part is drawn when its code came, and at once when it was fetched before", async () => {
  const { Part, fetch } = latePart(
    async () => ({ Hello }),
    (module) => module.Hello,
  );
  render(<Part name="Ada" />);
  expect(screen.queryByText("Hello Ada")).toBeNull();
  expect(await screen.findByText("Hello Ada")).not.toBeNull();
  cleanup();
  await fetch();
  render(<Part name="Grace" />);
  expect(screen.getByText("Hello Grace")).not.toBeNull();
});

test("a part whose code comes between drawing and its effect is drawn", async () => {
  let arrive = (_module: { Hello: typeof Hello }): void => {};
  const { Part, fetch } = latePart(
    () =>
      new Promise<{ Hello: typeof Hello }>((resolve) => {
        arrive = resolve;
      }),
    (module) => module.Hello,
  );
  const fetched = fetch();
  const drawn = createRoot(document.body.appendChild(document.createElement("div")));
  drawn.render(
    <>
      <Part name="Ada" />
      <Between arrive={() => arrive({ Hello })} />
    </>,
  );
  await fetched;
  expect(await screen.findByText("Hello Ada")).not.toBeNull();
  drawn.unmount();
});

/** The first load fails, as when the hub is away. */
function failingOnce() {
  const load = vi.fn(async () => ({ Hello }));
  return load.mockRejectedValueOnce(new Error("no hub"));
}

test("a view that cannot be loaded is thrown, and tried again the next time", async () => {
  vi.spyOn(console, "error").mockImplementation(() => {});
  const load = failingOnce();
  const { Part } = latePart(load, (module) => module.Hello, { missing: "thrown" });
  const first = render(<Part name="Ada" />, { wrapper: Catch });
  expect(await screen.findByText("no hub")).not.toBeNull();
  first.unmount();
  render(<Part name="Ada" />, { wrapper: Catch });
  expect(await screen.findByText("Hello Ada")).not.toBeNull();
  expect(load).toHaveBeenCalledTimes(2);
});

test.each(["told", "quiet"] as const)(
  "a part that is %s when it cannot be loaded takes nothing along, and comes once it can",
  async (missing) => {
    const told = vi.fn();
    onMissingPart(told);
    const load = failingOnce();
    load.mockRejectedValueOnce(new Error("still no hub"));
    const { Part } = latePart(load, (module) => module.Hello, { missing, waiting: <i>waiting</i> });
    render(
      <>
        <p>notebook</p>
        <Part name="Ada" />
      </>,
      { wrapper: Catch },
    );
    await vi.waitFor(() => expect(load).toHaveBeenCalledTimes(1), 15_000);
    askAgainForParts();
    await vi.waitFor(() => expect(load).toHaveBeenCalledTimes(2), 15_000);
    await vi.waitFor(() => expect(told).toHaveBeenCalledTimes(missing === "told" ? 1 : 0), 15_000);
    expect(screen.getByText("notebook")).not.toBeNull();
    expect(screen.getByText("waiting")).not.toBeNull();
    askAgainForParts();
    expect(await screen.findByText("Hello Ada")).not.toBeNull();
    askAgainForParts();
    expect(load).toHaveBeenCalledTimes(3);
  },
);

interface SearchProps {
  readonly onClose: () => void;
}

/** As the find bar: takes the focus into its field, with what stands in it selected. */
const Search = (_: SearchProps) => {
  const [sought, setSought] = useState("before");
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    field.current?.focus();
    field.current?.select();
  }, []);
  return <input aria-label="Search" ref={field} value={sought} onChange={(event) => setSought(event.target.value)} />;
};

/** Takes the focus, and no text. */
const Question = () => {
  const answer = useRef<HTMLButtonElement>(null);
  useEffect(() => answer.current?.focus(), []);
  return (
    <button ref={answer} type="button">
      Yes
    </button>
  );
};

/** A cell that has the focus, and a part that was opened from it and is on its way. */
function coming(Drawn: (props: SearchProps) => ReactNode) {
  let arrive = (): void => {};
  let fail = (): void => {};
  const { Part } = latePart(
    () =>
      new Promise<{ Drawn: typeof Drawn }>((resolve, reject) => {
        arrive = () => resolve({ Drawn });
        fail = () => reject(new Error("no hub"));
      }),
    (module) => module.Drawn,
    { callOff: ({ onClose }) => onClose() },
  );
  const onCell = vi.fn();
  const Page = ({ isOpen }: { readonly isOpen: boolean }) => {
    const [open, setOpen] = useState(isOpen);
    return (
      // biome-ignore lint/a11y/noStaticElementInteractions: stands in for a page that hears keys.
      <div onKeyDown={onCell}>
        <button type="button" onClick={() => setOpen(true)}>
          cell
        </button>
        {open ? <Part onClose={() => setOpen(false)} /> : null}
      </div>
    );
  };
  render(<Page isOpen={false} />);
  const cell = screen.getByText("cell");
  cell.focus();
  fireEvent.click(cell);
  return { cell, onCell, arrive: () => act(async () => arrive()), fail: () => act(async () => fail()) };
}

/** A key where the focus is; a letter is written there unless somebody took the key. */
function type(key: string, more: object = {}): void {
  const target = document.activeElement ?? document.body;
  if (fireEvent.keyDown(target, { key, ...more }) && key.length === 1 && target instanceof HTMLInputElement)
    fireEvent.input(target, { target: { value: target.value + key } });
}

test("what is typed for a part that is coming comes into its field, and no other key does anything", async () => {
  const { onCell, arrive } = coming(Search);
  for (const key of ["d", "d", "Enter", "Tab"]) type(key);
  type("f", { ctrlKey: true });
  expect(onCell).not.toHaveBeenCalled();
  await arrive();
  const field = screen.getByLabelText<HTMLInputElement>("Search");
  expect(document.activeElement).toBe(field);
  expect(field.value).toBe("dd");
  expect(screen.queryByLabelText("Loading…")).toBeNull();
});

test("what is typed for a part that takes no text is dropped, and reaches nothing else", async () => {
  const { onCell, arrive } = coming(Question);
  type("d");
  await arrive();
  expect(document.activeElement).toBe(screen.getByText("Yes"));
  expect(onCell).not.toHaveBeenCalled();
});

test.each([
  ["Escape", () => type("Escape")],
  ["a press elsewhere", () => fireEvent.pointerDown(document.body)],
])("%s calls off what is coming: it does not open later, and the focus is where it was", async (_, goOn) => {
  const { cell, onCell, arrive } = coming(Search);
  type("d");
  goOn();
  expect(document.activeElement).toBe(cell);
  await arrive();
  expect(screen.queryByLabelText("Search")).toBeNull();
  expect(document.activeElement).toBe(cell);
  type("b");
  expect(onCell).toHaveBeenCalledTimes(1);
});

test("a part that cannot be had is called off: it does not come upon somebody who went on", async () => {
  const told = vi.fn();
  onMissingPart(told);
  const { cell, fail } = coming(Search);
  type("d");
  await fail();
  expect(told).toHaveBeenCalledExactlyOnceWith(false);
  expect(document.activeElement).toBe(cell);
  expect(screen.queryByLabelText("Loading…")).toBeNull();
});

test("text goes through two parts that come one after the other", async () => {
  let arriveInner = (): void => {};
  const inner = latePart(
    () =>
      new Promise<{ Search: typeof Search }>((resolve) => {
        arriveInner = () => resolve({ Search });
      }),
    (module) => module.Search,
    { callOff: ({ onClose }) => onClose() },
  );
  const { arrive } = coming((props) => <inner.Part {...props} />);
  type("a");
  await arrive();
  expect(screen.queryByLabelText("Search")).toBeNull();
  type("b");
  await act(async () => arriveInner());
  expect(screen.getByLabelText<HTMLInputElement>("Search").value).toBe("ab");
});
