import { Gauge, type Registry } from "prom-client";
import { knownGauge } from "./known-gauge.ts";

/** The lease of this control service as it is now; null before the first one. */
interface LeaseState {
  readonly epoch: number;
  readonly held: boolean;
  readonly leader: boolean;
}

export interface LeaseMetrics {
  watch(read: () => LeaseState | null): void;
}

/** Whether this control service holds its lease, and leads. */
export function createLeaseMetrics(registry: Registry): LeaseMetrics {
  let read: () => LeaseState | null = () => null;
  const registers = [registry];
  new Gauge({
    name: "rollcall_lease_held",
    help: "1 while this control service holds its lease",
    registers,
    collect() {
      this.set(read()?.held ? 1 : 0);
    },
  });
  new Gauge({
    name: "rollcall_leader",
    help: "1 while this control service leads: schedules, canaries, messages",
    registers,
    collect() {
      this.set(read()?.leader ? 1 : 0);
    },
  });
  knownGauge(registry, {
    name: "rollcall_lease_epoch",
    help: "Epoch of the lease; grows each time it is taken anew",
    read: () => read()?.epoch ?? null,
  });
  return {
    watch(reader) {
      read = reader;
    },
  };
}
