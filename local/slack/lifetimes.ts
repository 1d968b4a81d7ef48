import { randomBytes } from "node:crypto";
import type { Clock } from "./clock.ts";

const TRIGGER_MS = 3_000;
const RESPONSE_URL_MS = 30 * 60_000;
const RESPONSE_URL_USES = 5;
const KEPT_MS = 60 * 60_000;

/** Trigger ids: three seconds, once. */
export class Triggers {
  readonly #clock: Clock;
  readonly #issued = new Map<string, { user: string; at: number; used: boolean }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  issue(user: string): string {
    const at = this.#clock.lifetime();
    forget(this.#issued, at);
    const id = `${Math.floor(this.#clock.wall() / 1000)}.${randomBytes(6).readUIntBE(0, 6)}.${randomBytes(16).toString("hex")}`;
    this.#issued.set(id, { user, at, used: false });
    return id;
  }

  /** @returns whose act it belongs to, or Slack's name of the fault */
  redeem(id: string): { user: string } | { error: string } {
    const trigger = this.#issued.get(id);
    if (trigger === undefined) return { error: "invalid_trigger_id" };
    if (trigger.used) return { error: "exchanged_trigger_id" };
    if (this.#clock.lifetime() - trigger.at > TRIGGER_MS) return { error: "expired_trigger_id" };
    trigger.used = true;
    return { user: trigger.user };
  }
}

/** What an answer at a response URL belongs to. */
export interface ResponseTarget {
  readonly channel: string;
  readonly user: string;
  readonly thread_ts: string | null;
  /** The message that may be replaced; of a slash command, its last answer. */
  message: { readonly ts: string; readonly ephemeral: boolean } | null;
}

/** Response URLs: five uses in thirty minutes. */
export class ResponseUrls {
  readonly #clock: Clock;
  readonly #issued = new Map<string, { target: ResponseTarget; at: number; uses: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @returns the secret end of the URL */
  issue(target: ResponseTarget): string {
    const at = this.#clock.lifetime();
    forget(this.#issued, at);
    const token = `${randomBytes(5).readUIntBE(0, 5)}/${randomBytes(18).toString("base64url")}`;
    this.#issued.set(token, { target, at, uses: 0 });
    return token;
  }

  redeem(token: string): ResponseTarget | { error: string } {
    const entry = this.#issued.get(token);
    if (entry === undefined) return { error: "invalid_url" };
    if (this.#clock.lifetime() - entry.at > RESPONSE_URL_MS) return { error: "expired_url" };
    if (entry.uses >= RESPONSE_URL_USES) return { error: "used_url" };
    entry.uses += 1;
    return entry.target;
  }
}

function forget(issued: Map<string, { at: number }>, now: number): void {
  for (const [id, { at }] of issued) if (now - at > KEPT_MS) issued.delete(id);
}
