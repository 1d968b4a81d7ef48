import { Combobox } from "@grafana/ui";
import { type ReactElement, useMemo } from "react";
import { agents, incidents, operations, requests } from "../api/lists.ts";
import { useLiveList } from "../api/live-list.ts";
import { incidentWords } from "../parts/incident-card.tsx";
import { Labelled } from "../parts/labelled.tsx";
import { wishWords } from "../parts/operation-entry.tsx";
import { goTo } from "../parts/place.ts";
import { listed } from "../parts/words.ts";
import { t } from "../translate.ts";
import { placeOfId } from "./place-of-id.ts";

/** A field that takes any id, and offers those that are known. */
export default function GoTo({ onDismiss }: { readonly onDismiss?: () => void }): ReactElement {
  const options = useOptions();
  return (
    <Labelled label={t("go-to.label", "Agent, operation, request, incident or row of the audit log")}>
      {(labelId) => (
        <Combobox
          aria-labelledby={labelId}
          placeholder="billing, op-481, req-31, inc-7, a-41207"
          autoFocus
          createCustomValue
          options={options}
          value={null}
          onChange={({ value }) => {
            const { page, query } = placeOfId(value);
            goTo(page, query);
            onDismiss?.();
          }}
        />
      )}
    </Labelled>
  );
}

function useOptions() {
  const fleet = useLiveList(agents).items;
  const done = useLiveList(operations).items;
  const asked = useLiveList(requests).items;
  const fires = useLiveList(incidents).items;
  return useMemo(
    () => [
      ...[...fleet.values()].map(({ id, does }) => ({ value: id, label: id, description: does })),
      ...[...done.values()].map((one) => ({ value: one.id, label: one.id, description: wishWords(one) })),
      ...[...asked.values()].map(({ id, command, targets }) => ({
        ...{ value: id, label: id, description: `${command} ${listed(targets)}` },
      })),
      ...[...fires.values()].map((one) => ({ value: one.id, label: one.id, description: incidentWords(one) })),
    ],
    [fleet, done, asked, fires],
  );
}
