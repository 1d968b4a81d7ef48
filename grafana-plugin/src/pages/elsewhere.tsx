import { Button } from "@grafana/ui";
import type { ReactElement } from "react";
import type { Incident } from "../api/contract.ts";
import { useConcerns } from "../parts/concerns.ts";
import { chooseContext } from "../parts/context.ts";
import { firingAgents } from "../parts/incident-card.tsx";
import { t } from "../translate.ts";

/** What fires outside of the group or agent that all pages look at: a choice of yesterday must not hide it. */
export function Elsewhere({ incidents }: { readonly incidents: readonly Incident[] }): ReactElement | null {
  const concerns = useConcerns();
  const { length } = incidents.filter((incident) => incident.state === "firing" && !concerns(firingAgents(incident)));
  if (length === 0) return null;
  return (
    <p>
      {t("alerts.elsewhere", "{{count}} more fire outside of what you look at.", {
        count: length,
        defaultValue_one: "{{count}} more fires outside of what you look at.",
      })}{" "}
      <Button size="sm" variant="secondary" onClick={() => chooseContext(null)}>
        {t("alerts.whole-fleet", "Look at the whole fleet")}
      </Button>
    </p>
  );
}
