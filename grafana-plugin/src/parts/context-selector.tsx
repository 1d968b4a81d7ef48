import { Combobox, type ComboboxOption } from "@grafana/ui";
import { memo, type ReactElement } from "react";
import { agents } from "../api/lists.ts";
import { t } from "../translate.ts";
import { chooseContext, readContext, useContextChoice } from "./context.ts";
import { Labelled } from "./labelled.tsx";
import { usePlace } from "./place.ts";

/** Fleet, group or agent, with search: one choice for all pages and tabs; × clears it. */
export function ContextSelector(): ReactElement {
  const chosen = useContextChoice(usePlace());
  return <Choice value={chosen === null ? null : `${chosen.kind}:${chosen.name}`} />;
}

interface ChoiceProps {
  /** `group:orders` */
  readonly value: string | null;
}

// Grafana's Combobox measures the page whenever it is drawn: only if the choice is another one.
const Choice = memo(function Choice({ value }: ChoiceProps): ReactElement {
  return (
    <Labelled label={t("part.context", "Group or agent")}>
      {(labelId) => (
        <Combobox
          aria-labelledby={labelId}
          placeholder={t("part.whole-fleet", "Whole fleet")}
          isClearable
          width={24}
          options={optionsFor}
          value={value === null ? null : { value, label: labelOf(value) }}
          onChange={(option) => chooseContext(option === null ? null : readContext(option.value))}
        />
      )}
    </Labelled>
  );
});

const labelOf = (value: string): string => value.replace("group:", "@").replace("agent:", "");

/** Groups, then agents, of whose names the words are a part. They are looked for when the list is opened, not kept ready. */
export async function optionsFor(words: string): Promise<ComboboxOption[]> {
  if (agents.store.get().at === null) await agents.read();
  const all = [...agents.store.get().items.values()];
  const groups = [...new Set(all.map(({ group }) => group))].map((group) => ({
    value: `group:${group}`,
    description: t("word.group", "group"),
  }));
  const everyone = all.map(({ id, group }) => ({ value: `agent:${id}`, description: group }));
  const wanted = words.trim().toLowerCase();
  return [groups, everyone].flatMap((some) =>
    some
      .map((option) => ({ ...option, label: labelOf(option.value) }))
      .filter(({ label }) => label.includes(wanted))
      .toSorted(
        (a, b) =>
          Number(b.label.startsWith(wanted)) - Number(a.label.startsWith(wanted)) || (a.label < b.label ? -1 : 1),
      ),
  );
}
