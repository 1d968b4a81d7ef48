import type { ReactElement } from "react";
import type { Agent } from "../api/contract.ts";
import { Facts } from "../parts/facts.tsx";
import { hrefOf } from "../parts/place.ts";
import { Region } from "../parts/region.tsx";
import { RungBar, StatusBadge } from "../parts/status-badge.tsx";
import { useNow } from "../parts/tick.ts";
import { ageWords, momentWords, offWords, verdictWords } from "../parts/words.ts";

/** What the reader says of an agent, and what everybody should know who does something to it. */
export function AgentVerdict({ agent, at }: { readonly agent: Agent; readonly at: number | null }): ReactElement {
  const now = useNow();
  const rung = agent.rung === null ? "rung unknown" : `rung ${agent.rung} of ${agent.provable}`;
  return (
    <Region title={agent.does} columns={6} isKnown>
      {() => (
        <>
          <p data-testid="verdict">
            <StatusBadge agent={agent} at={at} /> · {offWords(agent) ?? verdictWords(agent)}
            {agent.since === null ? "" : ` since ${momentWords(agent.since, now)}`} · <RungBar agent={agent} /> {rung}
          </p>
          <Facts facts={factsOf(agent, now)} />
        </>
      )}
    </Region>
  );
}

const PROCESS_WORDS = new Map([
  [true, "up"],
  [false, "down"],
]);

function factsOf(agent: Agent, now: number) {
  const { criticality, consequence, group, parent, owner, version, lastHeartbeatAt, processUp } = agent;
  return {
    "When it does not work": `${criticality}, ${consequence}`,
    Group: (
      <>
        <a href={hrefOf("agents", { group })}>@{group}</a>
        {parent === null ? null : (
          <>
            {" "}
            under <a href={hrefOf(`agents/${parent}`)}>{parent}</a>
          </>
        )}
      </>
    ),
    Owner: owner,
    Version: version ?? "not known",
    Process: (processUp === null ? undefined : PROCESS_WORDS.get(processUp)) ?? "not known",
    "Last heartbeat": lastHeartbeatAt === null ? "none yet" : `${ageWords((now - lastHeartbeatAt) / 1000)} ago`,
  };
}
