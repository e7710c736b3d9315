/**
 * Modules in the old way (`define`, `require`), which notebook extensions and some plots' HTML are written in. What they
 * ask for by name comes from the hub or from the kernel's environment, never from where their configuration says.
 */
type Loader = () => Promise<unknown>;

/** Modules that come from the hub. */
const served = new Map<string, Loader>([
  ["vega", () => import("./renderers/vega-parts.ts").then((parts) => parts.vega)],
  ["vega-lite", () => import("./renderers/vega-parts.ts").then((parts) => parts.vegaLite)],
  ["vega-embed", () => import("./renderers/vega-parts.ts").then((parts) => parts.vegaEmbed)],
  ["plotly", () => import("plotly.js-dist-min").then((parts) => parts.default)],
]);

export function serveModule(name: string, load: Loader): void {
  served.set(name, load);
}

type Factory = (...modules: unknown[]) => unknown;

interface Define {
  (...words: unknown[]): void;
  amd: object;
}

interface Require {
  (names: readonly string[], done?: Factory, failed?: (error: unknown) => void): void;
  config(options: unknown): Require;
  undef(name: string): void;
  specified(name: string): boolean;
}

/** Finds what a module asks for and the hub does not serve. Rejects when there is none. */
type Near = (name: string) => Promise<unknown>;

/** Runs a module's text. @throws when it does, or when it wants what nobody has. */
export async function evaluateModule(code: string, name: string, near: Near = missing): Promise<unknown> {
  let given: { names: readonly string[]; factory: unknown } | null = null;
  const define = makeDefine((names, factory) => {
    given = { names, factory };
  });
  new Function("define", "require", "requirejs", `${code}\n//# sourceURL=${name}.js`)(
    define,
    makeRequire(),
    makeRequire(),
  );
  if (given === null) throw new Error(`${name} is no module`);
  return await make(given, near);
}

async function make(
  { names, factory }: { readonly names: readonly string[]; readonly factory: unknown },
  near: Near,
): Promise<unknown> {
  if (typeof factory !== "function") return factory;
  const module = { exports: {} as unknown };
  const own = new Map<string, unknown>([
    ["exports", module.exports],
    ["module", { ...module, id: "", uri: "" }],
    ["require", makeRequire()],
  ]);
  const modules = await Promise.all(names.map((name) => own.get(name) ?? find(name, near)));
  const made: unknown = (factory as Factory)(...modules);
  return made ?? module.exports;
}

async function find(name: string, near: Near = missing): Promise<unknown> {
  const load = served.get(name.replace(/\.js$/, ""));
  return load ? await load() : await near(name);
}

async function missing(name: string): Promise<never> {
  throw new Error(`This output needs the module "${name}", which is not here.`);
}

function makeDefine(given: (names: readonly string[], factory: unknown) => void): Define {
  const define = (...words: unknown[]): void => {
    const rest = typeof words[0] === "string" ? words.slice(1) : words;
    const factory = rest.length > 1 ? rest[1] : rest[0];
    given(rest.length > 1 ? (rest[0] as readonly string[]) : ["require", "exports", "module"], factory);
  };
  return Object.assign(define, { amd: {} });
}

function makeRequire(): Require {
  const require = (names: readonly string[], done?: Factory, failed?: (error: unknown) => void): void => {
    Promise.all(names.map((name) => find(name))).then(
      (modules) => done?.(...modules),
      (error: unknown) => {
        if (!failed) throw error;
        failed(error);
      },
    );
  };
  const whole: Require = Object.assign(require, {
    config: () => whole,
    undef: () => undefined,
    specified: (name: string) => served.has(name),
  });
  return whole;
}

const ASKS = /\brequire(?:js)?\s*(?:\.config\s*\(|\(\s*\[)/;

/** Gives `require` to scripts that ask for modules by name; others must not see it, or they would not set their globals. */
export function mendModules(source: string): void {
  if (!ASKS.test(source)) return;
  const require = makeRequire();
  const define = makeDefine((names, factory) => void make({ names, factory }, missing));
  Object.assign(window, { require, requirejs: require, define });
}
