import { Button } from "@grafana/ui";
import type { ReactElement } from "react";
import { useAnswer } from "../api/answers.ts";
import type { Agent } from "../api/contract.ts";
import { agents as fleet, incidents, operations } from "../api/lists.ts";
import { useLiveList } from "../api/live-list.ts";
import type { Refusal } from "../api/refusal.ts";
import { CommandButton } from "../parts/command-button.tsx";
import { firingAgents, IncidentCard } from "../parts/incident-card.tsx";
import { Page } from "../parts/page.tsx";
import { changeQuery, hrefOf, usePlace } from "../parts/place.ts";
import { ProgressTracker } from "../parts/progress-tracker.tsx";
import { RefusalView } from "../parts/refusal-view.tsx";
import { Region, Skeleton } from "../parts/region.tsx";
import { useNow } from "../parts/tick.ts";
import { momentWords } from "../parts/words.ts";
import { t } from "../translate.ts";
import { AgentEvidence } from "./agent-evidence.tsx";
import { AgentFigures } from "./agent-figures.tsx";
import { AgentTabs } from "./agent-tabs.tsx";
import { AgentVerdict } from "./agent-verdict.tsx";
import { MoreCommands } from "./more-commands.tsx";

/** All about one agent. */
export default function AgentPage(): ReactElement {
  const { id } = usePlace();
  const name = id ?? "";
  const list = useLiveList(fleet);
  const one = useAnswer<{ agent: Agent }>(`api/v1/agents/${encodeURIComponent(name)}`, 5_000);
  // The list is live; what waits is only in the agent's own answer.
  const live = list.items.get(name);
  const agent =
    live === undefined ? one.content?.agent : { ...live, waiting: one.content?.agent.waiting ?? live.waiting };
  return (
    <Page
      title={name}
      above={{ title: t("page.agents", "Agents"), page: "agents" }}
      actions={one.refusal?.status === 404 ? null : <Actions id={name} />}
    >
      {agent === undefined ? (
        <div style={{ gridColumn: "1 / -1" }}>
          {one.refusal === null ? <Skeleton /> : <NotShown id={name} refusal={one.refusal} />}
        </div>
      ) : (
        <>
          <Moment />
          <Known agent={agent} at={list.at ?? one.at} />
        </>
      )}
    </Page>
  );
}

/** Links in messages are of a moment, `?at=1795142452`; what is told here of an agent is told of now. */
function Moment(): ReactElement | null {
  const { query } = usePlace();
  const at = Number(/^\d{10}$/.exec(query.get("at") ?? "")?.[0] ?? Number.NaN) * 1000;
  const now = useNow();
  if (Number.isNaN(at)) return null;
  const range = { from: String(at - AROUND_MS), to: String(at + AROUND_MS) };
  return (
    <p style={{ gridColumn: "1 / -1", margin: 0 }}>
      {t("agent.moment", "The link is of {{at}}, you see now.", { at: momentWords(at, now) })}{" "}
      <a href={hrefOf("metrics", range)}>{t("agent.then", "Figures of that time")}</a>{" "}
      <Button size="sm" variant="secondary" onClick={() => changeQuery({ at: null })}>
        {t("agent.now", "Now")}
      </Button>
    </p>
  );
}

const AROUND_MS = 15 * 60_000;

/** A name that is nobody's may be part of somebody's. */
function NotShown({ id, refusal }: { readonly id: string; readonly refusal: Refusal }): ReactElement {
  return (
    <>
      <RefusalView refusal={refusal} />
      {refusal.status === 404 ? (
        <p>
          <a href={hrefOf("agents", { q: id })}>{t("agent.search", "Agents with “{{id}}” in their name", { id })}</a>
        </p>
      ) : null}
    </>
  );
}

const verbs = () => [
  { command: "restart", label: t("verb.restart", "Restart…"), isDanger: true },
  { command: "pause", label: t("verb.pause", "Pause…"), isDanger: false },
  { command: "roll-call", label: t("verb.roll-call", "Roll call"), isDanger: false },
];
const more = () => [
  { command: "resume", label: t("verb.resume", "Resume…") },
  { command: "drain", label: t("verb.drain", "Drain…") },
  { command: "start", label: t("verb.start", "Start…") },
  { command: "stop", label: t("verb.stop", "Stop…") },
];

function Actions({ id }: { readonly id: string }): ReactElement {
  const firing = useFiring(id);
  return (
    <>
      {verbs().map(({ command, label, isDanger }) => (
        <CommandButton
          key={command}
          command={command}
          input={{ who: [id] }}
          label={label}
          isDanger={isDanger}
          incident={firing.length === 1 ? firing[0]?.id : undefined}
        />
      ))}
      <MoreCommands
        commands={[
          ...more().map((one) => ({ ...one, input: { who: [id] } })),
          { command: "why", label: t("verb.why", "Why?"), input: { about: id } },
        ]}
      />
    </>
  );
}

const useFiring = (id: string) =>
  [...useLiveList(incidents).items.values()].filter((one) => one.state === "firing" && firingAgents(one).includes(id));

function Known({ agent, at }: { readonly agent: Agent; readonly at: number | null }): ReactElement {
  const firing = useFiring(agent.id);
  const running = [...useLiveList(operations).items.values()].filter(
    (one) => one.state !== "ended" && one.targets.some((target) => target.agent === agent.id),
  );
  return (
    <>
      <AgentVerdict agent={agent} at={at} />
      <AgentEvidence id={agent.id} />
      {firing.length === 0 ? null : (
        <Region title={t("agent.firing", "Firing")} isKnown>
          {() => firing.map((incident) => <IncidentCard key={incident.id} incident={incident} />)}
        </Region>
      )}
      {running.map((operation) => (
        <Region key={operation.id} title={`${operation.command} (${operation.id})`} isKnown>
          {() => <ProgressTracker operation={operation} />}
        </Region>
      ))}
      <AgentFigures agent={agent} at={at} />
      <AgentTabs agent={agent} />
    </>
  );
}
