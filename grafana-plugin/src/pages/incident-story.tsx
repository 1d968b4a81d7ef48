import { css } from "@emotion/css";
import type { GrafanaTheme2 } from "@grafana/data";
import { Button, useStyles2 } from "@grafana/ui";
import type { ApiIncidentAnswer, ApiTimelineEntry } from "@rollcall/core/incident-contract.ts";
import { type ReactElement, useEffect } from "react";
import { refresh, useAnswer } from "../api/answers.ts";
import type { Incident } from "../api/contract.ts";
import { CommandButton } from "../parts/command-button.tsx";
import { hrefOf } from "../parts/place.ts";
import { RefusalView } from "../parts/refusal-view.tsx";
import { Skeleton } from "../parts/region.tsx";
import { type Entry, Timeline } from "../parts/timeline.tsx";
import { ageWords } from "../parts/words.ts";
import { t } from "../translate.ts";
import { changeEntries } from "./change-entry.ts";
import { fetchFile } from "./fetch-file.ts";

const MARKS: Readonly<Record<ApiTimelineEntry["kind"], string>> = {
  ...{ opened: "■", heard: "▸", joined: "■", left: "✓", taken: "👀", ordered: "⏳", done: "○" },
  ...{ note: "📝", closed: "✓", ended: "✓" },
};

/** What happened in an incident, with what may be written about it. */
export default function Story({ incident }: { readonly incident: Incident }): ReactElement {
  const styles = useStyles2(getStyles);
  const { id, state, openedBy } = incident;
  const path = `api/v1/incidents/${id}`;
  const { content, refusal } = useAnswer<ApiIncidentAnswer>(path, state === "firing" ? 10_000 : 60_000);
  // What is told of it live, a note or an order, does not wait for the next look.
  // biome-ignore lint/correctness/useExhaustiveDependencies: each new row of the incident is a reason to look
  useEffect(() => void refresh(path), [incident, path]);
  return (
    <div data-testid="incident-story">
      {refusal === null ? null : <RefusalView refusal={refusal} />}
      {content === undefined && refusal === null ? <Skeleton /> : null}
      {content === undefined ? null : <Course answer={content} />}
      <div className={styles.buttons}>
        <CommandButton
          command="incident-note"
          input={{ alert: id }}
          label={t("incident.note", "Add a note…")}
          incident={id}
        />
        {openedBy === undefined || state === "resolved" ? null : (
          <CommandButton command="incident-close" input={{ alert: id }} label={t("incident.close", "Close…")} />
        )}
        <Button size="sm" variant="secondary" onClick={() => fetchFile(`${path}/post-mortem?format=md`)}>
          {t("incident.post-mortem", "Post-mortem")}
        </Button>
      </div>
    </div>
  );
}

function Course({ answer }: { readonly answer: ApiIncidentAnswer }): ReactElement {
  const styles = useStyles2(getStyles);
  const { timeline, changes, helped, times } = answer;
  return (
    <>
      <p className={styles.small}>{timesWords(times)}</p>
      {helped === null ? null : <p>{t("incident.helped", "Helped: {{what}}", { what: helped })}</p>}
      <Timeline entries={timeline.map(entryOf)} empty={t("incident.no-course", "Nothing is written down of it.")} />
      <h4 className={styles.small}>{t("incident.changed", "What changed in the 30 minutes before")}</h4>
      {changes === null ? (
        <p>{t("incident.changes-unknown", "It is not known.")}</p>
      ) : (
        <Timeline entries={changeEntries(changes, NONE)} empty={t("incident.unchanged", "Nothing.")} />
      )}
    </>
  );
}

const NONE: Parameters<typeof changeEntries>[1] = new Map();

/** In the service's words, as Slack says them. */
function entryOf({ at, kind, words, by, ref }: ApiTimelineEntry, place: number): Entry {
  const isOperation = ref !== null && /^op-\d+$/.test(ref);
  return {
    ...{ id: `${at} ${kind} ${place}`, at, mark: MARKS[kind], type: kind, words },
    by: kind === "note" ? by : null,
    href: isOperation ? hrefOf(`operations/${ref}`) : null,
  };
}

/** "told after 8 s · taken after 19 s" */
function timesWords({ detectedSeconds, takenSeconds }: ApiIncidentAnswer["times"]): string {
  return [
    ...(detectedSeconds === null
      ? []
      : [t("incident.told", "told after {{time}}", { time: ageWords(detectedSeconds) })]),
    ...(takenSeconds === null ? [] : [t("incident.taken", "taken after {{time}}", { time: ageWords(takenSeconds) })]),
  ].join(" · ");
}

function getStyles(theme: GrafanaTheme2) {
  return {
    small: css({ ...theme.typography.bodySmall, color: theme.colors.text.secondary, margin: theme.spacing(0.5, 0) }),
    buttons: css({ display: "flex", gap: theme.spacing(1), flexWrap: "wrap", marginTop: theme.spacing(1) }),
  };
}
