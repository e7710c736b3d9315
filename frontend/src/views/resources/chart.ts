/** Small charts of the last minutes, by uPlot. Colours are those of the elements around them, read at each drawing: themes change. */
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

/** One line: a value (0 to 1) at each time, null where nothing is known. */
export type Line = readonly (number | null)[];

export class ShareChart {
  readonly #plot: uPlot;
  readonly #observer: ResizeObserver;

  /** `inks`: elements whose text colour a line has; one per line. */
  constructor(host: HTMLElement, inks: readonly HTMLElement[], heightPx: number, spanMs: number) {
    const colour = (index: number): string => getComputedStyle(inks[index] ?? host).color;
    const frame = (): string => getComputedStyle(host).borderTopColor;
    const series: uPlot.Series[] = inks.map((_, index) => ({
      stroke: () => colour(index),
      ...(index === 0 ? { fill: () => faded(colour(index)) } : {}),
      width: 1.5,
      points: { show: false },
    }));
    this.#plot = new uPlot(
      {
        width: Math.max(40, host.clientWidth),
        height: heightPx,
        padding: [2, 0, 2, 0],
        legend: { show: false },
        cursor: { show: false },
        select: { show: false, left: 0, top: 0, width: 0, height: 0 },
        scales: {
          x: { time: false, range: (_, __, max) => [max - spanMs, max] },
          y: { range: [0, 1] },
        },
        axes: [
          { show: false },
          {
            size: 0,
            splits: () => [0.5],
            grid: { stroke: frame, width: 1 },
            values: () => [],
            ticks: { show: false },
          },
        ],
        series: [{}, ...series],
      },
      [[], ...inks.map(() => [])],
      host,
    );
    this.#observer = new ResizeObserver(() => {
      if (host.clientWidth > 0) this.#plot.setSize({ width: host.clientWidth, height: heightPx });
    });
    this.#observer.observe(host);
  }

  /** `times` in ms, ascending. */
  draw(times: readonly number[], lines: readonly Line[]): void {
    this.#plot.setData([[...times], ...lines.map((line) => [...line])]);
  }

  close(): void {
    this.#observer.disconnect();
    this.#plot.destroy();
  }
}

/** `rgb(…)` as a browser computes it, mostly transparent. */
function faded(colour: string): string {
  return `color-mix(in srgb, ${colour} 16%, transparent)`;
}
