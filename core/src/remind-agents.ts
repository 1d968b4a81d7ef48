import type { Ports } from "./command.ts";
import { isForeign } from "./domain/foreign-verdict.ts";
import { ageSeconds, HEARTBEAT_DEADLINE_SECONDS } from "./domain/freshness.ts";
import { ORDERS_SINCE_MINOR } from "./lifecycle/order-agent.ts";
import { type ControlMessage, type ExpectedAgent, type Heartbeat, PROTOCOL_VERSION } from "./protocol.ts";

/** The command that changed what is wanted tells the agent itself; only who has not obeyed by then is reminded. */
const OBEYED_WITHIN_MS = 5000;
const AGAIN_AFTER_MS = 15_000;
const DEADLINE_MS = 30_000;

/** When which agent was told last, by the id of what it was told. */
export type Reminded = Map<string, { readonly id: string; readonly at: number }>;

interface Reminding {
  readonly reminded: Reminded;
  /** Agents whose wish has just changed without a command: they are told at once. */
  readonly changed?: readonly string[];
  /** Whom to look at; everybody, if left out. */
  readonly among?: readonly string[];
}

/**
 * Tells agents that do not do what is wanted of them, paused or at work: a pause that was ordered while one was out of
 * reach, a list that was lost with Redis. What is said is fenced by the epoch, and each agent obeys it once.
 * @throws Failure "unavailable"
 */
export async function remindAgents(
  { registry, bus }: Pick<Ports, "registry" | "bus">,
  { reminded, changed = [], among }: Reminding,
): Promise<readonly string[]> {
  const { agents } = await registry.expected();
  const asked = among === undefined ? agents : agents.filter(({ id }) => among.includes(id));
  const known = asked.filter((agent) => !isForeign(agent) && agent.desired.state !== "stopped");
  const [now, presence] = await Promise.all([bus.now(), bus.readPresence(known.map(({ id }) => id))]);
  const messages = known.flatMap((agent) => {
    const beat = presence.get(agent.id)?.beat ?? null;
    const patienceMs = changed.includes(agent.id) ? 0 : OBEYED_WITHIN_MS;
    const message = beat === null ? null : reminderFor(agent, beat, { now, patienceMs });
    if (message === null) return [];
    const last = reminded.get(agent.id);
    if (last?.id === message.id && now - last.at < AGAIN_AFTER_MS) return [];
    reminded.set(agent.id, { id: message.id, at: now });
    return [{ agent: agent.id, message }];
  });
  await bus.send(messages);
  return messages.map(({ agent }) => agent);
}

function reminderFor(
  { id, desired }: ExpectedAgent,
  beat: Heartbeat,
  { now, patienceMs }: { now: number; patienceMs: number },
): ControlMessage | null {
  const isPaused = beat.activity === "paused";
  const wantsPause = desired.state === "paused";
  const since = desired.since ?? 0;
  if (isPaused === wantsPause || beat.activity === "stopping") return null;
  if ((beat.minor ?? 0) < ORDERS_SINCE_MINOR || ageSeconds(beat.at, now) > HEARTBEAT_DEADLINE_SECONDS) return null;
  // A beat from before the change cannot tell whether it was obeyed.
  if (patienceMs > 0 && (now - since < patienceMs || beat.at - since < patienceMs)) return null;
  const kind = wantsPause ? "pause" : "resume";
  return {
    ...{ v: PROTOCOL_VERSION, id: `${kind}:${id}:${beat.epoch}:${since}`, kind, epoch: beat.epoch },
    ...{ deadline: now + DEADLINE_MS, replyTo: null, args: {} },
  };
}
