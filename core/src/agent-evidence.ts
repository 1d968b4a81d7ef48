import type { Ports } from "./command.ts";
import { isFailure } from "./domain/failure.ts";
import { isForeign, provableRung } from "./domain/foreign-verdict.ts";
import { ageSeconds } from "./domain/freshness.ts";
import { timeToken } from "./domain/report.ts";
import { verdictWords } from "./fleet-words.ts";
import type { SeenAgent } from "./observe-fleet.ts";
import type { Waiting } from "./ports/fleet.ts";

/** "process ✓ · heartbeat ✓ 2 s old · echo – · canary ✗ · pace –" */
export function rungLine(seen: SeenAgent, at: number): string {
  const { judgement, process, beat, expected } = seen;
  const { rung, verdict } = judgement;
  if (isForeign(expected)) return foreignRungLine(seen);
  const passed = (needed: number): string =>
    rung === null ? "❔" : rung >= needed ? "✓" : rung === needed - 1 ? "✗" : "–";
  const up = process === null ? "❔" : process.state === "running" ? "✓" : "✗";
  const age = beat === null ? "never seen" : `${Math.round(ageSeconds(beat.at, at))} s old`;
  const beats = rung === null ? "❔" : rung >= 2 ? "✓" : "✗";
  const canary = verdict === "busy" ? `– ${verdictWords(judgement)}` : passed(4);
  return `process ${up} · heartbeat ${beats} ${age} · inbox ${passed(3)} · canary ${canary} · pace ${passed(5)}`;
}

/** "process ✓ · heartbeat ✓ · inbox not provable · canary not provable · pace not provable" */
function foreignRungLine({ judgement: { rung }, process, expected }: SeenAgent): string {
  const up = process === null ? "❔" : process.state === "running" ? "✓" : "✗";
  const beats = rung === null ? "❔" : rung >= 2 ? "✓" : "✗";
  const heartbeat = provableRung(expected) < 2 ? "not provable" : beats;
  return `process ${up} · heartbeat ${heartbeat} · inbox not provable · canary not provable · pace not provable`;
}

/** "process billing, ended: exit 137 at 02:40:52" */
export function processLine({ process, expected }: SeenAgent): string {
  const runtime = `${expected.runtime.kind} ${expected.runtime.name}`;
  if (process === null) return `${runtime}, not known to the supervisor`;
  if (process.state === "never-started") return `${runtime}, never started by the supervisor`;
  if (process.state === "running") {
    return `${runtime}, pid ${process.pid}${process.startedAt === null ? "" : ` since ${timeToken(process.startedAt)}`}`;
  }
  const { exit } = process;
  const how = exit === null ? "" : `: exit ${exit.code ?? exit.signal ?? "unknown"} at ${timeToken(exit.at)}`;
  return `${runtime}, ended${how}`;
}

/** What waits for an agent in its topics; null if Redis does not say. */
export async function waitingOf(
  id: string | undefined,
  { ports }: { ports: Pick<Ports, "bus"> },
): Promise<Waiting[] | null> {
  try {
    return id === undefined ? null : await ports.bus.readWaiting(id);
  } catch (error) {
    if (isFailure(error) && error.code === "unavailable") return null;
    throw error;
  }
}

/** "64 in stock.reserved"; a lag that Redis cannot tell is not known and never 0. */
export function waitingWords(waiting: readonly Waiting[] | null): string {
  if (waiting === null) return "not known";
  if (waiting.length === 0) return "reads no topic";
  const known = waiting.filter(({ lag }) => lag !== null);
  if (known.length === 0) return "not known";
  const most = known.toSorted((a, b) => (b.lag ?? 0) - (a.lag ?? 0))[0];
  const total = known.reduce((sum, { lag }) => sum + (lag ?? 0), 0);
  return total === 0 || most === undefined ? "0" : `${total}, ${most.lag} of them in ${most.topic}`;
}
