import { Button, FilterPill } from "@grafana/ui";
import type { ReactElement } from "react";
import { useAnswer } from "../api/answers.ts";
import type { Incident, IncidentsAnswer } from "../api/contract.ts";
import { incidents } from "../api/lists.ts";
import { useLiveList } from "../api/live-list.ts";
import { useConcerns } from "../parts/concerns.ts";
import { ExportMenu } from "../parts/export-menu.tsx";
import { agentsOf, IncidentCard, incidentWords } from "../parts/incident-card.tsx";
import { Page } from "../parts/page.tsx";
import { changeQuery, hrefOf, usePlace } from "../parts/place.ts";
import { Region } from "../parts/region.tsx";
import { useNow } from "../parts/tick.ts";
import { momentWords } from "../parts/words.ts";
import { t } from "../translate.ts";
import { isNamed, type Link, linkOf, linkWords, TABS, type Tab, tabOf } from "./alert-filters.ts";
import { Elsewhere } from "./elsewhere.tsx";
import { worstFirst } from "./worst-first.ts";

/** How a tab is called. */
const TAB_WORDS: Readonly<Record<Tab, () => string>> = {
  firing: () => t("alerts.firing", "firing"),
  taken: () => t("alerts.taken", "taken"),
  silenced: () => t("alerts.silenced", "silenced"),
  ended: () => t("alerts.ended", "ended, 30 days"),
};

/** What fires, who has it, what has ended; links from alert rules name an alert and an agent. */
export default function Alerts(): ReactElement {
  const { query } = usePlace();
  const link = linkOf(query);
  const concerns = useConcerns();
  const { items, at, refusal } = useLiveList(incidents);
  const { known, isEndedKnown } = useEveryIncident(items);
  const all = known.filter((incident) => concerns(agentsOf(incident)));
  const named = all.filter((incident) => isNamed(incident, link));
  const tab = TABS.find((one) => one === query.get("tab")) ?? null;
  const open = named.filter((incident) => tabOf(incident) !== "ended");
  // Who comes by a link asks about that alert, also once it has ended.
  const isOver = tab === null && link !== null && open.length === 0;
  const shown = tab === null && !isOver ? open : named.filter((incident) => tabOf(incident) === (tab ?? "ended"));
  return (
    <Page title={t("page.alerts", "Alerts")}>
      <Region
        title={t("alerts.shown", "Alerts")}
        count={shown.length}
        isKnown={at !== null}
        refusal={refusal}
        onRetry={() => void incidents.read()}
        actions={<ExportMenu name="alerts" rows={() => shown.map(rowOf)} />}
      >
        {() => (
          <>
            {link === null ? null : <Narrowed link={link} />}
            <div style={{ display: "flex", gap: 8, flexWrap: "wrap", marginBottom: 12 }}>
              {TABS.map((one) => (
                <FilterPill
                  key={one}
                  label={`${TAB_WORDS[one]()} ${one === "ended" && !isEndedKnown ? "—" : named.filter((incident) => tabOf(incident) === one).length}`}
                  selected={tab === one}
                  onClick={() => changeQuery({ tab: tab === one ? null : one })}
                />
              ))}
            </div>
            {isOver && shown.length > 0 ? <p>{t("alerts.over", "It does not fire any more.")}</p> : null}
            {shown.length === 0 ? <Empty {...{ tab, link, all, isEndedKnown }} /> : null}
            {shown.map((incident) => (
              <IncidentCard key={incident.id} incident={incident} isNamed={link?.id === incident.id} />
            ))}
            <Elsewhere incidents={known} />
          </>
        )}
      </Region>
    </Page>
  );
}

/** What is open as the live stream tells it, and what has ended: the worst of the open first, the newest of the ended. */
function useEveryIncident(live: ReadonlyMap<string, Incident>): { known: Incident[]; isEndedKnown: boolean } {
  const { content } = useAnswer<IncidentsAnswer>("api/v1/incidents?state=resolved", 15_000);
  const ended = [...(content?.incidents ?? []), ...live.values()].filter(({ state }) => state === "resolved");
  const each = new Map(ended.map((incident) => [incident.id, incident]));
  const known = [
    ...worstFirst([...live.values()].filter(({ state }) => state === "firing")),
    ...[...each.values()].toSorted((one, other) => (other.resolvedAt ?? 0) - (one.resolvedAt ?? 0)),
  ];
  return { known, isEndedKnown: content !== undefined };
}

/** What the address names, which would else narrow the page unseen. */
function Narrowed({ link }: { readonly link: Link }): ReactElement {
  return (
    <p>
      {t("alerts.only", "Only {{what}}", { what: linkWords(link) })}{" "}
      <Button size="sm" variant="secondary" onClick={() => changeQuery({ name: null, agent: null, incident: null })}>
        {t("alerts.show-all", "Show all alerts")}
      </Button>
    </p>
  );
}

interface EmptyProps {
  readonly tab: Tab | null;
  readonly link: Link | null;
  /** All that one may look at, open and ended. */
  readonly all: readonly Incident[];
  readonly isEndedKnown: boolean;
}

function Empty({ tab, link, all, isEndedKnown }: EmptyProps): ReactElement {
  const now = useNow();
  if (tab === "taken") return <p>{t("alerts.none-taken", "Nobody has taken anything that fires.")}</p>;
  if (tab === "silenced") return <p>{t("alerts.none-silenced", "Nothing that fires is silenced.")}</p>;
  if (!isEndedKnown && (tab === "ended" || link !== null))
    return <p>{t("alerts.ended-unread", "What has ended is not read yet.")}</p>;
  if (tab === "ended") return <p>{t("alerts.none-ended", "None of these has ended in the last 30 days.")}</p>;
  if (link !== null) return <p>{t("alerts.none-named", "It does not fire, and has not in the last 30 days.")}</p>;
  const last = all.find((incident) => tabOf(incident) === "ended");
  return (
    <p>
      {t("alerts.none", "Nothing fires.")}{" "}
      {last === undefined ? null : (
        <a href={hrefOf("alerts", { incident: last.id })}>
          {t("alerts.last", "Last alert {{at}}", { at: momentWords(last.openedAt, now) })}
        </a>
      )}
    </p>
  );
}

const rowOf = (incident: Incident) => ({
  id: incident.id,
  severity: incident.criticality,
  what: incidentWords(incident),
  since: new Date(incident.openedAt).toISOString(),
  state: tabOf(incident),
  by: incident.acknowledgedBy?.name ?? null,
});
