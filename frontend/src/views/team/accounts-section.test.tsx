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

const ada: Account = { ...ben, person_id: "a", user_name: "ada", name: "Ada", is_admin: true };

function shown(...accounts: readonly Account[]): string[] {
  const done: string[] = [];
  render(
    <AccountsSection
      accounts={accounts}
      onReset={({ user_name }) => done.push(`reset ${user_name}`)}
      onDisabled={({ user_name }, isDisabled) => done.push(`${isDisabled ? "disable" : "enable"} ${user_name}`)}
      onAdmin={({ user_name }, isAdmin) => done.push(`${isAdmin ? "promote" : "demote"} ${user_name}`)}
    />,
  );
  return done;
}

const press = (inside: HTMLElement, name: string) =>
  act(async () => void fireEvent.click(within(inside).getByRole("button", { name })));

const row = ({ name }: Account) => screen.getByText(new RegExp(`^${name} `)).closest("li") as HTMLElement;

test.each([
  ["Reset password", "Reset the password of Ben?", "reset ben", ben],
  ["Disable account", "Disable the account of Ben?", "disable ben", ben],
  ["Make administrator", "Make Ben an administrator of this hub?", "promote ben", ben],
  ["Take administration back", "Take administration back from Ada?", "demote ada", ada],
])("%s is done after a question, and not when that is cancelled", async (button, title, done, account) => {
  const heard = shown(account, ...(account === ada ? [{ ...ada, user_name: "dan", name: "Dan" }] : []));
  await press(row(account), button);
  await press(await screen.findByRole("alertdialog", { name: title }, { timeout: 10_000 }), "Cancel");
  expect(heard).toEqual([]);
  await press(row(account), button);
  await press(await screen.findByRole("alertdialog", { name: title }, { timeout: 10_000 }), button);
  expect(heard).toEqual([done]);
});

test("an account comes back without a question", async () => {
  const heard = shown({ ...ben, is_disabled: true });
  await press(document.body, "Enable account");
  expect(heard).toEqual(["enable ben"]);
});

test.each([
  ["a person", [ben], ["Make administrator"]],
  [
    "one of two administrators",
    [ada, { ...ben, is_admin: true }],
    ["Take administration back", "Take administration back"],
  ],
  ["the only administrator", [ada], []],
  ["the only one who may sign in", [ada, { ...ben, is_admin: true, is_disabled: true }], ["Take administration back"]],
  ["who may not sign in", [{ ...ben, is_disabled: true }], []],
])("%s is offered what can be done about it", (_who, accounts, offered) => {
  shown(...accounts);
  const names = screen.getAllByRole("button").map((button) => button.textContent);
  expect(names.filter((name) => /administ/.test(name ?? ""))).toEqual(offered);
});
