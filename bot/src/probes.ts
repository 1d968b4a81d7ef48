import { Failure } from "@rollcall/core/domain/failure.ts";
import type { Adapters } from "./adapters.ts";
import type { Metrics } from "./metrics/metrics.ts";
import { watchOutbox } from "./schedule/outbox-lag.ts";
import type { Probe } from "./schedule/readiness.ts";
import type { SocketWatch } from "./slack-sockets.ts";

/** What `/ready` looks at. Without Slack the service still serves its API and pages; without the required ones it is no use. */
export function probesOf(
  { ports, database, bus, registry, directory, rules }: Adapters,
  { slack }: Metrics,
  sockets: SocketWatch | null,
): Probe[] {
  return [
    { name: "postgres", required: true, check: () => answeredWithRules({ database, rules }) },
    { name: "redis", required: true, check: () => bus.check() },
    { name: "supervisor", required: true, check: () => answered(ports.supervisor.list()) },
    {
      name: "slack",
      required: false,
      check: watchOutbox(database.publications, { clock: ports.clock, metrics: slack }),
    },
    ...(sockets === null ? [] : [{ name: "slack sockets", required: false, check: sockets.check }]),
    ...(ports.figures === undefined ? [] : [{ name: "prometheus", required: false, check: ports.figures.check }]),
    { name: "fleet.yaml", required: false, check: async () => inForce(registry.fileProblem()) },
    { name: "access.yaml", required: false, check: async () => inForce(directory.fileProblem()) },
  ];
}

/** Ready means that a command is taken: until it is known who is blocked, none is. */
async function answeredWithRules({ database, rules }: Pick<Adapters, "database" | "rules">): Promise<null> {
  await database.check();
  if (rules.current().readAt === null) await rules.refresh();
  return null;
}

async function answered(asked: Promise<unknown>): Promise<null> {
  await asked;
  return null;
}

/** The last good version of a file with a problem stays in force. */
function inForce(problem: string | null): null {
  if (problem !== null) throw new Failure("unavailable", `the file is not in force: ${problem}`);
  return null;
}
