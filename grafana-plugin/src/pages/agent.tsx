import { Tab, TabContent, TabsBar } from "@grafana/ui";
import type { ReactElement } from "react";
import { useAnswer } from "../api/answers.ts";
import type { Agent, Operation, OperationsAnswer } from "../api/contract.ts";
import { agents as fleet, incidents, operations } from "../api/lists.ts";
import { useLiveList } from "../api/live-list.ts";
import { CommandButton } from "../parts/command-button.tsx";
import { firingAgents, IncidentCard } from "../parts/incident-card.tsx";
import { MoreCommands } from "../parts/more-commands.tsx";
import { operationEntry } from "../parts/operation-words.ts";
import { Page } from "../parts/page.tsx";
import { changeQuery, hrefOf, usePlace } from "../parts/place.ts";
import { ProgressTracker } from "../parts/progress-tracker.tsx";
import { RefusalView } from "../parts/refusal-view.tsx";
import { Region, Skeleton } from "../parts/region.tsx";
import { RungBar, StatusBadge } from "../parts/status-badge.tsx";
import { useNow } from "../parts/tick.ts";
import { Timeline } from "../parts/timeline.tsx";
import { ageWords, momentWords, offWords, verdictWords } from "../parts/words.ts";
import { AgentResources } from "./agent-resources.tsx";

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
    <Page title={name} above={{ title: "Agents", page: "agents" }} actions={<Actions id={name} />}>
      {agent === undefined ? (
        <div style={{ gridColumn: "1 / -1" }}>
          {one.refusal === null ? <Skeleton /> : <RefusalView refusal={one.refusal} />}
        </div>
      ) : (
        <Known agent={agent} at={list.at ?? one.at} />
      )}
    </Page>
  );
}

const VERBS = [
  { command: "restart", label: "Restart…", isDanger: true },
  { command: "pause", label: "Pause…", isDanger: false },
  { command: "roll-call", label: "Roll call", isDanger: false },
];
const MORE = [
  { command: "resume", label: "Resume…" },
  { command: "drain", label: "Drain…" },
  { command: "start", label: "Start…" },
  { command: "stop", label: "Stop…" },
];

function Actions({ id }: { readonly id: string }): ReactElement {
  return (
    <>
      {VERBS.map(({ command, label, isDanger }) => (
        <CommandButton key={command} command={command} input={{ who: [id] }} label={label} isDanger={isDanger} />
      ))}
      <MoreCommands
        commands={[
          ...MORE.map((one) => ({ ...one, input: { who: [id] } })),
          { command: "why", label: "Why?", input: { about: id } },
        ]}
      />
    </>
  );
}

function Known({ agent, at }: { readonly agent: Agent; readonly at: number | null }): ReactElement {
  const firing = [...useLiveList(incidents).items.values()].filter(
    (one) => one.state === "firing" && firingAgents(one).includes(agent.id),
  );
  const running = [...useLiveList(operations).items.values()].filter(
    (one) => one.state !== "ended" && one.targets.some((target) => target.agent === agent.id),
  );
  return (
    <>
      <Verdict agent={agent} at={at} />
      {firing.length === 0 ? null : (
        <Region title="Firing" isKnown>
          {() => firing.map((incident) => <IncidentCard key={incident.id} incident={incident} />)}
        </Region>
      )}
      {running.map((operation) => (
        <Region key={operation.id} title={`${operation.command} (${operation.id})`} isKnown>
          {() => <ProgressTracker operation={operation} />}
        </Region>
      ))}
      <Tabs agent={agent} />
    </>
  );
}

function Verdict({ agent, at }: { readonly agent: Agent; readonly at: number | null }): ReactElement {
  const now = useNow();
  return (
    <Region title={agent.does} isKnown>
      {() => (
        <>
          <p data-testid="verdict">
            <StatusBadge agent={agent} at={at} /> · {offWords(agent) ?? verdictWords(agent)}
            {agent.since === null ? "" : ` since ${momentWords(agent.since, now)}`} · <RungBar agent={agent} />{" "}
            {agent.rung === null ? "rung unknown" : `rung ${agent.rung} of ${agent.provable}`}
          </p>
          <p>{factsOf(agent, now).join(" · ")}</p>
        </>
      )}
    </Region>
  );
}

const PROCESS_WORDS = new Map([
  [true, "process up"],
  [false, "process down"],
]);

function factsOf(agent: Agent, now: number): string[] {
  const { criticality, consequence, group, parent, owner, version, lastHeartbeatAt, processUp } = agent;
  const beat =
    lastHeartbeatAt === null ? "no heartbeat yet" : `last heartbeat ${ageWords((now - lastHeartbeatAt) / 1000)} ago`;
  return [
    `${criticality}, ${consequence} when it does not work`,
    `group ${group}${parent === null ? "" : ` under ${parent}`}`,
    `owner ${owner}`,
    `version ${version ?? "not known"}`,
    (processUp === null ? undefined : PROCESS_WORDS.get(processUp)) ?? "process not known",
    beat,
  ];
}

const TABS = ["timeline", "bus", "configuration", "metrics"] as const;

function Tabs({ agent }: { readonly agent: Agent }): ReactElement {
  const { query } = usePlace();
  const tab = TABS.find((one) => one === query.get("tab")) ?? "timeline";
  return (
    <div style={{ gridColumn: "1 / -1" }}>
      <TabsBar>
        {TABS.map((one) => (
          <Tab
            key={one}
            label={one.charAt(0).toUpperCase() + one.slice(1)}
            active={tab === one}
            onChangeTab={() => changeQuery({ tab: one })}
          />
        ))}
      </TabsBar>
      <TabContent>
        {tab === "timeline" ? <History id={agent.id} /> : null}
        {tab === "bus" ? <Waiting agent={agent} /> : null}
        {tab === "configuration" ? <Declared agent={agent} /> : null}
        {tab === "metrics" ? <AgentResources id={agent.id} /> : null}
      </TabContent>
    </div>
  );
}

function History({ id }: { readonly id: string }): ReactElement {
  const { content, refusal } = useAnswer<OperationsAnswer>(
    `api/v1/operations?agent=${encodeURIComponent(id)}&limit=100`,
    15_000,
  );
  const live = useLiveList(operations).items;
  const all = (content?.operations ?? []).map((operation: Operation) => live.get(operation.id) ?? operation);
  return (
    <Region title="What was done" isKnown={content !== undefined} refusal={refusal}>
      {() => <Timeline entries={all.map(operationEntry)} empty="Nothing was done to it yet." />}
    </Region>
  );
}

function Waiting({ agent }: { readonly agent: Agent }): ReactElement {
  return (
    <Region title="What waits" isKnown={agent.waiting !== null}>
      {() => (
        <table>
          <thead>
            <tr>
              <th>Topic</th>
              <th>Waiting</th>
              <th>In hand</th>
            </tr>
          </thead>
          <tbody>
            {(agent.waiting ?? []).map(({ topic, lag, pending }) => (
              <tr key={topic}>
                <td>{topic}</td>
                <td>{lag ?? "unknown"}</td>
                <td>{pending}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Region>
  );
}

function Declared({ agent }: { readonly agent: Agent }): ReactElement {
  const { desired, labels, runbook } = agent;
  const wanted = `${desired.state}${desired.by === null ? "" : `, by ${desired.by}`}`;
  return (
    <Region title="As fleet.yaml and people want it" isKnown>
      {() => (
        <dl>
          <dt>Wanted</dt>
          <dd>{wanted}</dd>
          <dt>Labels</dt>
          <dd>
            {Object.entries(labels)
              .map(([name, value]) => `${name}=${value}`)
              .join(", ") || "none"}
          </dd>
          <dt>Runbook</dt>
          <dd>{runbook ?? "none"}</dd>
          <dt>All of its group</dt>
          <dd>
            <a href={hrefOf("agents", { group: agent.group })}>@{agent.group}</a>
          </dd>
        </dl>
      )}
    </Region>
  );
}
