/** One line of the audit log in words. */
import type { AuditEntry } from "../../api/team-client.ts";
import { isTextKey, looseText, text } from "../../i18n/t.ts";

export interface LogLine {
  readonly what: string;
  /** Who, for whom, why, from where: as far as it is told. */
  readonly more: readonly string[];
}

/** An action without words of ours keeps the hub's name for it: a newer hub has more. */
export function logLine(entry: AuditEntry, names: ReadonlyMap<string, string>, whose: "own" | "all"): LogLine {
  const detail = detailOf(entry);
  const named = (id: unknown): string | null => (typeof id === "string" ? (names.get(id) ?? null) : null);
  const why = textOf(detail["why"]);
  const person = entry.person_id === null ? text("team.commandLine") : named(entry.person_id);
  // A runtime that was not stopped by anybody: the person is the one whose it was.
  const isUnasked = entry.action === "runtime_stop" && why !== null;
  const by = isUnasked ? null : person;
  const invited = entry.action === "invite" ? textOf(detail["user_name"]) : null;
  const about = isUnasked && whose === "all" ? person : (named(entry.object_id) ?? named(detail["to"]) ?? invited);
  return {
    what: wordsOr(`team.did_${entry.action.replaceAll(".", "_")}`, entry.action),
    more: [
      whose === "all" && by !== null && entry.action !== "sign_in_refused" ? text("team.logBy", { name: by }) : null,
      about !== null && about !== by ? text("team.logOn", { name: about }) : null,
      why === null ? null : wordsOr(`team.why_${why}`, why),
      entry.ip === null ? null : text("team.logFrom", { ip: entry.ip }),
    ].filter((one) => one !== null),
  };
}

function wordsOr(key: string, otherwise: string): string {
  return isTextKey(key) ? looseText(key, {}) : otherwise;
}

function textOf(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

function detailOf(entry: AuditEntry): Readonly<Record<string, unknown>> {
  if (entry.detail === null) return {};
  const read: unknown = JSON.parse(entry.detail);
  return typeof read === "object" && read !== null ? (read as Readonly<Record<string, unknown>>) : {};
}
