import { setTimeout as wait } from "node:timers/promises";
import { callControl } from "../stand-in/control-call.ts";
import type { Click } from "./clicks.ts";
import type { Ack } from "./delivery.ts";
import type { Json, Message } from "./records.ts";
import type { Shortcut } from "./shortcuts.ts";
import type { Drop } from "./sockets.ts";
import type { Exchange } from "./traffic.ts";

export type { Ack } from "./delivery.ts";
export type { Message } from "./records.ts";
export type { Exchange } from "./traffic.ts";

export interface ApiFaultInput {
  kind: "ratelimited" | "http" | "error" | "hang" | "reset" | "lost";
  /** How many calls it strikes; 1 if not said. */
  count?: number;
  methods?: readonly string[];
  retry_after_seconds?: number;
  status?: number;
  error?: string;
}

export interface SlackClient {
  /** Types a text; one with a slash in front is a command. Ends when the app has answered, or its three seconds are over. */
  says(user: string, channel: string, text: string): Promise<{ acks: Ack[] }>;
  /** Like `says`, in a thread (no commands there), or the very same signed command `times` times. */
  send(said: {
    user: string;
    channel: string;
    text: string;
    thread_ts?: string;
    times?: number;
  }): Promise<{ acks: Ack[] }>;
  /** Presses a button, or chooses `value` from a menu. `times` sends the very same signed request so often. */
  click(click: Click): Promise<{ acks: Ack[] }>;
  /** Chooses a shortcut from the menu of a message. */
  shortcut(chosen: Shortcut): Promise<{ acks: Ack[] }>;
  clickInView(click: Omit<Click, "channel" | "ts"> & { view_id: string }): Promise<{ acks: Ack[] }>;
  submit(user: string, viewId: string, values?: Json): Promise<{ ack: Ack; errors: Json }>;
  closeView(user: string, viewId: string): Promise<void>;
  openHome(user: string): Promise<{ ack: Ack }>;
  views(user: string): Promise<{ stack: Json[]; home: Json | null }>;
  /** Lasting messages, thread replies among them, oldest first; with `user` also what only this person sees. */
  messages(channel: string, user?: string): Promise<Message[]>;
  /** @throws Error that quotes the last messages if none fits in time */
  waitForMessage(
    channel: string,
    fits: (message: Message) => boolean,
    more?: { timeoutMs?: number; user?: string },
  ): Promise<Message>;
  traffic(): Promise<Exchange[]>;
  failApi(fault: ApiFaultInput): Promise<void>;
  failDeliveries(fault: { kind: "drop" | "duplicate"; count?: number; deliveries?: readonly string[] }): Promise<void>;
  clearFaults(): Promise<void>;
  /** Makes triggers, response URLs, rate limits and retries older, and runs the retries that are due. */
  advance(seconds: number): Promise<{ retries_waiting: number }>;
  limitRates(enabled: boolean): Promise<void>;
  deliverTo(url: string): Promise<void>;
  /** Whether requests go to the request URL or to the app's sockets. */
  deliverOver(over: "http" | "socket"): Promise<void>;
  /** How many connections Slack holds for alive. */
  openSockets(): Promise<number>;
  /** Ends the oldest connections, or lets them only seem to live. @returns how many were struck */
  dropSockets(how: Drop, count?: number): Promise<number>;
  setMembership(of: { channel: string; user?: string; member?: boolean; archived?: boolean }): Promise<void>;
  clear(): Promise<void>;
}

/** A client of the stand-in's control API, for tests and drills. @param url `http://127.0.0.1:<port>` */
export function createSlackClient(url: string): SlackClient {
  const post = (path: string, body: unknown = {}) => callControl(`${url}/control/${path}`, body);
  const get = (path: string) => callControl(`${url}/control/${path}`);
  const messages = async (channel: string, user?: string): Promise<Message[]> => {
    const query = new URLSearchParams({ channel, ...(user === undefined ? {} : { user }) });
    return ((await get(`messages?${query}`)) as { messages: Message[] }).messages;
  };
  const send: SlackClient["send"] = async (said) => {
    const answer = (await post("say", said)) as { acks?: Ack[]; ack?: Ack | null };
    return { acks: answer.acks ?? (answer.ack ? [answer.ack] : []) };
  };
  return {
    says: (user, channel, text) => send({ user, channel, text }),
    send,
    click: (click) => post("click", click) as Promise<{ acks: Ack[] }>,
    shortcut: (chosen) => post("shortcut", chosen) as Promise<{ acks: Ack[] }>,
    clickInView: (click) => post("click-view", click) as Promise<{ acks: Ack[] }>,
    submit: (user, view_id, values = {}) =>
      post("submit", { user, view_id, values }) as Promise<{ ack: Ack; errors: Json }>,
    closeView: async (user, view_id) => void (await post("close-view", { user, view_id })),
    openHome: (user) => post("open-home", { user }) as Promise<{ ack: Ack }>,
    views: (user) => get(`views?${new URLSearchParams({ user })}`) as Promise<{ stack: Json[]; home: Json | null }>,
    messages,
    waitForMessage: async (channel, fits, { timeoutMs = 10_000, user } = {}) => {
      const end = performance.now() + timeoutMs;
      for (;;) {
        const all = await messages(channel, user);
        const found = all.findLast(fits);
        if (found !== undefined) return found;
        if (performance.now() > end)
          throw new Error(`no such message in ${channel} within ${timeoutMs} ms; the last ones: ${quote(all)}`);
        await wait(50);
      }
    },
    traffic: async () => ((await get("traffic")) as { exchanges: Exchange[] }).exchanges,
    failApi: async (fault) => void (await post("faults/api", fault)),
    failDeliveries: async (fault) => void (await post("faults/deliveries", fault)),
    clearFaults: async () => void (await post("faults/clear")),
    advance: (seconds) => post("advance", { seconds }) as Promise<{ retries_waiting: number }>,
    limitRates: async (enabled) => void (await post("rate-limits", { enabled })),
    deliverTo: async (requestUrl) => void (await post("request-url", { url: requestUrl })),
    deliverOver: async (over) => void (await post("delivery", { over })),
    openSockets: async () => ((await get("sockets")) as { open: number }).open,
    dropSockets: async (how, count = 1) =>
      ((await post("sockets/drop", { how, count })) as { dropped: number }).dropped,
    setMembership: async (of) => void (await post("membership", of)),
    clear: async () => void (await post("clear")),
  };
}

const quote = (messages: readonly Message[]): string =>
  messages
    .slice(-5)
    .map(({ ts, text }) => `${ts} ${JSON.stringify(text)}`)
    .join("; ") || "none";
