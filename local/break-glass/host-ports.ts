import { openFleetBus } from "@rollcall/core/adapters/redis/fleet-bus.ts";
import { connectBuiltInSupervisor } from "@rollcall/core/adapters/supervisors/built-in.ts";
import type { Ports } from "@rollcall/core/command.ts";
import { Failure } from "@rollcall/core/domain/failure.ts";
import { compileFleet, readFleetFile } from "@rollcall/core/fleet-file.ts";
import { systemClock } from "@rollcall/core/ports/clock.ts";
import type { CompiledFleet } from "@rollcall/core/protocol.ts";
import type { Host } from "./host.ts";

/** What commands act with on a host whose database and directory may be away. */
export interface HostPorts {
  readonly ports: Ports;
  /** State in which an agent was wanted, if that was said; it is told to everybody once the database is back. */
  desired(): "running" | "stopped" | null;
  close(): void;
}

/** Opens Redis and the supervisor; everything else answers that it is not asked here. @throws Failure "invalid_input" for fleet.yaml */
export async function openHostPorts(host: Host): Promise<HostPorts> {
  const file = await readFleetFile(host.fleetFile);
  const { fleet } = file;
  // Every call says it by its own failure.
  const onProblem = (): void => undefined;
  const bus = openFleetBus({ url: host.redisUrl, fleet, fleetKey: host.fleetKey, onProblem });
  let desired: "running" | "stopped" | null = null;
  const expected = async (): Promise<CompiledFleet> => {
    // The list that was published last knows who is stopped on purpose; the file knows at least who there is.
    const published = await bus.readFleet().catch(() => null);
    return published ?? compileFleet(file, new Map(), { version: 1, now: systemClock.now() });
  };
  const setDesired: Ports["registry"]["setDesired"] = async (_, { state }) => {
    desired = state === "running" ? "running" : "stopped";
  };
  const ports: Ports = {
    ...{ bus, clock: systemClock, supervisor: connectBuiltInSupervisor(host.supervisorSocket) },
    registry: { expected, setDesired },
    incidents: { ...away<Ports["incidents"]>(), open: async () => [] },
    ...{ audit: away(), operations: away(), events: away(), pager: away(), directory: away(), rules: away() },
    ...{ overrides: away(), requests: away(), plans: away() },
  };
  return { ports, desired: () => desired, close: () => bus.close() };
}

/** A port that is not asked past the usual path. */
const away = <Port extends object>(): Port =>
  new Proxy({} as Port, {
    get: () => async () => {
      throw new Failure("unavailable", "PostgreSQL and the directory are not asked by break-glass");
    },
  });
