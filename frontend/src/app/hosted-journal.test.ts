import { describe, expect, it } from "vitest";
import { Value } from "../core/observable.ts";
import { RuntimeError } from "../kernel/errors.ts";
import type { KernelPort } from "../kernel/kernel-port.ts";
import type { RoomState } from "../sync/room-socket.ts";
import { HostedJournal } from "./hosted-journal.ts";

/** A notebook on a runtime: what its page asks of it, and what the hub says of its outputs. */
function setUp({ isHosted = true, omits = false, cells = [] as string[] } = {}) {
  const asked: string[] = [];
  const port = new Value<KernelPort | null>(null);
  const state = new Value({ hello: null } as RoomState);
  const answers = { isRefused: false };
  const turnJournalOff = async () => {
    asked.push("off");
    if (answers.isRefused) throw new RuntimeError("runtime_failed", "No.");
  };
  const journal = new HostedJournal({
    notebook: { omit_outputs: omits },
    room: { state },
    runtime: { port, turnJournalOff },
    isHosted: () => isHosted,
  });
  const attach = () => port.set({} as KernelPort);
  const say = (omit: boolean, privateCells = cells) =>
    state.set({ hello: { omit_outputs: omit, private_cells: privateCells } } as unknown as RoomState);
  return { asked, answers, journal, attach, say };
}

describe("the journal of a hosted kernel", () => {
  it("is turned off once for a kernel where outputs stay at home, and again for the next kernel", async () => {
    const { asked, journal, attach } = setUp({ omits: true });
    attach();
    await journal.turnOff();
    await journal.turnOff();
    const once = asked.length;
    attach();
    await journal.turnOff();
    expect(once).toBeGreaterThan(0);
    expect(asked.length).toBeGreaterThan(once);
  });

  it("is turned off as soon as the setting is switched on, also for a cell only", async () => {
    for (const [omit, cells] of [
      [true, []],
      [false, ["c1"]],
    ] as const) {
      const { asked, attach, say } = setUp();
      attach();
      expect(asked).toEqual([]);
      say(omit, [...cells]);
      expect(asked).toEqual(["off"]);
    }
  });

  it("is left alone on a person's own runtime, and where outputs are stored", async () => {
    for (const options of [{ isHosted: false, omits: true }, { omits: false }]) {
      const { asked, journal, attach } = setUp(options);
      attach();
      await journal.turnOff();
      expect(asked).toEqual([]);
    }
  });

  it("keeps cells from running while it cannot be turned off, and not a moment longer", async () => {
    const { answers, journal, attach } = setUp({ omits: true });
    answers.isRefused = true;
    attach();
    await expect(journal.turnOff()).rejects.toMatchObject({ code: "journal_on" });
    answers.isRefused = false;
    await expect(journal.turnOff()).resolves.toBeUndefined();
  });
});
