import type { Ports } from "./command.ts";
import { type Finding, failed, passed, skipped } from "./diagnostic.ts";

/** What the service's own look at these dependencies found. @param well what it proves if they are up */
export function findDependencies(
  { dependencies }: Pick<Ports, "dependencies">,
  { names, well }: { names: readonly string[]; well: string },
): Finding {
  const found = dependencies?.current().filter(({ name }) => names.includes(name)) ?? [];
  if (found.length < names.length) return skipped(`this service does not look at ${names.join(", ")}`);
  const bad = found.filter(({ state }) => state !== "up");
  if (bad.length > 0)
    return failed("status", ...bad.map(({ name, state, detail }) => `${name} is ${state}: ${detail}`));
  return passed(well, ...found.flatMap(({ detail }) => detail ?? []));
}
