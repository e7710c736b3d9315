import fc from "fast-check";
import { expect, test } from "vitest";
import {
  isMemoryLow,
  lowMark,
  type Memory,
  NOTHING_TOLD,
  type Snapshot,
  shareUsed,
  withSnapshot,
} from "./resources.ts";

const GB = 1e9;
const memory = (totalBytes: number, availableBytes: number): Memory => ({
  totalBytes,
  availableBytes,
  isLimited: false,
});
const at = (ms: number): Snapshot => ({
  at: ms,
  cpu: 1,
  cpuCount: 2,
  memory: null,
  disks: [],
  gpus: [],
  gpuTrouble: null,
  kernels: [],
});

test("memory is low below five per cent, but never later than at 300 MB, and on small machines at a fifth", () => {
  expect([64, 4, 1].map((total) => Math.round(lowMark(memory(total * GB, 0)) / 1e6))).toEqual([3200, 300, 200]);
  expect(isMemoryLow(memory(8 * GB, 0.39 * GB), false)).toBe(true);
  expect(isMemoryLow(memory(8 * GB, 0.41 * GB), false)).toBe(false);
});

test("a warning is said once per crossing: it holds until memory has clearly eased", () => {
  const readings = [1, 0.39, 0.45, 0.39, 0.59, 0.61, 0.39].map((free) => memory(8 * GB, free * GB));
  let low = false;
  const crossings = readings.map((reading) => {
    const before = low;
    low = isMemoryLow(reading, low);
    return !before && low;
  });
  expect(crossings).toEqual([false, true, false, false, false, false, true]);
});

test("a share is one, whatever a machine says", () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true }), fc.double({ noNaN: true }), (total, free) => {
      const share = shareUsed(memory(total, free));
      expect(share).toBeGreaterThanOrEqual(0);
      expect(share).toBeLessThanOrEqual(1);
    }),
  );
});

test("five minutes are kept, in order, also when a clock is set back", () => {
  let told = NOTHING_TOLD;
  for (let n = 0; n <= 200; n++) told = withSnapshot(told, "machine", at(n * 2_000));
  expect(told.history.length).toBe(150);
  expect(told.history.at(0)?.at).toBe(102_000);
  told = withSnapshot(told, "machine", at(200_000));
  expect(told.history.map((one) => one.at)).toEqual([...told.history.map((one) => one.at)].sort((a, b) => a - b));
  expect(told.history.at(-1)?.at).toBe(200_000);
});
