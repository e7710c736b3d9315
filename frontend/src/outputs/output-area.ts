/**
 * The outputs of one run as nodes, brought up to date by difference: what is the same object stays untouched, a growing
 * stream only grows. At most one update per frame, whatever the kernel sends.
 */
import { markedMime } from "../core/mime.ts";
import { isBlobRef, type Output, shownText } from "../core/outputs.ts";
import { text } from "../i18n/t.ts";
import { errorElement } from "./error.ts";
import { chooseRenderer } from "./registry.ts";
import { button, element, type OutputEnvironment, type Rendered } from "./rendered.ts";
import { TextView } from "./text-view.ts";
import { worded } from "./words.ts";

/** More outputs than this are folded until somebody asks for them. */
const FOLD_OUTPUTS = 60;

export interface ShownRun {
  /** Changes when another run takes the cell's head. */
  readonly runId: string;
  readonly outputs: readonly Output[];
  /** Whether it is a run of this person. */
  readonly isOwn: boolean;
}

interface Item {
  output: Output;
  readonly host: HTMLElement;
  readonly stream: TextView | null;
  rendered: Rendered | null;
  /** The representation that is shown, and those that nothing could show after all. */
  mime: string | null;
  readonly unshowable: Set<string>;
}

export class OutputArea {
  readonly #host: HTMLElement;
  readonly #environment: OutputEnvironment;
  #items: Item[] = [];
  #run: ShownRun | null = null;
  #wanted: ShownRun | null = null;
  #frame = 0;
  #showsAll = false;
  /** Stands after the outputs and says how many more there are. */
  #rest: { readonly bar: HTMLElement; readonly count: HTMLElement } | null = null;

  constructor(host: HTMLElement, environment: OutputEnvironment) {
    this.#host = host;
    this.#environment = environment;
  }

  /** Shows `run` at once: a row that comes into sight must have its height. */
  showNow(run: ShownRun | null): void {
    this.#wanted = run;
    this.#apply();
  }

  /**
   * Shows `run` before the next frame: at once, but what comes again before that frame, with it. Another run at once: from then on the cell
   * says that what it shows is of this one.
   */
  show(run: ShownRun | null): void {
    this.#wanted = run;
    if (this.#frame !== 0 && run?.runId === this.#run?.runId) return;
    this.#apply();
    this.#waitForFrame();
  }

  #waitForFrame(): void {
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      if (this.#wanted === this.#run) return;
      this.#apply();
      this.#waitForFrame();
    });
  }

  /** What holds each output that is shown, in order. */
  hosts(): readonly HTMLElement[] {
    return this.#items.map(({ host }) => host);
  }

  /** Has a line, from 0, of an output among what is shown, whatever is folded. */
  reveal(index: number, line: number): void {
    if (index >= this.#items.length && !this.#showsAll) {
      this.#showsAll = true;
      this.#apply();
    }
    const item = this.#items[index];
    item?.stream?.reveal(line);
    item?.rendered?.reveal?.(line);
    const folded = item?.host.querySelector("details");
    if (folded && line > 0) folded.open = true;
  }

  /** Ends everything; frames are parked. Call while the host is still in the document. */
  dispose(): void {
    cancelAnimationFrame(this.#frame);
    for (const item of this.#items) item.rendered?.dispose();
    this.#items = [];
  }

  #apply(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    const run = this.#wanted;
    if (run?.runId !== this.#run?.runId) this.#dropFrom(0);
    this.#run = run;
    const outputs = run?.outputs ?? [];
    const count = this.#showsAll ? outputs.length : Math.min(outputs.length, FOLD_OUTPUTS);
    if (this.#items.length > count) this.#dropFrom(count);
    for (let index = 0; index < count; index += 1) this.#place(index, outputs[index] as Output);
    this.#showRest(outputs.length - count);
  }

  #place(index: number, output: Output): void {
    const item = this.#items[index];
    if (item?.output === output) return;
    if (item && this.#updateInPlace(item, output)) {
      item.output = output;
      return;
    }
    const made = this.#make(output, index);
    if (item) {
      item.rendered?.dispose();
      item.host.replaceWith(made.host);
    } else if (this.#rest) this.#rest.bar.before(made.host);
    else this.#host.append(made.host);
    this.#items[index] = made;
    this.#fill(made, index);
  }

  #updateInPlace(item: Item, output: Output): boolean {
    if (
      item.stream &&
      output.output_type === "stream" &&
      item.output.output_type === "stream" &&
      output.name === item.output.name &&
      typeof output.text === "string"
    ) {
      item.stream.setText(shownText(output, output.text));
      return true;
    }
    if (item.mime === null || !("data" in output) || chooseRenderer(output.data, item.unshowable)?.mime !== item.mime)
      return false;
    return item.rendered?.update?.(output.data[item.mime]) ?? false;
  }

  #make(output: Output, _index: number): Item {
    const host = element("div", `output output-${output.output_type}`);
    if (output.output_type === "stream" && output.name === "stderr") host.classList.add("stderr");
    const stream =
      output.output_type === "stream"
        ? new TextView(
            output.name === "stderr" ? "stderr" : "stdout",
            (copied) => void this.#environment.copyText(copied),
          )
        : null;
    return { output, host, stream, rendered: null, mime: null, unshowable: new Set() };
  }

  // Filled once the host is in the document: frames and measuring need that.
  #fill(item: Item, index: number): void {
    const { output, host } = item;
    switch (output.output_type) {
      case "stream":
        if (!item.stream) return;
        host.append(item.stream.element);
        this.#withValue(item, output.text, (value) => item.stream?.setText(shownText(output, value as string)));
        return;
      case "error":
        host.append(errorElement(output, this.#environment));
        return;
      default:
        this.#fillBundle(item, output, index);
    }
  }

  #fillBundle(item: Item, output: Extract<Output, { data: unknown }>, index: number): void {
    // A file may hold an output type of the future: said, and kept in the file as it is.
    const data = output.data as typeof output.data | undefined;
    const choice = data ? chooseRenderer(data, item.unshowable) : null;
    item.mime = choice?.mime ?? null;
    if (!choice) {
      const types = data ? Object.keys(data).join(", ") : output.output_type;
      // An empty display, to be filled later or never, is nothing to show.
      if (types === "") return;
      item.host.append(worded(element("div", "output-unknown"), () => text("outputs.cannotShow", { types })));
      return;
    }
    const run = this.#run;
    this.#withValue(item, output.data[choice.mime], (value) => {
      item.rendered?.dispose();
      item.rendered = choice.renderer.render(
        {
          mime: choice.mime,
          value,
          metadata: output.metadata,
          data: output.data,
          environment: this.#environment,
          isOwn: run?.isOwn ?? false,
          runId: run?.runId ?? "",
          outputKey: `${run?.runId}:${index}`,
          onUnshowable: (reason) => this.#fallBack(item, output, index, reason),
        },
        item.host,
      );
    });
  }

  #fallBack(item: Item, output: Extract<Output, { data: unknown }>, index: number, reason: string): void {
    if (item.mime === null || !this.#items.includes(item)) return;
    for (const mime of [item.mime, markedMime(item.mime)]) if (mime !== null) item.unshowable.add(mime);
    // Nothing else: the reason stays where it is.
    if (chooseRenderer(output.data, item.unshowable) === null) return;
    item.rendered?.dispose();
    item.rendered = null;
    this.#fillBundle(item, output, index);
    item.host.append(element("div", "output-frame-problem", reason));
  }

  #withValue(item: Item, value: unknown, show: (value: unknown) => void): void {
    if (!isBlobRef(value)) {
      show(value);
      return;
    }
    const waiting = worded(element("div", "output-waiting"), () => text("outputs.loading"));
    item.host.append(waiting);
    this.#environment.readBlob(value.$blob).then(
      (bytes) => {
        waiting.remove();
        if (this.#items.includes(item)) show(JSON.parse(new TextDecoder().decode(bytes)));
      },
      () => {
        worded(waiting, () => text("outputs.notStored"));
      },
    );
  }

  // Kept while more comes: a press that meets another button than it began on does nothing.
  #showRest(hidden: number): void {
    if (hidden <= 0) {
      this.#rest?.bar.remove();
      this.#rest = null;
      return;
    }
    this.#rest ??= this.#makeRest();
    worded(this.#rest.count, () => text("outputs.outputsHidden", { count: hidden }));
  }

  #makeRest(): { readonly bar: HTMLElement; readonly count: HTMLElement } {
    const bar = element("div", "output-fold");
    const count = element("span", "output-fold-count");
    bar.append(
      count,
      button(
        () => text("outputs.showAll"),
        () => {
          this.#showsAll = true;
          this.#apply();
        },
      ),
    );
    this.#host.append(bar);
    return { bar, count };
  }

  #dropFrom(index: number): void {
    for (const item of this.#items.splice(index)) {
      item.rendered?.dispose();
      item.host.remove();
    }
  }
}
