import type { Keys } from "@rollcall/core/protocol/keys.ts";
import type { ControlMessage } from "@rollcall/core/protocol.ts";
import { type Broadcasts, createBroadcasts } from "./broadcast.ts";
import type { BusClock } from "./clock.ts";
import type { AgentConfig } from "./config.ts";
import type { Connections } from "./connection.ts";
import { type Acknowledge, applyControl, type ControlParts } from "./control.ts";
import { createInbox, type Inbox } from "./inbox.ts";
import type { Log } from "./log.ts";
import { inTraceOf } from "./tracing.ts";

// As long as a reader of heartbeats waits before it calls an inbox deaf (docs/protocol.md, `inboxReadAt`).
const INBOX_DEADLINE_MS = 10_000;

export interface ListenParts {
  readonly config: AgentConfig;
  readonly connections: Connections;
  readonly keys: Keys;
  readonly clock: BusClock;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly control: ControlParts;
}

export interface Ears {
  readonly inbox: Inbox;
  /** null: no key to check broadcasts with was given. */
  readonly broadcasts: Broadcasts | null;
}

/** Begins to hear control messages, from the own inbox and from the broadcast to all. */
export function listen(parts: ListenParts): Ears {
  const { config, connections, keys, clock, log, signal } = parts;
  const apply = (message: ControlMessage, ack: Acknowledge): Promise<void> =>
    inTraceOf(message, { name: `apply ${message.kind}`, about: { "rollcall.agent.name": config.agent } }, () =>
      applyControl(parts.control, message, ack),
    );
  const { agent, key, broadcastKey } = config;
  const common = { agent, clock, log, signal };
  const reader = connections.open("inbox");
  const stream = keys.inbox(agent);
  const inbox = createInbox({ ...common, reader, control: connections.control, stream, key, apply });
  void inbox.run();
  if (broadcastKey === undefined) return { inbox, broadcasts: null };
  const broadcasts = createBroadcasts({
    ...{ ...common, reader: connections.open("broadcast"), stream: keys.broadcast, publicKey: broadcastKey },
    apply: (message) => applyIfHeard({ ...parts, inbox }, message, () => apply(message, async () => undefined)),
  });
  void broadcasts.run();
  return { inbox, broadcasts };
}

/** A broadcast is another way than the inbox: an echo of it must not hide that the inbox is not read any more. */
async function applyIfHeard(
  parts: ListenParts & { readonly inbox: Inbox },
  message: ControlMessage,
  apply: () => Promise<void>,
): Promise<void> {
  const silentMs = parts.clock.now() - parts.inbox.readAt();
  if (silentMs <= INBOX_DEADLINE_MS) return apply();
  const detail = `I hear broadcasts, but my inbox was last read ${Math.round(silentMs / 1000)} s ago`;
  await parts.control.reply(message, { outcome: "failed", detail });
}
