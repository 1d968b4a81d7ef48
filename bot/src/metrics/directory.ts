import { ROLES, type Role } from "@rollcall/core/domain/actor.ts";
import type { DirectoryTrust } from "@rollcall/core/ports/directory.ts";
import { WORKSPACE_PROBLEMS, type WorkspaceProblem } from "@rollcall/core/ports/workspace.ts";
import { Counter, Gauge, type Registry } from "prom-client";
import { knownGauge } from "./known-gauge.ts";

/** What the directory says of itself at this moment. */
interface DirectoryReading {
  trust(): DirectoryTrust;
  withRole(role: Role): readonly unknown[];
  /** Problem of the last attempt to read; null if there was none, or nobody reads: a file. */
  problem(): WorkspaceProblem | null;
}

export interface DirectoryMetrics {
  watch(reading: DirectoryReading): void;
  /** The leader could not read the directory. */
  failed(problem: WorkspaceProblem): void;
}

/** How old, how whole and how well founded the knowledge of rights is. */
export function createDirectoryMetrics(registry: Registry): DirectoryMetrics {
  let reading: DirectoryReading | null = null;
  const gauge = (name: string, help: string, read: (from: DirectoryReading) => number | null): void =>
    knownGauge(registry, { name, help, read: () => (reading === null ? null : read(reading)) });
  gauge("rollcall_directory_read_timestamp_seconds", "Begin of the last complete reading that is in force", (from) => {
    const { asOf } = from.trust();
    return asOf === null ? null : asOf / 1000;
  });
  gauge("rollcall_directory_held", "1 while a list that shrank too much waits to be confirmed", (from) =>
    from.trust().held === null ? 0 : 1,
  );
  gauge(
    "rollcall_directory_misconfigured",
    "1 if the last reading was refused for good: rights, key, groups",
    (from) => (from.problem() === "config" ? 1 : 0),
  );
  new Gauge({
    name: "rollcall_directory_people",
    help: "People whose highest role is at least this",
    labelNames: ["role"],
    registers: [registry],
    collect() {
      // Before the first list is known there is no number, also not 0.
      this.reset();
      if (reading === null || reading.trust().asOf === null) return;
      for (const role of ROLES) this.set({ role }, reading.withRole(role).length);
    },
  });
  const failures = new Counter({
    name: "rollcall_directory_sync_failures_total",
    help: "Attempts of this process that gave no complete reading, by what was the matter",
    labelNames: ["problem"],
    registers: [registry],
  });
  for (const problem of WORKSPACE_PROBLEMS) failures.inc({ problem }, 0);
  return {
    watch(from) {
      reading = from;
    },
    failed: (problem) => failures.inc({ problem }),
  };
}
