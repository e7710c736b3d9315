/** Which commands a few typed letters mean. Pure. */

/** How well `query` fits the best of a command's names; null fits none. */
export function bestScore(query: string, names: readonly string[]): number | null {
  const scores = names.map((name) => matchScore(query, name)).filter((score) => score !== null);
  return scores.length > 0 ? Math.max(...scores) : null;
}

/** How well `query` fits `title`: higher is better, null is not at all. Letters must come in order; word starts count more. */
export function matchScore(query: string, title: string): number | null {
  const wanted = [...query.toLowerCase().replace(/\s+/g, "")];
  const letters = [...title.toLowerCase()];
  let score = 0;
  let at = 0;
  let last = -2;
  for (const letter of wanted) {
    const found = letters.indexOf(letter, at);
    if (found < 0) return null;
    const startsWord = found === 0 || /[\s:(/]/.test(letters[found - 1] ?? "");
    score += found === last + 1 ? 3 : startsWord ? 2 : 0;
    last = found;
    at = found + 1;
  }
  return score - letters.length / 100;
}
