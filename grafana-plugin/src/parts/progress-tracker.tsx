import { css } from "@emotion/css";
import type { GrafanaTheme2 } from "@grafana/data";
import { useStyles2 } from "@grafana/ui";
import type { ReactElement } from "react";
import type { Operation, Stage } from "../api/contract.ts";
import { t } from "../translate.ts";
import { CommandButton } from "./command-button.tsx";
import { useNow } from "./tick.ts";
import { durationWords, endedWords, fixed, operationWords, STAGE_MARKS } from "./words.ts";

/** "about 30 s left, from 5 runs", "no estimate, first run" */
export function estimateWords(
  { state, usualSeconds, earlierRuns, secondsLeft, asOf }: Operation,
  now: number,
): string | null {
  if (state === "ended" || state === "waiting") return null;
  if (usualSeconds === null || secondsLeft === null || earlierRuns === 0)
    return t("progress.unknown", "no estimate, first run");
  const left = secondsLeft - Math.max(0, now - asOf) / 1000;
  const time = durationWords(left > 0 ? Math.ceil(left) : -left);
  const known =
    left > 0
      ? t("progress.left", "about {{time}} left", { time })
      : t("progress.late", "{{time}} over the usual time", { time });
  const from = t("progress.from", "from {{count}} runs", {
    count: earlierRuns,
    defaultValue_one: "from {{count}} run",
  });
  return `${known}, ${from}`;
}

/** Stages with marks and seconds, the share done, what is left, and the ending in Slack's words. */
export function ProgressTracker({ operation }: { readonly operation: Operation }): ReactElement {
  const styles = useStyles2(getStyles);
  const now = useNow();
  const { percent, createdAt, endedAt } = operation;
  const { mark, word } = operationWords(operation);
  const estimate = estimateWords(operation, now);
  const isBad = operation.error !== null;
  return (
    <div data-testid="progress-tracker">
      <div role="status">
        {mark} {endedWords(word, endedAt === null ? null : (endedAt - createdAt) / 1000)}
        {estimate === null ? "" : ` · ${percent} % · ${estimate}`}
      </div>
      <div
        role="progressbar"
        aria-label={t("progress.stages", "{{command}}, stages over", { command: operation.command })}
        aria-valuenow={percent}
        aria-valuemin={0}
        aria-valuemax={100}
        className={styles.track}
      >
        <div className={isBad ? styles.bad : styles.done} style={{ width: `${percent}%` }} />
      </div>
      {operation.targets.map(({ agent, stages, ending }) => (
        <details
          key={agent}
          open={operation.targets.length <= 3 || (ending !== null && ending !== "done" && ending !== "recovered")}
        >
          <summary>
            {agent} · {stages.map((stage) => `${STAGE_MARKS[stage.state]} ${stage.name}`).join("  ")}
          </summary>
          <ol className={styles.stages}>
            {stages.map((stage) => (
              <StageRow key={stage.name} stage={stage} now={now} />
            ))}
          </ol>
        </details>
      ))}
      <Stops operation={operation} />
      {operation.targets.map((target) => (
        <Compared key={target.agent} target={target} />
      ))}
      {operation.error === null ? null : <p>{operation.error}</p>}
    </div>
  );
}

/** An operation over many agents that used up its budget waits for an answer. */
function Stops({ operation }: { readonly operation: Operation }): ReactElement | null {
  const stop = operation.bulk?.stops.at(-1);
  const now = useNow();
  if (stop === undefined || stop.answered !== null || operation.state === "ended") return null;
  return (
    <div role="alert">
      <p>
        {t("progress.stopped", "Stopped: {{why}}. {{failed}} failed. It ends in {{time}} if nobody answers.", {
          ...{ why: stop.why, failed: stop.failed, time: durationWords((stop.until - now) / 1000) },
        })}
      </p>
      <CommandButton command="continue" input={{ operation: operation.id }} label={t("verb.continue", "Continue…")} />
    </div>
  );
}

type Target = Operation["targets"][number];

/** What was measured before and after: "Waiting 216 → 0". */
function Compared({ target: { agent, figures } }: { readonly target: Target }): ReactElement | null {
  if (figures === undefined || figures.after === null) return null;
  const { before, after } = figures;
  const unknown = t("word.unknown", "unknown");
  const rows = [
    [t("progress.waiting", "Waiting"), before.waiting, after.waiting],
    [t("progress.failed", "Failed"), before.failed, after.failed],
    [t("progress.rate", "Rate"), rateOf(before.perSecond), rateOf(after.perSecond)],
    [t("agent.version", "Version"), before.version, after.version],
  ] as const;
  return (
    <p>
      {agent} ·{" "}
      {rows
        .filter(([, was, is]) => was !== null || is !== null)
        .map(([name, was, is]) => `${name} ${was ?? unknown} → ${is ?? unknown}`)
        .join(" · ")}
    </p>
  );
}

const rateOf = (perSecond: number | null): string | null => (perSecond === null ? null : `${fixed(perSecond, 1)}/s`);

function StageRow({ stage, now }: { readonly stage: Stage; readonly now: number }): ReactElement {
  const { name, state, startedAt, detail, error } = stage;
  const seconds = stage.seconds ?? (startedAt === null ? null : Math.max(0, now - startedAt) / 1000);
  return (
    <li>
      {STAGE_MARKS[state]} {name}
      {seconds === null ? "" : ` ${durationWords(seconds)}`}
      {detail === null ? "" : ` · ${detail}`}
      {error === null ? "" : ` · ${error}`}
    </li>
  );
}

function getStyles(theme: GrafanaTheme2) {
  const bar = { height: 6, borderRadius: theme.shape.radius.pill };
  return {
    track: css({ ...bar, background: theme.colors.border.weak, margin: theme.spacing(0.5, 0), overflow: "hidden" }),
    done: css({ ...bar, background: theme.colors.success.main }),
    bad: css({ ...bar, background: theme.colors.error.main }),
    stages: css({ listStyle: "none", margin: theme.spacing(0.5, 0, 1, 2), fontVariantNumeric: "tabular-nums" }),
  };
}
