import type { ModalWindow } from "@rollcall/core/adapters/slack/chat.ts";
import type { Incident } from "@rollcall/core/domain/incident.ts";
import { whatOf } from "@rollcall/core/incidents/incident-words.ts";
import type { PlainTextOption } from "@slack/types";
import type { Order } from "./buttons.ts";
import { plain } from "./text.ts";
import { fieldBlocks } from "./text-view.ts";

/** Name of the window that asks which incident a message belongs to. */
export const PICK_VIEW = "add-to-incident";
const FIELD = "alert";
const NOTE: Order = { command: "incident-note", input: {} };

// Slack's limits of a menu: docs.slack.dev, "Select menu element".
const MOST_OPTIONS = 100;
const OPTION_CHARACTERS = 75;

const word = (text: string) => ({ type: "plain_text" as const, text, emoji: true });

/**
 * Asks which incident a message belongs to, and shows its words to be mended.
 * @param incidents at least one, those that fire first
 * @param named the one whose thread it stands in; null: none
 */
export function pickIncidentView(incidents: readonly Incident[], named: string | null, said: string): ModalWindow {
  const options = incidents.slice(0, MOST_OPTIONS).map(optionOf);
  const chosen = options.find(({ value }) => value === named) ?? options[0];
  return {
    ...{ type: "modal", callback_id: PICK_VIEW, private_metadata: JSON.stringify(NOTE) },
    ...{ title: word("Add to incident"), submit: word("Add"), close: word("Not now") },
    blocks: [
      {
        ...{ type: "input", block_id: FIELD, label: word("Incident") },
        element: {
          ...{ type: "static_select", action_id: FIELD, options },
          ...(chosen !== undefined && { initial_option: chosen }),
        },
      },
      ...fieldBlocks(NOTE, { text: said }),
    ],
  };
}

const optionOf = (incident: Incident): PlainTextOption => ({
  text: word(plain(`${incident.id} ${whatOf(incident)}`, OPTION_CHARACTERS)),
  value: incident.id,
});

/** @param values `view.state.values` @returns null if nothing was chosen */
export function pickedIncident(values: unknown): string | null {
  type Chosen = Record<string, Record<string, { selected_option?: { value?: unknown } | null }>>;
  const value = (values as Chosen | null)?.[FIELD]?.[FIELD]?.selected_option?.value;
  return typeof value === "string" ? value : null;
}

/** The field that a refusal belongs to. */
export const pickRefused = (why: string): Record<string, string> => ({ [FIELD]: why });
