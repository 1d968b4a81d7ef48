import type { Ports } from "@rollcall/core/command.ts";
import type { Publications } from "@rollcall/core/ports/publications.ts";
import type { SlackSettings } from "./settings.ts";

export type DraftPorts = Pick<
  Ports,
  | "operations"
  | "incidents"
  | "requests"
  | "plans"
  | "registry"
  | "bus"
  | "supervisor"
  | "directory"
  | "rules"
  | "clock"
  | "breakGlass"
  | "freezes"
  | "maintenance"
  | "askedSilences"
  | "reminders"
  | "offers"
  | "records"
  | "incidentRecords"
  | "zone"
  | "figures"
  | "silences"
  | "logs"
>;

/** What messages are made from. */
export interface DraftDeps {
  readonly settings: SlackSettings;
  readonly ports: DraftPorts;
  readonly publications: Publications;
}
