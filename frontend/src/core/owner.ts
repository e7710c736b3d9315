/**
 * Whose what a browser keeps is. Several people may use one browser, one after the other: what one of them left there is found again by that
 * person only.
 */

/** A person's id; null on a hub of one person, who needs no name there. */
export type Owner = string | null;

const PREFIX = "person:";

/** Where this person's own `key` is kept. */
export function ownKey(owner: Owner, key: string): string {
  return owner === null ? key : `${PREFIX}${owner}/${key}`;
}

/** The key that `kept` was made of, if it is this person's; else null. */
export function keyIfOwn(owner: Owner, kept: string): string | null {
  if (owner === null) return kept.startsWith(PREFIX) ? null : kept;
  const start = ownKey(owner, "");
  return kept.startsWith(start) ? kept.slice(start.length) : null;
}
