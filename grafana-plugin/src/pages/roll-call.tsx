import { Button, Input } from "@grafana/ui";
import { type ReactElement, useState } from "react";
import { useCommand } from "../api/commands.ts";
import type { Report } from "../api/contract.ts";
import { CommandButton } from "../parts/command-button.tsx";
import { type Context, useContextChoice } from "../parts/context.ts";
import { ExportMenu } from "../parts/export-menu.tsx";
import { Page } from "../parts/page.tsx";
import { changeQuery, usePlace } from "../parts/place.ts";
import { RefusalView } from "../parts/refusal-view.tsx";
import { Region, Skeleton } from "../parts/region.tsx";
import { ReportText } from "../parts/report-text.tsx";
import { useNow } from "../parts/tick.ts";
import { fixed, momentWords } from "../parts/words.ts";
import { t } from "../translate.ts";
import { type Calling, type Roll, useRollCall } from "./call-roll.ts";
import { EarlierRollsView, useEarlierRolls } from "./earlier-rolls.tsx";
import { inOrder, RollTable } from "./roll-table.tsx";
import { NoStream, RunningRoll } from "./running-roll.tsx";

/** Every expected agent proves that it works, now; and what the roll calls before have found. */
export default function RollCall(): ReactElement {
  const place = usePlace();
  const context = useContextChoice(place);
  const chosen = context === null ? "" : wordOf(context);
  const { call, ...calling } = useRollCall();
  const earlier = useEarlierRolls();
  const { refusal, isAsking } = calling;
  return (
    <Page title={t("page.roll-call", "Roll call")}>
      <CallForm
        key={chosen}
        start={place.query.get("who") ?? chosen}
        isAsking={isAsking}
        onCall={(who) => void call(who).then(earlier.again)}
      />
      {refusal === null ? null : (
        <div style={WHOLE_ROW}>
          <RefusalView refusal={refusal} />
        </div>
      )}
      {isAsking ? <NoStream /> : null}
      <Answers calling={calling} />
      <EarlierRollsView rolls={earlier} place={place} />
    </Page>
  );
}

function Answers({ calling: { roll, soFar, isAsking } }: { readonly calling: Calling }): ReactElement {
  if (soFar !== null) return <RunningRoll soFar={soFar} isOver={!isAsking} />;
  return roll === null ? <NoRoll isAsking={isAsking} /> : <RollView roll={roll.roll} report={roll.report} />;
}

const WHOLE_ROW = { gridColumn: "1 / -1" };
const wordOf = ({ kind, name }: Context): string => (kind === "group" ? `@${name}` : name);

const NoRoll = ({ isAsking }: { readonly isAsking: boolean }): ReactElement => (
  <div style={WHOLE_ROW}>
    {isAsking ? <Skeleton /> : t("roll.none", "No roll call yet on this page. It takes about 2 s.")}
  </div>
);

interface CallFormProps {
  /** What stands in the field at first. */
  readonly start: string;
  readonly isAsking: boolean;
  readonly onCall: (who: string) => void;
}

function CallForm({ start, isAsking, onCall }: CallFormProps): ReactElement {
  const [who, setWho] = useState(start);
  const whyNot = useCommand("roll-call")?.whyNot ?? null;
  return (
    <form
      style={{ ...WHOLE_ROW, display: "flex", gap: 8, flexWrap: "wrap" }}
      onSubmit={(event) => {
        event.preventDefault();
        if (!isAsking) onCall(who);
      }}
    >
      <Input
        aria-label={t("roll.who", "Who")}
        placeholder={t("roll.who-hint", "all, or: billing @orders owner=payments")}
        data-search
        value={who}
        onChange={({ currentTarget: { value } }) => {
          setWho(value);
          changeQuery({ who: value });
        }}
        width={40}
      />
      <Button type="submit" disabled={isAsking || whyNot !== null}>
        {isAsking ? t("roll.calling", "Calling…") : t("verb.run", "Run")}
      </Button>
      {whyNot === null ? null : <span role="alert">{whyNot}</span>}
    </form>
  );
}

function RollView({ roll, report }: { readonly roll: Roll; readonly report: Report }): ReactElement {
  const now = useNow();
  const sick = roll.agents.filter(({ health }) => health === "critical").map(({ id }) => id);
  const rows = inOrder(roll.agents);
  return (
    <Region
      title={t("roll.answers", "Answers")}
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
            <ReportText text={report.headline} now={now} /> · {fixed(roll.tookMs / 1000, 1)} s ·{" "}
            {t("roll.as-of", "as of {{at}}", { at: momentWords(roll.at, now) })}
            {roll.problems.map((problem) => ` · ${problem}`)}
          </p>
          {sick.length > 0 && sick.length <= 20 ? (
            <CommandButton
              command="restart"
              input={{ who: sick }}
              label={t("bulk.restart", "Restart {{n}}…", { n: sick.length === 1 ? sick[0] : sick.length })}
              isDanger
            />
          ) : null}
          <RollTable rows={rows} now={now} />
        </>
      )}
    </Region>
  );
}
