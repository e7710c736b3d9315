/** What versions are called. */
import type { Revision } from "../../api/client.ts";
import type { NumberedCell } from "../../core/compare-cells.ts";
import { formatDateTime, formatList, text } from "../../i18n/t.ts";

/** The name that somebody gave, else how the version came to be. */
export function titleOf(revision: Revision, all: readonly Revision[]): string {
  if (revision.name !== null) return revision.name;
  if (revision.kind !== "restored") return text("revisions.automatic");
  const source = all.find((one) => one.id === revision.restored_from);
  if (source?.name != null) return text("revisions.restoredNamed", { name: source.name });
  return text("revisions.restored", { when: formatDateTime((source ?? revision).created_at) });
}

/** Who made it what it is: those who edited, else whoever named or restored it; null: nobody that the hub knows. */
export function peopleOf(revision: Revision): string | null {
  const restorer = revision.kind === "restored" && revision.person ? [revision.person] : null;
  const people =
    restorer ?? (revision.editors.length > 0 ? revision.editors : revision.person ? [revision.person] : []);
  return people.length > 0 ? formatList(people.map((person) => person.name)) : null;
}

export function cellName(cell: NumberedCell): string {
  const keys = { code: "revisions.codeCell", markdown: "revisions.textCell", raw: "revisions.rawCell" } as const;
  return text(keys[cell.type], { number: cell.number });
}
