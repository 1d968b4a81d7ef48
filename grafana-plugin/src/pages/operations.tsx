import type { ReactElement } from "react";
import { useAnswer } from "../api/answers.ts";
import type { Operation } from "../api/contract.ts";
import { operations } from "../api/lists.ts";
import { useLiveList } from "../api/live-list.ts";
import { CommandButton } from "../parts/command-button.tsx";
import { useConcerns } from "../parts/concerns.ts";
import { ExportMenu } from "../parts/export-menu.tsx";
import { logsAround } from "../parts/log-links.ts";
import { openableEntry, operationEntry, wishWords } from "../parts/operation-entry.tsx";
import { Page } from "../parts/page.tsx";
import { hrefOf, usePlace } from "../parts/place.ts";
import { ProgressTracker } from "../parts/progress-tracker.tsx";
import { RefusalView } from "../parts/refusal-view.tsx";
import { Region, Skeleton } from "../parts/region.tsx";
import { Timeline } from "../parts/timeline.tsx";
import { TimelineFilters, useFitting } from "../parts/timeline-filters.tsx";
import { clockTime, doorWords } from "../parts/words.ts";
import { t } from "../translate.ts";
import { operationRow } from "./operation-row.ts";

/** What runs, stage by stage, and what has ended; one of them at `operations/op-481`. */
export default function Operations(): ReactElement {
  const { id } = usePlace();
  return id === null ? <AllOperations /> : <OneOperation id={id} />;
}

function AllOperations(): ReactElement {
  const concerns = useConcerns();
  const { items, at, refusal } = useLiveList(operations);
  const all = [...items.values()].filter(({ targets }) => concerns(targets.map(({ agent }) => agent)));
  const running = all.filter(({ state }) => state !== "ended").toSorted((a, b) => b.createdAt - a.createdAt);
  const ended = all.filter((operation) => operation.state === "ended");
  const shown = useFitting(ended, operationEntry);
  return (
    <Page
      title={t("page.operations", "Operations")}
      actions={<CommandButton command="report" input={{ kind: "daily" }} label={t("verb.report", "Report…")} />}
    >
      <Region
        title={t("operations.running", "Running")}
        count={running.length}
        isKnown={at !== null}
        refusal={refusal}
        onRetry={() => void operations.read()}
      >
        {() =>
          running.length === 0 ? (
            <p>{t("operations.none", "Nothing runs.")}</p>
          ) : (
            running.map((one) => <Running key={one.id} operation={one} />)
          )
        }
      </Region>
      <Region
        title={t("operations.ended", "Ended")}
        isKnown={at !== null}
        refusal={refusal}
        actions={<ExportMenu name="operations" rows={() => shown.map(operationRow)} />}
      >
        {() => (
          <>
            <TimelineFilters entries={ended.map(operationEntry)} />
            <Timeline
              entries={shown.map(openableEntry)}
              empty={
                ended.length === 0
                  ? t("operations.none-ended", "Nothing has ended yet.")
                  : t("word.nothing-fits", "Nothing fits these filters.")
              }
            />
          </>
        )}
      </Region>
    </Page>
  );
}

const Running = ({ operation }: { readonly operation: Operation }): ReactElement => (
  <article>
    <h3>
      <a href={hrefOf(`operations/${operation.id}`)}>{wishWords(operation)}</a>
    </h3>
    <Told operation={operation} />
  </article>
);

function Told({ operation }: { readonly operation: Operation }): ReactElement {
  return (
    <>
      <p>
        {operation.id} · {doorWords(operation)}, {clockTime(operation.createdAt)}
        {operation.reason === null ? "" : ` · “${operation.reason}”`}
        <LogsOf operation={operation} />
      </p>
      <ProgressTracker operation={operation} />
      <SameAs operation={operation} />
      <CancelButton operation={operation} />
    </>
  );
}

/** Who pressed a button learns what to type in Slack. */
function SameAs({ operation: { state, typed } }: { readonly operation: Operation }): ReactElement | null {
  if (state !== "ended" || typed === null) return null;
  const command = `/fleet ${typed}`;
  return (
    <p>
      {t("operations.same-as", "Same as")} <code>{command}</code>
    </p>
  );
}

/** What its agents wrote meanwhile; a run of diagnostics has checks where others have agents. */
function LogsOf({ operation }: { readonly operation: Operation }): ReactElement | null {
  const { command, targets, createdAt, endedAt } = operation;
  if (command === "diag-run" || targets.length === 0) return null;
  const agents = targets.slice(0, MOST_AGENTS).map(({ agent }) => agent);
  return (
    <>
      {" "}
      · <a href={logsAround(agents, createdAt, endedAt)}>{t("page.logs", "Logs")}</a>
    </>
  );
}

/** More names than this make no address. */
const MOST_AGENTS = 20;

function CancelButton({ operation }: { readonly operation: Operation }): ReactElement | null {
  if (operation.state === "ended") return null;
  if (operation.command === "diag-run")
    return <CommandButton command="diag-cancel" input={{ run: operation.id }} label={t("verb.cancel", "Cancel…")} />;
  return <CommandButton command="cancel" input={{ operation: operation.id }} label={t("verb.cancel", "Cancel…")} />;
}

function OneOperation({ id }: { readonly id: string }): ReactElement {
  const { items } = useLiveList(operations);
  const { content, refusal } = useAnswer<{ operation: Operation }>(`api/v1/operations/${encodeURIComponent(id)}`, null);
  const live = items.get(id);
  const operation = live ?? content?.operation;
  return (
    <Page title={id} above={{ title: t("page.operations", "Operations"), page: "operations" }}>
      {operation === undefined ? (
        <div style={{ gridColumn: "1 / -1" }}>
          {refusal === null ? <Skeleton /> : <RefusalView refusal={refusal} />}
        </div>
      ) : (
        <Region title={wishWords(operation)} isKnown actions={<Again operation={operation} />}>
          {() => <Told operation={operation} />}
        </Region>
      )}
    </Page>
  );
}

/** The same as a new wish, with a form and a key of its own. */
function Again({ operation }: { readonly operation: Operation }): ReactElement | null {
  if (operation.state !== "ended") return null;
  return (
    <CommandButton
      command={operation.command}
      input={operation.input as Record<string, unknown>}
      label={t("verb.again", "Again…")}
    />
  );
}
