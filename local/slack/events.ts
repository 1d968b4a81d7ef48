import { randomBytes } from "node:crypto";
import type { Clock } from "./clock.ts";
import type { Ack, Delivery } from "./delivery.ts";
import { APP_ID, BOT, type Json, TEAM } from "./records.ts";

// Slack: at once, after one minute, after five.
const RETRY_DELAYS_MS = [0, 60_000, 300_000];
const TICK_MS = 250;

interface Pending {
  readonly due: number;
  readonly run: () => Promise<void>;
}

/** The Events API: each event is sent until the app takes it, at most four times. */
export class Events {
  readonly #delivery: Delivery;
  readonly #clock: Clock;
  #pending: Pending[] = [];
  readonly #timer: NodeJS.Timeout;
  #count = 0;

  constructor(delivery: Delivery, clock: Clock) {
    this.#delivery = delivery;
    this.#clock = clock;
    this.#timer = setInterval(() => void this.runDue(), TICK_MS).unref();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#pending = [];
  }

  /** Sends an event; retries run later. @returns the answer to the first delivery */
  async send(event: Json, of: { user: string; label: string }): Promise<Ack> {
    this.#count += 1;
    const envelope = {
      token: "stand-in",
      team_id: TEAM.id,
      context_team_id: TEAM.id,
      api_app_id: APP_ID,
      event,
      type: "event_callback",
      event_id: `Ev0${this.#count}${randomBytes(4).toString("hex").toUpperCase()}`,
      event_time: Math.floor(this.#clock.wall() / 1000),
      authorizations: [
        { enterprise_id: null, team_id: TEAM.id, user_id: BOT.user, is_bot: true, is_enterprise_install: false },
      ],
      is_ext_shared_channel: false,
    };
    return this.#attempt(JSON.stringify(envelope), of, { retry: 0, reason: null });
  }

  /** Runs the retries whose time has come. */
  async runDue(): Promise<void> {
    const now = this.#clock.lifetime();
    const due = this.#pending.filter((pending) => pending.due <= now);
    this.#pending = this.#pending.filter((pending) => pending.due > now);
    await Promise.all(due.map(({ run }) => run()));
  }

  /** How many retries wait for their time. */
  get waiting(): number {
    return this.#pending.length;
  }

  async #attempt(
    body: string,
    of: { user: string; label: string },
    { retry, reason }: { retry: number; reason: string | null },
  ): Promise<Ack> {
    const headers = reason === null ? {} : { "x-slack-retry-num": String(retry), "x-slack-retry-reason": reason };
    const [ack] = await this.#delivery.send({
      kind: "event",
      ...of,
      contentType: "application/json",
      body,
      headers,
      retry,
    });
    if (ack === undefined) throw new Error("a delivery has an answer");
    const delay = RETRY_DELAYS_MS[retry];
    if (ack.outcome !== "acked" && !ack.noRetry && delay !== undefined) {
      const next = { retry: retry + 1, reason: reasonOf(ack) };
      this.#pending.push({
        due: this.#clock.lifetime() + delay,
        run: async () => {
          await this.#attempt(body, of, next);
        },
      });
    }
    return ack;
  }
}

function reasonOf({ outcome, status }: Ack): string {
  if (outcome === "timeout" || outcome === "dropped") return "http_timeout";
  return status === null ? "connection_failed" : "http_error";
}
