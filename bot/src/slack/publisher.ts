import { setTimeout as sleep } from "node:timers/promises";
import { createSlackChat, type SlackChat } from "@rollcall/core/adapters/slack/chat.ts";
import { createSlackClient } from "@rollcall/core/adapters/slack/web-client.ts";
import type { Publications } from "@rollcall/core/ports/publications.ts";
import { withContext } from "@rollcall/core/protocol/request-context.ts";
import type { DraftPorts } from "./draft-deps.ts";
import { createOutage } from "./outage.ts";
import { createPacing } from "./pacing.ts";
import { draftPublication } from "./publication-drafts.ts";
import { type Draft, type PublishDeps, publish } from "./publish.ts";
import type { SlackLog, SlackSettings } from "./settings.ts";

export interface PublisherDeps {
  readonly settings: SlackSettings;
  readonly ports: DraftPorts;
  readonly publications: Publications;
  /** Only the leader writes messages; asked before each round and each message. */
  readonly isLeader: () => boolean;
  readonly log: SlackLog;
  /** Milliseconds between two rounds; 500 if not given. */
  readonly roundMs?: number;
  /** Instead of the workspace of the settings, in tests. */
  readonly chat?: SlackChat;
}

/** Slack's calls are given up after this; a publisher that hangs shows nothing at all. */
const CALL_MS = 5000;
/** Messages looked at in one round; P0 is written first among them. */
const AT_ONCE = 100;
/** When the rows cannot be read or Slack does not answer, the next round waits. */
const TROUBLE_MS = 2000;

/** Keeps every message in Slack at the newest state of its row, until stopped. */
export function startPublisher(deps: PublisherDeps): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const running = repeat(deps, stopping.signal);
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

async function repeat(deps: PublisherDeps, signal: AbortSignal): Promise<void> {
  const round = createRound(deps);
  let went = "on";
  while (!signal.aborted) {
    const before = went;
    went = await round(signal).catch((error: unknown) => {
      if (before !== "failed") deps.log.warn({ err: error }, "messages cannot be brought up to date");
      return "failed";
    });
    await sleep(went === "on" ? (deps.roundMs ?? 500) : TROUBLE_MS, undefined, { signal }).catch(() => {});
  }
}

/** One look at all that is behind: drafts are made from the rows, then written, the most urgent first. */
function createRound(deps: PublisherDeps): (signal: AbortSignal) => Promise<"on" | "away"> {
  const { settings, ports, publications, log } = deps;
  const client = createSlackClient({ token: settings.botToken, apiUrl: settings.apiUrl, timeoutMs: CALL_MS });
  const chat = deps.chat ?? createSlackChat(client);
  const pacing = createPacing(ports.clock);
  const outage = createOutage(ports.clock, log);
  return async (signal) => {
    if (!deps.isLeader()) return "on";
    const behind = (await publications.behind(AT_ONCE)).filter(({ key }) => pacing.mayTry(key));
    const drafts = await Promise.all(behind.map((publication) => draftPublication(publication, deps)));
    for (const draft of drafts.filter((one) => one !== null).toSorted((a, b) => a.urgency - b.urgency)) {
      if (signal.aborted || !deps.isLeader()) return "on";
      if ((await publishInTrace(draft, { chat, publications, pacing, outage, log })) === "away") return "away";
    }
    return "on";
  };
}

/** A message belongs to the trace of what its row shows; without one it begins none. */
const publishInTrace = (draft: Draft, deps: PublishDeps): Promise<"on" | "away"> =>
  withContext({ traceparent: draft.traceparent }, () => publish(draft, deps));
