// @vitest-environment jsdom
/** What a screen reader is told of the machine, and the meter by the keyboard. Real numbers are in `kernel/resource-watch.server.test.ts`. */
import { act, cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import axe from "axe-core";
import { afterEach, expect, test, vi } from "vitest";
import { Value } from "../../core/observable.ts";
import { NOTHING_TOLD, type Resources, type Snapshot } from "../../core/resources.ts";
import { ResourceMeter } from "./meter.tsx";
import { ResourcesPanel } from "./resources-panel.tsx";

// What jsdom lacks, wanted already while the chart's package is loaded: sizes that change, and anything to draw on.
vi.hoisted(() => {
  const never = () => {};
  vi.stubGlobal("matchMedia", () => ({ matches: false, addEventListener: never, removeEventListener: never }));
  vi.stubGlobal(
    "ResizeObserver",
    class {
      observe = never;
      disconnect = never;
    },
  );
  vi.stubGlobal(
    "Path2D",
    class {
      moveTo = never;
      lineTo = never;
      rect = never;
    },
  );
  const ink = new Proxy({}, { get: () => () => ({ width: 0 }), set: () => true });
  Reflect.set(HTMLCanvasElement.prototype, "getContext", () => ink);
});
afterEach(cleanup);

const NOW: Snapshot = {
  at: 1_000_000,
  cpu: 1.5,
  cpuCount: 2,
  memory: { totalBytes: 8e9, availableBytes: 2e9, isLimited: false },
  disks: [{ label: "work", path: "/home/someone/work", totalBytes: 100e9, usedBytes: 95e9 }],
  gpus: [
    { index: 0, name: "NVIDIA T4", memoryUsedBytes: 4e9, memoryTotalBytes: 16e9, utilization: 0.25, temperatureC: 51 },
  ],
  gpuTrouble: null,
  kernels: [
    { kernelId: "other-kernel", cpu: 0, memoryBytes: 3e8, gpuMemoryBytes: 0 },
    { kernelId: "mine", cpu: 1, memoryBytes: 2e8, gpuMemoryBytes: 4e9 },
  ],
};
const LIVE: Resources = { phase: "live", reach: "machine", history: [NOW] };

function opened(told: Resources = LIVE) {
  const resources = new Value(told);
  const follows = { now: 0 };
  const watch = () => {
    follows.now += 1;
    return () => {
      follows.now -= 1;
    };
  };
  const names = async () => new Map([["other-kernel", "team/rain-runhere-1a2b3c4d.ipynb"]]);
  const drawn = render(<ResourcesPanel resources={resources} watch={watch} kernelId={() => "mine"} names={names} />);
  return { resources, follows, ...drawn };
}

test("each part is a region with its numbers in words: the pictures say nothing more", async () => {
  const { container } = opened();
  expect(screen.getByRole("region", { name: "CPU" }).textContent).toContain("1.5 of 2 cores busy");
  expect(screen.getByRole("region", { name: "Memory" }).textContent).toContain("6 GB of 8 GB used");
  expect(screen.getByRole("region", { name: "GPU 0: NVIDIA T4" }).textContent).toContain(
    "25 % busy · 4 GB of 16 GB · 51 °C",
  );
  const disk = within(screen.getByRole("region", { name: "Disks" }));
  expect(disk.getByRole("meter", { name: "Disk of work" }).getAttribute("value")).toBe("95000000000");
  disk.getByText("95 GB of 100 GB used");
  for (const chart of container.querySelectorAll("canvas")) expect(chart.closest("[aria-hidden]")).not.toBeNull();
  const { violations } = await axe.run(container, { rules: { "color-contrast": { enabled: false } } });
  expect(violations.map(({ id, nodes }) => [id, nodes[0]?.html])).toEqual([]);
});

test("kernels stand in a table with headings, this notebook's first, the others by what uses them", async () => {
  opened();
  const table = within(screen.getByRole("region", { name: "Kernels" }));
  expect(table.getAllByRole("columnheader").map((one) => one.textContent)).toEqual([
    "Kernel",
    "CPU",
    "Memory",
    "GPU memory",
  ]);
  await waitFor(() =>
    expect(table.getAllByRole("rowheader").map((one) => one.textContent)).toEqual(["This notebook", "team/rain"]),
  );
});

test("waiting, silence, a cut and little memory are said", async () => {
  const { resources, follows, unmount } = opened(NOTHING_TOLD);
  screen.getByRole("progressbar", { name: "Waiting for the runtime’s numbers…" });
  act(() => resources.set({ phase: "untold", reach: null, history: [] }));
  screen.getByText(/^This kernel does not tell what it uses/);
  act(() => resources.set({ ...LIVE, phase: "cut" }));
  expect(screen.getByRole("status").textContent).toContain("The numbers stopped coming");
  const low = { ...NOW, memory: { totalBytes: 8e9, availableBytes: 1e8, isLimited: false } };
  act(() => resources.set({ ...LIVE, history: [low] }));
  screen.getByText(/^Memory is almost used up: 100 MB are left/);
  expect(follows.now).toBe(1);
  unmount();
  expect(follows.now).toBe(0);
});

test("the meter in the header is a button that says both shares", () => {
  const pressed: string[] = [];
  render(<ResourceMeter resources={new Value(LIVE)} watch={() => () => {}} onPress={() => pressed.push("panel")} />);
  const meter = screen.getByRole("button", { name: "Resources: CPU 75 %, memory 75 %" });
  act(() => meter.focus());
  expect(document.activeElement).toBe(meter);
  fireEvent.click(meter);
  expect(pressed).toEqual(["panel"]);
});
