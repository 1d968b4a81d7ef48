import { z } from "zod";
import { Failure } from "../../domain/failure.ts";
import type { Page, Pager } from "../../ports/pager.ts";

const TIMEOUT_MS = 5_000;
const APART_MS = 1_000;
/** Waits between attempts; jittered by up to a half, so that many do not come back together. */
const BACK_OFF_MS = [500, 2_000] as const;

export interface PagerDutyOptions {
  /** Where events are sent to: `https://events.pagerduty.com/v2/enqueue`. */
  readonly url: string;
  /** Integration key, 32 characters; the same as Alertmanager's. */
  readonly routingKey: string;
  /** Waits; tests do not. */
  readonly wait?: (ms: number) => Promise<void>;
}

const refusal = z.object({ message: z.string().optional(), errors: z.array(z.string()).optional() });

/**
 * Pager on PagerDuty's Events API v2. Each attempt has 5 s; 429, 5xx and network faults are tried three times, a 400 once:
 * PagerDuty says that the same event stays wrong.
 */
export function createPagerDuty(options: PagerDutyOptions): Pager {
  const wait = options.wait ?? ((ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)));
  const send = async (action: Action, dedupKey: string, payload?: Page): Promise<void> => {
    const event = { routing_key: options.routingKey, event_action: action, dedup_key: dedupKey, payload };
    let fault = await attempt(options.url, event);
    for (const pause of BACK_OFF_MS) {
      if (fault === null || !fault.again) break;
      await wait(pause * (1 + Math.random() / 2));
      fault = await attempt(options.url, event);
    }
    if (fault !== null) throw new Failure("unavailable", fault.message, { cause: fault.cause });
  };
  return {
    acknowledge: (dedupKey) => send("acknowledge", dedupKey),
    resolve: (dedupKey) => send("resolve", dedupKey),
    async ringAgain(dedupKey, page) {
      await send("resolve", dedupKey);
      // Events are accepted first and worked on later: of two at the same moment the second might come first.
      await wait(APART_MS);
      await send("trigger", dedupKey, page);
    },
  };
}

type Action = "acknowledge" | "resolve" | "trigger";

interface Fault {
  readonly message: string;
  readonly again: boolean;
  readonly cause?: unknown;
}

async function attempt(url: string, event: object): Promise<Fault | null> {
  try {
    const answer = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(event),
      redirect: "error",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const body = await answer.text();
    if (answer.ok) return null;
    const again = answer.status === 429 || answer.status >= 500;
    return { message: `PagerDuty answered ${answer.status}${reasonOf(body)}`, again };
  } catch (cause) {
    return { message: "PagerDuty does not answer", again: true, cause };
  }
}

function reasonOf(body: string): string {
  try {
    const told = refusal.safeParse(JSON.parse(body));
    if (!told.success) return "";
    const words = [told.data.message, ...(told.data.errors ?? [])].filter((word) => word !== undefined);
    return words.length === 0 ? "" : `: ${words.join(", ").slice(0, 200)}`;
  } catch {
    return "";
  }
}
