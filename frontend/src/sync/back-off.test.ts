// @vitest-environment jsdom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { onWake } from "./back-off.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("a machine that slept wakes what waits, once; time that passes does not", () => {
  const woken = vi.fn();
  const end = onWake(woken);
  vi.advanceTimersByTime(600_000);
  expect(woken).not.toHaveBeenCalled();
  vi.setSystemTime(Date.now() + 3_600_000); // no timer fires while a lid is closed
  vi.advanceTimersByTime(5_000);
  expect(woken).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(600_000);
  expect(woken).toHaveBeenCalledTimes(1);
  end();
  vi.setSystemTime(Date.now() + 3_600_000);
  vi.advanceTimersByTime(60_000);
  window.dispatchEvent(new Event("online"));
  expect(woken).toHaveBeenCalledTimes(1);
});

test("a network that comes back wakes what waits", () => {
  const woken = vi.fn();
  const end = onWake(woken);
  window.dispatchEvent(new Event("online"));
  end();
  expect(woken).toHaveBeenCalledTimes(1);
});
