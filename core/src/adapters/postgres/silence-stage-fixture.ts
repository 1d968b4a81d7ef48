import { runOn } from "../../command-fixture.ts";
import type { AskedSilence } from "../../domain/asked-silence.ts";
import type { Incident } from "../../domain/incident.ts";
import type { FiringAlert, FoundSilence } from "../../domain/silence.ts";
import { FakeFleet } from "../../fleet-fixture.ts";
import type { Silences } from "../../ports/silences.ts";
import { createAskedSilences } from "./asked-silences.ts";
import { createIncidents } from "./incidents.ts";
import type { Pool } from "./pool.ts";
import { createPublications } from "./publications.ts";

/** An Alertmanager in memory: what it mutes, and what fires in it. */
export interface FakeSilences extends Silences {
  readonly held: FoundSilence[];
  readonly active: FiringAlert[];
}

export function fakeSilences(): FakeSilences {
  const held: FoundSilence[] = [];
  const active: FiringAlert[] = [];
  return {
    ...{ held, active, list: async () => [...held] },
    put: async ({ key, agents, alerts, until }, now) => {
      const id = `${key} ${held.length}`;
      held.push({ id, key, agents, alerts, startsAt: now, endsAt: until });
      return id;
    },
    end: async (id) => {
      const at = held.findIndex((one) => one.id === id);
      if (at >= 0) held.splice(at, 1);
    },
    firing: async (agents) => active.filter(({ agent }) => agents.includes(agent)),
  };
}

/** A fleet of two agents with the real rows of incidents and silences, emptied. */
export async function openSilenceStage(pool: Pool) {
  await pool.query("truncate asked_silences, incidents, alert_deliveries, chat_messages cascade");
  const fleet = new FakeFleet("billing", "invoices");
  const silences = fakeSilences();
  const incidents = createIncidents(pool);
  const askedSilences = createAskedSilences(pool);
  const publications = createPublications(pool);
  Object.assign(fleet.ports, { incidents, silences, askedSilences });
  let number = 0;
  return {
    ...{ fleet, silences, incidents, askedSilences, publications },
    deps: { ...fleet.ports, publications },
    /** An alert that somebody was told of. */
    async tell(agent: string, alertname = "AgentGone", firing = true): Promise<Incident> {
      const at = silences.active.findIndex((one) => one.agent === agent && one.alertname === alertname);
      if (at >= 0) silences.active.splice(at, 1);
      if (firing) silences.active.push({ agent, alertname, silencedBy: [] });
      const alert = {
        ...{ fingerprint: `${alertname} ${agent}`, alertname, agent, labels: { criticality: "P1", fleet: "fake" } },
        ...{ annotations: { summary: `${agent}: ${alertname}` }, startsAt: fleet.now - 5000, firing },
        endedAt: firing ? null : fleet.now,
      };
      const status = firing ? "firing" : "resolved";
      return await incidents.record({ groupKey: `{}:{${alertname} ${agent}}`, status, alerts: [alert] });
    },
    /** Runs `silence`, as its job does. */
    silence: (who: string[], time = "1h", more: { id?: string; crash?: string } = {}) => {
      number += 1;
      const input = { who, time, text: "known, a new key comes at 04:00" };
      return runOn(fleet, { name: "silence", agent: "silence", id: `op-${number}`, input, ...more });
    },
    async only(): Promise<AskedSilence> {
      const [silence] = await askedSilences.open();
      if (silence === undefined) throw new Error("nothing is silenced");
      return silence;
    },
  };
}
export type SilenceStage = Awaited<ReturnType<typeof openSilenceStage>>;
