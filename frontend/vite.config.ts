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
import { readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, gzip } from "node:zlib";
import optimizeLocales from "@react-aria/optimize-locales-plugin";
import react from "@vitejs/plugin-react";
import { defineConfig, type PluginOption, type UserConfig } from "vite";

const brotli = promisify(brotliCompress);
const gzipped = promisify(gzip);
const root = import.meta.dirname ?? new URL(".", import.meta.url).pathname;
const staticFolder = resolve(root, "../hub/src/runhere_hub/static");

/**
 * Writes a .br and a .gz beside every text file, which the hub sends as they are: it compresses nothing itself. Without
 * `brotli` only the .gz, for what is large, seldom fetched, and kept for ever.
 */
function compressed(options: { readonly brotli: boolean }): PluginOption {
  return {
    name: "compressed",
    apply: "build",
    async writeBundle({ dir }, bundle) {
      const folder = dir ?? "";
      const texts = Object.keys(bundle).filter(
        (name) => name.startsWith("assets/") && /\.(js|css|svg|json)$/.test(name),
      );
      await Promise.all(
        texts.map(async (name) => {
          const path = resolve(folder, name);
          const content = await readFile(path);
          if (options.brotli) await writeFile(`${path}.br`, await brotli(content));
          await writeFile(`${path}.gz`, await gzipped(content, { level: 9 }));
        }),
      );
    },
  };
}

/**
 * Writes notebook.html beside index.html: the same document, telling the browser about the notebook's code and styles at
 * once. The hub sends it for a notebook's address; nobody waits for one script to learn of the next.
 */
function notebookDocument(): PluginOption {
  return {
    name: "notebook-document",
    apply: "build",
    async writeBundle({ dir }, bundle) {
      const chunks = Object.values(bundle).filter((one) => one.type === "chunk");
      const wanted = new Set<string>();
      const add = (name: string): void => {
        if (wanted.has(name)) return;
        wanted.add(name);
        for (const next of chunks.find((one) => one.fileName === name)?.imports ?? []) add(next);
      };
      // With Python's grammar: what is not waited for is there as soon all the same.
      const roots = /\/(?:app\/notebook-page\.tsx|editor\/python\.ts)$/;
      for (const one of chunks) if (one.moduleIds.some((id) => roots.test(id))) add(one.fileName);
      const styles = chunks.flatMap((one) =>
        wanted.has(one.fileName)
          ? [...((one as { viteMetadata?: { importedCss: Set<string> } }).viteMetadata?.importedCss ?? [])]
          : [],
      );
      const html = await readFile(resolve(dir ?? "", "index.html"), "utf8");
      const news = (name: string): boolean => !html.includes(name);
      const links = [
        ...[...wanted].filter(news).map((name) => `<link rel="modulepreload" crossorigin href="/${name}">`),
        ...styles.filter(news).map((name) => `<link rel="stylesheet" crossorigin href="/${name}">`),
      ];
      await writeFile(
        resolve(dir ?? "", "notebook.html"),
        html.replace("</head>", `  ${links.join("\n    ")}\n  </head>`),
      );
    },
  };
}

const page: UserConfig = {
  root,
  base: "/",
  plugins: [
    react(),
    // React Aria brings some thirty languages; the page has two. (The plugin's types are of another bundler.)
    { ...(optimizeLocales.vite({ locales: ["en-US", "ja-JP"] }) as unknown as object), enforce: "pre" } as PluginOption,
    compressed({ brotli: true }),
    notebookDocument(),
  ],
  // Yjs prints three warnings; the browser's way to print them brings a schema library, the package's other way does not.
  resolve: { alias: [{ find: /^lib0\/logging$/, replacement: resolve(root, "node_modules/lib0/logging.node.js") }] },
  build: {
    outDir: resolve(staticFolder, "page"),
    emptyOutDir: true,
    target: "es2022",
    // Inlined assets would be data: addresses, which the page's CSP refuses for fonts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // Home's styles with Home, the notebook's with the notebook, KaTeX's with the first formula.
    cssCodeSplit: true,
    reportCompressedSize: false,
    manifest: true,
    // The notebook's own chunk is what it is for; its budget is the whole first load (`npm run sizes`).
    chunkSizeWarningLimit: 900,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            // What every view needs, in one file instead of a dozen crumbs; icons only where all views draw them. Menus' and
            // dialogs' heavy halves stay apart.
            {
              name: "base",
              test: /node_modules\/(?:react|react-dom|scheduler)\/|node_modules\/lucide-react\/(?!dist\/esm\/icons\/(?!trash|chevron|pencil|user-round-plus))|src\/i18n\/(?!ja)[a-z-]+\.ts$|src\/ui\/(?:button|copy-line|cx|dialog|menu|menu-bar|notice|progress|toast|tooltip|use-observable|use-values-from-scripts)\.(?:tsx?|module\.css)$|src\/core\/observable|src\/app\/(?:shell|boot-screens|brand|error-boundary|home-link|notebook-ahead|preferences|routes|session|services)\.|src\/views\/connect\/(?:connect\.module\.css|connection-label\.ts)|src\/core\/(?:binding|notebook|outputs|widget-state|mime|hex)\.ts|src\/outputs\/(?:theme|rendered)\.ts|rolldown\/runtime|src\/kernel\/messages\.ts|src\/ui\/base\.css/,
            },
            // CodeMirror in one file; what completes and what knows a language comes with its own.
            {
              name: "editor",
              test: /node_modules\/(?:@codemirror\/(?:state|view|language|commands)|@lezer\/(?:common|highlight)|style-mod|w3c-keyname|crelt|@marijn\/find-cluster-break)\//,
            },
            // The grammar of most notebooks in one file, with the parser that all grammars share.
            {
              name: "python",
              test: /node_modules\/@(?:lezer\/(?:python|lr)|codemirror\/lang-python)\/|src\/editor\/python\.ts$/,
            },
          ],
        },
      },
    },
    cssTarget: ["chrome123", "firefox128", "safari17.5"],
  },
  server: {
    // `npm run dev` beside a running hub: RUNHERE_HUB=http://127.0.0.1:8800 npm run dev
    proxy: { "/api": { target: process.env["RUNHERE_HUB"] ?? "http://127.0.0.1:8800", ws: true } },
  },
};

const frame: UserConfig = {
  root: resolve(root, "frame/v1"),
  base: "/frame/v1/",
  plugins: [compressed({ brotli: false })],
  // Half of the widget manager's size would be a second sanitiser.
  resolve: { alias: { "sanitize-html": resolve(root, "frame/v1/widgets/sanitise.ts") } },
  build: {
    outDir: resolve(staticFolder, "frame/v1"),
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    manifest: true,
    // Plotly alone is more; each comes with the first output that needs it.
    chunkSizeWarningLimit: 6_000,
    rollupOptions: { input: resolve(root, "frame/v1/frame.html") },
  },
};

// biome-ignore lint/style/noDefaultExport: the tool asks for one.
export default defineConfig(({ mode }) => (mode === "frame" ? frame : page));
