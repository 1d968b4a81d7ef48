import { Button } from "@grafana/ui";
import type { ReactElement } from "react";
import { useCommands } from "../api/commands.ts";
import { CommandButton } from "../parts/command-button.tsx";
import { counted } from "../parts/words.ts";

/** Verbs that take WHO, in the order of their danger; those that this service does not have are left out. */
const VERBS = ["roll-call", "pause", "resume", "drain", "start", "restart", "stop"];

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
  const known = VERBS.flatMap((verb) => content?.commands.find(({ name }) => name === verb) ?? []);
  return (
    <div
      role="toolbar"
      aria-label="For the selected"
      style={{ display: "flex", gap: 8, flexWrap: "wrap", alignItems: "center", padding: "4px 0" }}
    >
      <strong>{counted(selected.size, "agent")} selected</strong>
      {selected.size > MOST_NAMED ? (
        <span>Choose at most {MOST_NAMED}, or use @group in a command.</span>
      ) : (
        known.map(({ name, danger }) => (
          <CommandButton
            key={name}
            command={name}
            input={{ who: [...selected] }}
            label={`${labelOf(name)} ${selected.size}…`}
            isDanger={danger >= 2}
          />
        ))
      )}
      <Button size="sm" fill="text" onClick={onClear}>
        Clear
      </Button>
    </div>
  );
}

const labelOf = (command: string): string => {
  const words = command.replaceAll("-", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
};
