/**
 * Bokeh's plots: a script that expects BokehJS and the place that another output made for the plot. Both are made here,
 * because each output has a frame of its own.
 */
import code from "@bokeh/bokehjs/build/js/bokeh.min.js?url";
import gl from "@bokeh/bokehjs/build/js/bokeh-gl.min.js?url";
import tables from "@bokeh/bokehjs/build/js/bokeh-tables.min.js?url";
import widgets from "@bokeh/bokehjs/build/js/bokeh-widgets.min.js?url";
import { runScript } from "../scripts.ts";

let loaded: Promise<void> | null = null;

export async function showBokeh(script: string, host: HTMLElement): Promise<void> {
  loaded ??= load();
  await loaded;
  for (const id of placesIn(script)) {
    if (document.getElementById(id)) continue;
    const place = document.createElement("div");
    place.id = id;
    host.append(place);
  }
  runScript(script, host);
}

/** One after another: the later ones hang themselves on the first. */
async function load(): Promise<void> {
  for (const address of [code, gl, widgets, tables]) {
    const script = document.createElement("script");
    script.crossOrigin = "anonymous";
    script.src = address;
    const isOver = new Promise((resolve, reject) => {
      script.addEventListener("load", resolve);
      script.addEventListener("error", () => reject(new Error("BokehJS could not be read from the hub.")));
    });
    document.head.append(script);
    await isOver;
  }
}

/** Ids of the elements that the script draws into: `"roots":{"p1004":"<id>"}`. */
function placesIn(script: string): readonly string[] {
  return [...script.matchAll(/["']roots["']\s*:\s*\{([^}]*)\}/g)].flatMap(([, roots = ""]) =>
    [...roots.matchAll(/:\s*["']([\w-]+)["']/g)].map(([, id = ""]) => id),
  );
}
