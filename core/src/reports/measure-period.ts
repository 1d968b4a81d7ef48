import type { Ports } from "../command.ts";
import { isFailure } from "../domain/failure.ts";
import type { Period } from "../domain/period.ts";
import type { MeasuredPeriod } from "../domain/period-figures.ts";

/** What was measured, or one line that says why nothing is known of it. */
export type Measurement = { readonly measured: MeasuredPeriod } | { readonly problem: string };

const UNKNOWN = "agents and events are not known, and there is no picture";

/** A report is made without figures too: what was written down does not depend on them. */
export async function measurePeriod(
  { figures, registry }: Pick<Ports, "figures" | "registry">,
  { from, to }: Period,
): Promise<Measurement> {
  if (figures === undefined) return { problem: `❔ No Prometheus is named: ${UNKNOWN}` };
  try {
    const { agents } = await registry.expected();
    return { measured: await figures.period({ seconds: Math.round((to - from) / 1000), agents: agents.length }) };
  } catch (error) {
    if (!isFailure(error) || (error.code !== "unavailable" && error.code !== "too_many_requests")) throw error;
    return { problem: `❔ ${error.message}: ${UNKNOWN}` };
  }
}
