import { css } from "@emotion/css";
import type { GrafanaTheme2 } from "@grafana/data";
import { useStyles2 } from "@grafana/ui";
import type { ReactElement } from "react";
import type { Operation, Stage } from "../api/contract.ts";
import { useNow } from "./tick.ts";
import { durationWords, operationWords, STAGE_MARKS } from "./words.ts";

const isOver = ({ state }: Pick<Stage, "state">): boolean =>
  state === "done" || state === "failed" || state === "skipped";

/** 0 to 1: stages that are over, of all agents together. */
export function shareDone({ state, targets }: Pick<Operation, "state" | "targets">): number {
  if (state === "ended") return 1;
  const stages = targets.flatMap((target) => target.stages);
  return stages.length === 0 ? 0 : stages.filter(isOver).length / stages.length;
}

/** "about 30 s left", "no estimate, first run" */
export function estimateWords({ state, usualSeconds, startedAt, createdAt }: Operation, now: number): string | null {
  if (state === "ended") return null;
  if (usualSeconds === null) return "no estimate, first run";
  const left = usualSeconds - (now - (startedAt ?? createdAt)) / 1000;
  return left > 0 ? `about ${durationWords(Math.ceil(left))} left` : `${durationWords(-left)} over the usual time`;
}

/** Stages with marks and seconds, the share done, what is left, and the ending in Slack's words. */
export function ProgressTracker({ operation }: { readonly operation: Operation }): ReactElement {
  const styles = useStyles2(getStyles);
  const now = useNow();
  const share = shareDone(operation);
  const { mark, word } = operationWords(operation);
  const estimate = estimateWords(operation, now);
  const isBad = operation.error !== null;
  return (
    <div data-testid="progress-tracker">
      <div role="status">
        {mark} {word}
        {operation.endedAt === null ? "" : ` in ${durationWords((operation.endedAt - operation.createdAt) / 1000)}`}
        {estimate === null ? "" : ` · ${Math.round(share * 100)} % · ${estimate}`}
      </div>
      <div
        role="progressbar"
        aria-label={`${operation.command}, stages over`}
        aria-valuenow={Math.round(share * 100)}
        aria-valuemin={0}
        aria-valuemax={100}
        className={styles.track}
      >
        <div className={isBad ? styles.bad : styles.done} style={{ width: `${share * 100}%` }} />
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
      {operation.error === null ? null : <p>{operation.error}</p>}
    </div>
  );
}

function StageRow({ stage, now }: { readonly stage: Stage; readonly now: number }): ReactElement {
  const { name, state, startedAt, endedAt, detail, error } = stage;
  const seconds = startedAt === null ? null : ((endedAt ?? now) - startedAt) / 1000;
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
