/** A kernel's name as others may see it. Names of environments are sometimes paths or hosts: those stay here. */
export function shareableLabel(name: string | null): string {
  return name === null || /[\\/@]|:\d/.test(name) ? "" : name.slice(0, 200);
}
