import type { Ports } from "./command.ts";
import { isFailure } from "./domain/failure.ts";
import { type KeptLogLine, LOG_LEVELS, type LogLevel } from "./domain/log-line.ts";
import { type Report, type ReportFile, timeToken } from "./domain/report.ts";
import { lookAction } from "./fleet-report.ts";
import { counted, listed, plain, unmarked } from "./fleet-words.ts";
import { lastOutput } from "./last-output.ts";
import { textOfLine } from "./log-file.ts";
import type { LogFilter, LogSourceState, LogStore } from "./ports/log-store.ts";
import { selectAgents } from "./selector.ts";
import { splitWords } from "./split-words.ts";
import { spanMillis } from "./time-span.ts";

/** What is asked for: `logs billing cannot read --since 2h --level warn --page 2`. */
export interface LinesAsked {
  readonly id: string;
  readonly text?: string | undefined;
  readonly since?: string | undefined;
  readonly level?: LogLevel | undefined;
  readonly page: number;
}

/** Lines of one page: a file of them is read on a phone. */
const PAGE = 100;
/** Lines that stand in the message itself. */
const SHOWN = 5;
const LONGEST = "31d";

/** The last lines of an agent, a group or a service. @throws Failure "unknown_agent", "invalid_input", "unavailable" */
export async function lastLines(asked: LinesAsked, ports: Ports): Promise<Report & { readonly data: unknown }> {
  const { logs } = ports;
  try {
    const sources = await sourcesOf(asked.id, ports);
    if (logs === undefined) return await lastOutput(sources, "no PostgreSQL is set", ports);
    const [only, ...others] = sources;
    // Part of a name is enough to look; what was found is said by its whole name.
    const named = only === undefined || others.length > 0 ? asked : { ...asked, id: only };
    return await found(named, sources, { logs, now: ports.clock.now() });
  } catch (error) {
    if (!isFailure(error) || error.code !== "unavailable") throw error;
    const agents = await selectAgents([asked.id], ports, { verb: "Show the logs of", isChange: false });
    return await lastOutput(
      agents.map(({ id }) => id),
      error.message,
      ports,
    );
  }
}

/** Agents by the usual words; a service by its name, if it has written anything. */
async function sourcesOf(id: string, ports: Ports): Promise<string[]> {
  try {
    const agents = await selectAgents([id], ports, { verb: "Show the logs of", isChange: false });
    return agents.map((agent) => agent.id);
  } catch (error) {
    if (!isFailure(error) || error.code !== "unknown_agent" || ports.logs === undefined) throw error;
    const lines = await ports.logs.search({ sources: [id] }, { limit: 1 }).catch(() => []);
    if (lines.length === 0) throw error;
    return [id];
  }
}

interface Stored {
  readonly logs: LogStore;
  readonly now: number;
}

async function found(asked: LinesAsked, sources: readonly string[], { logs, now }: Stored) {
  const { level, since, text = "", page } = asked;
  const filter: LogFilter = {
    ...{ sources, level, words: splitWords(text).map((word) => word.text) },
    ...(since !== undefined && { from: now - spanMillis(since, LONGEST) }),
  };
  const [newest, places] = await Promise.all([logs.search(filter, { limit: page * PAGE + 1 }), logs.sources()]);
  const lines = newest.slice((page - 1) * PAGE, page * PAGE).toReversed();
  const hasOlder = newest.length > page * PAGE;
  const typed = wordsOf(asked);
  return {
    headline: headlineOf(asked, lines),
    context: contextOf(asked, { lines, places, now }),
    lines: shownLines(lines, sources.length > 1),
    fields: [],
    actions: [
      ...(hasOlder ? [lookAction(`Older ${PAGE}`, "logs", { ...asked, page: page + 1 })] : []),
      ...(level === undefined && lines.some(isBad)
        ? [lookAction("Errors only", "logs", { ...asked, level: "error", page: 1 })]
        : []),
    ],
    sameAs: `same as /fleet logs ${typed}`,
    ...(lines.length > 0 && { file: fileOf(asked, lines) }),
    data: { asOf: now, sources, counts: countsOf(lines), older: hasOlder, places, isFallback: false, lines },
  };
}

const RANK = new Map(LOG_LEVELS.map((level, rank) => [level, rank]));
const isAtLeast = (level: LogLevel, line: Pick<KeptLogLine, "level">): boolean =>
  (RANK.get(line.level) ?? 0) >= (RANK.get(level) ?? 0);
const isBad = (line: KeptLogLine): boolean => isAtLeast("error", line);

function countsOf(lines: readonly KeptLogLine[]) {
  const counts = Map.groupBy(lines, ({ level }) => level);
  return Object.fromEntries([...counts].map(([level, same]) => [level, same.length]));
}

/** "🔴 *billing* — 3 errors, 5 warnings in the last 100 lines" */
function headlineOf({ id, since, page }: LinesAsked, lines: readonly KeptLogLine[]): string {
  const name = plain(id, 40);
  const span = since === undefined ? "" : ` of ${since}`;
  if (lines.length === 0) return `⚪ *${name}* — no line${since === undefined ? " is kept that fits" : ` in ${since}`}`;
  const errors = lines.filter(isBad).length;
  const warnings = lines.filter(({ level }) => level === "warn").length;
  const mark = errors > 0 ? "🔴" : warnings > 0 ? "🟡" : "🟢";
  const bad = [
    ...(errors > 0 ? [counted(errors, "error")] : []),
    ...(warnings > 0 ? [counted(warnings, "warning")] : []),
  ];
  const which =
    page === 1
      ? `the last ${counted(lines.length, "line")}`
      : `lines ${(page - 1) * PAGE + 1} to ${(page - 1) * PAGE + lines.length}`;
  return `${mark} *${name}* — ${bad.length === 0 ? "nothing bad" : bad.join(", ")} in ${which}${span}`;
}

interface Context {
  readonly lines: readonly KeptLogLine[];
  readonly places: readonly LogSourceState[];
  readonly now: number;
}

function contextOf({ text, level, page }: LinesAsked, { lines, places, now }: Context): string {
  const [first, last] = [lines[0], lines.at(-1)];
  const troubled = places.filter(({ problem }) => problem !== null).map(({ name }) => plain(name, 40));
  const that = [
    ...(text === undefined ? [] : [`that say "${unmarked(text, 80)}"`]),
    ...(level === undefined ? [] : [`${level} and worse`]),
  ];
  return [
    ...(first === undefined || last === undefined ? [] : [`from ${timeToken(first.at)} to ${timeToken(last.at)}`]),
    ...that,
    ...(page === 1 ? [] : [`page ${page}`]),
    `as of ${timeToken(now)}`,
    ...(troubled.length === 0 ? [] : [`cannot be read now: ${listed(troubled, 3)}`]),
  ].join(" · ");
}

/** The last errors; if there are none, the last lines. */
function shownLines(lines: readonly KeptLogLine[], areMany: boolean): string[] {
  const bad = lines.filter(isBad);
  const shown = (bad.length === 0 ? lines : bad).slice(-SHOWN);
  return shown.map(({ at, level, source, text }) =>
    [
      timeToken(at),
      level.toUpperCase(),
      ...(areMany ? [source] : []),
      unmarked(text.split("\n", 1)[0] ?? "", 160),
    ].join(" "),
  );
}

function fileOf({ id }: LinesAsked, lines: readonly KeptLogLine[]): ReportFile {
  const name =
    id
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, "-")
      .replaceAll(/^-|-$/g, "") || "logs";
  return { name: `${name}.log`, title: `Logs of ${plain(id, 60)}`, text: lines.map(textOfLine).join("") };
}

const wordsOf = ({ id, text, since, level, page }: LinesAsked): string =>
  [
    plain(id, 60),
    ...(text === undefined || text === "" ? [] : [plain(text, 100)]),
    ...(since === undefined ? [] : [`--since ${since}`]),
    ...(level === undefined ? [] : [`--level ${level}`]),
    ...(page === 1 ? [] : [`--page ${page}`]),
  ].join(" ");
