/** Tests wait longer for what a component shows than Testing Library's own second: a busy machine takes more to load a part of the page. */
if (typeof document !== "undefined") {
  const { configure } = await import("@testing-library/react");
  configure({ asyncUtilTimeout: 15_000 });
}

export {};
