import { agentsOf, type Incident, isMeasured } from "@rollcall/core/domain/incident.ts";
import type { KnownBlock } from "@slack/types";
import { buttonRow, type OrderButton } from "./buttons.ts";

/** Opens a window for the words; a note may be added before and after the end. */
export const noteButton = ({ id }: Pick<Incident, "id">): OrderButton => ({
  label: "Add a note",
  order: { command: "incident-note", input: { alert: id } },
});

const timelineButton = ({ id }: Pick<Incident, "id">): OrderButton => ({
  label: "Timeline",
  order: { command: "incident", input: { id } },
});

/** What a person opened ends when a person says so. */
export const closeButtons = (incident: Incident): OrderButton[] =>
  isMeasured(incident)
    ? []
    : [{ label: "Close…", order: { command: "incident-close", input: { alert: incident.id } } }];

/** Once it has ended: how it went; behind the dots what is still to be done about it. */
export function endedButtons(incident: Incident, logs: readonly OrderButton[]): KnownBlock[] {
  const who = agentsOf(incident).slice(0, 3);
  const open: OrderButton = { label: "Open incident", order: { command: "incident-open", input: { who } } };
  const postMortem: OrderButton = {
    label: "Post-mortem",
    order: { command: "post-mortem", input: { id: incident.id } },
  };
  return buttonRow([timelineButton(incident)], [open, ...logs, noteButton(incident), postMortem]);
}
