import { expect, test, vi } from "vitest";
import { type Connect, connectAhead, overWebSocket, type SocketEvents } from "./socket.ts";

/** A line that is played by hand. */
function byHand() {
  const lines: { url: string; events: SocketEvents; sent: unknown[]; isEnded: boolean }[] = [];
  const connect: Connect = (url, _protocol, events) => {
    const line = { url, events, sent: [] as unknown[], isEnded: false };
    lines.push(line);
    return {
      send: (data) => line.sent.push(data),
      end() {
        line.isEnded = true;
      },
    };
  };
  return { lines, connect };
}

function listener() {
  const told: string[] = [];
  const events: SocketEvents = {
    opened: () => told.push("opened"),
    heard: (data) => told.push(`heard ${String(data)}`),
    closed: (code) => told.push(`closed ${code}`),
  };
  return { told, events };
}

test("what came before the line was wanted is told after it is taken, in order, and what comes then too", async () => {
  const { lines, connect } = byHand();
  const ahead = connectAhead("ws://hub/room", "p", connect);
  lines[0]?.events.opened();
  lines[0]?.events.heard("a");
  const { told, events } = listener();
  const line = ahead("ws://hub/room", "p", events);
  expect(told).toEqual([]);
  lines[0]?.events.heard("b");
  await Promise.resolve();
  lines[0]?.events.heard("c");
  expect(told).toEqual(["opened", "heard a", "heard b", "heard c"]);
  line.send("mine");
  expect(lines).toMatchObject([{ sent: ["mine"] }]);
});

test("a line is given once; the next is made anew, and so is one that was closed or goes elsewhere", () => {
  const { lines, connect } = byHand();
  const { events } = listener();
  const ahead = connectAhead("ws://hub/room", "p", connect);
  ahead("ws://hub/room", "p", events);
  expect(lines).toHaveLength(1);
  ahead("ws://hub/room", "p", events);
  expect(lines).toHaveLength(2);
  const refused = connectAhead("ws://hub/room", "p", connect);
  lines[2]?.events.closed(1006);
  refused("ws://hub/room", "p", events);
  expect(lines).toHaveLength(4);
  const other = connectAhead("ws://hub/room", "p", connect);
  other("ws://hub/other", "p", events);
  expect(lines.map(({ url }) => url).slice(4)).toEqual(["ws://hub/room", "ws://hub/other"]);
});

test("a line that its owner ended tells nothing more", async () => {
  const { lines, connect } = byHand();
  const ahead = connectAhead("ws://hub/room", "p", connect);
  lines[0]?.events.opened();
  const { told, events } = listener();
  ahead("ws://hub/room", "p", events).end();
  await Promise.resolve();
  expect(told).toEqual([]);
  expect(lines).toMatchObject([{ isEnded: true }]);
});

test("the greeting goes at once, what a key makes after the key, in order; a hidden page, and one that ends, wait for nothing", () => {
  vi.useFakeTimers();
  const page = { visibilityState: "visible" };
  vi.stubGlobal("document", page);
  const sent: unknown[] = [];
  let says: (event: { readonly data: unknown }) => void = () => {};
  const bare = {
    binaryType: "",
    addEventListener: (type: string, fn: (event: never) => void) => {
      if (type === "message") says = fn as (event: { readonly data: unknown }) => void;
    },
    send: (data: unknown) => sent.push(data),
    close: () => sent.push("closed"),
  };
  const socket = overWebSocket(bare, { opened: () => {}, heard: () => {}, closed: () => {} });
  socket.send("join");
  expect(sent.splice(0)).toEqual(["join"]);
  says({ data: "hello" });
  socket.send("one");
  socket.send("two");
  expect(sent).toEqual([]);
  vi.advanceTimersByTime(0);
  expect(sent).toEqual(["one", "two"]);
  socket.send("three");
  page.visibilityState = "hidden";
  socket.send("four");
  expect(sent).toEqual(["one", "two", "three", "four"]);
  page.visibilityState = "visible";
  socket.send("five");
  socket.end();
  socket.send("six");
  vi.runAllTimers();
  expect(sent).toEqual(["one", "two", "three", "four", "five", "closed"]);
  vi.useRealTimers();
  vi.unstubAllGlobals();
});
