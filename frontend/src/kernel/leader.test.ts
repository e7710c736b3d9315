import { describe, expect, it } from "vitest";
import { Value } from "../core/observable.ts";
import { executeRequest } from "./execute.ts";
import type { KernelEvent, KernelPort, KernelStatus, LinkState } from "./kernel-port.ts";
import { SharedKernel, tellGone } from "./leader.ts";
import { TestClock } from "./testing/clock.ts";
import { Browser, type FakeTab } from "./testing/tabs.ts";
import type { KernelMessage, OutgoingMessage } from "./wire.ts";

/** A kernel's socket, held by hand. */
class HandPort implements KernelPort {
  readonly journal = null;
  readonly state = new Value<LinkState>({ phase: "connecting", attempt: 1 });
  readonly status = new Value<KernelStatus>("unknown");
  readonly kernelId = "1";
  readonly isLeader = new Value(true);
  readonly sent: string[] = [];
  readonly #listeners = new Set<(event: KernelEvent) => void>();

  constructor(readonly process: string | null) {}

  listen(fn: (event: KernelEvent) => void): () => void {
    this.#listeners.add(fn);
    return () => this.#listeners.delete(fn);
  }
  send(message: OutgoingMessage): void {
    this.sent.push(message.header.msg_id);
  }
  watchGaps(): null {
    return null;
  }
  reconnectNow(): void {}
  restarted(): void {}
  close(): void {
    this.state.set({ phase: "ended", reason: "closed" });
  }

  emit(event: KernelEvent): void {
    for (const fn of this.#listeners) fn(event);
  }
  open(): void {
    this.state.set({ phase: "open" });
    this.emit({ type: "opened", again: false, clean: true });
  }
  say(id: string, parent: string, type = "stream"): void {
    this.emit({ type: "message", message: answer(id, parent, type) });
  }
}

function answer(id: string, parent: string, type: string): KernelMessage {
  return {
    channel: "iopub",
    header: { msg_id: id, msg_type: type, session: "process-1", username: "", date: "", version: "5.4" },
    parent_header: { msg_id: parent },
    metadata: {},
    content: {},
    buffers: [],
  };
}

function setUp() {
  const browser = new Browser();
  const clock = new TestClock();
  const ports: HandPort[] = [];
  const open = (tab: FakeTab = browser.tab()) => {
    const heard: string[] = [];
    const shared = new SharedKernel({
      kernelId: "1",
      locks: tab.locks,
      openChannel: tab.openChannel,
      openPort: (process) => {
        const port = new HandPort(process);
        ports.push(port);
        return port;
      },
      clock,
      session: "browser-1",
      process: null,
    });
    shared.listen((event) => heard.push(event.type === "message" ? event.message.header.msg_id : event.type));
    return { tab, shared, heard };
  };
  return { browser, clock, ports, open };
}

const request = (runId: string) => executeRequest({ runId, code: "1", cellId: "c", session: "s", now: 0 });
/** Lets everything that is on its way between tabs arrive. */
const settle = async () => {
  for (let round = 0; round < 20; round += 1) await Promise.resolve();
};

function port(ports: HandPort[], index: number): HandPort {
  const found = ports[index];
  if (found === undefined) throw new Error(`There is no socket ${index}.`);
  return found;
}

describe("SharedKernel", () => {
  it("opens one socket for all tabs, and all hear the same", async () => {
    const { ports, open } = setUp();
    const [a, b, c] = [open(), open(), open()];
    await settle();
    port(ports, 0).open();
    port(ports, 0).say("m1", "r1");
    await settle();
    expect(ports.length).toBe(1);
    expect([a.shared, b.shared, c.shared].map((tab) => tab.isLeader.get())).toEqual([true, false, false]);
    for (const tab of [a, b, c]) {
      expect(tab.heard).toEqual(["opened", "m1"]);
      expect(tab.shared.state.get()).toEqual({ phase: "open" });
    }
  });

  it("tells a tab that comes later how things stand", async () => {
    const { ports, open } = setUp();
    open();
    await settle();
    port(ports, 0).open();
    port(ports, 0).status.set("busy");
    const late = open();
    await settle();
    expect([late.shared.state.get().phase, late.shared.status.get()]).toEqual(["open", "busy"]);
  });

  it("relays what a follower sends, once", async () => {
    const { ports, open } = setUp();
    open();
    await settle();
    port(ports, 0).open();
    const b = open();
    await settle();
    b.shared.send(request("r1"));
    b.shared.send(request("r1"));
    await settle();
    expect(port(ports, 0).sent).toEqual(["r1"]);
  });

  it("a kernel that any tab of the browser had ended is gone in all of them at once, and ends once", async () => {
    const { browser, ports, open } = setUp();
    const [leader, follower] = [open(), open()];
    await settle();
    port(ports, 0).open();
    await settle();
    const ends: LinkState[] = [];
    leader.shared.state.subscribe(() => ends.push(leader.shared.state.get()));
    const beside = browser.tab();
    tellGone(beside.openChannel, "another");
    await settle();
    expect(ends).toEqual([]);
    tellGone(beside.openChannel, "1");
    tellGone(beside.openChannel, "1");
    await settle();
    expect(ends).toEqual([{ phase: "ended", reason: "kernel_gone" }]);
    expect(follower.shared.state.get()).toEqual({ phase: "ended", reason: "kernel_gone" });
  });

  it("passes the socket on when the leader dies, and knows the process", async () => {
    const { ports, open } = setUp();
    const a = open();
    const b = open();
    await settle();
    port(ports, 0).open();
    port(ports, 0).say("m0", "x", "kernel_info_reply");
    port(ports, 0).say("m1", "r1");
    await settle();
    a.tab.kill();
    await settle();
    expect(b.shared.isLeader.get()).toBe(true);
    expect(port(ports, 1).process).toBe("process-1");
    port(ports, 1).open();
    port(ports, 1).say("m1", "r1");
    port(ports, 1).say("m2", "r1");
    await settle();
    expect(b.heard).toEqual(["opened", "m0", "m1", "opened", "m2"]);
  });

  it("sends what the dead leader did not, and nothing that the kernel has", async () => {
    const { ports, open } = setUp();
    const a = open();
    const b = open();
    const c = open();
    await settle();
    port(ports, 0).open();
    await settle();
    a.tab.kill();
    // Both were posted to a tab that is no more; the kernel had got the first before.
    b.shared.send(request("got-it"));
    c.shared.send(request("lost"));
    await settle();
    expect(port(ports, 1).sent).toEqual([]);
    port(ports, 1).open();
    port(ports, 1).say("m1", "got-it", "status");
    port(ports, 1).emit({ type: "caught_up" });
    await settle();
    expect(port(ports, 1).sent).toEqual(["lost"]);
  });

  it("does not wait for ever for a kernel that does not tell that all has come", async () => {
    const { ports, open, clock } = setUp();
    const a = open();
    const b = open();
    await settle();
    port(ports, 0).open();
    await settle();
    a.tab.kill();
    b.shared.send(request("r1"));
    await settle();
    port(ports, 1).open();
    clock.advance(5_000);
    expect(port(ports, 1).sent).toEqual(["r1"]);
  });

  it("gives the socket to the next tab when closed", async () => {
    const { ports, open } = setUp();
    const a = open();
    const b = open();
    await settle();
    a.shared.close();
    await settle();
    expect(b.shared.isLeader.get()).toBe(true);
    expect(ports.length).toBe(2);
  });

  it("a closed follower never becomes the leader", async () => {
    const { ports, open } = setUp();
    const a = open();
    const b = open();
    await settle();
    b.shared.close();
    a.tab.kill();
    await settle();
    expect(b.shared.isLeader.get()).toBe(false);
    expect(ports.length).toBe(1);
  });
});
