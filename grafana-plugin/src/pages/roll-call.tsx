import { Button, Input, useStyles2 } from "@grafana/ui";
import { type ReactElement, useState } from "react";
import { useCommand } from "../api/commands.ts";
import type { Agent } from "../api/contract.ts";
import { Refusal } from "../api/refusal.ts";
import { newKey, type Outcome, runCommand } from "../api/run-command.ts";
import { CommandButton } from "../parts/command-button.tsx";
import { type Context, useContextChoice } from "../parts/context.ts";
import { ExportMenu } from "../parts/export-menu.tsx";
import { Page } from "../parts/page.tsx";
import { changeQuery, hrefOf, usePlace } from "../parts/place.ts";
import { RefusalView } from "../parts/refusal-view.tsx";
import { Region, Skeleton } from "../parts/region.tsx";
import { ReportText } from "../parts/report-text.tsx";
import { HealthMark, RungBar } from "../parts/status-badge.tsx";
import { getTableStyles } from "../parts/table-style.ts";
import { useNow } from "../parts/tick.ts";
import { markOfAgent, momentWords, verdictWords } from "../parts/words.ts";

type Called = Pick<Agent, "id" | "verdict" | "rung" | "health" | "note" | "since" | "provable">;
interface Roll {
  readonly at: number;
  readonly tookMs: number;
  readonly problems: readonly string[];
  readonly agents: readonly Called[];
}
type Report = (Outcome & { kind: "report" })["report"];

interface Calling {
  readonly roll: { readonly roll: Roll; readonly report: Report } | null;
  readonly refusal: Refusal | null;
  readonly isAsking: boolean;
}

/** The newest roll stays while another is called. */
function useRollCall(): Calling & { call: (who: string) => Promise<void> } {
  const [calling, setCalling] = useState<Calling>({ roll: null, refusal: null, isAsking: false });
  const call = async (who: string): Promise<void> => {
    setCalling(({ roll }) => ({ roll, refusal: null, isAsking: true }));
    try {
      const input = { who: who.split(/\s+/).filter((word) => word !== "") };
      const outcome = await runCommand({ command: "roll-call", input, key: newKey() });
      const roll = outcome.kind === "report" ? { roll: outcome.data as Roll, report: outcome.report } : null;
      setCalling({ roll, refusal: null, isAsking: false });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      setCalling(({ roll }) => ({ roll, refusal: error, isAsking: false }));
    }
  };
  return { ...calling, call };
}

/** Every expected agent proves that it works, now. */
export default function RollCall(): ReactElement {
  const place = usePlace();
  const context = useContextChoice(place);
  const who = place.query.get("who") ?? (context === null ? "" : wordOf(context));
  const { roll, refusal, isAsking, call } = useRollCall();
  return (
    <Page title="Roll call">
      <CallForm who={who} isAsking={isAsking} onCall={() => void call(who)} />
      {refusal === null ? null : (
        <div style={WHOLE_ROW}>
          <RefusalView refusal={refusal} />
        </div>
      )}
      {roll === null ? <NoRoll isAsking={isAsking} /> : <RollView roll={roll.roll} report={roll.report} />}
    </Page>
  );
}

const WHOLE_ROW = { gridColumn: "1 / -1" };
const wordOf = ({ kind, name }: Context): string => (kind === "group" ? `@${name}` : name);

const NoRoll = ({ isAsking }: { readonly isAsking: boolean }): ReactElement => (
  <div style={WHOLE_ROW}>{isAsking ? <Skeleton /> : "No roll call yet on this page. It takes about 2 s."}</div>
);

interface CallFormProps {
  readonly who: string;
  readonly isAsking: boolean;
  readonly onCall: () => void;
}

function CallForm({ who, isAsking, onCall }: CallFormProps): ReactElement {
  const whyNot = useCommand("roll-call")?.whyNot ?? null;
  return (
    <form
      style={{ ...WHOLE_ROW, display: "flex", gap: 8, flexWrap: "wrap" }}
      onSubmit={(event) => {
        event.preventDefault();
        if (!isAsking) onCall();
      }}
    >
      <Input
        aria-label="Who"
        placeholder="all, or: billing @orders owner=payments"
        data-search
        value={who}
        onChange={(event) => changeQuery({ who: event.currentTarget.value })}
        width={40}
      />
      <Button type="submit" disabled={isAsking || whyNot !== null}>
        {isAsking ? "Calling…" : "Run"}
      </Button>
      {whyNot === null ? null : <span role="alert">{whyNot}</span>}
    </form>
  );
}

function RollView({ roll, report }: { readonly roll: Roll; readonly report: Report }): ReactElement {
  const now = useNow();
  const sick = roll.agents.filter(({ health }) => health === "critical").map(({ id }) => id);
  const rows = [...roll.agents].toSorted((a, b) => rank(a) - rank(b) || (a.id < b.id ? -1 : 1));
  return (
    <Region
      title="Answers"
      isKnown
      actions={
        <ExportMenu
          name="roll-call"
          rows={() => rows.map(({ id, verdict, rung, health, note }) => ({ id, verdict, rung, health, note }))}
        />
      }
    >
      {() => (
        <>
          <p data-testid="roll-headline">
            <ReportText text={report.headline} now={now} /> · {(roll.tookMs / 1000).toFixed(1)} s · as of{" "}
            {momentWords(roll.at, now)}
            {roll.problems.map((problem) => ` · ${problem}`)}
          </p>
          {sick.length > 0 && sick.length <= 20 ? (
            <CommandButton
              command="restart"
              input={{ who: sick }}
              label={sick.length === 1 ? `Restart ${sick[0]}…` : `Restart ${sick.length}…`}
              isDanger
            />
          ) : null}
          <RollTable rows={rows} now={now} />
        </>
      )}
    </Region>
  );
}

function RollTable({ rows, now }: { readonly rows: readonly Called[]; readonly now: number }): ReactElement {
  const styles = useStyles2(getTableStyles);
  return (
    <div className={styles.scroller}>
      <table className={styles.table}>
        <thead>
          <tr>
            {["agent", "verdict", "rungs", "since"].map((name) => (
              <th key={name}>{name}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((agent) => (
            <tr key={agent.id}>
              <th scope="row">
                <HealthMark health={agent.health} mark={markOfAgent(agent)} />{" "}
                <a href={hrefOf(`agents/${agent.id}`)}>{agent.id}</a>
              </th>
              <td>{verdictWords(agent)}</td>
              <td>
                <RungBar agent={agent} />
              </td>
              <td>{agent.since === null ? "" : momentWords(agent.since, now)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const ORDER = ["critical", "unknown", "degraded", "off", "healthy"];
const rank = ({ health }: Called): number => ORDER.indexOf(health);
