import { z } from "zod";
import { defineCommand } from "../command.ts";
import { provableRung } from "../domain/foreign-verdict.ts";
import { type Examined, examineAgents, type ProbeOutcome } from "../examine-agents.ts";
import { agentData, agentLine, asOf, lookAction, restartActions } from "../fleet-report.ts";
import { counted, listed, markOf, plain, sickFirst, verdictWords } from "../fleet-words.ts";
import type { SeenAgent } from "../observe-fleet.ts";
import { selectAgents, who } from "../selector.ts";

const input = z.strictObject({ who });
const MOST_LINES = 8;
const NONE: ProbeOutcome = { state: "none" };

export default defineCommand({
  name: "health-check",
  aliases: ["hc"],
  kind: "read",
  summary:
    "Check process, heartbeat and inbox of agents, and what their own probes say; their work loops are not asked",
  role: "viewer",
  danger: 0,
  input,
  words: ["who"],
  examples: ["health-check", "health-check billing", "health-check @content"],
  async run(raw, context) {
    const { who: words } = input.parse(raw);
    const agents = await selectAgents(words, context.ports, { verb: "Check", isChange: false });
    const found = await examineAgents(context.ports, agents);
    const checked = sickFirst(found.agents).map((seen) => checkOf(seen, found));
    const wanted = checked.filter(({ state }) => state !== "off");
    const failing = wanted.filter(({ state }) => state === "failed" || state === "unknown");
    const passing = wanted.filter(({ state }) => state === "passed");
    const off = checked.filter(({ state }) => state === "off");
    const shown = [...failing, ...(wanted.length - failing.length <= MOST_LINES ? passing : []), ...off];
    const more = shown.length - MOST_LINES;
    const probed = passing.filter(({ probe }) => probe.state === "passed").length;
    return {
      headline: headlineOf({ failing, passing, off: off.length }, found.problems),
      context: [`${counted(probed, "own probe")} passed`, asOf(found)].join(" · "),
      lines: [...shown.slice(0, MOST_LINES).map(lineOf), ...(more > 0 ? [`and ${counted(more, "more agent")}`] : [])],
      fields: [],
      actions: [
        lookAction("Roll call", "roll-call", { who: words }),
        ...restartActions(
          failing.filter(({ seen }) => seen.judgement.health === "critical").map(({ seen }) => seen),
          context,
          found.at,
        ),
      ],
      sameAs: ["same as /fleet health-check", ...words].join(" "),
      data: {
        at: found.at,
        problems: found.problems,
        agents: checked.map(({ seen, probe, state }) => ({ ...agentData(seen), check: state, probe })),
      },
    };
  },
});

interface Check {
  readonly seen: SeenAgent;
  readonly probe: ProbeOutcome;
  readonly state: "passed" | "failed" | "unknown" | "off";
}

/** Passed is who climbs as far as a health check goes, or as far as it can prove at all. */
function checkOf(seen: SeenAgent, { probes }: Examined): Check {
  const probe = probes.get(seen.expected.id) ?? NONE;
  const { rung, health } = seen.judgement;
  if (health === "off") return { seen, probe, state: "off" };
  if (probe.state === "failed") return { seen, probe, state: "failed" };
  // Without an answer of the work loop the rung is unknown; what was asked now has answered.
  if (rung === null)
    return { seen, probe, state: seen.beat !== null && probe.state === "passed" ? "passed" : "unknown" };
  return { seen, probe, state: rung >= Math.min(3, provableRung(seen.expected)) ? "passed" : "failed" };
}

function headlineOf(
  { failing, passing, off }: { failing: readonly Check[]; passing: readonly Check[]; off: number },
  problems: readonly string[],
): string {
  const wanted = failing.length + passing.length;
  if (wanted === 0) return off > 0 ? "⏹ *Nobody is expected to run*" : "*No agent fits*";
  if (problems.length > 0 && passing.length === 0) return `❔ *Nobody knows who is healthy* — ${problems.join(", ")}`;
  const mark = failing.length === 0 ? "🟢" : failing.some(({ state }) => state === "failed") ? "🔴" : "❔";
  const bold = `${mark} *${passing.length} of ${wanted} pass their health check*`;
  return failing.length === 0 ? bold : `${bold} — ${listed(failing.map(whyOf), 3)}`;
}

const whyOf = ({ seen, probe }: Check): string =>
  `${seen.expected.id} ${probe.state === "failed" ? "probe failed" : seen.judgement.verdict}`;

/** "🟢 *billing* process ✓ · heartbeat ✓ · inbox ✓ · probe ✓ its folder is writable" */
function lineOf(check: Check): string {
  const { seen, probe, state } = check;
  if (state === "off") return agentLine(seen);
  const { rung } = seen.judgement;
  const provable = provableRung(seen.expected);
  const passed = (needed: 1 | 2 | 3): string =>
    needed > provable ? "not provable" : rung === null ? "❔" : rung >= needed ? "✓" : "✗";
  const rungs = [`process ${passed(1)}`, `heartbeat ${passed(2)}`, `inbox ${passed(3)}`, `probe ${probeWords(probe)}`];
  const mark = state === "passed" ? "🟢" : markOf(seen.judgement);
  const verdict = state === "passed" ? "" : ` ${verdictWords(seen.judgement)} ·`;
  return `${probe.state === "failed" ? "🔴" : mark} *${seen.expected.id}*${verdict} ${rungs.join(" · ")}`;
}

function probeWords(probe: ProbeOutcome): string {
  if (probe.state === "none") return "– none";
  const detail = probe.detail === null ? "" : ` ${plain(probe.detail, 100)}`;
  return `${probe.state === "passed" ? "✓" : "✗"}${detail}`;
}
