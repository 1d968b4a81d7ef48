import type { Ports } from "@rollcall/core/command.ts";
import { USUAL_KEPT_ENTRIES } from "@rollcall/core/protocol.ts";
import { declaredBy } from "@rollcall/core/subscription-state.ts";

/** Cuts every topic of the fleet to its length, counting what declared subscriptions lose by it. @throws Failure "unavailable" */
export async function trimTopics({ registry, events }: Pick<Ports, "registry" | "events">): Promise<void> {
  const { agents, topics, keep = {} } = await registry.expected();
  const groups = Map.groupBy(
    agents.flatMap((agent) => declaredBy(agent, topics).map(({ topic }) => ({ topic, group: agent.id }))),
    ({ topic }) => topic,
  );
  await events.trim(
    topics.map((topic) => ({
      topic,
      keep: keep[topic] ?? USUAL_KEPT_ENTRIES,
      groups: (groups.get(topic) ?? []).map(({ group }) => group),
    })),
  );
}
