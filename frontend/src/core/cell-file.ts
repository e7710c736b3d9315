/** What a kernel's debugger calls the file of a cell: made of the cell's text, so that a text that changed is another file. */

/** How this kernel names the files of cells, as its debugger told. */
export interface FileNaming {
  readonly seed: number;
  readonly prefix: string;
  readonly suffix: string;
}

export function cellFile(source: string, { seed, prefix, suffix }: FileNaming): string {
  return `${prefix}${murmur2(new TextEncoder().encode(source), seed)}${suffix}`;
}

const FACTOR = 0x5bd1e995;

/** MurmurHash2 for 32 bits, as ipykernel computes it. */
export function murmur2(bytes: Uint8Array, seed: number): number {
  const words = bytes.length >>> 2;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let hash = seed ^ bytes.length;
  for (let at = 0; at < words; at += 1) {
    let word = Math.imul(view.getUint32(at * 4, true), FACTOR);
    word = Math.imul(word ^ (word >>> 24), FACTOR);
    hash = Math.imul(hash, FACTOR) ^ word;
  }
  const rest = bytes.subarray(words * 4);
  if (rest.length > 0) {
    const tail = rest.reduce((sum, byte, at) => sum | (byte << (8 * at)), 0);
    hash = Math.imul(hash ^ tail, FACTOR);
  }
  hash = Math.imul(hash ^ (hash >>> 13), FACTOR);
  return (hash ^ (hash >>> 15)) >>> 0;
}
