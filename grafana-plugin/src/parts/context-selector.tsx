import { Combobox } from "@grafana/ui";
import { type ReactElement, useMemo } from "react";
import { agents } from "../api/lists.ts";
import { useLiveList } from "../api/live-list.ts";
import { t } from "../translate.ts";
import { chooseContext, readContext, useContextChoice } from "./context.ts";
import { Labelled } from "./labelled.tsx";
import { usePlace } from "./place.ts";

/** Fleet, group or agent, with search: one choice for all pages and tabs; × clears it. */
export function ContextSelector(): ReactElement {
  const { items } = useLiveList(agents);
  const chosen = useContextChoice(usePlace());
  const options = useMemo(() => {
    const all = [...items.values()];
    const groups = [...new Set(all.map(({ group }) => group))].toSorted();
    return [
      ...groups.map((group) => ({
        value: `group:${group}`,
        label: `@${group}`,
        description: t("word.group", "group"),
      })),
      ...all
        .map(({ id, group }) => ({ value: `agent:${id}`, label: id, description: group }))
        .toSorted((a, b) => (a.label < b.label ? -1 : 1)),
    ];
  }, [items]);
  return (
    <Labelled label={t("part.context", "Group or agent")}>
      {(labelId) => (
        <Combobox
          aria-labelledby={labelId}
          placeholder={t("part.whole-fleet", "Whole fleet")}
          isClearable
          width={24}
          options={options}
          value={chosen === null ? null : `${chosen.kind}:${chosen.name}`}
          onChange={(option) => chooseContext(option === null ? null : readContext(option.value))}
        />
      )}
    </Labelled>
  );
}
