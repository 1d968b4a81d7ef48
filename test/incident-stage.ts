import { createChanges } from "@rollcall/core/adapters/postgres/changes.ts";
import { createCommandStore } from "@rollcall/core/adapters/postgres/command-store.ts";
import { createIncidentRecords } from "@rollcall/core/adapters/postgres/incident-records.ts";
import { createIncidents } from "@rollcall/core/adapters/postgres/incidents.ts";
import { createLogStore } from "@rollcall/core/adapters/postgres/log-store.ts";
import { createOperations } from "@rollcall/core/adapters/postgres/operations.ts";
import type { ActCommand, StageResult } from "@rollcall/core/command.ts";
import { named } from "@rollcall/core/command-fixture.ts";
import type { Incident, IncidentAlert } from "@rollcall/core/domain/incident.ts";
import type { Operation } from "@rollcall/core/domain/operation.ts";
import { targetOf } from "@rollcall/core/fake-agent-fixture.ts";
import { FakeFleet } from "@rollcall/core/fleet-fixture.ts";
import { acceptanceOf, openTestStore, operator, type TestStore } from "./store-fixture.ts";

/** A fleet whose incidents are kept in a real PostgreSQL. */
export interface IncidentStage {
  readonly fleet: FakeFleet;
  readonly store: TestStore;
  /** Empties what is kept. */
  clear(): Promise<void>;
  /** What Alertmanager tells of a group; times are seconds before now. */
  tell(group: string, ...alerts: ToldAlert[]): Promise<Incident>;
  /** Accepts an operation as the command path does. */
  accept(command: string, input: Record<string, unknown>, change?: Partial<Accepted>): Promise<Operation>;
  /** Ends it. */
  end(id: string, ending: string, secondsAgo: number): Promise<void>;
  /** Runs the one stage of a command as its job does. */
  run(operation: Operation, isRepeat?: boolean): Promise<StageResult>;
}

interface Accepted {
  readonly agents: readonly string[];
  readonly incidentId: string | null;
}

export interface ToldAlert {
  readonly agent: string | null;
  readonly began: number;
  readonly ended?: number;
  readonly name?: string;
  readonly criticality?: string;
  readonly annotations?: Record<string, string>;
}

export async function openIncidentStage(...agents: string[]): Promise<IncidentStage> {
  const store = await openTestStore();
  const { pool } = store;
  const fleet = new FakeFleet(...agents);
  fleet.now = Date.now();
  const ports = {
    incidents: createIncidents(pool),
    incidentRecords: createIncidentRecords(pool),
    changes: createChanges(pool),
    operations: createOperations(pool),
    logs: createLogStore(pool),
  };
  Object.assign(fleet.ports, ports);
  const alertOf = (alert: ToldAlert): IncidentAlert => {
    const { agent, began, ended, name = "AgentGone", criticality = "P1", annotations = {} } = alert;
    return {
      ...{ fingerprint: `fp-${agent}-${name}`, alertname: name, agent, labels: { criticality }, annotations },
      ...{ startsAt: fleet.now - began * 1000, firing: ended === undefined },
      endedAt: ended === undefined ? null : fleet.now - ended * 1000,
    };
  };
  return {
    fleet,
    store,
    async clear() {
      await pool.query("truncate incidents, operations, log_lines, changes, chat_messages restart identity cascade");
    },
    tell: (groupKey, ...alerts) =>
      ports.incidents.record({
        groupKey,
        status: alerts.some(({ ended }) => ended === undefined) ? "firing" : "resolved",
        alerts: alerts.map(alertOf),
      }),
    async accept(command, input, change = {}) {
      const stages = (named(command) as ActCommand).stages.map(({ name }) => name);
      const acceptance = acceptanceOf({ command, input, stages, agents: [], ...change });
      return (await createCommandStore(pool).accept(acceptance)).operation;
    },
    async end(id, ending, secondsAgo) {
      await pool.query(
        `update operations
         set state = 'ended', ending = $2, created_at = $3::timestamptz - interval '40 s', started_at = $3::timestamptz - interval '38 s',
           ended_at = $3, revision = revision + 1
         where id = $1`,
        [id.slice(3), ending, new Date(fleet.now - secondsAgo * 1000)],
      );
    },
    async run(operation, isRepeat = false) {
      const [stage] = (named(operation.command) as ActCommand).stages;
      const context = { ports: fleet.ports, operation, commands: [], isRepeat };
      if (stage === undefined) throw new Error(`${operation.command} has no stage`);
      return await stage.run(operation.targets[0] ?? targetOf(operator.id), context);
    },
  };
}
