import { z } from "zod";
import { defineCommand } from "../command.ts";
import { Failure } from "../domain/failure.ts";
import { timeToken } from "../domain/report.ts";
import { changesBetween, type RollCall, workingIn } from "../domain/roll-call.ts";
import { lookAction } from "../fleet-report.ts";
import { counted, plain } from "../fleet-words.ts";
import { changesWords, rollCallsOf } from "../remember-roll.ts";

const input = z.strictObject({
  id: z.string().min(1).max(30).optional().describe("One roll call, compared with the one before it: rc-41"),
});
const MOST = 10;
const MOST_ROWS = 20;

export default defineCommand({
  name: "roll-call-history",
  aliases: ["rc-history"],
  kind: "read",
  summary: "Show earlier roll calls, and who has changed from one to the next",
  role: "viewer",
  danger: 0,
  input,
  words: ["id"],
  examples: ["roll-call history", "roll-call history rc-41"],
  async run(raw, context) {
    const { id } = input.parse(raw);
    const rollCalls = rollCallsOf(context);
    if (id === undefined) return await listed(await rollCalls.list({ limit: MOST + 1 }));
    const number = /^\d+$/.test(id) ? `rc-${id}` : id.toLowerCase();
    const found = await rollCalls.find(number);
    if (found === null)
      throw new Failure("not_found", `There is no roll call "${plain(id)}". Try: roll-call history`, {
        found: plain(id),
      });
    return one(found, await rollCalls.before(found));
  },
});

/** Each is compared with the one before it of the same words. */
function listed(rolls: readonly RollCall[]) {
  const compared = rolls.slice(0, MOST).map((roll, place) => {
    const before = rolls.slice(place + 1).find(({ who }) => who === roll.who) ?? null;
    return { roll, before };
  });
  return {
    headline:
      rolls.length === 0
        ? "No roll call yet. It takes about 2 s"
        : `*${counted(compared.length, "roll call")}*, newest first`,
    context: null,
    lines: compared.map(({ roll, before }) =>
      [rollWords(roll), ...(before === null ? [] : [changesWords(changesBetween(before, roll))])].join(" — "),
    ),
    fields: [],
    actions: [lookAction("Roll call", "roll-call", { who: [] })],
    sameAs: "same as /fleet roll-call history",
    data: { rollCalls: compared.map(({ roll, before }) => dataOf(roll, before)) },
  };
}

function one(roll: RollCall, before: RollCall | null) {
  const others = [...roll.verdicts].filter(([, verdict]) => verdict !== "working");
  const more = others.length - MOST_ROWS;
  const compared =
    before === null
      ? "There is none before it of the same words"
      : `Since ${before.id}, ${timeToken(before.at)}: ${changesWords(changesBetween(before, roll))}`;
  return {
    headline: `*${roll.id}* ${workingIn(roll)} of ${roll.verdicts.size} worked`,
    context: rollWords(roll),
    lines: [
      compared,
      ...others.slice(0, MOST_ROWS).map(([agent, verdict]) => `${agent} ${verdict}`),
      ...(more > 0 ? [`and ${counted(more, "more agent")}`] : []),
    ],
    fields: [],
    actions: [],
    sameAs: `same as /fleet roll-call history ${roll.id}`,
    data: { ...dataOf(roll, before), verdicts: Object.fromEntries(roll.verdicts) },
  };
}

/** "rc-41 03:02:10 roll-call @orders: 7 of 8 work, 1.9 s, by Olga at slack" */
function rollWords(roll: RollCall): string {
  const { id, at, who, tookMs, by, door, verdicts } = roll;
  const what = `roll-call ${plain(who, 60)}`.trim();
  const took = `${(tookMs / 1000).toFixed(1)} s`;
  return `${id} ${timeToken(at)} ${what}: ${workingIn(roll)} of ${verdicts.size} work, ${took}, by ${plain(by, 60)} at ${door}`;
}

const dataOf = (roll: RollCall, before: RollCall | null) => ({
  ...{ id: roll.id, at: roll.at, tookMs: roll.tookMs, who: roll.who, by: roll.by, door: roll.door },
  ...{ called: roll.verdicts.size, working: workingIn(roll) },
  before: before?.id ?? null,
  changes: before === null ? [] : changesBetween(before, roll),
});
