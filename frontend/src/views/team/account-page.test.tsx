// @vitest-environment jsdom
/** One's account, and the provider's account that is joined to it. */
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import type { HubClient, Session, SignInWays } from "../../api/client.ts";
import { TeamClient } from "../../api/team-client.ts";
import { AccountPage } from "./account-page.tsx";

afterEach(cleanup);

const session: Session = {
  person: { id: "p", name: "Ada", color: "#123456" },
  mode: "team",
  version: "0.1.0",
  origin: "https://hub.test",
  data_dir_label: "",
  user_name: "ada",
  is_admin: false,
  hosted_provider: null,
  hosted_url: null,
};

async function shown(provider: string | null) {
  const asked: [string, unknown][] = [];
  const answers: { readonly [path: string]: unknown } = {
    "/session/elsewhere": { url: "https://login.test/auth" },
    "/account/tokens": { tokens: [] },
  };
  const hub = {
    ask: async (path: string, init?: { readonly json?: unknown }) => {
      asked.push([path, init?.json]);
      return answers[path] ?? { entries: [] };
    },
    askNothing: async () => {},
  } as unknown as HubClient;
  const onLeaveFor = vi.fn<(url: string) => void>();
  const ways: SignInWays = { mode: "team", password: true, sign_up: false, provider };
  await act(async () => {
    render(
      <AccountPage
        team={new TeamClient(hub)}
        session={session}
        now={() => 0}
        signInWays={async () => ways}
        onLeaveFor={onLeaveFor}
        onSession={() => {}}
        onSignedOut={() => {}}
      />,
    );
  });
  return { asked, onLeaveFor };
}

test("an account at the hub's provider is connected there, and the way back leads here", async () => {
  const { asked, onLeaveFor } = await shown("the lab's account");
  await act(async () => void fireEvent.click(screen.getByRole("button", { name: "Connect the lab's account" })));
  expect(asked).toContainEqual(["/session/elsewhere", { next_path: "/account" }]);
  expect(onLeaveFor).toHaveBeenCalledWith("https://login.test/auth");
});

test("where the hub has no provider there is nothing to connect", async () => {
  await shown(null);
  expect(screen.getByRole("heading", { name: "Sign out everywhere" })).toBeDefined();
  expect(screen.queryByRole("button", { name: /^Connect/ })).toBeNull();
});
