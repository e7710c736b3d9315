import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Value } from "../../core/observable.ts";
import { FIRST_ROOM_STATE, type RoomState } from "../../sync/room-state.ts";
import { calmSafety, safetyOf } from "./save-status.tsx";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const online: RoomState = { ...FIRST_ROOM_STATE, connection: "online" };

test("while somebody types it says that it saves; that all is saved when that lasts", () => {
  const room = new Value<RoomState>(online);
  const safety = calmSafety(room);
  const told: string[] = [];
  safety.subscribe(() => told.push(safety.get()));
  for (let key = 0; key < 5; key += 1) {
    room.set({ ...online, saved: false });
    vi.advanceTimersByTime(20);
    room.set(online);
    vi.advanceTimersByTime(100);
  }
  expect(told).toEqual(["saving"]);
  vi.advanceTimersByTime(1_000);
  expect(told).toEqual(["saving", "saved"]);
});

test("an edit and bad news are told at once", () => {
  const room = new Value<RoomState>(online);
  const safety = calmSafety(room);
  safety.subscribe(() => {});
  room.set({ ...online, saved: false });
  expect(safety.get()).toBe("saving");
  room.set(online);
  room.set({ ...online, notSaved: { code: "disk_full", message: "" } });
  expect(safety.get()).toBe("notSaved");
  room.set({ ...online, connection: "offline" });
  expect(safety.get()).toBe("offline");
  vi.advanceTimersByTime(1_000);
  expect(safety.get()).toBe("offline");
});

test("a hub that refuses this person is not called offline, and the changes are where they are", () => {
  const refused: RoomState = { ...FIRST_ROOM_STATE, connection: "refused", refusedCode: "no_such_notebook" };
  expect(safetyOf({ ...refused, saved: true })).toBe("closed");
  expect(safetyOf({ ...refused, saved: false, keptOffline: true })).toBe("closedKept");
  expect(safetyOf({ ...refused, saved: false, keptOffline: false })).toBe("closedOnlyHere");
  expect(safetyOf({ ...refused, connection: "offline", saved: false, keptOffline: true })).toBe("offlineKept");
});
