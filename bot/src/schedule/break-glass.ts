import { openSpool } from "@rollcall/core/adapters/break-glass-spool.ts";
import { takeSpool } from "@rollcall/core/take-spool.ts";
import type { Logger } from "pino";
import type { Adapters } from "../adapters.ts";
import type { ControlConfig } from "../config.ts";

interface Deps {
  readonly config: Pick<ControlConfig, "ROLLCALL_BREAK_GLASS_DIR" | "ROLLCALL_FLEET_KEY">;
  readonly adapters: {
    readonly ports: Pick<Adapters["ports"], "registry" | "clock">;
    readonly database: Pick<Adapters["database"], "breakGlass">;
  };
  readonly log: Pick<Logger, "warn" | "error">;
}

/**
 * Takes over, each time it is called, what was done on this host past the usual path. The spool lies on one host, so whoever
 * sees it does so, leader or not: each use is taken once. @returns null if no spool is followed
 */
export function followSpool({ config, adapters, log }: Deps): (() => Promise<void>) | null {
  const directory = config.ROLLCALL_BREAK_GLASS_DIR;
  if (directory === undefined) return null;
  const { ports, database } = adapters;
  const spool = openSpool(directory, config.ROLLCALL_FLEET_KEY.reveal());
  let told: string | null = null;
  return async () => {
    const { taken, doubt } = await takeSpool(await spool.read(), { store: database.breakGlass, ports });
    if (taken > 0) log.warn({ uses: taken }, "break-glass was used on the host");
    if (doubt !== null && doubt !== told) log.error({ doubt }, "the spool of break-glass cannot be believed");
    told = doubt;
  };
}
