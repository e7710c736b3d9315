/** Outputs that stay at home. */
export const privateOutputs = {
  omit: "Omit code cell output when saving this notebook",
  save: "Save",
  explained:
    "Outputs, execution counts and times then stay in your browser and your runtime. The hub refuses to store them, for everybody who edits this notebook. With the companion runtime they come back after a reload.",
  hosted:
    "On a hosted runtime outputs pass through the hub’s memory on their way to you; they are not stored, and the runtime keeps no journal.",
  ownerOnly: "Only the owner of this notebook can let outputs be stored again.",
  nowHome: "Outputs of this notebook stay at home now.",
  nowStored: "Outputs of this notebook are stored again from now on.",
  cellTitle: "Outputs of cell {position}",
  omitCell: "Omit the output of this cell when saving this notebook",
  cellExplained:
    "The outputs, execution count and times of this cell then stay in your browser and your runtime. The hub refuses to store them, for everybody who edits this notebook. Copies and parts of the cell keep the setting.",
  cellNowHome: "Outputs of this cell stay at home now.",
  cellNowStored: "Outputs of this cell are stored again from now on.",
  newNotebooks: "New notebooks",
  omitNew: "Omit code cell output when saving new notebooks",
  asHub:
    "As this hub has it for everybody who did not choose. A choice is kept by the hub and holds in all your browsers.",
  keptByHub: "This choice is kept by the hub and holds in all your browsers.",
  purgeTitle: "Delete the stored outputs?",
  purge: "Delete and keep outputs at home",
  purgeText: "These are deleted from the hub and cannot be brought back:",
  purgeRuns: { one: "outputs, count and times of {count} run", other: "outputs, counts and times of {count} runs" },
  purgeRevisions: { one: "what {count} version showed", other: "what {count} versions showed" },
  purgeBlobs: { one: "{count} large value ({size})", other: "{count} large values ({size})" },
  purgeFile: "outputs and execution details in the notebook’s file, if it has one",
  purgeStays:
    "Copies that others downloaded, backups of the hub’s disk, and earlier commits of the file in git are not reached. What you see now stays on this page.",
  downloadTitle: "Download with outputs?",
  downloadText:
    "The outputs of this notebook are in this browser only. A file with them holds what this page shows now; whoever gets the file sees them.",
  downloadSome:
    "The outputs of some cells are in this browser only. A file with them holds what this page shows now; whoever gets the file sees them.",
  downloadWithoutSome: "Without the outputs that stay home",
  downloadWith: "With outputs",
  downloadWithout: "Without outputs",
  downloadFailed: "The hub did not give the notebook (status {status}). Try again when it can be reached.",
} as const;
