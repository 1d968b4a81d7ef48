import type { Ports } from "./command.ts";
import { Failure } from "./domain/failure.ts";
import { type Report, timeToken } from "./domain/report.ts";
import { plain, unmarked } from "./fleet-words.ts";
import { steady } from "./log-file.ts";
import { redact } from "./secrets/redact.ts";

const LINES = 100;
const SHOWN = 5;

/**
 * While nobody can say what is kept: what the supervisor has of the one agent, as it was written, without level or filter.
 * @param why what is away: "PostgreSQL does not answer"
 * @throws Failure "unavailable" if it has nothing either
 */
export async function lastOutput(
  agents: readonly string[],
  why: string,
  { supervisor, clock }: Pick<Ports, "supervisor" | "clock">,
): Promise<Report & { readonly data: unknown }> {
  const [id, ...others] = agents;
  if (id === undefined || others.length > 0 || supervisor.output === undefined)
    throw new Failure("unavailable", `kept lines cannot be read: ${why}`, {
      next: "Of one agent under the built-in supervisor its last lines can be shown meanwhile.",
    });
  const lines = (await outputOf(id, why, supervisor.output.bind(supervisor))).map((line) => redact(line));
  const text = lines.map((line) => `${steady(line)}\n`).join("");
  return {
    headline: `❔ *${id}* — the last ${lines.length} lines, from its supervisor`,
    context: `kept lines cannot be read: ${plain(why, 120)} · not filtered · as of ${timeToken(clock.now())}`,
    lines: lines.slice(-SHOWN).map((line) => unmarked(line, 160)),
    ...{ fields: [], actions: [], sameAs: `same as /fleet logs ${id}` },
    ...(lines.length > 0 && { file: { name: `${id}.log`, title: `Output of ${id}`, text } }),
    data: { asOf: clock.now(), sources: [id], isFallback: true, lines },
  };
}

async function outputOf(
  id: string,
  why: string,
  output: (agent: string, lines: number) => Promise<string[]>,
): Promise<string[]> {
  try {
    return await output(id, LINES);
  } catch (error) {
    throw new Failure("unavailable", `kept lines cannot be read: ${why}`, {
      next: error instanceof Failure ? `Its supervisor cannot show them either: ${error.message}.` : "Try again.",
      cause: error,
    });
  }
}
