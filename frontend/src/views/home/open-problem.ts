import { ApiError } from "../../api/errors.ts";

/** Why a notebook cannot simply be opened, and what a person may decide. */
export type OpenProblem =
  | { readonly kind: "upgrade"; readonly nbformat: number }
  | {
      readonly kind: "invalid";
      /** Empty when there is only the position. */
      readonly where: string;
      readonly why: string;
      readonly position: { readonly line: number; readonly column: number } | null;
      readonly canSalvage: boolean;
    };

/** The place in a person's words; empty where it says no more than the position. */
function placeIn(place: string): string {
  return /^line \d+, column \d+$/.test(place) ? "" : place;
}

/** The problem that the hub's refusal stands for; null when it is an error like any other. */
export function openProblemOf(error: unknown): OpenProblem | null {
  if (!(error instanceof ApiError)) return null;
  const { details } = error;
  if (error.code === "notebook_needs_upgrade") {
    return { kind: "upgrade", nbformat: Number(details["nbformat"] ?? 3) };
  }
  if (error.code !== "notebook_invalid") return null;
  const { line, column } = details;
  return {
    kind: "invalid",
    where: placeIn(String(details["place"] ?? "")),
    why: String(details["reason"] ?? error.message),
    position: typeof line === "number" && typeof column === "number" ? { line, column } : null,
    canSalvage: details["salvageable"] === true,
  };
}
