"""What a browser keeps for the page: all that somebody could read there who sits down at it."""

import base64

from playwright.sync_api import Page

READ = """async () => {
  const found = [];
  const keep = (where, bytes) => {
    let text = "";
    for (let at = 0; at < bytes.length; at += 4096) text += String.fromCharCode(...bytes.subarray(at, at + 4096));
    found.push([where, btoa(text)]);
  };
  const say = (where, text) => keep(where, new TextEncoder().encode(text));
  const asked = (request) => new Promise((give, fail) => {
    request.onsuccess = () => give(request.result);
    request.onerror = () => fail(request.error);
  });
  // Bytes are kept one by one, as they are; around them stands what they were in.
  const look = async (where, value) => {
    if (value instanceof Blob) keep(where, new Uint8Array(await value.arrayBuffer()));
    else if (value instanceof ArrayBuffer) keep(where, new Uint8Array(value));
    else if (ArrayBuffer.isView(value)) keep(where, new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
    else if (value instanceof Map || value instanceof Set) for (const one of value) await look(where, one);
    else if (typeof value === "object" && value !== null)
      for (const [key, one] of Object.entries(value)) { say(where, key); await look(where, one); }
    else say(where, String(value));
  };
  for (const [where, storage] of Object.entries({ localStorage, sessionStorage })) await look(where, { ...storage });
  for (const { name } of await indexedDB.databases()) {
    const database = await asked(indexedDB.open(name));
    for (const store of database.objectStoreNames) {
      const rows = database.transaction(store).objectStore(store);
      const all = await Promise.all([asked(rows.getAllKeys()), asked(rows.getAll())]);
      await look(`indexedDB ${name} ${store}`, all);
    }
    database.close();
  }
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) {
      const answer = await cache.match(request);
      await look(`cache ${name}`, [request.url, await answer.blob()]);
    }
  }
  say("cookies", document.cookie);
  return found;
}"""

PLANT = """async (text) => {
  localStorage.setItem("planted", text);
  const opening = indexedDB.open("planted");
  opening.onupgradeneeded = () => opening.result.createObjectStore("rows");
  await new Promise((give, fail) => { opening.onsuccess = give; opening.onerror = () => fail(opening.error); });
  const writing = opening.result.transaction("rows", "readwrite");
  writing.objectStore("rows").put({ inside: [new TextEncoder().encode(text)] }, 1);
  await new Promise((give, fail) => { writing.oncomplete = give; writing.onerror = () => fail(writing.error); });
  opening.result.close();
  await (await caches.open("planted")).put("/planted", new Response(text));
}"""
PLACES = ("localStorage", "indexedDB", "cache")


def plant(page: Page, text: str) -> None:
    """Puts a text into one of each of `PLACES`: `kept_by` must find it, else it would find nothing else either."""
    page.evaluate(PLANT, text)


def kept_by(page: Page) -> list[tuple[str, bytes]]:
    """Texts and bytes of localStorage, sessionStorage, IndexedDB, Cache and cookies, each with where it was."""
    return [(where, base64.b64decode(data)) for where, data in page.evaluate(READ)]
