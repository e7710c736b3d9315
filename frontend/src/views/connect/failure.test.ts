import { afterEach, expect, test } from "vitest";
import { parseBackendUrl } from "../../core/backend-url.ts";
import type { Failure } from "../../core/binding.ts";
import { connect } from "../../i18n/en/connect.ts";
import { setLanguage } from "../../i18n/t.ts";
import { tell } from "./failure.ts";
import { companionLine, jupyterLine } from "./start-lines.ts";

const origin = "https://hub.example";
const facts = { address: "127.0.0.1:9999", port: 9999, origin, engine: "chromium" };
const failed = (code: Failure["code"], more: Failure["facts"] = facts): Failure => ({
  ok: false,
  code,
  facts: more,
  needsToken: false,
});
const codes = Object.keys(connect).flatMap((key) => /^failure_(.+)_title$/.exec(key)?.[1] ?? []) as Failure["code"][];

afterEach(() => setLanguage("en"));

test.each(["en", "ja"] as const)("no text of any failure is left with a gap (%s)", async (language) => {
  await setLanguage(language);
  expect(codes.length).toBeGreaterThan(20);
  for (const code of codes) {
    const { title, text } = tell(failed(code), origin);
    expect(title).not.toBe("");
    expect(`${title}${text}`, code).not.toMatch(/[{}]|undefined/);
  }
});

test("the documented start line stands there with this hub's origin", () => {
  expect(jupyterLine("notebook", origin)).toBe(
    "jupyter notebook --NotebookApp.allow_origin='https://hub.example' --port=8888 --NotebookApp.port_retries=0 --NotebookApp.allow_credentials=True",
  );
  expect(jupyterLine("lab", origin)).toContain("jupyter lab --ServerApp.allow_origin='https://hub.example'");
  expect(companionLine(origin)).toBe("runhere-runtime --hub https://hub.example");
});

test("what mends a failure is a line for the port that was tried", () => {
  expect(tell(failed("nothing_listening"), origin).line).toContain("--port=9999");
  expect(tell(failed("runtime_origin_not_listed"), origin).line).toBe("runhere-runtime allow https://hub.example");
  expect(tell(failed("token_refused"), origin).line).toBeNull();
});

test("a certificate is accepted on the server's own page, where no http answers either", () => {
  const told = tell(failed("tls_unreachable"), origin);
  expect(told.page).toBe("https://127.0.0.1:9999/");
  expect(told.text).not.toContain("http://");
  expect(tell(failed("nothing_listening"), origin)).toMatchObject({
    page: null,
    text: expect.stringContaining("https://"),
  });
});

test.each(["en", "ja"] as const)(
  "a hub that is not listed is let in over SSH and in a container, too (%s)",
  async (language) => {
    await setLanguage(language);
    const { text } = tell(failed("runtime_origin_not_listed"), origin);
    expect(text).toContain("runhere-runtime ssh");
    expect(text).toContain("--hub https://hub.example");
    expect(text).toContain("docker exec");
  },
);

test("a kernel that is missing, or ended at once, names the line that installs one", () => {
  const install = "python -m pip install ipykernel";
  expect(tell(failed("no_kernelspecs"), origin)).toMatchObject({ title: "The server has no kernels", line: install });
  const died = tell(failed("kernel_died_at_start", { kernel: "Python (bare)" }), origin);
  expect(died).toMatchObject({ title: "The kernel “Python (bare)” ended before it began", line: install });
  const refused = tell(failed("kernel_start_failed", { hint: "The runtime answered with status 500." }), origin);
  expect(refused.text).toBe("The server’s terminal says why. The runtime answered with status 500.");
  expect(refused.line).toBeNull();
});

test("a port stands there as it is typed", () => {
  expect(tell(failed("other_port", { ...facts, found: 8080 }), origin).title).toContain("port 8080");
  expect(tell(failed("address_not_loopback", { localPort: 8890 }), origin).text).toContain("localhost:8890");
  expect(tell(failed("address_port", { port: 70000 }), origin).title).toContain("70000");
});

test("another computer's address comes back as an SSH line", () => {
  const address = parseBackendUrl("http://gpu.lab:8890/?token=abc");
  if (address.ok) throw new Error("taken for this computer");
  const told = tell(failed(address.code, address.facts), origin);
  expect(told.title).toContain("gpu.lab");
  expect(told.line).toBe("ssh -N -o ExitOnForwardFailure=yes -L 127.0.0.1:8890:127.0.0.1:8890 you@gpu.lab");
});
