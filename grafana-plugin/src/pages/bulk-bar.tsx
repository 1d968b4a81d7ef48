import { Button } from "@grafana/ui";
import type { ReactElement } from "react";
import { useCommands } from "../api/commands.ts";
import { CommandButton } from "../parts/command-button.tsx";
import { t } from "../translate.ts";

/** Verbs that take WHO, in the order of their danger; those that this service does not have are left out. */
const VERBS: Readonly<Record<string, (n: number) => string>> = {
  "roll-call": (n) => t("bulk.roll-call", "Roll call {{n}}…", { n }),
  pause: (n) => t("bulk.pause", "Pause {{n}}…", { n }),
  resume: (n) => t("bulk.resume", "Resume {{n}}…", { n }),
  drain: (n) => t("bulk.drain", "Drain {{n}}…", { n }),
  start: (n) => t("bulk.start", "Start {{n}}…", { n }),
  restart: (n) => t("bulk.restart", "Restart {{n}}…", { n }),
  stop: (n) => t("bulk.stop", "Stop {{n}}…", { n }),
};

/** A command takes at most a hundred words of WHO. */
const MOST_NAMED = 100;

interface BulkBarProps {
  readonly selected: ReadonlySet<string>;
  readonly onClear: () => void;
}

/** What may be done to all that are selected. */
export function BulkBar({ selected, onClear }: BulkBarProps): ReactElement | null {
  const { content } = useCommands();
  if (selected.size === 0) return null;
  const known = Object.entries(VERBS).flatMap(([verb, label]) => {
    const found = content?.commands.find(({ name }) => name === verb);
    return found === undefined ? [] : [{ ...found, label: label(selected.size) }];
  });
  return (
    <div
      role="toolbar"
      aria-label={t("bulk.toolbar", "For the selected")}
      style={{ display: "flex", gap: 8, flexWrap: "wrap", alignItems: "center", padding: "4px 0" }}
    >
      <strong>
        {t("bulk.selected", "{{count}} agents selected", {
          count: selected.size,
          defaultValue_one: "{{count}} agent selected",
        })}
      </strong>
      {selected.size > MOST_NAMED ? (
        <span>{t("bulk.too-many", "Choose at most {{n}}, or use @group in a command.", { n: MOST_NAMED })}</span>
      ) : (
        known.map(({ name, danger, label }) => (
          <CommandButton
            key={name}
            command={name}
            input={{ who: [...selected] }}
            label={label}
            isDanger={danger >= 2}
          />
        ))
      )}
      <Button size="sm" fill="text" onClick={onClear}>
        {t("verb.clear", "Clear")}
      </Button>
    </div>
  );
}
