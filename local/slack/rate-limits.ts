import type { Clock } from "./clock.ts";

const MINUTE_MS = 60_000;
// Slack: one message a second in a channel, "short bursts" allowed; how short is not written anywhere.
const CHANNEL_BURST = 5;
// Slack: "several hundred messages per minute" in a workspace.
const WORKSPACE_MESSAGES = 300;

// Calls a minute, from Slack's tiers; a method that is not named here is in tier 4.
const TIERS: Readonly<Record<string, number>> = {
  "chat.postMessage": WORKSPACE_MESSAGES,
  "chat.update": 50,
  "chat.delete": 50,
  "conversations.info": 50,
  "conversations.history": 50,
  "conversations.replies": 50,
  "conversations.open": 50,
  "reactions.add": 50,
  "auth.test": 600,
  "chat.getPermalink": 600,
};
const TIER_4 = 100;

/** How often an app may call. Refused calls do not count. */
export class RateLimits {
  enabled = true;
  readonly #clock: Clock;
  readonly #calls = new Map<string, number[]>();
  readonly #channels = new Map<string, { left: number; at: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Counts a call.
   * @returns seconds to wait if it is one too many, else null
   */
  take(method: string, channel: string | null): number | null {
    if (!this.enabled) return null;
    const now = this.#clock.lifetime();
    const limit = TIERS[method] ?? TIER_4;
    const recent = (this.#calls.get(method) ?? []).filter((at) => now - at < MINUTE_MS);
    this.#calls.set(method, recent);
    const oldest = recent[0];
    if (recent.length >= limit && oldest !== undefined) return Math.ceil((oldest + MINUTE_MS - now) / 1000);
    if (method === "chat.postMessage" && channel !== null && !this.#takeChannel(channel, now)) return 1;
    recent.push(now);
    return null;
  }

  #takeChannel(channel: string, now: number): boolean {
    const bucket = this.#channels.get(channel) ?? { left: CHANNEL_BURST, at: now };
    const left = Math.min(CHANNEL_BURST, bucket.left + (now - bucket.at) / 1000);
    const isFree = left >= 1;
    this.#channels.set(channel, { left: isFree ? left - 1 : left, at: now });
    return isFree;
  }
}
