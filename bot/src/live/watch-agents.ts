import { isDeepStrictEqual } from "node:util";
import type { ApiAgent } from "@rollcall/core/contract.ts";
import type { FleetSight } from "@rollcall/core/observe-fleet.ts";
import { viewAgents, viewFleet } from "../http/fleet-view.ts";
import type { Draft } from "./ring.ts";

// What changes all the time, as an activity does, is no news; it comes along with what is.
const NEWS = [
  ...["verdict", "rung", "health", "since", "version", "processUp", "desired"],
  ...["group", "criticality", "owner", "does", "labels"],
] as (keyof ApiAgent)[];

/** What is new of agents since they were looked at before. */
export interface AgentWatch {
  /** Looks at the whole fleet; null at the first time, which only learns how things are. @throws Failure "unavailable" */
  all(): Promise<readonly Draft[] | null>;
  /** Looks at these alone: a look at ten thousand takes long, and an order says whom it has changed. @throws Failure "unavailable" */
  these(ids: ReadonlySet<string>): Promise<readonly Draft[]>;
}

export function watchAgents(sight: FleetSight): AgentWatch {
  let known: Map<string, ApiAgent> | null = null;
  /** Looks are numbered as they begin, for a long one may end after a short one that began later. */
  let looks = 0;
  let lastWhole = 0;
  const lastOf = new Map<string, number>();
  return {
    async all() {
      looks += 1;
      const look = looks;
      const { agents } = await viewFleet(sight);
      const before = known;
      for (const [id, later] of lastOf) if (later < look) lastOf.delete(id);
      const now = agents.map((agent) => (lastOf.has(agent.id) ? (before?.get(agent.id) ?? agent) : agent));
      [known, lastWhole] = [new Map(now.map((agent) => [agent.id, agent])), look];
      if (before === null) return null;
      const removed = [...before.keys()].filter((id) => !known?.has(id));
      return [
        ...now.filter((agent) => !isSame(before.get(agent.id), agent)).map(tellOf),
        ...removed.map((agent) => ({ type: "agent-removed" as const, topic: "agents" as const, agent })),
      ];
    },
    async these(ids) {
      if (known === null || ids.size === 0) return [];
      looks += 1;
      const look = looks;
      const { agents } = await viewAgents(sight, ids);
      if (look < lastWhole) return [];
      // Who is not known yet comes with the whole fleet.
      const changed = agents.filter(({ id }) => known?.has(id));
      const news = changed.filter((agent) => !isSame(known?.get(agent.id), agent));
      for (const agent of changed) {
        known.set(agent.id, agent);
        lastOf.set(agent.id, look);
      }
      return news.map(tellOf);
    },
  };
}

const tellOf = (agent: ApiAgent): Draft => ({ type: "agent", topic: "agents", agent });

const isSame = (before: ApiAgent | undefined, now: ApiAgent): boolean =>
  before !== undefined && NEWS.every((field) => isDeepStrictEqual(before[field], now[field]));
