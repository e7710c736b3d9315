// @vitest-environment jsdom
import { cleanup, render, screen } from "@testing-library/react";
import { Component, type ReactNode, useLayoutEffect } from "react";
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
    await vi.waitFor(() => expect(load).toHaveBeenCalledTimes(1));
    askAgainForParts();
    await vi.waitFor(() => expect(load).toHaveBeenCalledTimes(2));
    await vi.waitFor(() => expect(told).toHaveBeenCalledTimes(missing === "told" ? 1 : 0));
    expect(screen.getByText("notebook")).not.toBeNull();
    expect(screen.getByText("waiting")).not.toBeNull();
    askAgainForParts();
    expect(await screen.findByText("Hello Ada")).not.toBeNull();
    askAgainForParts();
    expect(load).toHaveBeenCalledTimes(3);
  },
);
