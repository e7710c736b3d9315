import { expect, test } from "vitest";
import { Value } from "../core/observable.ts";
import { FIRST_ROOM_STATE, type RoomState } from "../sync/room-state.ts";
import { goOnSignedIn, SessionNews } from "./session-news.ts";

const refused: RoomState = { ...FIRST_ROOM_STATE, connection: "refused", refusedCode: "signed_out" };
const online: RoomState = { ...FIRST_ROOM_STATE, connection: "online" };

function world(answers: ("same" | "other" | "nobody")[]) {
  const state = new Value<RoomState>(online);
  const heard: (() => void)[] = [];
  const did: string[] = [];
  const end = goOnSignedIn(
    { state, reconnectNow: () => void did.push("reconnect") },
    {
      again: async () => {
        did.push("ask");
        return answers.shift() ?? "nobody";
      },
    },
    {
      onTold: (fn) => {
        heard.push(fn);
        return () => void heard.splice(heard.indexOf(fn), 1);
      },
    },
    () => () => {},
  );
  const settled = () => new Promise((resolve) => setTimeout(resolve));
  return { state, did, end, heard, settled };
}

test("a room whose session was replaced by the same person's goes on", async () => {
  const { state, did, settled } = world(["same"]);
  state.set(refused);
  await settled();
  expect(did).toEqual(["ask", "reconnect"]);
});

test("a room that was cut before the new session was there goes on with the news", async () => {
  const { state, did, heard, settled } = world(["nobody", "same"]);
  state.set(refused);
  await settled();
  expect(did).toEqual(["ask"]);
  heard[0]?.();
  await settled();
  expect(did).toEqual(["ask", "ask", "reconnect"]);
});

test("another person's session lets it stay where it is, and it is not asked without end", async () => {
  const { state, did, settled } = world(["other", "same", "same"]);
  state.set(refused);
  await settled();
  state.set({ ...refused, connection: "connecting" });
  state.set({ ...refused });
  await settled();
  expect(did).toEqual(["ask"]);
  state.set(online); // it was good once more: the next refusal is another one
  state.set(refused);
  await settled();
  expect(did).toEqual(["ask", "ask", "reconnect"]);
});

test("other refusals are no matter of the session, and nothing happens after the end", async () => {
  const { state, did, heard, end, settled } = world(["same"]);
  state.set({ ...refused, refusedCode: "not_allowed" });
  heard[0]?.();
  await settled();
  end();
  state.set(refused);
  await settled();
  expect([did, heard]).toEqual([[], []]);
});

test("one tab tells the others, not itself", async () => {
  const [here, there] = [new SessionNews(), new SessionNews()];
  const heard: string[] = [];
  here.onTold(() => heard.push("here"));
  there.onTold(() => heard.push("there"));
  here.tell();
  await expect.poll(() => heard).toEqual(["there"]);
});
