import { Button, Input } from "@grafana/ui";
import { type FormEvent, type ReactElement, useEffect, useState } from "react";
import { Page } from "../parts/page.tsx";
import { goTo, usePlace } from "../parts/place.ts";
import { useReadCommand } from "../parts/read-command.ts";
import { Region } from "../parts/region.tsx";
import { ReportView } from "../parts/report-view.tsx";
import { t } from "../translate.ts";

/** Where an event of a topic leads, or what followed from one event, hop by hop; the address names it: `bus/trace/orders.received`. */
export default function BusTrace(): ReactElement {
  const { id } = usePlace();
  const what = id?.slice("trace/".length).trim() ?? "";
  const [typed, setTyped] = useState(what);
  useEffect(() => setTyped(what), [what]);
  const trace = (event: FormEvent): void => {
    event.preventDefault();
    if (typed.trim() !== "") goTo(`bus/trace/${typed.trim()}`);
  };
  return (
    <Page
      title={t("bus.route", "Route of a message")}
      above={{ title: t("page.bus", "Event bus"), page: "bus" }}
      ignoresContext
    >
      <form onSubmit={trace} style={{ gridColumn: "1 / -1", display: "flex", gap: 8 }}>
        <Input
          aria-label={t("bus.route-of", "A topic, or the id of an event or of its trace")}
          placeholder={t("bus.route-of", "A topic, or the id of an event or of its trace")}
          data-search
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        <Button type="submit" disabled={typed.trim() === ""}>
          {t("bus.trace-it", "Follow it")}
        </Button>
      </form>
      {what === "" ? (
        <p style={{ gridColumn: "1 / -1" }}>
          {t(
            "bus.route-hint",
            "A topic is tried with marked messages that no handler sees. An event is found by the id that a log line or a dead letter names.",
          )}
        </p>
      ) : (
        <Route key={what} what={what} />
      )}
    </Page>
  );
}

function Route({ what }: { readonly what: string }): ReactElement {
  const { report, refusal, again } = useReadCommand("bus-trace", { what }, null);
  return (
    <Region title={what} columns={12} isKnown={report !== null} refusal={refusal} onRetry={again}>
      {() => (report === null ? null : <ReportView report={report} />)}
    </Region>
  );
}
