import type { ActiveFreeze } from "@rollcall/core/brakes/freeze.ts";
import type { MaintenanceWindow } from "@rollcall/core/domain/maintenance.ts";
import type { Registry } from "prom-client";
import { knownGauge } from "./known-gauge.ts";

/** What holds agents back at a moment (ms since the epoch). */
export interface HeldBack {
  readonly freezes: readonly Pick<ActiveFreeze, "members">[];
  readonly windows: readonly Pick<MaintenanceWindow, "agents">[];
  readonly at: number;
}

export interface BrakeMetrics {
  /** It was looked what holds; after half a minute that is not known any more. */
  seen(held: HeldBack): void;
}

/** It is looked every two seconds. */
const KNOWN_FOR_MS = 30_000;

/** Freezes and maintenance windows that hold now, and how many agents they hold. */
export function createBrakeMetrics(registry: Registry, now: () => number = Date.now): BrakeMetrics {
  let newest: HeldBack | null = null;
  const known = (count: (held: HeldBack) => number) => (): number | null =>
    newest === null || now() - newest.at > KNOWN_FOR_MS ? null : count(newest);
  const gauge = (name: string, help: string, count: (held: HeldBack) => number): void =>
    knownGauge(registry, { name, help: `${help}; absent while PostgreSQL does not tell`, read: known(count) });
  gauge("rollcall_brakes_freezes", "Freezes that hold", ({ freezes }) => freezes.length);
  gauge("rollcall_brakes_frozen_agents", "Agents that a freeze keeps paused", ({ freezes }) => heldIn(freezes));
  gauge("rollcall_brakes_maintenance_windows", "Maintenance windows that are open", ({ windows }) => windows.length);
  gauge(
    "rollcall_brakes_maintenance_agents",
    "Agents whose alerts a maintenance window mutes",
    ({ windows }) => new Set(windows.flatMap(({ agents }) => agents)).size,
  );
  return {
    seen(held) {
      newest = held;
    },
  };
}

/** One that two freezes hold is one. */
const heldIn = (freezes: HeldBack["freezes"]): number =>
  new Set(
    freezes.flatMap(({ members }) => members.flatMap(({ agent, heldSince }) => (heldSince === null ? [] : agent))),
  ).size;
