/** Vega, Vega-Lite and the embedder, in one piece that comes with the first chart. */
export * as vega from "vega";
export { default as vegaEmbed } from "vega-embed";
export * as vegaLite from "vega-lite";
