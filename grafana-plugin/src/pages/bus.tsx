import { FilterInput } from "@grafana/ui";
import type { ApiThroughput } from "@rollcall/core/figures-contract.ts";
import type { ReactElement } from "react";
import { useAnswer } from "../api/answers.ts";
import { CommandButton } from "../parts/command-button.tsx";
import { MetricCard } from "../parts/metric-card.tsx";
import { Page } from "../parts/page.tsx";
import { changeQuery, usePlace } from "../parts/place.ts";
import { useReadCommand } from "../parts/read-command.ts";
import { Region } from "../parts/region.tsx";
import { ReportView } from "../parts/report-view.tsx";

/** Rates, declared against actual, who waits, what was put aside; a marked message to try the way. */
export default function Bus(): ReactElement {
  const { query } = usePlace();
  const pattern = query.get("q") ?? "";
  return (
    <Page title="Event bus" ignoresContext actions={<CommandButton command="bus-test" label="Test message…" />}>
      <Throughput />
      <Read title="Now" command="bus" input={{}} everyMs={5_000} />
      <Read title="Dead letters" command="dead-letters" input={{}} everyMs={15_000} />
      <div style={{ gridColumn: "1 / -1" }}>
        <FilterInput
          placeholder="Subscriptions: part of a pattern, a topic or an agent"
          data-search
          escapeRegex={false}
          value={pattern}
          onChange={(text) => changeQuery({ q: text })}
        />
      </div>
      <Read title="Subscriptions, declared against actual" command="bus-subs" input={{ pattern }} everyMs={10_000} />
      <Read title="Topics" command="bus-topics" input={{ text: pattern }} everyMs={10_000} />
    </Page>
  );
}

function Throughput(): ReactElement {
  const { content, refusal, at } = useAnswer<ApiThroughput>("api/v1/figures/throughput?range=5m&step=5&top=5", 5_000);
  return (
    <Region title="Five minutes" isKnown={content !== undefined} refusal={refusal}>
      {() => (
        <div style={{ display: "grid", gridTemplateColumns: "repeat(auto-fill, minmax(180px, 1fr))", gap: 16 }}>
          {(content?.series ?? []).map(({ measure, of, unit, ageSeconds, reason, points }) => (
            <MetricCard
              key={`${measure} ${of ?? ""}`}
              label={of === null ? measure : `${measure}, ${of}`}
              value={points.at(-1)?.[1] ?? null}
              unit={unit}
              reason={reason}
              at={at === null || ageSeconds === null ? null : at - ageSeconds * 1000}
              points={points}
            />
          ))}
        </div>
      )}
    </Region>
  );
}

interface ReadProps {
  readonly title: string;
  readonly command: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly everyMs: number;
}

/** The answer of a command that looks, in the words of Slack. */
function Read({ title, command, input, everyMs }: ReadProps): ReactElement {
  const { report, refusal, again } = useReadCommand(command, input, everyMs);
  return (
    <Region title={title} columns={6} isKnown={report !== null} refusal={refusal} onRetry={again}>
      {() => (report === null ? null : <ReportView report={report} />)}
    </Region>
  );
}
