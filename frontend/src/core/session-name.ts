/** What a person is told of a kernel by the path under which its server lists it: paths are made unlike by ids that say nothing to anybody. */

/** In the paths that this page makes, before the end of the file's name. */
export const OWN_MARK = "-runhere-";

const OWN = new RegExp(`${OWN_MARK}[0-9a-f]{8}\\.ipynb$`);
/** As other programs add it: `-jvsc-<id>ipynb` behind a notebook, `console-1-<id>`. */
const FOREIGN = /(^|[-/])(?:jvsc-)?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?:ipynb)?$/i;

/** The path without ids; of a notebook that runs in Runhere as its title reads. `""`: nothing else is left. */
export function sessionName(path: string): string {
  return path.replace(OWN, "").replace(FOREIGN, "");
}

/** The same of a notebook's own kernel, whose path keeps the name that the notebook had when it started. */
export function ownSessionName(path: string, nameNow: string): string {
  const folder = path.slice(0, path.lastIndexOf("/") + 1);
  return OWN.test(path) ? `${folder}${nameNow}` : sessionName(path);
}
