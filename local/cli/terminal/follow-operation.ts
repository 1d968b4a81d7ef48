import { setTimeout as delay } from "node:timers/promises";
import { figureWords } from "@rollcall/core/domain/before-after.ts";
import { type Ending, isEnded, type StageState } from "@rollcall/core/domain/operation.ts";
import { bulkWords, progressOf } from "@rollcall/core/domain/progress.ts";
import type { ApiOperation } from "@rollcall/core/operation-contract.ts";
import { type ControlClient, isAway } from "./control-client.ts";

type Stage = ApiOperation["targets"][number]["stages"][number];

const LOOK_EVERY_MS = 500;
// A control service that was killed is replaced within its lease (6 s); a restarted machine takes longer.
const AWAY_MS = 60_000;

/**
 * Looks at an operation until it has ended, telling each stage once.
 * @throws Failure "unavailable" if nobody answers for a minute; the operation goes on without us
 */
export async function followOperation(
  accepted: ApiOperation,
  { client, tell }: { client: ControlClient; tell: (line: string) => void },
): Promise<ApiOperation> {
  const told = new Set<string>();
  let operation = accepted;
  let seenAt = Date.now();
  for (;;) {
    for (const line of [...newStageLines(operation, told), ...newBulkLines(operation, told)]) tell(line);
    if (isEnded(operation)) return operation;
    await delay(LOOK_EVERY_MS);
    try {
      operation = await client.operation(accepted.id);
      seenAt = Date.now();
    } catch (error) {
      if (!isAway(error) || Date.now() - seenAt > AWAY_MS) throw error;
    }
  }
}

const MARKS: Readonly<Record<StageState, string>> = { next: "○", now: "▸", done: "✓", failed: "✗", skipped: "–" };

function newStageLines({ targets }: ApiOperation, told: Set<string>): string[] {
  return targets.flatMap(({ agent, stages }) =>
    stages.flatMap((stage) => {
      const key = `${agent} ${stage.name} ${stage.state}`;
      if (stage.state === "next" || told.has(key)) return [];
      told.add(key);
      return [`  ${targets.length > 1 ? `${agent}  ` : ""}${stageWords(stage)}`];
    }),
  );
}

/** How far an operation over many agents is, each time one of them is over; and what can be said when it has stopped. */
function newBulkLines(operation: ApiOperation, told: Set<string>): string[] {
  const words = bulkWords(operation);
  const { done, failed, refused } = progressOf(operation);
  const stop = operation.state === "waiting" ? operation.bulk?.stops.at(-1) : undefined;
  const key = stop === undefined ? `${done + failed + refused} over` : `stop ${stop.at}`;
  if (words === null || told.has(key)) return [];
  told.add(key);
  if (stop === undefined) return [`  ${words}`];
  const until = new Date(stop.until).toISOString().slice(11, 19);
  return [
    `  ✋ ${words}`,
    `  To go on: rollcall continue ${operation.id} · to end it here: rollcall cancel ${operation.id} · ends by itself at ${until} UTC`,
  ];
}

/** "sent ✓ 0.1 s", "started ✗ 30.0 s, exit 1 twice" */
function stageWords(stage: Stage): string {
  const took = stage.seconds === null ? "" : ` ${stage.seconds.toFixed(1)} s`;
  const said = (stage.state === "failed" ? stage.error : null) ?? stage.detail;
  return `${stage.name} ${MARKS[stage.state]}${took}${said === null ? "" : `${took && ","} ${said}`}`;
}

/** Mark and words of every end; the first two are what was wanted. */
const ENDS: Readonly<Record<Ending, readonly [mark: string, words: string]>> = {
  done: ["✅", "done"],
  recovered: ["✅", "recovered"],
  "did-not-help": ["⚠️", "did not help"],
  "did-not-come-back": ["❌", "did not come back"],
  failed: ["❌", "failed"],
  refused: ["🚫", "refused"],
  expired: ["⌛", "expired"],
  cancelled: ["⏹", "cancelled"],
  partly: ["◐", "partly done"],
  unknown: ["❔", "outcome unknown"],
  "not-touched": ["○", "not touched"],
};

export const endedWell = ({ ending }: Pick<ApiOperation, "ending">): boolean =>
  ending === "done" || ending === "recovered";

/** "⏳ *restart billing* accepted (op-7), usually 38 s" */
export function acceptedLine(operation: ApiOperation, repeated: boolean): string {
  const usual = operation.usualSeconds === null ? "" : `, usually ${Math.round(operation.usualSeconds)} s`;
  return `⏳ *${subjectOf(operation)}* ${repeated ? "was accepted before" : "accepted"} (${operation.id})${usual}`;
}

/** "✅ *restart billing*: recovered in 41.0 s (op-7)", and why if it did not go well. */
export function endLines(operation: ApiOperation): string[] {
  const [mark, words] = ENDS[operation.ending ?? "unknown"];
  const { startedAt, createdAt, endedAt } = operation;
  const took = endedAt === null ? "" : ` in ${((endedAt - (startedAt ?? createdAt)) / 1000).toFixed(1)} s`;
  const last = `${mark} *${subjectOf(operation)}*: ${words}${took} (${operation.id})`;
  const figures = figureWords(operation.targets).map(({ label, value }) => `${label} ${value}`);
  return [
    last,
    ...(operation.error === null ? [] : [`  ${operation.error}`]),
    ...(figures.length === 0 ? [] : [`  ${figures.join(" · ")}`]),
  ];
}

function subjectOf({ command, input, targets, incidentId }: ApiOperation): string {
  const suite = (input as { suite?: unknown } | null)?.suite;
  if (typeof suite === "string") return `${command} ${suite}`;
  const names = targets.map(({ agent }) => agent);
  const shown = names.length > 3 ? [...names.slice(0, 3), `${names.length - 3} more`] : names;
  return [command, names.length === 0 ? (incidentId ?? "") : shown.join(", ")].join(" ").trim();
}
