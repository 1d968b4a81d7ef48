import { callControl } from "../stand-in/control-call.ts";
import type { Fault, OperationName } from "./faults.ts";
import type { GoogleGroup, GoogleMember, GoogleUser } from "./records.ts";

type FaultOrder = Pick<Fault, "kind"> & Partial<Fault>;

interface IdTokenOrder {
  readonly count?: number;
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
  readonly signature?: "RS256" | "none" | "HS256" | "stranger";
}

export interface GoogleClient {
  directory(): Promise<{ users: GoogleUser[]; groups: (GoogleGroup & { everybody: GoogleMember[] })[] }>;
  addUser(user: Partial<Omit<GoogleUser, "suspended" | "archived">> & { email: string }): Promise<GoogleUser>;
  /** @param user id or address */
  changeUser(user: string, changes: Partial<Omit<GoogleUser, "id">>): Promise<GoogleUser>;
  removeUser(user: string): Promise<void>;
  addGroup(group: { email: string; name?: string }): Promise<void>;
  removeGroup(group: string): Promise<void>;
  /** Puts a person or a group into a group. */
  join(group: string, member: string): Promise<void>;
  leave(group: string, member: string): Promise<void>;
  /** Back to the sample people and groups. */
  reset(): Promise<void>;
  fail(fault: FaultOrder): Promise<void>;
  clearFaults(): Promise<void>;
  calls(): Promise<Partial<Record<OperationName, number>>>;
  /** Makes tokens and codes older. */
  advance(seconds: number): Promise<void>;
  /** A new key signs from now on. @param forget publishes the earlier ones no more @returns its id */
  rotateKeys(forget?: boolean): Promise<string>;
  revokeAccessTokens(): Promise<void>;
  /** Makes the next ID tokens otherwise than Google would. */
  alterIdTokens(order: IdTokenOrder): Promise<void>;
  /** What a person's browser does at the authorize page. @param person null: refuses @returns where it goes next */
  signIn(authorizeUrl: string, person: string | null): Promise<URL>;
}

/** A client of the stand-in's control API, for tests and drills. @param url `http://127.0.0.1:<port>` */
export function createGoogleClient(url: string): GoogleClient {
  const post = (path: string, body: unknown = {}) => callControl(`${url}/control/${path}`, body);
  const get = (path: string) => callControl(`${url}/control/${path}`);
  return {
    directory: () => get("directory") as ReturnType<GoogleClient["directory"]>,
    addUser: (user) => post("users", user) as Promise<GoogleUser>,
    changeUser: (user, changes) => post("users/change", { user, ...changes }) as Promise<GoogleUser>,
    removeUser: async (user) => void (await post("users/remove", { user })),
    addGroup: async (group) => void (await post("groups", group)),
    removeGroup: async (group) => void (await post("groups/remove", { group })),
    join: async (group, member) => void (await post("membership", { group, member, in: true })),
    leave: async (group, member) => void (await post("membership", { group, member, in: false })),
    reset: async () => void (await post("reset")),
    fail: async (fault) => void (await post("faults", fault)),
    clearFaults: async () => void (await post("faults/clear")),
    calls: async () => ((await get("calls")) as { calls: Partial<Record<OperationName, number>> }).calls,
    advance: async (seconds) => void (await post("advance", { seconds })),
    rotateKeys: async (forget = false) => ((await post("keys/rotate", { forget })) as { kid: string }).kid,
    revokeAccessTokens: async () => void (await post("access-tokens/revoke")),
    alterIdTokens: async (order) => void (await post("id-tokens/alter", order)),
    signIn: async (authorizeUrl, person) => {
      const page = await fetch(authorizeUrl, { signal: AbortSignal.timeout(10_000) });
      if (!page.ok) throw new Error(`the authorize page answered ${page.status}: ${await page.text()}`);
      await page.body?.cancel();
      const query = Object.fromEntries(new URL(authorizeUrl).searchParams);
      return new URL(((await post("sign-in", { query, person })) as { location: string }).location);
    },
  };
}
