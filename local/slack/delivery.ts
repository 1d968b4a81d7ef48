import { createHmac } from "node:crypto";
import type { Faults } from "./faults.ts";
import type { Json } from "./records.ts";
import type { Envelope, Sockets } from "./sockets.ts";
import type { Exchange, Traffic } from "./traffic.ts";

export interface DeliveryOptions {
  readonly signingSecret: string;
  /** Where the app listens; null until somebody says. */
  requestUrl: string | null;
  /** Where requests go: to the request URL, or to the app's sockets. */
  over: "http" | "socket";
  /** Slack gives 3 s. */
  readonly ackDeadlineMs: number;
}

export interface Outgoing {
  readonly kind: string;
  readonly label: string;
  readonly user: string | null;
  readonly contentType: "application/x-www-form-urlencoded" | "application/json";
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly retry?: number;
}

/** What the app answered in time, or why there is no such answer. */
export interface Ack {
  readonly outcome: "acked" | "timeout" | "failed" | "dropped";
  readonly status: number | null;
  readonly body: string;
  /** The app asks for no retries of this event. */
  readonly noRetry: boolean;
  readonly exchange: string;
}

interface Via {
  readonly traffic: Traffic;
  readonly faults: Faults;
  readonly sockets: Sockets;
}

interface Sent {
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

// An answer after the deadline no longer counts; it is still waited for, so that the drawer can say how late it was.
const LATE_MS = 30_000;

/** Signs requests as Slack does and takes the time of their answers. */
export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #traffic: Traffic;
  readonly #faults: Faults;
  readonly #sockets: Sockets;
  readonly #running = new Set<AbortController>();

  constructor(options: DeliveryOptions, { traffic, faults, sockets }: Via) {
    this.#options = options;
    this.#traffic = traffic;
    this.#faults = faults;
    this.#sockets = sockets;
  }

  /** Sends the very same signed request `times` times at once. @returns one answer for each */
  async send(outgoing: Outgoing, times = 1): Promise<Ack[]> {
    const fault = this.#faults.takeDelivery(outgoing.kind);
    const timestamp = Math.floor(Date.now() / 1000);
    const headers = {
      "content-type": outgoing.contentType,
      "x-slack-request-timestamp": String(timestamp),
      "x-slack-signature": sign(this.#options.signingSecret, timestamp, outgoing.body),
      ...outgoing.headers,
    };
    const copies = Math.max(times, fault?.kind === "duplicate" ? 2 : 1);
    const drop = fault?.kind === "drop";
    return Promise.all(Array.from({ length: copies }, () => this.#sendOnce(outgoing, headers, drop)));
  }

  /** Breaks off what is still waited for. */
  close(): void {
    for (const controller of this.#running) controller.abort();
  }

  async #sendOnce(outgoing: Outgoing, headers: Record<string, string>, drop: boolean): Promise<Ack> {
    const isSocket = this.#options.over === "socket";
    const url = isSocket ? "(socket)" : this.#options.requestUrl;
    const request = { url: url ?? "(no request URL)", headers, body: outgoing.body };
    const exchange = this.#traffic.begin({ ...outgoing, direction: "to-app", request, retry: outgoing.retry ?? 0 });
    const base = { status: null, body: "", noRetry: false, exchange: exchange.id };
    if (drop || url === null) {
      const outcome = drop ? "dropped" : "failed";
      this.#traffic.end(exchange, { outcome, answer: drop ? "dropped by a fault" : "no request URL is set" });
      return { ...base, outcome };
    }
    const answer = isSocket
      ? this.#pass(outgoing, exchange)
      : this.#post({ url, headers, body: outgoing.body }, exchange);
    const deadline = Promise.withResolvers<null>();
    const timer = setTimeout(() => deadline.resolve(null), this.#options.ackDeadlineMs);
    const first = await Promise.race([answer, deadline.promise]);
    clearTimeout(timer);
    if (first !== null) return { ...base, ...first };
    this.#traffic.end(exchange, { outcome: "timeout", answer: "no answer in time" });
    return { ...base, outcome: "timeout" };
  }

  async #pass(outgoing: Outgoing, exchange: Exchange): Promise<Omit<Ack, "exchange">> {
    const began = performance.now();
    const delivered = this.#sockets.deliver(envelopeOf(outgoing));
    if (delivered === null) {
      this.#traffic.end(exchange, { outcome: "failed", answer: "no socket is open" });
      return { outcome: "failed", status: null, body: "", noRetry: false };
    }
    const payload = await delivered;
    const body = Object.keys(payload).length === 0 ? "" : JSON.stringify(payload);
    const outcome = exchange.outcome === "timeout" ? "timeout" : "acked";
    this.#traffic.end(exchange, { outcome, ms: Math.round(performance.now() - began), answer: body });
    return { outcome: "acked", status: null, body, noRetry: false };
  }

  async #post({ url, headers, body }: Sent, exchange: Exchange): Promise<Omit<Ack, "exchange">> {
    const began = performance.now();
    const controller = new AbortController();
    this.#running.add(controller);
    const signal = AbortSignal.any([controller.signal, AbortSignal.timeout(LATE_MS)]);
    try {
      const response = await fetch(url, { method: "POST", headers, body, redirect: "manual", signal });
      const text = await response.text();
      const ms = Math.round(performance.now() - began);
      const late = exchange.outcome === "timeout";
      const outcome = response.ok ? "acked" : "failed";
      this.#traffic.end(exchange, { outcome: late ? "timeout" : outcome, status: response.status, ms, answer: text });
      return {
        outcome,
        status: response.status,
        body: text,
        noRetry: response.headers.get("x-slack-no-retry") === "1",
      };
    } catch (error) {
      const ms = Math.round(performance.now() - began);
      const cause = error instanceof Error ? (error.cause ?? error) : error;
      const late = exchange.outcome === "timeout";
      this.#traffic.end(exchange, { outcome: late ? "timeout" : "failed", ms, answer: String(cause) });
      return { outcome: "failed", status: null, body: "", noRetry: false };
    } finally {
      this.#running.delete(controller);
    }
  }
}

/** The same request as Socket Mode wraps it. */
function envelopeOf({ kind, contentType, body, headers = {}, retry = 0 }: Outgoing): Envelope {
  if (contentType === "application/json") {
    const retry_reason = headers["x-slack-retry-reason"] ?? "";
    return { type: "events_api", payload: JSON.parse(body) as Json, retry_attempt: retry, retry_reason };
  }
  const form = Object.fromEntries(new URLSearchParams(body));
  if (kind === "command") return { type: "slash_commands", payload: form };
  return { type: "interactive", payload: JSON.parse(form.payload ?? "{}") as Json };
}

/** Slack's signature of a request, version 0. */
export const sign = (secret: string, timestamp: number, body: string): string =>
  `v0=${createHmac("sha256", secret).update(`v0:${timestamp}:${body}`).digest("hex")}`;
