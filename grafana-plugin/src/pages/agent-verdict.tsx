import { Trans } from "@grafana/i18n";
import type { ReactElement } from "react";
import type { Agent } from "../api/contract.ts";
import { Facts } from "../parts/facts.tsx";
import { PageLink } from "../parts/page-link.tsx";
import { hrefOf } from "../parts/place.ts";
import { Region } from "../parts/region.tsx";
import { RungBar, rungWords, StatusBadge } from "../parts/status-badge.tsx";
import { useNow } from "../parts/tick.ts";
import { ageWords, offWords, sinceWords, verdictWords } from "../parts/words.ts";
import { t } from "../translate.ts";

/** What the reader says of an agent, and what everybody should know who does something to it. */
export function AgentVerdict({ agent, at }: { readonly agent: Agent; readonly at: number | null }): ReactElement {
  const now = useNow();
  return (
    <Region title={agent.does} columns={6} isKnown>
      {() => (
        <>
          <p data-testid="verdict">
            <StatusBadge agent={agent} at={at} /> · {offWords(agent) ?? verdictWords(agent)}
            {sinceWords(agent, now)} · <RungBar agent={agent} /> {rungWords(agent)}
          </p>
          <Facts facts={factsOf(agent, now)} />
        </>
      )}
    </Region>
  );
}

function processWords(isUp: boolean | null): string {
  if (isUp === null) return t("word.not-known", "not known");
  return isUp ? t("agent.up", "up") : t("agent.down", "down");
}

function factsOf(agent: Agent, now: number) {
  const { criticality, consequence, group, parent, owner, version, lastHeartbeatAt, processUp } = agent;
  return {
    [t("agent.consequence", "When it does not work")]: `${criticality}, ${consequence}`,
    [t("agent.group", "Group")]: (
      <>
        <a href={hrefOf("agents", { group })}>@{group}</a>
        {parent === null ? null : (
          <>
            {" "}
            <Trans
              i18nKey="agent.under"
              defaults="under <above>{{parent}}</above>"
              values={{ parent }}
              components={{ above: <PageLink page={`agents/${parent}`} /> }}
            />
          </>
        )}
      </>
    ),
    [t("agent.owner", "Owner")]: owner,
    [t("agent.version", "Version")]: version ?? t("word.not-known", "not known"),
    [t("agent.process", "Process")]: processWords(processUp),
    [t("agent.heartbeat", "Last heartbeat")]:
      lastHeartbeatAt === null
        ? t("agent.no-heartbeat", "none yet")
        : t("word.ago", "{{age}} ago", { age: ageWords((now - lastHeartbeatAt) / 1000) }),
  };
}
