import { levelOf } from "./log-level.ts";
import { timeOf } from "./log-time.ts";
import type { Said } from "./said.ts";

const PAIR = /([A-Za-z_@][\w.@/-]*)=(?:"((?:[^"\\]|\\.)*)"|([^\s"]*))(?= |$)/y;
const LEVELS = ["level", "lvl", "severity"];
const MESSAGES = ["msg", "message"];
const TIMES = ["ts", "time", "timestamp", "t"];

/** A line of nothing but `name=value`, as Prometheus, Alertmanager and Grafana write it; a level or a message must be there. */
export function readLogfmt(text: string): Said | null {
  const [line = "", ...more] = text.split("\n");
  const { before, fields } = splitPairs(line);
  if (before !== "") return null;
  const take = (names: readonly string[]): string | undefined => {
    const name = names.find((one) => Object.hasOwn(fields, one));
    if (name === undefined) return undefined;
    const value = fields[name];
    delete fields[name];
    return value;
  };
  const level = take(LEVELS);
  const message = take(MESSAGES);
  if (level === undefined && message === undefined) return null;
  const at = timeOf(take(TIMES));
  const said =
    message ??
    Object.entries(fields)
      .filter(([name]) => name !== "caller")
      .map(([name, value]) => `${name}=${value}`)
      .join(" ");
  return { at, level: levelOf(level), text: [said, ...more].join("\n"), fields };
}

/** The pairs at the end of a line, and what stands before them. */
export function splitPairs(line: string): { before: string; fields: Record<string, string> } {
  let pairs: [string, string][] = [];
  let begin = line.length;
  for (let at = 0; at < line.length; ) {
    PAIR.lastIndex = at;
    const found = PAIR.exec(line);
    if (found !== null) {
      if (pairs.length === 0) begin = at;
      pairs.push([found[1] as string, found[2] === undefined ? (found[3] ?? "") : unquote(found[2])]);
      at = PAIR.lastIndex + 1;
      continue;
    }
    // Words between: only what reaches the end counts.
    pairs = [];
    begin = line.length;
    const space = line.indexOf(" ", at);
    if (space === -1) break;
    at = space + 1;
  }
  return { before: line.slice(0, begin).trimEnd(), fields: Object.fromEntries(pairs) };
}

function unquote(inside: string): string {
  try {
    return JSON.parse(`"${inside}"`);
  } catch {
    return inside;
  }
}
