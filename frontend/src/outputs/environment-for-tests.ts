/** What outputs are shown in where a test needs no more than that: nothing is asked, kept or run. */
import type { OutputEnvironment } from "./rendered.ts";

export const quietEnvironment: OutputEnvironment = {
  confirmLink: () => Promise.resolve(false),
  copyText: () => Promise.resolve(),
  readBlob: () => Promise.reject(new Error("no blobs here")),
  theme: () => "light",
  invoke: async () => null,
  language: () => "en",
  widgets: {
    openLine: () => Promise.reject(new Error("no widgets here")),
    openPlot: () => Promise.reject(new Error("no plots here")),
    readAsset: async () => null,
  },
};
