/**
 * How high a frame is. A document that begins anew is empty at first: until it has drawn what it was given, it is as high as
 * it was before, so that what stands below does not jump.
 */
export class FrameHeight {
  readonly #set: (heightPx: number) => void;
  /** Of the document before, while this one draws. */
  #leastPx: number | null;
  /** What the document said last. */
  #toldPx: number | null = null;
  #isDrawn = false;

  /** `heightPx`: of the document before; null: there was none. */
  constructor(heightPx: number | null, set: (heightPx: number) => void) {
    this.#leastPx = heightPx;
    this.#set = set;
    if (heightPx !== null) set(heightPx);
  }

  /** A document has loaded. */
  opened(): void {
    if (this.#isDrawn) this.#leastPx = this.#toldPx;
    this.#isDrawn = false;
    this.#toldPx = null;
  }

  told(heightPx: number): void {
    this.#toldPx = heightPx;
    if (heightPx > (this.#leastPx ?? 0)) this.#set(heightPx);
  }

  /** The document has drawn what it was given. */
  ready(): void {
    this.#isDrawn = true;
    this.#leastPx = null;
    if (this.#toldPx !== null) this.#set(this.#toldPx);
  }
}
