import { describe, expect, it } from "vitest";
import { type BackendAddress, parseBackendUrl, tokensIn, withOtherPort } from "./backend-url.ts";

function at(
  baseUrl: string,
  more: { label?: string; token?: string; otherToken?: string; pair?: string } = {},
): BackendAddress {
  const label = more.label ?? baseUrl.replace(/^https?:\/\//, "").replace(/\/$/, "");
  return {
    ok: true,
    baseUrl,
    label,
    token: more.token ?? null,
    otherToken: more.otherToken ?? null,
    pair: more.pair ?? null,
  };
}

const ACCEPTED: readonly (readonly [string, BackendAddress])[] = [
  ["8888", at("http://127.0.0.1:8888/")],
  [":9000", at("http://127.0.0.1:9000/")],
  ["８８８８", at("http://127.0.0.1:8888/")],
  ["9000/lab?token=abc", at("http://127.0.0.1:9000/", { token: "abc" })],
  ["localhost", at("http://localhost:8888/")],
  ["localhost:80", at("http://localhost:80/")],
  // Pasted behind the address that stood there.
  ["http://127.0.0.1:9000/http://127.0.0.1:8888/lab", at("http://127.0.0.1:8888/")],
  ["http://localhost:9000/?token=oldhttp://localhost:8888/?token=abc", at("http://localhost:8888/", { token: "abc" })],
  ["localhost:9999", at("http://localhost:9999/")],
  ["127.0.0.1:9000/?token=abc", at("http://127.0.0.1:9000/", { token: "abc" })],
  ["http://127.0.0.1:9000/?token=abc", at("http://127.0.0.1:9000/", { token: "abc" })],
  ["  http://localhost:8888/tree?token=abc \n", at("http://localhost:8888/", { token: "abc" })],
  ["http://localhost:8888/lab/tree/a/b.ipynb?token=abc", at("http://localhost:8888/", { token: "abc" })],
  ["http://localhost:8888/notebooks/my%20work/x.ipynb", at("http://localhost:8888/")],
  ["http://localhost:8888/nbclassic/tree", at("http://localhost:8888/")],
  ["http://localhost:8888/doc/tree/x.ipynb", at("http://localhost:8888/")],
  ["http://localhost:8888/base/lab", at("http://localhost:8888/base/")],
  ["http://localhost:8888/base", at("http://localhost:8888/base/")],
  ["http://localhost:8888/user/lab/lab/tree", at("http://localhost:8888/user/lab/")],
  ["http://localhost:8888/user/tree/", at("http://localhost:8888/user/tree/")],
  ["http://localhost:8888/#token=abc", at("http://localhost:8888/", { token: "abc" })],
  ["http://localhost:8888/?token=...", at("http://localhost:8888/")],
  // Encoded, as a server's greeting has it, and as it is, from `jupyter server list`: what may be either is read both ways.
  ["http://localhost:8888/?token=a%2Bb", at("http://localhost:8888/", { token: "a+b", otherToken: "a%2Bb" })],
  ["http://localhost:8888/?token=a+b", at("http://localhost:8888/", { token: "a b", otherToken: "a+b" })],
  ["http://localhost:8888/?token=a b :: /home/ann", at("http://localhost:8888/", { token: "a", otherToken: "a b" })],
  ["http://localhost:8888/?token=a&b#c=", at("http://localhost:8888/", { token: "a", otherToken: "a&b#c=" })],
  ["http://localhost:8888/?token=100%", at("http://localhost:8888/", { token: "100%" })],
  [
    "http://localhost:8888/?token=%E5%90%88%C3%BC",
    at("http://localhost:8888/", { token: "合ü", otherToken: "%E5%90%88%C3%BC" }),
  ],
  ["http://localhost:8888/?token=合ü", at("http://localhost:8888/", { token: "合ü" })],
  ["http://localhost:8888/?token=Ａ1", at("http://localhost:8888/", { token: "A1", otherToken: "Ａ1" })],
  ["http://localhost/", at("http://localhost:80/")],
  ["https://localhost/", at("https://localhost:443/")],
  ["https://127.0.0.1:8888/lab", at("https://127.0.0.1:8888/")],
  ["ws://127.0.0.1:8888/api/kernels/1/channels", at("http://127.0.0.1:8888/")],
  ["http://[::1]:8888/tree", at("http://localhost:8888/")],
  ["[::1]:8888", at("http://localhost:8888/")],
  ["http://0.0.0.0:8888/", at("http://127.0.0.1:8888/")],
  ["http://127.0.1.1:8888/", at("http://127.0.0.1:8888/")],
  ["http://[::ffff:127.0.0.1]:8888/", at("http://127.0.0.1:8888/")],
  ["http://LOCALHOST.:8888/", at("http://localhost:8888/")],
  ["<http://localhost:8888/?token=abc>", at("http://localhost:8888/", { token: "abc" })],
  ["`localhost:8888`", at("http://localhost:8888/")],
  ["http://localhost:8888/?token=abc :: /home/ann/my work", at("http://localhost:8888/", { token: "abc" })],
  [
    "Currently running servers:\nhttp://localhost:8889/base/?token=abc :: /home/ann",
    at("http://localhost:8889/base/", { token: "abc" }),
  ],
  [
    "    Or copy and paste one of these URLs:\n        http://gpu-box:8888/tree?token=abc\n        http://127.0.0.1:8888/tree?token=abc",
    at("http://127.0.0.1:8888/", { token: "abc" }),
  ],
  [
    "https://hub.example/connect#rt=http://127.0.0.1:8888&pair=ABCD-EFGH",
    at("http://127.0.0.1:8888/", { pair: "ABCD-EFGH" }),
  ],
  ["http://127.0.0.1:8800/connect#rt=127.0.0.1:8888&pair=ABCD", at("http://127.0.0.1:8888/", { pair: "ABCD" })],
  ["http://127.0.0.1:8800/login#code=x&rt=8888&token=abc", at("http://127.0.0.1:8888/", { token: "abc" })],
];

const REFUSED: readonly (readonly [string, BackendAddress])[] = [
  ["", { ok: false, code: "address_empty", facts: {} }],
  ["   ", { ok: false, code: "address_empty", facts: {} }],
  ["0", { ok: false, code: "address_port", facts: { port: "0" } }],
  ["70000", { ok: false, code: "address_port", facts: { port: "70000" } }],
  ["localhost:70000", { ok: false, code: "address_port", facts: { port: "70000" } }],
  ["http://localhost:0/", { ok: false, code: "address_port", facts: { port: 0 } }],
  ["hello world", { ok: false, code: "address_not_understood", facts: {} }],
  // A token alone, and a mistyped address: no names of other computers, to be reached through SSH.
  ["30eae897b97799eb64b6592cee198c8e30eae897b97799eb", { ok: false, code: "address_not_understood", facts: {} }],
  ["token=abc", { ok: false, code: "address_not_understood", facts: {} }],
  ["q7+Zk/9w", { ok: false, code: "address_not_understood", facts: {} }],
  ["合言葉", { ok: false, code: "address_not_understood", facts: {} }],
  ["http//localhost:8888", { ok: false, code: "address_not_understood", facts: {} }],
  ["http://", { ok: false, code: "address_not_understood", facts: {} }],
  ["ftp://localhost:8888/", { ok: false, code: "address_scheme", facts: { scheme: "ftp" } }],
  ["javascript:alert(1)", { ok: false, code: "address_scheme", facts: { scheme: "javascript" } }],
  ["file:///home/ann/jpserver-1-open.html", { ok: false, code: "address_scheme", facts: { scheme: "file" } }],
  ["http://ann:secret@localhost:8888/", { ok: false, code: "address_has_password", facts: {} }],
  [
    "http://gpu-box.example:8888/lab?token=abc",
    {
      ok: false,
      code: "address_not_loopback",
      facts: {
        host: "gpu-box.example",
        port: 8888,
        localPort: 8888,
        ssh: "ssh -N -o ExitOnForwardFailure=yes -L 127.0.0.1:8888:127.0.0.1:8888 you@gpu-box.example",
      },
    },
  ],
  [
    "https://box/",
    {
      ok: false,
      code: "address_not_loopback",
      facts: {
        host: "box",
        port: 443,
        localPort: 8888,
        ssh: "ssh -N -o ExitOnForwardFailure=yes -L 127.0.0.1:8888:127.0.0.1:443 you@box",
      },
    },
  ],
  [
    "192.168.1.5:8888",
    {
      ok: false,
      code: "address_not_loopback",
      facts: {
        host: "192.168.1.5",
        port: 8888,
        localPort: 8888,
        ssh: "ssh -N -o ExitOnForwardFailure=yes -L 127.0.0.1:8888:127.0.0.1:8888 you@192.168.1.5",
      },
    },
  ],
  [
    "http://localhost.evil.example:8888/",
    {
      ok: false,
      code: "address_not_loopback",
      facts: {
        host: "localhost.evil.example",
        port: 8888,
        localPort: 8888,
        ssh: "ssh -N -o ExitOnForwardFailure=yes -L 127.0.0.1:8888:127.0.0.1:8888 you@localhost.evil.example",
      },
    },
  ],
  [
    "https://hub.example/connect#rt=http://evil.example:8888&pair=ABCD",
    {
      ok: false,
      code: "address_not_loopback",
      facts: {
        host: "evil.example",
        port: 8888,
        localPort: 8888,
        ssh: "ssh -N -o ExitOnForwardFailure=yes -L 127.0.0.1:8888:127.0.0.1:8888 you@evil.example",
      },
    },
  ],
];

describe("parseBackendUrl", () => {
  it.each(ACCEPTED)("accepts %j", (input, expected) => {
    expect(parseBackendUrl(input)).toEqual(expected);
  });

  it.each(REFUSED)("refuses %j", (input, expected) => {
    expect(parseBackendUrl(input)).toEqual(expected);
  });

  it("never puts the token into what is shown or kept", () => {
    for (const [, address] of ACCEPTED) {
      if (!address.ok || address.token === null) continue;
      const shown = address.baseUrl + address.label;
      for (const token of [address.token, address.otherToken ?? "abc"]) expect(shown).not.toContain(`=${token}`);
    }
  });
});

describe("tokensIn", () => {
  it.each([
    ["abc", ["abc"]],
    [" abc\n", ["abc"]],
    ["token=abc", ["abc"]],
    ["?token=abc", ["abc"]],
    ["http://localhost:8888/tree?token=abc", ["abc"]],
    ["localhost:8888/?token=abc", ["abc"]],
    ["[I 2026-11-30 10:00:00.000 ServerApp]     http://127.0.0.1:8888/lab?token=abc", ["abc"]],
    ["two words", ["two words"]],
    ["a+b&c#d%20=ü合", ["a+b&c#d%20=ü合"]],
    ["Ａ1", ["A1", "Ａ1"]],
    ["http://localhost:8888/?token=a+b", ["a b", "a+b"]],
    ["http://localhost:8888/", []],
    ["...", []],
    ["one\ntwo", []],
    ["", []],
  ] as const)("reads %j", (input, expected) => {
    expect(tokensIn(input)).toEqual(expected);
  });
});

it.each([
  ["http://127.0.0.1:9000/?token=rhrt_9000", "http://127.0.0.1:8080/?token=rhrt_9000"],
  ["localhost:9000", "localhost:8080"],
  [" 9000", " 8080"],
  ["http://localhost:9000/?token=a:: /home/9000", "http://localhost:8080/?token=a:: /home/9000"],
  ["http://localhost:90001/", "http://localhost:90001/"],
])("puts another port in the place of 9000 in %s", (typed, expected) => {
  expect(withOtherPort(typed, 9000, 8080)).toBe(expected);
});
