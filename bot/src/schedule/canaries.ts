import { randomUUID } from "node:crypto";
import type { Ports } from "@rollcall/core/command.ts";
import { isAskable } from "@rollcall/core/domain/foreign-verdict.ts";
import { CANARY_SECONDS } from "@rollcall/core/domain/freshness.ts";
import { type ControlMessage, PROTOCOL_VERSION } from "@rollcall/core/protocol.ts";

/** Older canaries prove nothing that the next round does not: an agent that comes back late refuses them. */
const DEADLINE_MS = 3 * CANARY_SECONDS * 1000;

/**
 * Sends each agent that should run a canary, without wanting an answer: its heartbeat says whether the work loop took it.
 * The round is marked after it went out, so that readers never take an unsent round for a refused one.
 * @throws Failure "unavailable"
 */
export async function sendCanaryRound({ bus, registry }: Pick<Ports, "bus" | "registry">): Promise<void> {
  const fleet = await registry.expected();
  const now = await bus.now();
  const round = randomUUID();
  const running = fleet.agents.filter(isAskable);
  await bus.send(running.map(({ id }) => ({ agent: id, message: canaryOf(`canary:${round}:${id}`, now) })));
  await bus.markCanaryRound();
}

const canaryOf = (id: string, now: number): ControlMessage => ({
  v: PROTOCOL_VERSION,
  id,
  kind: "canary",
  epoch: null,
  deadline: now + DEADLINE_MS,
  replyTo: null,
  args: {},
});
