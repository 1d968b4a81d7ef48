import { remarksOn } from "./agent-remarks.ts";
import type { ReadContext } from "./command.ts";
import { provableRung } from "./domain/foreign-verdict.ts";
import { ageSeconds, HEARTBEAT_DEADLINE_SECONDS } from "./domain/freshness.ts";
import { type Action, timeToken } from "./domain/report.ts";
import { isWorking, type Verdict } from "./domain/verdict.ts";
import { counted, listed, markOf, offWords, sickFirst, sinceWords, verdictWords } from "./fleet-words.ts";
import type { FleetView, SeenAgent } from "./observe-fleet.ts";
import { mayUse } from "./open-commands.ts";

/** What a whole fleet comes to in a roll call or a list. */
export interface Tally {
  /** Those that should run, sick first. */
  readonly sick: readonly SeenAgent[];
  readonly unknown: readonly SeenAgent[];
  readonly working: readonly SeenAgent[];
  /** Up as far as they can show it: they do not speak the protocol, so whether they work is not provable. */
  readonly unprovable: readonly SeenAgent[];
  readonly off: readonly SeenAgent[];
}

/** Sorts agents by what they come to; whoever is off on purpose is counted apart. */
export function tallyOf(view: Pick<FleetView, "agents">): Tally {
  const agents = sickFirst(view.agents);
  const wanted = agents.filter(({ judgement }) => judgement.health !== "off");
  return {
    sick: wanted.filter(({ judgement }) => judgement.health === "critical"),
    unknown: wanted.filter(({ judgement }) => judgement.health === "unknown" && judgement.verdict !== "up"),
    working: wanted.filter(({ judgement }) => isWorking(judgement.verdict)),
    unprovable: wanted.filter(({ judgement }) => judgement.verdict === "up"),
    off: agents.filter(({ judgement }) => judgement.health === "off"),
  };
}

/** "🔴 *20 of 22 work* — billing gone, order-validator alive but not consuming" */
export function workHeadline(tally: Tally, problems: readonly string[] = []): string {
  const { sick, unknown, working, unprovable } = tally;
  const wanted = sick.length + unknown.length + working.length;
  if (wanted === 0 && unprovable.length > 0) return `⚪ *${unprovable.length} up* — their work is not provable`;
  if (wanted === 0) return "⏹ *Nobody is expected to work*";
  if (problems.length > 0 && unknown.length === wanted) return `❔ *Nobody knows who works* — ${problems.join(", ")}`;
  const mark = headlineMark(tally);
  const apart = unprovable.length === 0 ? "" : `, ${unprovable.length} not provable`;
  const bold = `${mark} *${working.length} of ${wanted} work${apart}*`;
  const rest = [...sick, ...unknown];
  if (rest.length === 0) return bold;
  const texts = [5, 4, 3, 2, 1].map((most) => `${bold} — ${namedByVerdict(rest, most)}`);
  return (
    texts.find((text) => text.length <= HEADLINE_CHARACTERS) ?? `${bold} — ${counted(rest.length, "agent")} to look at`
  );
}

function headlineMark({ sick, unknown, working }: Tally): string {
  if (sick.length > 0) return "🔴";
  if (unknown.length > 0) return "❔";
  return working.some(({ judgement }) => judgement.health === "degraded") ? "🟡" : "🟢";
}

// What a phone shows of a headline (ux section 2), without the asterisks and counting an emoji as two.
const HEADLINE_CHARACTERS = 82;

/** "billing, invoices gone, order-validator deaf and 4 more" */
function namedByVerdict(agents: readonly SeenAgent[], most: number): string {
  const byVerdict = Map.groupBy(agents.slice(0, most), ({ judgement }) => judgement.verdict);
  const parts = [...byVerdict].map(
    ([verdict, same]) => `${same.map(({ expected }) => expected.id).join(", ")} ${verdict}`,
  );
  return parts.join(", ") + (agents.length > most ? ` and ${agents.length - most} more` : "");
}

/** "🔴 *billing* gone since 02:40:52" */
export function agentLine(seen: SeenAgent): string {
  const { judgement, expected } = seen;
  const words = judgement.health === "off" ? offWords(seen) : verdictWords(judgement) + sinceWords(judgement.since);
  const mark = seen.maintenance === undefined ? markOf(judgement) : "⏸";
  return [`${mark} *${expected.id}* ${words}`, ...remarksOn(seen)].join(" · ");
}

/** "🟢 20 working, 1 of them busy"; if all are on time, what that rests on */
export function workingLine(working: readonly SeenAgent[]): string {
  const counts = (["busy", "slow"] as const)
    .map((verdict) => ({ verdict, count: countOf(working, verdict) }))
    .filter(({ count }) => count > 0)
    .map(({ verdict, count }) => `${count} of them ${verdict}`);
  if (counts.length === 0) return `🟢 ${working.length} working: a canary went through the work loop, in normal time`;
  return [`🟢 ${working.length} working`, ...counts].join(", ");
}

const countOf = (agents: readonly SeenAgent[], verdict: Verdict): number =>
  agents.filter(({ judgement }) => judgement.verdict === verdict).length;

/** "as of 03:10:02", with what could not be asked. */
export const asOf = ({ at, problems }: Pick<FleetView, "at" | "problems">): string =>
  [`as of ${timeToken(at)}`, ...problems].join(" · ");

/** A button that restarts the agents, if the actor may and there are any. */
export function restartActions(agents: readonly SeenAgent[], context: ReadContext, at: number): Action[] {
  const [first] = agents;
  if (first === undefined || !mayUse("restart", context)) return [];
  const ids = agents.map(({ expected }) => expected.id);
  const what = ids.length === 1 ? `Restart ${ids[0]}` : `Restart ${counted(ids.length, "agent")}`;
  const isLong = what.length > 30;
  const action: Action = {
    label: ids.length > 1 ? `Restart ${ids.length}…` : isLong ? "Restart…" : what,
    command: "restart",
    input: { who: ids },
    danger: true,
    confirm: {
      title: `${what}?`,
      text:
        ids.length === 1
          ? effectWords(first, at)
          : `${listed(ids)}. Each stops, starts again and proves that it works.`,
      yes: isLong ? "Restart" : what,
    },
  };
  return [action];
}

function effectWords({ beat }: SeenAgent, at: number): string {
  if (beat === null || ageSeconds(beat.at, at) > HEARTBEAT_DEADLINE_SECONDS) {
    return "It is gone, so nothing running is lost.";
  }
  if (beat.inFlight === 0) return "It stops, starts again and proves that it works.";
  const items = counted(beat.inFlight, "item");
  return `It holds ${items}; what it cannot finish is handed out again after the restart.`;
}

/** A button that only looks. */
export const lookAction = (label: string, command: string, input: Action["input"]): Action => ({
  ...{ label, command, input, danger: false, confirm: null },
});

/** What of an agent goes into the data of a report: machine-readable, for HTTP. */
export const agentData = ({ expected, beat, forged, judgement, process, maintenance }: SeenAgent) => ({
  id: expected.id,
  group: expected.group,
  owner: expected.owner,
  criticality: expected.criticality,
  ...judgement,
  provable: provableRung(expected),
  desired: expected.desired,
  activity: beat?.activity ?? null,
  version: beat?.version ?? null,
  protocol: beat === null ? null : `${beat.v}.${beat.minor ?? 0}`,
  rssBytes: beat?.rssBytes ?? null,
  clockSkewMs: beat?.clockSkewMs ?? null,
  lastBeatAt: beat?.at ?? null,
  inFlight: beat?.inFlight ?? null,
  oldestInFlightAt: beat?.oldestInFlightAt ?? null,
  process: process === null ? null : process.state,
  forged,
  maintenance: maintenance ?? null,
});
