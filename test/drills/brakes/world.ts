import { createAuditLog } from "@rollcall/core/adapters/postgres/audit-log.ts";
import { createBrakes } from "@rollcall/core/adapters/postgres/brakes.ts";
import { createCommandStore } from "@rollcall/core/adapters/postgres/command-store.ts";
import { createDesiredStates } from "@rollcall/core/adapters/postgres/desired-states.ts";
import { createFreezes } from "@rollcall/core/adapters/postgres/freezes.ts";
import { claimOperation } from "@rollcall/core/adapters/postgres/operation-progress.ts";
import { createOperations } from "@rollcall/core/adapters/postgres/operations.ts";
import { createPlans } from "@rollcall/core/adapters/postgres/plans.ts";
import type { Pool } from "@rollcall/core/adapters/postgres/pool.ts";
import { BRAKE_LIMITS } from "@rollcall/core/brakes/brake-limits.ts";
import { endDueFreezes } from "@rollcall/core/brakes/run-freeze.ts";
import type { Ports } from "@rollcall/core/command.ts";
import { isFailure } from "@rollcall/core/domain/failure.ts";
import type { Operation } from "@rollcall/core/domain/operation.ts";
import { executeOperation } from "@rollcall/core/execute-operation.ts";
import { OPERATOR } from "@rollcall/core/fake-agent-fixture.ts";
import { FakeFleet } from "@rollcall/core/fleet-fixture.ts";
import { loadCommands } from "@rollcall/core/load-commands.ts";
import type { OperationProgress } from "@rollcall/core/ports/command-store.ts";
import { type CommandAnswer, type CommandRequest, type Engine, runCommand } from "@rollcall/core/run-command.ts";

/** The real commands on a real PostgreSQL; agents in memory that do what is wanted of them. */
export interface World {
  readonly fleet: FakeFleet;
  /** Agents that fleet.yaml lists at this moment. */
  readonly listed: Set<string>;
  /** @returns the operation at its end, or the rule or code of the refusal */
  run(command: string, input: Record<string, unknown>): Promise<Operation | string>;
  /** The state that is wanted of an agent. */
  wanted(): Promise<(agent: string) => string>;
  /** Time passes, and what is over ends. */
  pass(ms: number): Promise<void>;
}

const EPOCH = 1;

export async function openWorld(pool: Pool, ids: readonly string[], brakes = BRAKE_LIMITS): Promise<World> {
  await pool.query(
    `insert into control_leases (id, instance, epoch, expires_at)
     values (gen_random_uuid(), 'drill', ${EPOCH}, clock_timestamp() + interval '1 day')`,
  );
  const commands = await loadCommands();
  const fleet = new FakeFleet(...ids);
  // PostgreSQL's clock goes on while the machine is slow, and the drill's with it; no two orders have one time.
  let passedMs = 0;
  fleet.now = Date.now();
  const tick = (): void => {
    fleet.now = Math.max(fleet.now + 1, Date.now() + passedMs);
  };
  const listed = new Set(ids);
  const desired = createDesiredStates(pool);
  const operations = createOperations(pool);
  const plans = createPlans(pool);
  const wanted = async () => {
    const states = await desired.readAll();
    return (agent: string) => states.get(agent)?.state ?? "running";
  };
  const ports: Ports = {
    ...fleet.ports,
    audit: createAuditLog(pool),
    operations: {
      ...operations,
      // PostgreSQL says when by its own clock, and the drill's is ahead by all that has passed.
      async find(id) {
        const found = await operations.find(id);
        return found === null ? null : { ...found, createdAt: fleet.now };
      },
    },
    plans: {
      ...plans,
      async find(tokenHash) {
        const found = await plans.find(tokenHash);
        return found === null ? null : { ...found, expiresAt: fleet.now + 1000 };
      },
    },
    brakes: createBrakes(pool),
    freezes: createFreezes(pool),
    registry: {
      async expected() {
        const [fleetNow, states] = await Promise.all([fleet.ports.registry.expected(), desired.readAll()]);
        const agents = fleetNow.agents.filter(({ id }) => listed.has(id));
        return { ...fleetNow, agents: agents.map((one) => ({ ...one, desired: states.get(one.id) ?? one.desired })) };
      },
      setDesired: async (agents, state) => void (await desired.set(agents, state)),
    },
    bus: obedient(fleet, wanted),
  };
  const engine: Engine = { commands, ports, store: createCommandStore(pool), brakes };
  let wishes = 0;
  return {
    ...{ fleet, listed, wanted },
    async run(command, input) {
      wishes += 1;
      tick();
      const request = { command, input, actor: OPERATOR, door: "slack" as const, reason: null, incidentId: null };
      try {
        const wish = { ...request, requestId: `r${wishes}`, idempotencyKey: `k${wishes}` };
        const answer = await runThrough(wish, engine);
        if (answer.kind !== "act") return answer.kind;
        return await execute(answer.operation.id, { pool, ports, commands });
      } catch (error) {
        if (isFailure(error)) return error.detail.rule ?? error.code;
        throw error;
      }
    },
    async pass(ms) {
      passedMs += ms;
      tick();
      // PostgreSQL has no other clock: what was accepted moves into the past instead, until no brake looks at it any more.
      await pool.query(
        `update operations set created_at = created_at - make_interval(secs => $1)
         where created_at > clock_timestamp() - interval '1 hour'`,
        [ms / 1000],
      );
      await endDueFreezes(ports);
      await desired.endPauses(fleet.now);
    },
  };
}

/** Asks, and confirms the plan if one comes back. */
async function runThrough(request: CommandRequest, engine: Engine): Promise<CommandAnswer> {
  const answer = await runCommand(request, engine);
  if (answer.kind !== "plan" || answer.confirm === null) return answer;
  return await runCommand({ ...request, confirm: answer.confirm.token }, engine);
}

async function execute(
  id: string,
  { pool, ports, commands }: { pool: Pool; ports: Ports; commands: Engine["commands"] },
): Promise<Operation> {
  const claimed = await claimOperation(pool, { id, epoch: EPOCH });
  if (claimed === null) throw new Error(`${id} cannot be claimed`);
  const createdAt = ports.clock.now();
  const progress: OperationProgress = {
    save: async (operation, audit) => ({ ...(await claimed.save(operation, audit)), createdAt }),
  };
  const onBug = (error: unknown): void => {
    throw error;
  };
  await executeOperation(id, { ports, commands, progress, signal: new AbortController().signal, onBug, retryMs: 1 });
  return (await ports.operations.find(id)) as Operation;
}

/** Agents say that they are paused as soon as that is wanted of them, as the leader sees to. */
function obedient(fleet: FakeFleet, wanted: World["wanted"]): Ports["bus"] {
  const bus = fleet.ports.bus;
  return {
    ...bus,
    async readPresence(ids) {
      const [presence, stateOf] = await Promise.all([bus.readPresence(ids), wanted()]);
      for (const [id, { beat, ...rest }] of presence) {
        const activity = stateOf(id) === "paused" ? ("paused" as const) : ("idle" as const);
        if (beat !== null) presence.set(id, { ...rest, beat: { ...beat, activity } });
      }
      return presence;
    },
  };
}
