import { expect, test } from "vitest";
import type { Session, SignInWays } from "../api/client.ts";
import { ApiError, HubUnreachable } from "../api/errors.ts";
import { SessionKeeper } from "./session.ts";

const me: Session = {
  person: { id: "p", name: "Ann", color: "#123456" },
  mode: "one_person",
  version: "0.1.0",
  origin: "http://127.0.0.1:8800",
  data_dir_label: "~/.local/share/runhere",
  user_name: "",
  is_admin: false,
  hosted_provider: null,
  hosted_url: null,
};
const ways: SignInWays = { mode: "one_person", password: false, sign_up: false, provider: null };
const signedOut = () => Promise.reject(new ApiError(401, "signed_out", "Signed out."));
const forgotten: (string | null)[] = [];
const keeper = (hub: { session?: () => Promise<Session>; signIn?: () => Promise<Session> }) =>
  new SessionKeeper(
    {
      session: hub.session ?? signedOut,
      signIn: hub.signIn ?? signedOut,
      signOut: async () => {},
      signInWays: async () => ways,
    },
    (owner) => forgotten.push(owner),
  );

test("who signs out leaves nothing secret behind; whose session just ended goes on later", async () => {
  const her = { ...me, mode: "team" as const };
  const session = keeper({ session: async () => her });
  await session.look();
  session.lost();
  await expect.poll(() => session.state.get().phase).toBe("signed_out");
  expect(forgotten).toEqual([]);
  await session.look();
  await session.signOut();
  expect([session.state.get().phase, forgotten]).toEqual(["signed_out", ["p"]]);
});

test("a code signs in", async () => {
  const session = keeper({ signIn: async () => me });
  await session.signIn("code");
  expect(session.state.get()).toEqual({ phase: "signed_in", session: me });
});

test.each([
  ["code_used", "used"],
  ["code_expired", "expired"],
])("a code that is %s says so, unless an older session still holds", async (code, failure) => {
  const signIn = () => Promise.reject(new ApiError(401, code, "No."));
  const out = keeper({ signIn });
  await out.signIn("code");
  expect(out.state.get()).toEqual({ phase: "signed_out", failure, ways: null });

  const stillIn = keeper({ signIn, session: async () => me });
  await stillIn.signIn("code");
  expect(stillIn.state.get()).toEqual({ phase: "signed_in", session: me });
});

test("a hub that does not answer is not mistaken for being signed out", async () => {
  const session = keeper({ session: () => Promise.reject(new HubUnreachable(new TypeError())) });
  await session.look();
  expect(session.state.get()).toEqual({ phase: "unreachable" });
});

test("signing in without a code looks for a session, then says that the link was incomplete", async () => {
  const session = keeper({});
  await session.signIn(null);
  expect(session.state.get()).toEqual({ phase: "signed_out", failure: "no_code", ways: null });
});

test("the same person in another tab changes nothing here; another one is shown their own page", async () => {
  const [ann, ben] = [me, { ...me, person: { ...me.person, id: "q", name: "Ben" } }];
  let now: Session | null = ann;
  const session = keeper({ session: async () => now ?? signedOut() });
  await session.look();
  const before = session.state.get();
  expect(await session.again()).toBe("same");
  now = null;
  expect(await session.again()).toBe("nobody"); // what is unsaved is still there
  expect(session.state.get()).toBe(before);
  now = ben;
  expect(await session.again()).toBe("other");
  expect(session.state.get()).toEqual({ phase: "signed_in", session: ben });
});

test("a tab in which nobody was signed in goes on with whoever is", async () => {
  let isIn = false;
  const session = keeper({ session: async () => (isIn ? me : signedOut()) });
  await session.look();
  expect(session.state.get().phase).toBe("signed_out");
  isIn = true;
  await session.again();
  expect(session.state.get()).toEqual({ phase: "signed_in", session: me });
});

test("other tabs are told of a sign-in and of a sign-out, and of nothing else", async () => {
  let told = 0;
  const hub = {
    session: async () => me,
    signIn: async () => me,
    signOut: async () => {},
    signInWays: async () => ways,
  };
  const session = new SessionKeeper(
    hub,
    () => {},
    () => told++,
  );
  await session.look();
  await session.again();
  expect(told).toBe(0);
  await session.signIn("code");
  session.adopt(me);
  await session.signOut();
  expect(told).toBe(3);
});
