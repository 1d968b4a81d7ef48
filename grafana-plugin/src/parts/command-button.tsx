import { Button, type ButtonProps } from "@grafana/ui";
import type { ReactElement } from "react";
import { useCommand } from "../api/commands.ts";
import { reach } from "../api/reach.ts";
import { useStore } from "../api/store.ts";
import { t } from "../translate.ts";
import { isComplete, openOrder } from "./order.ts";

interface CommandButtonProps {
  readonly command: string;
  readonly input?: Readonly<Record<string, unknown>>;
  /** "Restart…" */
  readonly label: string;
  readonly isDanger?: boolean;
  readonly size?: ButtonProps["size"];
  /** Alert that it is started from. */
  readonly incident?: string | undefined;
}

/** Opens a command's drawer. What may not be done now is off, and says why; what the service does not have is not there. */
export function CommandButton({
  command,
  input = {},
  label,
  isDanger = false,
  size = "sm",
  incident,
}: CommandButtonProps): ReactElement | null {
  const definition = useCommand(command);
  const { isAway } = useStore(reach);
  if (definition === null) return null;
  const whyNot = isAway
    ? t("verb.service-away", "The control service is not reachable.")
    : definition === undefined
      ? t("verb.asking", "Asking what you may do.")
      : definition.whyNot;
  return (
    <Button
      size={size}
      variant={isDanger ? "destructive" : "secondary"}
      fill={isDanger ? "outline" : "solid"}
      // With a tooltip Grafana's button can be focused while it is off, and says why.
      disabled={whyNot !== null}
      tooltip={whyNot ?? undefined}
      onClick={() => openOrder(command, input, { incident, isAtOnce: isComplete(label) })}
    >
      {label}
    </Button>
  );
}
