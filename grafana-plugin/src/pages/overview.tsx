import { css } from "@emotion/css";
import type { GrafanaTheme2 } from "@grafana/data";
import { useStyles2 } from "@grafana/ui";
import type { ApiHotSpots } from "@rollcall/core/figures-contract.ts";
import { type ReactElement, useMemo } from "react";
import { useAnswer } from "../api/answers.ts";
import type { Agent, Gateway, Incident } from "../api/contract.ts";
import { agents as fleet, incidents, operations, requests } from "../api/lists.ts";
import { useLiveList } from "../api/live-list.ts";
import { useConcerns } from "../parts/concerns.ts";
import { type Context, fitsContext, useContextChoice } from "../parts/context.ts";
import { firingAgents, IncidentCard } from "../parts/incident-card.tsx";
import { KeyFigures } from "../parts/key-figures.tsx";
import { figureWords } from "../parts/metric-card.tsx";
import { operationEntry } from "../parts/operation-entry.tsx";
import { Page } from "../parts/page.tsx";
import { hrefOf, usePlace } from "../parts/place.ts";
import { Region } from "../parts/region.tsx";
import { HealthMark, StatusBadge } from "../parts/status-badge.tsx";
import { useNow } from "../parts/tick.ts";
import { Timeline } from "../parts/timeline.tsx";
import {
  compareSick,
  countsWords,
  HEALTH_MARKS,
  listed,
  moreWords,
  offWords,
  sinceWords,
  verdictWords,
} from "../parts/words.ts";
import { t } from "../translate.ts";
import { Changed } from "./changed.tsx";
import { Elsewhere } from "./elsewhere.tsx";
import { worstFirst } from "./worst-first.ts";

const MOST_FIRING = 5;
const MOST_SICK = 10;

/** Is it all right, what waits for me, what runs. */
export default function Overview(): ReactElement {
  const context = useContextChoice(usePlace());
  return (
    <Page title={t("page.overview", "Overview")}>
      <StateLine context={context} />
      <Firing />
      <Changed />
      <KeyFigures />
      <NeedsAttention context={context} />
      <TopFive />
      <RunningForMe />
    </Page>
  );
}

function useAgents(context: Context | null) {
  const list = useLiveList(fleet);
  const shown = useMemo(
    () => [...list.items.values()].filter((agent) => fitsContext(context, agent)),
    [list.items, context],
  );
  return { ...list, shown };
}

const worstOf = (agents: readonly Agent[]): Agent["health"] =>
  (["critical", "unknown", "degraded"] as const).find((health) => agents.some((agent) => agent.health === health)) ??
  "healthy";

const SERVICE_HEALTH = { up: "healthy", down: "critical", unknown: "unknown" } as const;

function StateLine({ context }: { readonly context: Context | null }): ReactElement {
  const styles = useStyles2(getStyles);
  const { shown, at } = useAgents(context);
  const { content } = useAnswer<Gateway>("api/v1", 10_000);
  const worst = worstOf(shown);
  return (
    <div className={styles.state} role="status" data-testid="state-line">
      <strong>
        {at === null ? t("word.reading", "Reading…") : <HealthMark health={worst} mark={HEALTH_MARKS[worst]} />}{" "}
        {at === null ? "" : countsWords(shown)}
      </strong>
      {(content?.services ?? []).map(({ name, state, detail }) => (
        <span key={name} title={detail ?? state} className={styles.service}>
          <HealthMark health={SERVICE_HEALTH[state]} mark={HEALTH_MARKS[SERVICE_HEALTH[state]]} /> {name}
          {state === "up" ? "" : ` ${state}`}
        </span>
      ))}
    </div>
  );
}

function Firing(): ReactElement {
  const { items, at, refusal } = useLiveList(incidents);
  const concerns = useConcerns();
  const firing = worstFirst(
    [...items.values()].filter((one: Incident) => one.state === "firing" && concerns(firingAgents(one))),
  );
  return (
    <Region
      title={t("overview.firing", "Firing")}
      count={firing.length}
      columns={8}
      isKnown={at !== null}
      refusal={refusal}
      onRetry={() => void incidents.read()}
    >
      {() => (
        <>
          {firing.length === 0 ? <p>{t("alerts.none", "Nothing fires.")}</p> : null}
          {firing.slice(0, MOST_FIRING).map((incident) => (
            <IncidentCard key={incident.id} incident={incident} />
          ))}
          {firing.length > MOST_FIRING ? <a href={hrefOf("alerts")}>{moreWords(firing.length - MOST_FIRING)}</a> : null}
          <Elsewhere incidents={[...items.values()]} />
        </>
      )}
    </Region>
  );
}

function NeedsAttention({ context }: { readonly context: Context | null }): ReactElement {
  const { shown, at, refusal } = useAgents(context);
  const now = useNow();
  const sick = shown.filter(({ health }) => health !== "healthy").toSorted(compareSick);
  return (
    <Region
      title={t("overview.attention", "Needs attention")}
      count={sick.length}
      columns={5}
      isKnown={at !== null}
      refusal={refusal}
      onRetry={() => void fleet.read()}
    >
      {() => (
        <>
          {sick.length === 0 ? <p>{t("overview.all-well", "Nobody: everyone who should work does.")}</p> : null}
          <ul style={{ listStyle: "none" }}>
            {sick.slice(0, MOST_SICK).map((agent) => (
              <li key={agent.id}>
                <StatusBadge agent={agent} at={at} /> <a href={hrefOf(`agents/${agent.id}`)}>{agent.id}</a>{" "}
                {offWords(agent) ?? verdictWords(agent)}
                {sinceWords(agent, now)}
              </li>
            ))}
          </ul>
          {sick.length > MOST_SICK ? <a href={hrefOf("agents")}>{moreWords(sick.length - MOST_SICK)}</a> : null}
        </>
      )}
    </Region>
  );
}

/** Who handles most: whoever is missing here has nothing to do, or does nothing. */
function TopFive(): ReactElement {
  const { content, refusal } = useAnswer<ApiHotSpots>("api/v1/figures/hot-spots?range=5m&top=5", 15_000);
  return (
    <Region title={t("overview.top", "Top five by work")} columns={3} isKnown={content !== undefined} refusal={refusal}>
      {() =>
        (content?.busiest ?? []).length === 0 ? (
          <p>{content?.problems[0] ?? t("overview.idle", "Nothing was handled in 5 min.")}</p>
        ) : (
          <ul style={{ listStyle: "none" }}>
            {content?.busiest.map(({ name, figure }) => (
              <li key={name}>
                <a href={hrefOf(`agents/${name}`)}>{name}</a>{" "}
                {figure.value === null ? "—" : figureWords(figure.value, figure.unit)}
              </li>
            ))}
          </ul>
        )
      }
    </Region>
  );
}

function RunningForMe(): ReactElement {
  const running = useLiveList(operations);
  const waiting = useLiveList(requests);
  const now = useNow();
  const concerns = useConcerns();
  const under = [...running.items.values()].filter(
    ({ state, targets }) => state !== "ended" && concerns(targets.map(({ agent }) => agent)),
  );
  const asked = [...waiting.items.values()].filter(
    ({ state, expiresAt, targets }) => state === "waiting" && expiresAt > now && concerns(targets),
  );
  return (
    <Region
      title={t("overview.running", "Running, waiting")}
      columns={4}
      isKnown={running.at !== null && waiting.at !== null}
      refusal={running.refusal ?? waiting.refusal}
    >
      {() => (
        <>
          <Timeline entries={under.map(operationEntry)} empty={t("operations.none", "Nothing runs.")} />
          {asked.length === 0 ? <p>{t("requests.none", "Nothing waits for a second person.")}</p> : null}
          {asked.map(({ id, command, targets }) => (
            <p key={id}>
              ✋ <a href={hrefOf(`requests/${id}`)}>{id}</a> {command} {listed(targets, 3)}
            </p>
          ))}
        </>
      )}
    </Region>
  );
}

function getStyles(theme: GrafanaTheme2) {
  return {
    state: css({
      gridColumn: "1 / -1",
      display: "flex",
      flexWrap: "wrap",
      gap: theme.spacing(1, 2),
      padding: theme.spacing(1, 2),
      background: theme.colors.background.primary,
      border: `1px solid ${theme.colors.border.weak}`,
      borderRadius: theme.shape.radius.default,
    }),
    service: css({ whiteSpace: "nowrap", color: theme.colors.text.secondary }),
  };
}
