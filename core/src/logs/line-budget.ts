import type { LogLine } from "../domain/log-line.ts";

/** Averaged over so long: a start or a crash may say much at once. */
const OVER_SECONDS = 10;
const TELL_AFTER_MS = 10_000;

/** What of some lines is kept. */
export interface Weighed {
  /** With a line for each source of which some were left out, once they are counted. */
  readonly lines: readonly LogLine[];
  readonly leftOut: number;
  /** The lines are kept: from now on they count. */
  commit(): void;
}

/** Keeps each source to so many lines a second. */
export interface LineBudget {
  /** @param now milliseconds since the epoch */
  weigh(lines: readonly LogLine[], now: number): Weighed;
}

interface Account {
  tokens: number;
  /** Time of the newest line. */
  at: number;
  leftOut: number;
  /** Since when lines are left out that were not told yet. */
  since: number;
}

/**
 * A source may write `perSecond` lines, averaged over 10 s by the lines' own times: what was written during an outage of ours is
 * not taken for a flood. How many were left out is told by one line each 10 s.
 */
export function createLineBudget(perSecond: number): LineBudget {
  const accounts = new Map<string, Account>();
  const most = perSecond * OVER_SECONDS;
  return {
    weigh(lines, now) {
      // Weighed on copies: lines that cannot be kept come again, and must not count twice.
      const copies = new Map([...accounts].map(([key, account]) => [key, { ...account }]));
      const kept = lines.filter((line) => {
        const key = keyOf(line);
        const account = copies.get(key) ?? { tokens: most, at: line.at, leftOut: 0, since: 0 };
        copies.set(key, account);
        return spend(account, line.at, { perSecond, most, now });
      });
      const told = [...copies].flatMap(([key, account]) => tell(key, account, { perSecond, now }));
      return {
        lines: [...kept, ...told],
        leftOut: lines.length - kept.length,
        commit() {
          for (const [key, account] of copies) accounts.set(key, account);
        },
      };
    },
  };
}

const keyOf = ({ kind, source }: LogLine): string => `${kind} ${source}`;

function spend(
  account: Account,
  at: number,
  { perSecond, most, now }: { perSecond: number; most: number; now: number },
) {
  const passedMs = Math.max(0, at - account.at);
  account.tokens = Math.min(most, account.tokens + (passedMs / 1000) * perSecond);
  account.at = Math.max(account.at, at);
  if (account.tokens < 1) {
    if (account.leftOut === 0) account.since = now;
    account.leftOut += 1;
    return false;
  }
  account.tokens -= 1;
  return true;
}

function tell(key: string, account: Account, { perSecond, now }: { perSecond: number; now: number }): LogLine[] {
  const { leftOut, since, at } = account;
  if (leftOut === 0 || now - since < TELL_AFTER_MS) return [];
  account.leftOut = 0;
  const [kind, source] = key.split(/ (.*)/s) as [LogLine["kind"], string];
  const lines = leftOut === 1 ? "line" : "lines";
  return [
    {
      ...{ source, kind, at, level: "warn", trace: null, run: null, operation: null },
      text: `${leftOut.toLocaleString("en-US")} ${lines} left out: more than ${perSecond.toLocaleString("en-US")} a second`,
      fields: { left_out: String(leftOut) },
    },
  ];
}
