import { randomBytes } from "node:crypto";
import type { Directory } from "./directory.ts";
import { type GoogleMember, type GoogleUser, isOfAccount } from "./records.ts";

/** A member as `members.list` shows it; Google tells no status of people of another account, nor of groups. */
export function memberOf({ id, type, role }: GoogleMember, directory: Directory): Record<string, unknown> {
  const kind = "admin#directory#member";
  if (type === "GROUP") return { kind, id, type, role, email: directory.group(id)?.email };
  const user = directory.user(id);
  if (user === null || !isOfAccount(user)) return { kind, id, type, role, email: user?.email };
  return { kind, id, type, role, email: user.email, status: user.suspended ? "SUSPENDED" : "ACTIVE" };
}

/** A user as `users.get` shows them. */
export function userOf(user: GoogleUser): Record<string, unknown> {
  const { id, email, name, aliases, suspended, archived, admin } = user;
  const [givenName = "", ...rest] = name.split(" ");
  return {
    kind: "admin#directory#user",
    id,
    primaryEmail: email,
    name: { givenName, familyName: rest.join(" "), fullName: name },
    ...(aliases.length === 0 ? {} : { aliases }),
    suspended,
    archived,
    isAdmin: admin,
    ...(suspended ? { suspensionReason: "ADMIN" } : {}),
  };
}

/** Page tokens: of one listing only, and only those that were given out. */
export class Pages {
  readonly #issued = new Map<string, { readonly start: number; readonly listing: string }>();

  issue(start: number, listing: string): string {
    const token = randomBytes(24).toString("base64url");
    this.#issued.set(token, { start, listing });
    const [oldest] = this.#issued.keys();
    if (this.#issued.size > 10_000 && oldest !== undefined) this.#issued.delete(oldest);
    return token;
  }

  /** @returns null for a token of another listing, or none of ours */
  read(token: string, listing: string): number | null {
    const page = this.#issued.get(token);
    return page?.listing === listing ? page.start : null;
  }
}
