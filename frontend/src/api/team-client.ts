/** What a hub for several people is asked besides. Loaded with the parts that need it; see `HubClient` for how it fails. */
import type { FilePlace, HubClient, Role, Session } from "./client.ts";
import type { components } from "./generated/schema.ts";

type Schemas = components["schemas"];
export type Invitation = Schemas["InvitationView"];
export type Shares = Schemas["Shares"];
export type Share = Schemas["Share"];
export type ShareLink = Schemas["ShareLink"];
export type NewShareLink = Schemas["NewShareLink"];
export type FoundPerson = Schemas["FoundPerson"];
export type Account = Schemas["AccountView"];
export type ApiToken = Schemas["ApiToken"];
export type NewApiToken = Schemas["NewApiToken"];
export type HeldRuntime = Schemas["HeldRuntime"];
export type AuditEntry = Schemas["AuditEntry"];
export type Accepted = Schemas["Accepted"];

/** A notebook, or a directory of a folder. */
export type ShareTarget =
  | { readonly kind: "notebook"; readonly id: string; readonly name: string }
  | { readonly kind: "folder"; readonly place: FilePlace; readonly name: string };

export interface Wish {
  readonly code: string;
  readonly userName: string;
  readonly name: string;
  readonly password: string;
}

export class TeamClient {
  constructor(private readonly hub: Pick<HubClient, "ask" | "askNothing">) {}

  signIn(userName: string, password: string): Promise<Session> {
    return this.#post("/session/password", { user_name: userName, password });
  }
  async goElsewhere(nextPath: string): Promise<string> {
    return (await this.#post<{ url: string }>("/session/elsewhere", { next_path: nextPath })).url;
  }
  comeBack(state: string, code: string): Promise<Schemas["Arrived"]> {
    return this.#post("/session/elsewhere/back", { state, code });
  }
  invitation(code: string): Promise<Invitation> {
    return this.#post("/invitations/look", { code });
  }
  join({ code, userName, name, password }: Wish): Promise<Session> {
    return this.#post("/invitations/accept", { code, user_name: userName, name, password });
  }
  signUp({ userName, name, password }: Omit<Wish, "code">): Promise<Session> {
    return this.#post("/accounts", { user_name: userName, name, password });
  }

  changePassword(old: string, next: string): Promise<Session> {
    return this.#post("/account/password", { old, new: next });
  }
  signOutEverywhere(): Promise<void> {
    return this.hub.askNothing("/account/sign-out-everywhere", { method: "POST", json: {} });
  }
  async tokens(): Promise<readonly ApiToken[]> {
    return (await this.hub.ask<Schemas["ApiTokens"]>("/account/tokens")).tokens;
  }
  makeToken(name: string): Promise<NewApiToken> {
    return this.#post("/account/tokens", { name });
  }
  removeToken(id: string): Promise<void> {
    return this.hub.askNothing(`/account/tokens/${id}`, { method: "DELETE" });
  }
  async log(whose: "own" | "all"): Promise<readonly AuditEntry[]> {
    const path = whose === "own" ? "/account/log" : "/admin/log";
    return (await this.hub.ask<Schemas["AuditLog"]>(path)).entries;
  }

  async accounts(): Promise<readonly Account[]> {
    return (await this.hub.ask<Schemas["AccountList"]>("/admin/accounts")).accounts;
  }
  async invite(userName: string | null, isAdmin: boolean): Promise<string> {
    const json = { user_name: userName, is_admin: isAdmin };
    return (await this.#post<{ url: string }>("/admin/invitations", json)).url;
  }
  async reset(userName: string): Promise<string> {
    return (await this.#post<{ url: string }>(`/admin/accounts/${encodeURIComponent(userName)}/reset`, {})).url;
  }
  setDisabled(userName: string, isDisabled: boolean): Promise<void> {
    const path = `/admin/accounts/${encodeURIComponent(userName)}/${isDisabled ? "disable" : "enable"}`;
    return this.hub.askNothing(path, { method: "POST", json: {} });
  }
  setAdmin(userName: string, isAdmin: boolean): Promise<void> {
    const path = `/admin/accounts/${encodeURIComponent(userName)}/${isAdmin ? "promote" : "demote"}`;
    return this.hub.askNothing(path, { method: "POST", json: {} });
  }
  /** Everybody's hosted runtimes, for administrators. */
  async runtimes(): Promise<readonly HeldRuntime[]> {
    return (await this.hub.ask<Schemas["HeldRuntimes"]>("/admin/runtimes")).runtimes;
  }
  stopRuntime(userName: string): Promise<Schemas["StoppedRuntime"]> {
    return this.#post(`/admin/runtimes/${encodeURIComponent(userName)}/stop`, {});
  }

  async findPeople(text: string): Promise<readonly FoundPerson[]> {
    return (await this.hub.ask<Schemas["FoundPeople"]>("/people", { query: { q: text } })).people;
  }
  shares(target: ShareTarget): Promise<Shares> {
    return this.hub.ask(`${base(target)}/shares`, { query: queryOf(target) });
  }
  give(target: ShareTarget, userName: string, role: Role): Promise<Shares> {
    const json = { user_name: userName, role };
    return this.hub.ask(`${base(target)}/shares`, { method: "PUT", query: queryOf(target), json });
  }
  takeAway(target: ShareTarget, personId: string): Promise<void> {
    return this.hub.askNothing(`${base(target)}/shares/${personId}`, { method: "DELETE", query: queryOf(target) });
  }
  /** `maxUses` null: everybody who has it. */
  makeLink(target: ShareTarget, role: Role, lifeMs: number, maxUses: number | null): Promise<NewShareLink> {
    const json = { role, life_ms: lifeMs, max_uses: maxUses };
    return this.hub.ask(`${base(target)}/links`, { method: "POST", query: queryOf(target), json });
  }
  withdrawLink(id: string): Promise<void> {
    return this.hub.askNothing(`/links/${id}`, { method: "DELETE" });
  }
  acceptLink(id: string, secret: string): Promise<Accepted> {
    return this.#post(`/links/${id}/accept`, { secret });
  }

  #post<T>(path: string, json: unknown): Promise<T> {
    return this.hub.ask(path, { method: "POST", json });
  }
}

function base(target: ShareTarget): string {
  return target.kind === "notebook" ? `/notebooks/${target.id}` : `/folders/${target.place.folderId}`;
}

function queryOf(target: ShareTarget): { readonly path?: string } {
  return target.kind === "notebook" ? {} : { path: target.place.path };
}
