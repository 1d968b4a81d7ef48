import { setTimeout as sleep } from "node:timers/promises";
import { type App, SocketModeReceiver } from "@slack/bolt";
import { WebAPIPlatformError, WebAPIRateLimitedError } from "@slack/web-api";
import { withinTime } from "../schedule/within-time.ts";
import { boltLogger } from "./bolt-logger.ts";
import type { SlackLog } from "./settings.ts";

/** How it stands with the sockets. */
export interface SocketState {
  readonly wanted: number;
  readonly connected: number;
  /** Why the newest try failed, in a word of Slack's; null if none has failed since all were connected. */
  readonly problem: string | null;
}

export interface SocketOptions {
  /** `xapp-…` */
  readonly appToken: string;
  readonly apiUrl: string;
  readonly log: SlackLog;
  readonly onState: (state: SocketState) => void;
}

/** Slack asks each connection to leave now and then; while one is away the other takes everything. */
const SOCKETS = 2;
/** From asking for an address to Slack's hello; what takes longer is given up and begun anew. */
const CONNECT_MS = 10_000;
const OPEN_CALL_MS = 5_000;
/** A pong missing this long means that the connection only seems to live. */
const PONG_MS = 5_000;
const CLOSE_MS = 2_000;
/** A connection that held this long was a good one, and its end no failure. */
const HELD_MS = 10_000;
const FIRST_PAUSE_MS = 500;
/** Slack allows few openings a minute, and says so when they are too many; a fleet without its door waits no longer. */
const LONGEST_PAUSE_MS = 10_000;

/**
 * Keeps sockets to Slack open for as long as it lives, whatever Slack answers: no failure ends it.
 * Bolt's own reconnecting is off: its pause grows without bound, and a refused token would end the process
 * (@slack/socket-mode 3.1.0).
 */
export function keepSockets(bolt: App, options: SocketOptions): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const connected = new Set<number>();
  let problem: string | null = null;
  const tell = (): void => options.onState({ wanted: SOCKETS, connected: connected.size, problem });
  const mark = (place: number, change: { isUp: boolean; problem?: string }): void => {
    if (change.isUp) connected.add(place);
    else connected.delete(place);
    problem = connected.size === SOCKETS ? null : (change.problem ?? problem);
    tell();
  };
  tell();
  const running = Array.from({ length: SOCKETS }, (_, place) =>
    keepOne({ bolt, options, signal: stopping.signal, mark: (change) => mark(place, change) }),
  );
  return {
    async stop() {
      stopping.abort();
      await Promise.all(running);
    },
  };
}

interface Keeping {
  readonly bolt: App;
  readonly options: SocketOptions;
  readonly signal: AbortSignal;
  readonly mark: (change: { isUp: boolean; problem?: string }) => void;
}

async function keepOne(keeping: Keeping): Promise<void> {
  const { signal } = keeping;
  let failures = 0;
  while (!signal.aborted) {
    const { heldMs, pauseMs } = await connectOnce(keeping, { isFirstTry: failures === 0 });
    if (heldMs === null) failures += 1;
    else failures = heldMs > HELD_MS ? 0 : 1;
    await sleep(Math.max(pauseMs, pauseAfter(failures)), undefined, { signal }).catch(() => {});
  }
}

/** One connection from its opening to its end. @returns how long it held, null if it never did; and how long Slack wants to be left alone */
async function connectOnce(
  { bolt, options, signal, mark }: Keeping,
  { isFirstTry }: { isFirstTry: boolean },
): Promise<{ heldMs: number | null; pauseMs: number }> {
  const receiver = createReceiver(bolt, options);
  const ended = endOf(receiver);
  const stopped = abortOf(signal);
  try {
    await withinTime(Promise.race([receiver.start(), stopped]), CONNECT_MS);
    if (!signal.aborted) mark({ isUp: true });
    const began = performance.now();
    await Promise.race([ended, stopped]);
    return { heldMs: performance.now() - began, pauseMs: 0 };
  } catch (error) {
    if (isFirstTry) options.log.warn({ err: error }, "a socket to Slack cannot be opened");
    mark({ isUp: false, problem: wordFor(error) });
    return { heldMs: null, pauseMs: error instanceof WebAPIRateLimitedError ? error.retryAfter * 1000 : 0 };
  } finally {
    mark({ isUp: false });
    const closing = withinTime(receiver.stop(), CLOSE_MS).catch(() => {});
    // Only an end for good waits for it: the next connection is opened at once.
    if (signal.aborted) await closing;
  }
}

/** A receiver of its own for each connection: nothing of a broken one is left over. */
function createReceiver(bolt: App, { appToken, apiUrl, log }: SocketOptions): SocketModeReceiver {
  const receiver = new SocketModeReceiver({
    appToken,
    autoReconnectEnabled: false,
    clientPingTimeout: PONG_MS,
    logger: boltLogger(log),
    installerOptions: {
      clientOptions: {
        slackApiUrl: apiUrl,
        timeout: OPEN_CALL_MS,
        retryConfig: { retries: 0 },
        rejectRateLimitedCalls: true,
      },
    },
    customPropertiesExtractor: ({ envelope_id }: { envelope_id?: unknown }) => ({ requestId: String(envelope_id) }),
    // What was not handled is not acknowledged, so that Slack sends it again.
    processEventErrorHandler: async ({ error }) => {
      log.error({ err: error }, "an envelope of Slack was not handled");
      return false;
    },
  });
  receiver.init(bolt);
  return receiver;
}

function endOf({ client }: SocketModeReceiver): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  client.once("disconnected", () => resolve());
  // From here on the connection is of no more use, though its closing may take half a minute.
  client.on("ws_message", (text: unknown) => {
    if (typeof text === "string" && /^\s*\{\s*"type"\s*:\s*"disconnect"/.test(text)) resolve();
  });
  return promise;
}

function abortOf(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) resolve();
  signal.addEventListener("abort", () => resolve(), { once: true });
  return promise;
}

/** 0 at first, then 0.5 s, doubled up to 10 s; apart from each other, so that both do not come at once. */
function pauseAfter(failures: number): number {
  if (failures === 0) return 0;
  return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(failures - 1, 10)) * (0.75 + Math.random() / 2);
}

const wordFor = (error: unknown): string =>
  error instanceof WebAPIPlatformError ? error.data.error : "Slack does not answer";
