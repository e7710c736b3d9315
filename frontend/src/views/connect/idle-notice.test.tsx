// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeAll, expect, test } from "vitest";
import type { HostedStatus } from "../../core/hosted.ts";
import { withWords } from "../../i18n/t.ts";
import { IdleNotice } from "./idle-notice.tsx";
import type { HostedAccess } from "./runtime.ts";

beforeAll(() => withWords(Promise.resolve(), "hosted"));
afterEach(cleanup);

/** A hosted runtime that is about to stop until somebody keeps it. */
function accessTo(stopsAt: number | null): { readonly access: HostedAccess; readonly kept: () => number } {
  let at = stopsAt;
  let kept = 0;
  const status = async (): Promise<HostedStatus> => ({
    id: "0".repeat(32),
    provider: "local",
    state: "ready",
    percent: 100,
    message: "",
    stopsAt: at,
  });
  const keep = () => {
    kept += 1;
    at = null;
    return status();
  };
  return { access: { omitsOutputs: false, status, start: status, stop: status, keep }, kept: () => kept };
}

test("it says when the runtime stops, and goes once it is kept", async () => {
  const { access, kept } = accessTo(Date.UTC(2026, 1, 3, 4, 5));
  render(<IdleNotice access={access} />);
  expect((await screen.findByRole("status")).textContent).toContain("Nothing has run for a while. It stops at");
  fireEvent.click(screen.getByRole("button", { name: "Keep it running" }));
  await waitFor(() => expect(screen.queryByRole("status")).toBeNull());
  expect(kept()).toBe(1);
});

test("nothing stands there while nothing stops, or the hub does not answer", async () => {
  const { access } = accessTo(null);
  const { container, rerender } = render(<IdleNotice access={access} />);
  await waitFor(async () => expect((await access.status()).stopsAt).toBeNull());
  expect(container.textContent).toBe("");
  rerender(<IdleNotice access={{ ...access, status: () => Promise.reject(new Error("away")) }} />);
  await waitFor(() => expect(container.textContent).toBe(""));
});
