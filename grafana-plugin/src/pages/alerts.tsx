import { FilterPill } from "@grafana/ui";
import type { ReactElement } from "react";
import type { Incident } from "../api/contract.ts";
import { incidents } from "../api/lists.ts";
import { useLiveList } from "../api/live-list.ts";
import { useConcerns } from "../parts/concerns.ts";
import { ExportMenu } from "../parts/export-menu.tsx";
import { firingAgents, IncidentCard, incidentWords } from "../parts/incident-card.tsx";
import { Page } from "../parts/page.tsx";
import { changeQuery, usePlace } from "../parts/place.ts";
import { Region } from "../parts/region.tsx";
import { t } from "../translate.ts";
import { worstFirst } from "./worst-first.ts";

const TABS = ["firing", "taken", "ended"] as const;
type Tab = (typeof TABS)[number];

/** How a tab is called. */
const TAB_WORDS: Readonly<Record<Tab, () => string>> = {
  firing: () => t("alerts.firing", "firing"),
  taken: () => t("alerts.taken", "taken"),
  ended: () => t("alerts.ended", "ended"),
};

const tabOf = ({ state, acknowledgedBy }: Incident): Tab =>
  state === "resolved" ? "ended" : acknowledgedBy === null ? "firing" : "taken";

/** What fires, who has it; links from alert rules name an alert and an agent. */
export default function Alerts(): ReactElement {
  const place = usePlace();
  const concerns = useConcerns();
  const { items, at, refusal } = useLiveList(incidents);
  const all = worstFirst([...items.values()]).filter((incident) => concerns(firingAgents(incident)));
  const named = all.filter((incident) => isNamed(incident, place.query));
  const tab = (TABS.find((one) => one === place.query.get("tab")) ?? null) as Tab | null;
  const shown = named.filter((incident) => (tab === null ? tabOf(incident) !== "ended" : tabOf(incident) === tab));
  return (
    <Page title={t("page.alerts", "Alerts")}>
      <Region
        title={t("alerts.shown", "Alerts ({{n}})", { n: shown.length })}
        isKnown={at !== null}
        refusal={refusal}
        onRetry={() => void incidents.read()}
        actions={<ExportMenu name="alerts" rows={() => shown.map(rowOf)} />}
      >
        {() => (
          <>
            <div style={{ display: "flex", gap: 8, flexWrap: "wrap", marginBottom: 12 }}>
              {TABS.map((one) => (
                <FilterPill
                  key={one}
                  label={`${TAB_WORDS[one]()} ${named.filter((incident) => tabOf(incident) === one).length}`}
                  selected={tab === one}
                  onClick={() => changeQuery({ tab: tab === one ? null : one })}
                />
              ))}
            </div>
            {shown.length === 0 ? (
              <p>{t("alerts.none", "Nothing fires.")}</p>
            ) : (
              shown.map((incident) => <IncidentCard key={incident.id} incident={incident} />)
            )}
          </>
        )}
      </Region>
    </Page>
  );
}

/** `alerts?name=AgentGone&agent=billing`, as rules and PagerDuty link here; `alerts?incident=inc-7`. */
function isNamed(incident: Incident, query: URLSearchParams): boolean {
  const [name, agent, id] = [query.get("name"), query.get("agent"), query.get("incident")];
  return (
    (id === null || incident.id === id) &&
    (name === null || incident.alertname === name) &&
    (agent === null || firingAgents(incident).includes(agent))
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
