import { randomBytes } from "node:crypto";
import type { Clock } from "./clock.ts";

/** What an access token lets its holder do, and in whose name. */
export interface Access {
  /** Id of the user; null: the service account acts for itself. */
  readonly user: string | null;
  readonly scopes: readonly string[];
}

/** Google's access tokens live an hour, less a second. */
export const ACCESS_SECONDS = 3599;

/** Bearer tokens of the Directory API and of `userinfo`. */
export class AccessTokens {
  readonly #clock: Clock;
  readonly #issued = new Map<string, Access & { readonly endsAt: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  issue(access: Access): string {
    const now = this.#clock.lifetime();
    for (const [token, { endsAt }] of this.#issued) if (endsAt < now) this.#issued.delete(token);
    const token = `ya29.${randomBytes(32).toString("base64url")}`;
    this.#issued.set(token, { ...access, endsAt: now + ACCESS_SECONDS * 1000 });
    return token;
  }

  /** @returns null for a token that was never issued, has ended or was taken back */
  read(token: string): Access | null {
    const found = this.#issued.get(token);
    return found === undefined || found.endsAt < this.#clock.lifetime() ? null : found;
  }

  /** Every token of a person, or every token there is. */
  revoke(user?: string): void {
    for (const [token, access] of this.#issued) {
      if (user === undefined || access.user === user) this.#issued.delete(token);
    }
  }
}
