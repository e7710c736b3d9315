export const disk = {
  saved: "Saved to {place}",
  saving: "Saving to {place}…",
  notSaved: "Not saved to {place} yet",
  title: "File on the runtime’s disk",
  lead: "This notebook is at home in a file on a runtime’s disk. This browser writes every change into that file, and brings in what others change there. The hub keeps the notebook too, and learns neither the address nor the path.",
  place: "File",
  conflicts: {
    one: "One cell was changed here and in the file in different ways. Both versions are kept, one behind the other; delete the one that you do not want.",
    other:
      "{count} cells were changed here and in the file in different ways. Both versions of each are kept, one behind the other; delete those that you do not want.",
  },
  metadataKept: "Metadata was changed here and in the file in different ways; what was set here is kept.",
  isSaved: "Everything is in the file.",
  isSaving: "Being written.",
  waiting_not_connected:
    "Not connected to {label}. Your changes are kept in the hub, and written as soon as you connect to {label}.",
  waiting_other_runtime:
    "You are connected to another runtime. Your changes are kept in the hub, and written when you connect to {label} again.",
  waiting_runtime_away: "{label} does not answer. Your changes are kept, and written as soon as it does.",
  waiting_hub_away: "The hub does not answer. Your changes are kept in this browser, and written when it does.",
  stopped_missing:
    "The file, or its folder, is not there any more: it was deleted, moved or renamed. Put it back, or write it there anew.",
  stopped_read_only:
    "The runtime may not write the file. Mend its permissions on that machine; it is tried again by itself.",
  stopped_disk_full: "The disk of that machine is full. Free some space; it is tried again by itself.",
  stopped_invalid:
    "What the file holds now is no notebook, perhaps a merge that stopped half-way. Mend it there, or write this notebook over it. Nothing is written until then.",
  stopped_another:
    "Another notebook has this name now: not one cell is as it was. Nothing is written until you choose.",
  stopped_not_allowed: "You may only read this notebook now, so nothing can be merged or written.",
  stopped_too_large: "The file is larger than the hub takes. Clear some outputs; it is tried again by itself.",
  stopped_refused: "It was refused. It is tried again by itself; the runtime’s own terminal may have the reason.",
  reason: "What was said: {reason}",
  unlink: "Stop saving there",
  unlinkText:
    "The file stays as it is, and this notebook stays in the hub. Changes are then no longer written into the file.",
  tryNow: "Try now",
  writeAnew: "Write it there anew",
  writeMine: "Write this notebook over it",
  takeTheirs: "Make this notebook what the file says",
  keepBoth: "Open the file as a notebook of its own",
  close: "Close",
  notANotebook:
    "{name} is no notebook of format 4. Copy it into the hub instead: there, an old format is upgraded and a damaged file is mended.",
} as const;
