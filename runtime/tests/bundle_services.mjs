// Bundle a page that uses @jupyterlab/services, unchanged, as any third party's page would: node bundle_services.mjs OUT
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const frontend = createRequire(new URL("../../frontend/package.json", import.meta.url));
const { rolldown } = await import(frontend.resolve("rolldown"));
const bundle = await rolldown({
  input: fileURLToPath(new URL("services_page.js", import.meta.url)),
  platform: "browser",
  resolve: { modules: [fileURLToPath(new URL("../../frontend/node_modules", import.meta.url))] },
  transform: { define: { "process.env.NODE_ENV": '"production"' } },
});
await bundle.write({ file: process.argv[2], format: "iife", name: "page" });
