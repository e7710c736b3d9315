/** All that widgets need of the page, in one place that is fetched when a runtime is bound or a saved widget is shown. */
export { fromSaved } from "../core/widget-state.ts";
export { readAsset } from "../widgets/assets.ts";
export { WidgetLine } from "../widgets/line.ts";
export { PlotLine } from "../widgets/plot-lines.ts";
export { WidgetStore } from "../widgets/store.ts";
