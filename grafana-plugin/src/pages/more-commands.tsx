import { Button, Dropdown, Menu } from "@grafana/ui";
import type { ReactElement } from "react";
import { useCommands } from "../api/commands.ts";
import { reach } from "../api/reach.ts";
import { useStore } from "../api/store.ts";
import { isComplete, openOrder } from "../parts/order.ts";
import { t } from "../translate.ts";

interface MoreCommand {
  readonly command: string;
  readonly input: Readonly<Record<string, unknown>>;
  /** "Stop…" */
  readonly label: string;
}

/** Commands behind one button; what may not be done now is off, and says why; what the service does not have is not there. */
export function MoreCommands({ commands }: { readonly commands: readonly MoreCommand[] }): ReactElement | null {
  const { content } = useCommands();
  const { isAway } = useStore(reach);
  const offered = commands.flatMap((one) => {
    const known = content?.commands.find(({ name }) => name === one.command);
    return known === undefined ? [] : [{ ...one, whyNot: isAway ? t("verb.away", "not reachable") : known.whyNot }];
  });
  if (offered.length === 0) return null;
  const menu = (
    <Menu>
      {offered.map(({ command, input, label, whyNot }) => (
        <Menu.Item
          key={command}
          label={label}
          disabled={whyNot !== null}
          {...(whyNot === null ? {} : { description: whyNot })}
          onClick={() => openOrder(command, input, { isAtOnce: isComplete(label) })}
        />
      ))}
    </Menu>
  );
  return (
    <Dropdown overlay={menu} placement="bottom-end">
      <Button
        size="sm"
        variant="secondary"
        icon="ellipsis-v"
        aria-label={t("verb.more", "More actions")}
        data-actions
      />
    </Dropdown>
  );
}
