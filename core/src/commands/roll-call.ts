import { z } from "zod";
import { clockLines } from "../agent-remarks.ts";
import { deafLines } from "../bus-words.ts";
import { defineCommand } from "../command.ts";
import {
  agentData,
  agentLine,
  asOf,
  lookAction,
  restartActions,
  tallyOf,
  workHeadline,
  workingLine,
} from "../fleet-report.ts";
import { counted } from "../fleet-words.ts";
import { followRoll } from "../follow-roll.ts";
import { changeLines, rememberRoll } from "../remember-roll.ts";
import { selectAgents, who } from "../selector.ts";
import { ROLL_LIMITS, takeRoll } from "../take-roll.ts";

const input = z.strictObject({ who });
const MOST_LINES = 8;

export default defineCommand({
  name: "roll-call",
  aliases: ["rc", "rollcall"],
  kind: "read",
  summary: "Let every expected agent prove that it works",
  role: "viewer",
  danger: 0,
  input,
  words: ["who"],
  examples: ["roll-call", "roll-call @orders", "roll-call billing invoices"],
  async run(raw, context) {
    const { ports } = context;
    const { who: words } = input.parse(raw);
    const agents = await selectAgents(words, ports, { verb: "Call", isChange: false });
    const following = followRoll({ who: words, begunAt: performance.now() }, context);
    const [roll, deaf] = await Promise.all([
      takeRoll(ports, agents, { ...ROLL_LIMITS, watch: following.soFar }),
      deafLines(ports, new Set(agents.map(({ id }) => id))),
    ]);
    following.over(roll);
    const remembered = await rememberRoll(roll, words, context);
    const tally = tallyOf(roll);
    const first = [...tally.sick, ...tally.unknown, ...tally.unprovable, ...tally.off];
    const more = first.length - MOST_LINES;
    return {
      headline: workHeadline(tally, roll.problems),
      context: `${(roll.tookMs / 1000).toFixed(1)} s · ${asOf(roll)}`,
      lines: [
        ...first.slice(0, MOST_LINES).map(agentLine),
        ...(more > 0 ? [`and ${counted(more, "more agent")}`] : []),
        ...(tally.working.length > 0 ? [workingLine(tally.working)] : []),
        ...deaf.slice(0, MOST_LINES),
        ...clockLines(tally.working),
        ...changeLines(remembered),
      ],
      fields: [],
      actions: [...restartActions(tally.sick, context, roll.at), lookAction("Again", "roll-call", { who: words })],
      sameAs: ["same as /fleet roll-call", ...words].join(" "),
      data: {
        tookMs: Math.round(roll.tookMs),
        at: roll.at,
        problems: roll.problems,
        rollCall: remembered.kept?.id ?? null,
        before: remembered.before?.id ?? null,
        agents: roll.agents.map(agentData),
      },
    };
  },
});
