import { z } from "zod";
import { defineCommand } from "../command.ts";
import { Failure } from "../domain/failure.ts";
import { timeToken } from "../domain/report.ts";
import { plain } from "../fleet-words.ts";
import { runData, runLine } from "../run-words.ts";

const input = z.strictObject({ id: z.string().min(1).max(200).describe("Id of the run") });
const MOST_LINES = 10;

export default defineCommand({
  name: "runs-show",
  aliases: [],
  kind: "read",
  summary: "Show one run step by step",
  role: "viewer",
  danger: 0,
  input,
  words: ["id"],
  examples: ["runs show run-1795142452000"],
  async run(raw, { ports }) {
    const { id } = input.parse(raw);
    if (ports.runs === undefined) throw new Failure("unavailable", "Runs are not kept here.");
    const [found, now] = await Promise.all([ports.runs.find(id), ports.bus.now()]);
    if (found === null) {
      const why = `There is no run "${plain(id)}"; it may be too old to be kept. Try: runs`;
      throw new Failure("not_found", why, { found: plain(id) });
    }
    const { run, reached } = found;
    return {
      headline: runLine(run, now),
      context: [...(run.parent === null ? [] : [`part of ${run.parent}`]), `as of ${timeToken(now)}`].join(" · "),
      lines: reached
        .slice(-MOST_LINES)
        .map(
          ({ step, name, agent, reachedAt }) => `${step} of ${run.steps} ${name} · ${agent} · ${timeToken(reachedAt)}`,
        ),
      fields: [],
      actions: [],
      sameAs: `same as /fleet runs show ${run.id}`,
      data: { at: now, ...runData(run, now), reached },
    };
  },
});
