/** A notebook that is at home in a file on a runtime's disk (ADR 0037): its part of the header, and what keeps both in step. */
import { useEffect, useState } from "react";
import type { Notebook } from "../api/client.ts";
import { type Observable, Value } from "../core/observable.ts";
import { atHomeOf } from "../core/private-outputs.ts";
import { onChange } from "../doc/changes.ts";
import { systemClock } from "../sync/clock.ts";
import { DiskStatus } from "../views/disk/disk-status.tsx";
import { browserStore } from "./browser-store.ts";
import { DiskBases } from "./disk-bases.ts";
import { forgetLink, keepLink, linkOf } from "./disk-links.ts";
import { DiskNotebook, type DiskWay, type Exchanged } from "./disk-notebook.ts";
import { openFromDisk } from "./disk-open.ts";
import type { OpenNotebook } from "./open-notebook.ts";
import { notebookPath } from "./routes.ts";
import { browserEnvironment } from "./runtime-environment.ts";
import type { PageServices } from "./services.ts";

export interface DiskHomeProps {
  readonly notebook: Notebook;
  readonly open: OpenNotebook;
  readonly page: PageServices;
  readonly personId: string;
}

/** Nothing when the notebook is at home in the hub only, or when this person has no part in the file. */
export function DiskHome(props: DiskHomeProps) {
  const { notebook, open, page, personId } = props;
  const [kept, setKept] = useState<Kept | null>(null);
  useEffect(() => {
    const begun = begin(open, page, notebook.id, personId);
    setKept(begun);
    return () => begun?.close();
  }, [open, page, notebook.id, personId]);
  if (kept === null) return null;
  const { file } = kept;
  const unlink = () => {
    forgetLink(browserStore(), notebook.id);
    kept.close();
    setKept(null);
  };
  const keepBoth = async () => {
    const server = open.runtime.server.get();
    if (server === null) return;
    unlink();
    const { path, label } = file.link;
    const { ownStore } = browserEnvironment(open.owner);
    const wish = { server, label, path, hub: page.hub, notebook, personId, store: browserStore(), ownStore };
    page.router.go(notebookPath(await openFromDisk(wish)));
  };
  return (
    <DiskStatus
      state={file.state}
      label={file.link.label}
      path={file.link.path}
      onTryNow={() => file.tryNow()}
      onWriteMine={() => file.tryNow("write_mine")}
      onTakeTheirs={() => file.tryNow("take_theirs")}
      onKeepBoth={() => void keepBoth().catch(() => file.tryNow())}
      onUnlink={unlink}
    />
  );
}

interface Kept {
  readonly file: DiskNotebook;
  close(): void;
}

function begin(open: OpenNotebook, page: PageServices, notebookId: string, personId: string): Kept | null {
  const link = linkOf(browserStore(), notebookId, personId);
  if (link === null) return null;
  const { doc, runs, room, runtime } = open;
  const bases = new DiskBases(globalThis.indexedDB);
  const [way, endWay] = derived([runtime.binding, runtime.server], () => wayOf(open));
  const [hub, endHub] = derived([room.state], () => {
    const { connection, saved } = room.state.get();
    if (connection !== "online") return "away" as const;
    return saved ? ("in_step" as const) : ("behind" as const);
  });
  const file = new DiskNotebook({
    link,
    bases,
    exchange: (text, base) =>
      page.hub.ask<Exchanged>(`/notebooks/${notebookId}/file`, { method: "POST", json: { file: text, base } }),
    way,
    hub,
    atHome: () => atHomeOf(room.state.get().hello),
    onMoved: (moved) => keepLink(browserStore(), moved),
    clock: systemClock,
    locks: navigator.locks,
  });
  const endDocument = onChange(doc.doc, () => file.changed("document"));
  const endRuns = runs.subscribe(() => file.changed("outputs"));
  return {
    file,
    close() {
      file.close();
      endDocument();
      endRuns();
      endWay();
      endHub();
      bases.close();
    },
  };
}

function wayOf({ runtime }: OpenNotebook): DiskWay {
  const binding = runtime.binding.get();
  const server = runtime.server.get();
  if (binding.phase === "unbound" || server === null) return { phase: "none" };
  // A kernel that ended does not take the server's files along.
  if (binding.phase !== "ready" && binding.phase !== "gone") return { phase: "away" };
  return { phase: "open", transport: server.transport, label: binding.target.label };
}

/** A value made of others, and its end. */
function derived<T>(of: readonly Observable<unknown>[], make: () => T): readonly [Observable<T>, () => void] {
  const value = new Value(make());
  const ends = of.map((one) => one.subscribe(() => value.set(make())));
  return [
    value,
    () => {
      for (const end of ends) end();
    },
  ];
}
