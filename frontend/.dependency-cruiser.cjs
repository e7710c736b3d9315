// Who may import whom: app > views > (editor | outputs | widgets | ui) > sync > (doc | api | kernel | i18n) > core.
// Views are islands; members of a group do not import each other (i18n excepted: words are needed everywhere).
const order = ["core", "(?:doc|api|kernel|i18n)", "sync", "(?:editor|outputs|widgets|ui)", "views", "app"];
const src = (layer) => `^src/${layer}/`;
const test = "\\.test\\.tsx?$";

module.exports = {
  forbidden: [
    { name: "no-circular", severity: "error", from: {}, to: { circular: true } },
    ...order.slice(0, -1).map((layer, index) => ({
      name: `layer-${index}`,
      comment: "A layer imports only from lower ones.",
      severity: "error",
      from: { path: src(layer), pathNot: test },
      to: { path: `^src/(?:${order.slice(index + 1).join("|")})/` },
    })),
    {
      name: "known-folders",
      comment: "A new top-level folder needs a place in the list above.",
      severity: "error",
      from: {},
      to: { path: "^src/", pathNot: `^src/(?:${order.join("|")})/|^src/[a-z-]+\\.d\\.ts$` },
    },
    {
      name: "siblings-high",
      severity: "error",
      from: { path: "^src/(editor|outputs|widgets|ui)/" },
      to: { path: "^src/(editor|outputs|widgets|ui)/", pathNot: "^src/$1/" },
    },
    {
      name: "siblings-low",
      severity: "error",
      from: { path: "^src/(doc|api|kernel|i18n)/" },
      to: { path: "^src/(doc|api|kernel|i18n)/", pathNot: ["^src/$1/", "^src/i18n/"] },
    },
    {
      name: "views-are-islands",
      severity: "error",
      from: { path: "^src/views/([^/]+)/" },
      to: { path: "^src/views/([^/]+)/", pathNot: "^src/views/$1/" },
    },
    {
      name: "core-is-pure",
      severity: "error",
      from: { path: src("core"), pathNot: test },
      to: { path: ["node_modules", "^node:"] },
    },
    {
      name: "framework-has-its-place",
      comment: "React and its kit are imported only in ui, views and app.",
      severity: "error",
      from: { path: "^src/(?:core|doc|api|kernel|i18n|sync|editor|outputs|widgets)/", pathNot: test },
      to: { path: "node_modules/(?:react|react-dom|react-aria|react-stately|react-aria-components)/" },
    },
    {
      name: "frame-knows-only-core",
      severity: "error",
      from: { path: "^frame/" },
      to: { path: "^src/", pathNot: "^src/core/" },
    },
    { name: "not-to-test", severity: "error", from: { pathNot: test }, to: { path: test } },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    doNotFollow: { path: "node_modules" },
    enhancedResolveOptions: { extensions: [".ts", ".tsx", ".js", ".json", ".css"] },
  },
};
