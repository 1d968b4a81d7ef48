import { parseArgs } from "node:util";
import { brakesDrill } from "./brakes.ts";
import { crashPointsDrill } from "./crash-points.ts";
import { detectDrill } from "./detect.ts";
import type { Drill } from "./drill.ts";
import { matrixDrill } from "./matrix.ts";
import { replayDrill } from "./replay.ts";
import { revocationDrill } from "./revocation.ts";
import { stormDrill } from "./storm.ts";
import { takeoverDrill } from "./takeover.ts";
import { tamperDrill } from "./tamper.ts";
import { verdictsDrill } from "./verdicts.ts";

const CRASHED = ["shipping", "customer-notifier", "image-creator", "crm-chat", "fatigue-checker", "revision-handler"];
const DRILLS: readonly Drill[] = [
  brakesDrill({ steps: 10_000, fleets: 4 }),
  crashPointsDrill({ points: 500, agents: CRASHED, minutes: 30 }),
  // The target of the design, on a machine that does nothing else: 2 s from the deadline to the webhook.
  detectDrill({ faults: 12, mostSeconds: 2 }),
  matrixDrill({ phases: 6 }),
  replayDrill(1000),
  revocationDrill({ removals: 100, seconds: 300 }),
  stormDrill({ alerts: 10_000, quick: false }),
  takeoverDrill({ kills: 10 }),
  tamperDrill(10_000),
  verdictsDrill(),
];
const HELP = `npm run drill -- list      the drills
npm run drill -- <name>    rehearses it on processes of its own; the figures, then <name>: N passed, M failed

There are: ${DRILLS.map(({ name, options = [] }) => [name, ...options.map((option) => `[--${option} n]`)].join(" ")).join(", ")}.`;

// An exit of our own ends the processes of a drill; the end by a signal would leave them behind.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
process.exitCode = await main(process.argv.slice(2));

async function main([name, ...more]: readonly string[]): Promise<number> {
  if (name === undefined || name === "--help" || name === "-h") {
    console.log(HELP);
    return name === undefined ? 1 : 0;
  }
  if (name === "list") {
    for (const drill of DRILLS) console.log(`${drill.name}  ${drill.about}`);
    return 0;
  }
  const drill = DRILLS.find((candidate) => candidate.name === name);
  const options = drill === undefined ? null : readOptions(drill, more);
  if (drill !== undefined && options !== null) return rehearse(drill.withOptions?.(options) ?? drill);
  console.error(
    `✗ There is no "${[name, ...more].join(" ")}". There are: ${DRILLS.map((one) => one.name).join(", ")}.`,
  );
  return 1;
}

/** @returns null if they are not what the drill takes */
function readOptions({ options = [] }: Drill, words: readonly string[]): Record<string, number> | null {
  const known = Object.fromEntries(options.map((name) => [name, { type: "string" as const }]));
  try {
    const { values } = parseArgs({ args: [...words], options: known, strict: true });
    const read = Object.entries(values).map(([name, text]) => [name, Number(text)] as const);
    return read.every(([, number]) => Number.isSafeInteger(number) && number > 0) ? Object.fromEntries(read) : null;
  } catch {
    return null;
  }
}

async function rehearse(drill: Drill): Promise<number> {
  const outcomes = await drill.run(console.log);
  for (const { fact, found, passed } of outcomes) console.log(`${passed ? "✓" : "✗"} ${fact}: ${found}`);
  const failed = outcomes.filter(({ passed }) => !passed).length;
  console.log(`${drill.name}: ${outcomes.length - failed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}
