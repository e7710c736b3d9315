/**
 * Two builds of one package.
 *
 * `vite build`              the page            -> hub/src/runhere_hub/static/page/
 * `vite build --mode frame` the output frame    -> hub/src/runhere_hub/static/frame/v1/
 *
 * The hub serves the page under a Content-Security-Policy without 'unsafe-inline': nothing here may put a script or a
 * style into the HTML. Style elements that CodeMirror and React Aria make at run time carry the nonce that the hub
 * writes in place of `__CSP_NONCE__` (index.html), fresh for every answer.
 */
import { resolve } from "node:path";
import optimizeLocales from "@react-aria/optimize-locales-plugin";
import react from "@vitejs/plugin-react";
import { defineConfig, type PluginOption, type UserConfig } from "vite";

const root = import.meta.dirname ?? new URL(".", import.meta.url).pathname;
const staticFolder = resolve(root, "../hub/src/runhere_hub/static");

const page: UserConfig = {
  root,
  base: "/",
  plugins: [
    react(),
    // React Aria brings some thirty languages; the page has two. (The plugin's types are of another bundler.)
    { ...(optimizeLocales.vite({ locales: ["en-US", "ja-JP"] }) as unknown as object), enforce: "pre" } as PluginOption,
  ],
  build: {
    outDir: resolve(staticFolder, "page"),
    emptyOutDir: true,
    target: "es2022",
    // Inlined assets would be data: addresses, which the page's CSP refuses for fonts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    manifest: true,
  },
  server: {
    // `npm run dev` beside a running hub: RUNHERE_HUB=http://127.0.0.1:8800 npm run dev
    proxy: { "/api": { target: process.env["RUNHERE_HUB"] ?? "http://127.0.0.1:8800", ws: true } },
  },
};

const frame: UserConfig = {
  root: resolve(root, "frame/v1"),
  base: "/frame/v1/",
  plugins: [],
  build: {
    outDir: resolve(staticFolder, "frame/v1"),
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rollupOptions: { input: resolve(root, "frame/v1/frame.html") },
  },
};

// biome-ignore lint/style/noDefaultExport: the tool asks for one.
export default defineConfig(({ mode }) => (mode === "frame" ? frame : page));
