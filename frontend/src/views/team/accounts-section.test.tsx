// @vitest-environment jsdom
/** Everybody's accounts, for administrators. */
import { act, cleanup, fireEvent, render, screen, within } from "@testing-library/react";
import { afterEach, beforeAll, expect, test } from "vitest";
import type { Account } from "../../api/team-client.ts";
import { AccountsSection } from "./accounts-section.tsx";

beforeAll(() => {
  globalThis.CSS ??= {} as typeof CSS; // jsdom has none
  CSS.escape ??= (text) => text;
});
afterEach(cleanup);

const ben: Account = {
  person_id: "b",
  user_name: "ben",
  name: "Ben",
  is_admin: false,
  is_disabled: false,
  has_password: true,
};

function shown(account: Account): string[] {
  const done: string[] = [];
  render(
    <AccountsSection
      accounts={[account]}
      onReset={({ user_name }) => done.push(`reset ${user_name}`)}
      onDisabled={({ user_name }, isDisabled) => done.push(`${isDisabled ? "disable" : "enable"} ${user_name}`)}
      onAdmin={({ user_name }, isAdmin) => done.push(`${isAdmin ? "promote" : "demote"} ${user_name}`)}
    />,
  );
  return done;
}

const press = (inside: HTMLElement, name: string) =>
  act(async () => void fireEvent.click(within(inside).getByRole("button", { name })));

test.each([
  ["Reset password", "Reset the password of Ben?", "reset ben", ben],
  ["Disable account", "Disable the account of Ben?", "disable ben", ben],
  ["Make administrator", "Make Ben an administrator of this hub?", "promote ben", ben],
  ["Take administration back", "Take administration back from Ben?", "demote ben", { ...ben, is_admin: true }],
])("%s is done after a question, and not when that is cancelled", async (button, title, done, account) => {
  const heard = shown(account);
  await press(document.body, button);
  await press(await screen.findByRole("alertdialog", { name: title }, { timeout: 10_000 }), "Cancel");
  expect(heard).toEqual([]);
  await press(document.body, button);
  await press(await screen.findByRole("alertdialog", { name: title }, { timeout: 10_000 }), button);
  expect(heard).toEqual([done]);
});

test("an account comes back without a question", async () => {
  const heard = shown({ ...ben, is_disabled: true });
  await press(document.body, "Enable account");
  expect(heard).toEqual(["enable ben"]);
});

test.each([
  ["a person", ben, ["Make administrator"]],
  ["an administrator", { ...ben, is_admin: true }, ["Take administration back"]],
  ["who may not sign in", { ...ben, is_disabled: true }, []],
  ["an administrator who may not sign in", { ...ben, is_admin: true, is_disabled: true }, ["Take administration back"]],
])("%s is offered what can be done about it", (_who, account, offered) => {
  shown(account);
  const names = screen.getAllByRole("button").map((button) => button.textContent);
  expect(names.filter((name) => /administ/.test(name ?? ""))).toEqual(offered);
});
