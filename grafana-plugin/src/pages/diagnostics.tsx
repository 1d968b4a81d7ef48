import { css } from "@emotion/css";
import type { GrafanaTheme2 } from "@grafana/data";
import { useStyles2 } from "@grafana/ui";
import type { ReactElement } from "react";
import { useAnswer } from "../api/answers.ts";
import type { DiagnosticRun, DiagnosticRunsAnswer, DiagnosticsAnswer } from "../api/contract.ts";
import { CommandButton } from "../parts/command-button.tsx";
import { ExportMenu } from "../parts/export-menu.tsx";
import { Page } from "../parts/page.tsx";
import { hrefOf, usePlace } from "../parts/place.ts";
import { Region } from "../parts/region.tsx";
import { getTableStyles } from "../parts/table-style.ts";
import { useNow } from "../parts/tick.ts";
import { Timeline } from "../parts/timeline.tsx";
import { durationWords, momentWords } from "../parts/words.ts";
import { t } from "../translate.ts";

const MARKS = { waiting: "○", running: "▸", passed: "✓", failed: "✗", skipped: "–" } as const;
const STATE_MARKS = { running: "⏳", passed: "✅", failed: "❌", cancelled: "⏹", unknown: "❔" } as const;
const LIVE_MS = 1_000;
const REST_MS = 15_000;

/** What can be checked, a run check by check while it goes on, and the runs before. */
export default function Diagnostics(): ReactElement {
  const { id } = usePlace();
  const runs = useAnswer<DiagnosticRunsAnswer>("api/v1/diagnostics/runs?limit=20", 5_000);
  const all = runs.content?.runs ?? [];
  const shown = id ?? all[0]?.id ?? null;
  return (
    <Page
      title={t("page.diagnostics", "Diagnostics")}
      ignoresContext
      actions={
        <>
          <CommandButton command="diag-run" input={{ suite: "smoke" }} label={t("verb.run-smoke", "Run smoke…")} />
          <CommandButton command="diag-run" input={{ suite: "full" }} label={t("verb.run-full", "Run full…")} />
        </>
      }
    >
      {shown === null ? null : <Run id={shown} />}
      <Region
        title={t("diagnostics.runs", "Runs")}
        columns={6}
        isKnown={runs.content !== undefined}
        refusal={runs.refusal}
      >
        {() => (
          <Timeline
            entries={all.map(entryOf)}
            empty={t("diagnostics.none", "No run yet. Start with smoke, the quick one.")}
          />
        )}
      </Region>
      <Catalogue />
    </Page>
  );
}

const entryOf = ({ id, suite, by, state, createdAt, passed, failed, skipped, total }: DiagnosticRun) => ({
  id,
  at: createdAt,
  mark: STATE_MARKS[state],
  words: [
    t("diagnostics.run", "{{suite}}: {{passed}} of {{total}} passed", { suite, passed, total }),
    ...(failed > 0 ? [t("diagnostics.failed", "{{n}} failed", { n: failed })] : []),
    ...(skipped > 0 ? [t("diagnostics.skipped", "{{n}} skipped", { n: skipped })] : []),
  ].join(", "),
  by: `${by}, ${id}`,
  href: hrefOf(`diagnostics/${id}`),
});

function useRun(id: string) {
  const path = `api/v1/diagnostics/runs/${encodeURIComponent(id)}`;
  // A run under way is looked at each second; the path is the same, so it is one request.
  const seen = useAnswer<DiagnosticRun>(path, REST_MS);
  useAnswer<DiagnosticRun>(seen.content?.state === "running" ? path : null, LIVE_MS);
  return seen;
}

function Run({ id }: { readonly id: string }): ReactElement {
  const { content, refusal } = useRun(id);
  const now = useNow();
  const title = content === undefined ? id : `${content.suite} (${id})`;
  return (
    <Region
      title={title}
      isKnown={content !== undefined}
      refusal={refusal}
      actions={<ExportMenu name={id} rows={() => (content?.checks ?? []).map(rowOf)} />}
    >
      {() => (content === undefined ? null : <Checks run={content} now={now} />)}
    </Region>
  );
}

const rowOf = ({ name, state, evidence, next, seconds }: DiagnosticRun["checks"][number]) => ({
  ...{ name, state, evidence: evidence.join("; "), next, seconds },
});

function Checks({ run, now }: { readonly run: DiagnosticRun; readonly now: number }): ReactElement {
  const styles = useStyles2(getTableStyles);
  const { state, passed, failed, skipped, total, createdAt, checks, id } = run;
  return (
    <>
      <p role="status">
        {STATE_MARKS[state]} {state} ·{" "}
        {t("diagnostics.counts", "{{passed}} passed, {{failed}} failed, {{skipped}} skipped of {{total}}", {
          ...{ passed, failed, skipped, total },
        })}{" "}
        · {momentWords(createdAt, now)}
      </p>
      {state === "running" ? (
        <CommandButton command="diag-cancel" input={{ run: id }} label={t("verb.cancel", "Cancel…")} />
      ) : null}
      <div className={styles.scroller}>
        <table className={styles.table}>
          <thead>
            <tr>
              {[t("diagnostics.check", "check"), t("diagnostics.took", "took"), t("diagnostics.found", "found")].map(
                (name) => (
                  <th key={name}>{name}</th>
                ),
              )}
            </tr>
          </thead>
          <tbody>
            {checks.map((check) => (
              <tr key={check.name}>
                <th scope="row">
                  {MARKS[check.state]} {check.name}
                </th>
                <td style={{ whiteSpace: "nowrap" }}>{check.seconds === null ? "" : durationWords(check.seconds)}</td>
                <td>
                  {check.evidence.join(" · ")}
                  {check.next === null ? "" : ` → ${check.next}`}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function Catalogue(): ReactElement {
  const styles = useStyles2(getStyles);
  const { content, refusal } = useAnswer<DiagnosticsAnswer>("api/v1/diagnostics", null);
  return (
    <Region
      title={t("diagnostics.catalogue", "What is checked")}
      columns={6}
      isKnown={content !== undefined}
      refusal={refusal}
    >
      {() => (
        <dl className={styles.checks}>
          {(content?.diagnostics ?? []).map(({ name, summary, suites }) => (
            <div key={name}>
              <dt>
                {name} <span className={styles.small}>{suites.join(", ")}</span>
              </dt>
              <dd className={styles.small}>{summary}</dd>
            </div>
          ))}
        </dl>
      )}
    </Region>
  );
}

function getStyles(theme: GrafanaTheme2) {
  return {
    checks: css({ display: "grid", gap: theme.spacing(1), dd: { margin: 0 } }),
    small: css({ ...theme.typography.bodySmall, color: theme.colors.text.secondary }),
  };
}
