import { css } from "@emotion/css";
import type { GrafanaTheme2 } from "@grafana/data";
import { LinkButton, useStyles2 } from "@grafana/ui";
import { lazy, type ReactElement, Suspense, useState } from "react";
import type { Incident } from "../api/contract.ts";
import { agents as agentList } from "../api/lists.ts";
import { useLiveList } from "../api/live-list.ts";
import { t } from "../translate.ts";
import { CommandButton } from "./command-button.tsx";
import { logsAround } from "./log-links.ts";
import { hrefOf } from "./place.ts";
import { Skeleton } from "./region.tsx";
import { PHONE, THUMB_PX } from "./screen.ts";
import { useNow } from "./tick.ts";
import { ageWords, clockTime, listed, momentWords } from "./words.ts";

// Only for who opens it.
const Story = lazy(() => import("../pages/incident-story.tsx"));

/** Agents whose alert fires, each once, in the order they began. */
export function firingAgents({ alerts }: Pick<Incident, "alerts">): string[] {
  const firing = alerts.filter(({ firing, agent }) => firing && agent !== null);
  return [...new Set(firing.toSorted((a, b) => a.startsAt - b.startsAt).map(({ agent }) => agent as string))];
}

/** Whom it is about: who fires in it; once it has ended, who did. */
export function agentsOf(incident: Pick<Incident, "alerts" | "state">): string[] {
  if (incident.state === "firing") return firingAgents(incident);
  return [...new Set(incident.alerts.flatMap(({ agent }) => (agent === null ? [] : [agent])))];
}

/** "billing is gone — payments stopped" */
export function incidentWords(incident: Incident, consequence?: string): string {
  const [first] = incident.alerts;
  const agents = agentsOf(incident);
  const summary = first?.annotations.summary ?? incident.alertname;
  const isByHand = incident.openedBy !== undefined;
  const subject = agents.length > 1 && !isByHand ? `${incident.alertname}: ${listed(agents)}` : summary;
  return consequence === undefined ? subject : `${subject} — ${consequence}`;
}

/** "👀 Operator on call 02:41:26, by restarting" */
function takenWords({ acknowledgedBy, acknowledgedAt, acknowledgedHow, state }: Incident): string {
  if (acknowledgedBy === null)
    return state === "firing" ? t("alerts.nobody", "nobody has it") : t("alerts.untaken", "nobody took it");
  const when = acknowledgedAt === null ? "" : ` ${clockTime(acknowledgedAt)}`;
  return `👀 ${acknowledgedBy.name}${when}${acknowledgedHow === null ? "" : `, ${acknowledgedHow}`}`;
}

/** A firing alert as its card in Slack: what, since when, who has it, and what may be done. */
export function IncidentCard({
  incident,
  isNamed = false,
}: {
  readonly incident: Incident;
  /** Whoever came asked for this one. */
  readonly isNamed?: boolean;
}): ReactElement {
  const styles = useStyles2(getStyles);
  const now = useNow();
  const fleet = useLiveList(agentList).items;
  const agents = agentsOf(incident);
  const { id, criticality, state, closed } = incident;
  return (
    <article className={styles[criticality]} data-testid="incident">
      <h3 className={styles.title}>
        <span aria-hidden>■</span> {criticality} {incidentWords(incident, fleet.get(agents[0] ?? "")?.consequence)}
      </h3>
      <p className={styles.small}>
        {lastedWords(incident, now)} · {silencedWords(incident, now)}
        {takenWords(incident)} · {id}
        {agents.map((agent) => (
          <span key={agent}>
            {" "}
            · <a href={hrefOf(`agents/${agent}`)}>{agent}</a>
          </span>
        ))}
        {agents.length === 0 ? null : (
          <>
            {" "}
            ·{" "}
            <a href={logsAround(agents.slice(0, MOST_AT_ONCE), incident.openedAt, incident.resolvedAt)}>
              {t("page.logs", "Logs")}
            </a>
          </>
        )}
      </p>
      {closed === undefined ? null : <p className={styles.small}>{closedWords(closed)}</p>}
      {state === "firing" ? <Buttons incident={incident} agents={agents} /> : null}
      <Course incident={incident} isOpenAtFirst={isNamed} />
    </article>
  );
}

/** What happened in it, on demand. */
function Course({
  incident,
  isOpenAtFirst,
}: {
  readonly incident: Incident;
  readonly isOpenAtFirst: boolean;
}): ReactElement {
  const styles = useStyles2(getStyles);
  const [isOpen, setOpen] = useState(isOpenAtFirst);
  return (
    <details className={styles.story} open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t("incident.timeline", "Timeline")}</summary>
      {isOpen ? (
        <Suspense fallback={<Skeleton />}>
          <Story incident={incident} />
        </Suspense>
      ) : null}
    </details>
  );
}

/** "🔕 silenced until 04:10 by Olga: new key at 04:00 (sil-3) · " */
function silencedWords({ silencedUntil, silencedBy, silencedWhy, silence }: Incident, now: number): string {
  if (silencedUntil === undefined) return "";
  const [at, who, why] = [momentWords(silencedUntil, now), silencedBy?.name ?? "", silencedWhy ?? ""];
  return `🔕 ${t("alerts.silenced-until", "silenced until {{at}} by {{who}}: {{why}} ({{id}})", { at, who, why, id: silence ?? "" })} · `;
}

/** "It was the price feed; helped: a restart of it (Olga)" */
function closedWords({ by, cause, helped }: NonNullable<Incident["closed"]>): string {
  const what = t("incident.cause", "It was {{cause}}", { cause });
  const that = helped === null ? "" : `; ${t("incident.helped-by", "helped: {{what}}", { what: helped })}`;
  return `${what}${that} (${by.name})`;
}

/** "since 02:40:52 (75 s)", "ended 02:42:07, after 75 s" */
function lastedWords({ openedAt, resolvedAt }: Incident, now: number): string {
  if (resolvedAt === null)
    return `${t("word.since", "since {{at}}", { at: momentWords(openedAt, now) })} (${ageWords((now - openedAt) / 1000)})`;
  const time = ageWords((resolvedAt - openedAt) / 1000);
  return t("alerts.lasted", "ended {{at}}, after {{time}}", { at: momentWords(resolvedAt, now), time });
}

const MOST_AT_ONCE = 20;

interface ButtonsProps {
  readonly incident: Incident;
  readonly agents: readonly string[];
}

function Buttons({ incident, agents }: ButtonsProps): ReactElement {
  const styles = useStyles2(getStyles);
  const runbook = incident.alerts.map(({ annotations }) => annotations.runbook_url).find(isLink);
  const n = agents.length;
  const restart = n === 1 ? t("verb.restart", "Restart…") : t("bulk.restart", "Restart {{n}}…", { n });
  return (
    <div className={styles.buttons}>
      {incident.acknowledgedBy === null ? (
        <CommandButton command="ack" input={{ alert: incident.id }} label={t("verb.ack", "Acknowledge…")} />
      ) : null}
      {agents.length > 0 && agents.length <= MOST_AT_ONCE ? (
        <CommandButton command="restart" input={{ who: agents }} label={restart} incident={incident.id} isDanger />
      ) : null}
      <HandButtons incident={incident} agents={agents} />
      {runbook === undefined ? null : (
        <LinkButton size="sm" variant="secondary" href={runbook} target="_blank" rel="noreferrer">
          {t("word.runbook", "Runbook")}
        </LinkButton>
      )}
    </div>
  );
}

/** Who has it, and whether it is quiet. */
function HandButtons({ incident, agents }: ButtonsProps): ReactElement {
  const { id, acknowledgedBy, silence } = incident;
  return (
    <>
      {silence === undefined && agents.length > 0 && agents.length <= MOST_AT_ONCE ? (
        <CommandButton
          {...{ command: "silence", input: { who: agents, time: "1h" }, incident: id }}
          label={t("verb.silence", "Silence…")}
        />
      ) : null}
      {silence === undefined ? null : (
        <CommandButton
          {...{ command: "unsilence", input: { silence }, incident: id }}
          label={t("verb.unsilence", "End silence…")}
        />
      )}
      <CommandButton command="give" input={{ alert: id }} label={t("verb.give", "Give…")} incident={id} />
      {acknowledgedBy === null ? null : (
        <CommandButton command="unack" input={{ alert: id }} label={t("verb.unack", "Give back…")} />
      )}
    </>
  );
}

/** Labels and annotations come from outside: only an address that a browser opens as a page is a link. */
export const isLink = (url: string | undefined): url is string => url !== undefined && /^https?:\/\//i.test(url);

function getStyles(theme: GrafanaTheme2) {
  const card = (colour: string) =>
    css({
      borderLeft: `4px solid ${colour}`,
      padding: theme.spacing(0.5, 0, 0.5, 1.5),
      marginBottom: theme.spacing(1.5),
      overflowWrap: "anywhere",
    });
  return {
    P0: card(theme.colors.error.main),
    P1: card(theme.colors.warning.main),
    P2: card(theme.colors.warning.border),
    P3: card(theme.colors.info.main),
    title: css({ ...theme.typography.body, fontWeight: theme.typography.fontWeightMedium, margin: 0 }),
    story: css({ marginTop: theme.spacing(0.5), "& > summary": { cursor: "pointer" } }),
    small: css({ ...theme.typography.bodySmall, color: theme.colors.text.secondary, margin: theme.spacing(0.5, 0) }),
    buttons: css({
      display: "flex",
      gap: theme.spacing(1),
      flexWrap: "wrap",
      [PHONE]: { a: { minHeight: THUMB_PX } },
    }),
  };
}
