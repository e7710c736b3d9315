/** What goes on in a collapsed section: its cells cannot say so themselves. */
import type { CellId } from "../../core/cell.ts";
import type { Observable } from "../../core/observable.ts";
import { entryOf } from "../../core/runs.ts";
import type { NotebookController } from "./controller.ts";
import { type RunLook, runLook } from "./run-status.ts";

/** How many of its cells. */
export interface SectionWork {
  readonly running: number;
  readonly waiting: number;
  readonly failed: number;
}

const KIND_OF: Readonly<Partial<Record<RunLook, keyof SectionWork>>> = {
  running: "running",
  "running-elsewhere": "running",
  queued: "waiting",
  error: "failed",
};

/** Told this often at most: quick cells do not make it flicker, and outputs that stream do not count the section each time. */
const CALM_MS = 150;

type Facts = Pick<NotebookController, "services" | "sections">;

export function sectionWork({ services, sections }: Facts, heading: CellId): Observable<SectionWork> {
  const { runs, actions } = services;
  const look = (): SectionWork => countWork({ services, sections }, heading);
  let shown = look();
  return {
    get: () => shown,
    subscribe(fn) {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const show = (): void => {
        timer = undefined;
        const next = look();
        if (isSame(next, shown)) return;
        shown = next;
        fn();
      };
      const showSoon = (): void => {
        timer ??= setTimeout(show, CALM_MS);
      };
      const ends = [runs, actions.queue, sections.view].map((one) => one.subscribe(showSoon));
      showSoon();
      return () => {
        clearTimeout(timer);
        for (const end of ends) end();
      };
    },
  };
}

function countWork({ services: { doc, runs, actions }, sections }: Facts, heading: CellId): SectionWork {
  const queue = actions.queue.get();
  const queued = new Set(queue.entries.map(({ cellId }) => cellId));
  const work = { running: 0, waiting: 0, failed: 0 };
  for (const id of sections.withHidden([heading]).slice(1)) {
    const run = runs.headOf(id);
    if ((run === null && !queued.has(id)) || doc.cell(id)?.type !== "code") continue;
    const phase = queued.has(id) ? entryOf(queue, id)?.phase : undefined;
    const place = phase === undefined ? null : phase === "running" ? "running" : "waiting";
    const kind = KIND_OF[runLook(run, place, run !== null && runs.isContactLost(run))];
    if (kind !== undefined) work[kind] += 1;
  }
  return work;
}

function isSame(one: SectionWork, other: SectionWork): boolean {
  return one.running === other.running && one.waiting === other.waiting && one.failed === other.failed;
}
