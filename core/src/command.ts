import type { z } from "zod";
import type { Actor, Door, Role } from "./domain/actor.ts";
import type { Ending, Operation, Stage, TargetProgress } from "./domain/operation.ts";
import type { Report } from "./domain/report.ts";
import type { AccessOverrides } from "./ports/access-overrides.ts";
import type { AlertOffers } from "./ports/alert-offers.ts";
import type { ApprovalRequests } from "./ports/approval-requests.ts";
import type { AskedSilences } from "./ports/asked-silences.ts";
import type { AuditLog } from "./ports/audit-log.ts";
import type { Brakes } from "./ports/brakes.ts";
import type { BreakGlass } from "./ports/break-glass.ts";
import type { Changes } from "./ports/changes.ts";
import type { Clock } from "./ports/clock.ts";
import type { Dependencies } from "./ports/dependencies.ts";
import type { Directory } from "./ports/directory.ts";
import type { EventBus } from "./ports/event-bus.ts";
import type { Figures } from "./ports/figures.ts";
import type { FleetBus, FleetRegistry } from "./ports/fleet.ts";
import type { Freezes } from "./ports/freezes.ts";
import type { IncidentRecords } from "./ports/incident-records.ts";
import type { Incidents } from "./ports/incidents.ts";
import type { LogStore } from "./ports/log-store.ts";
import type { Maintenance } from "./ports/maintenance.ts";
import type { Monitoring } from "./ports/monitoring.ts";
import type { OnCalls } from "./ports/on-calls.ts";
import type { Operations } from "./ports/operations.ts";
import type { Pager } from "./ports/pager.ts";
import type { PeriodRecords } from "./ports/period-records.ts";
import type { Plans } from "./ports/plans.ts";
import type { PolicyRulesPort } from "./ports/policy-rules.ts";
import type { Reminders } from "./ports/reminders.ts";
import type { RollCalls } from "./ports/roll-calls.ts";
import type { RollWatch } from "./ports/roll-watch.ts";
import type { Runs } from "./ports/runs.ts";
import type { Silences } from "./ports/silences.ts";
import type { Linking } from "./ports/slack-links.ts";
import type { Supervisor } from "./ports/supervisor.ts";
import type { ExpectedAgent } from "./protocol.ts";
import type { OwnRule } from "./second-person.ts";

/** Everything a command may use; adapters implement the ports. */
export interface Ports {
  readonly audit: AuditLog;
  readonly operations: Operations;
  readonly incidents: Incidents;
  readonly bus: FleetBus;
  readonly events: EventBus;
  readonly registry: FleetRegistry;
  readonly supervisor: Supervisor;
  readonly pager: Pager;
  readonly directory: Directory;
  readonly rules: PolicyRulesPort;
  /** Blocks and lifts, to be changed; what they come to is in `rules`. */
  readonly overrides: AccessOverrides;
  readonly requests: ApprovalRequests;
  readonly plans: Plans;
  readonly clock: Clock;
  /** Left out where no PostgreSQL is. */
  readonly rollCalls?: RollCalls;
  /** Left out where no PostgreSQL is. */
  readonly logs?: LogStore;
  /** Left out where no PostgreSQL is. */
  readonly records?: PeriodRecords;
  /** Left out where no PostgreSQL is. */
  readonly incidentRecords?: IncidentRecords;
  /** Left out where no PostgreSQL is. */
  readonly changes?: Changes;
  /** IANA name of the time zone of the people on call; UTC if left out. */
  readonly zone?: string;
  /** Left out where nobody can follow. */
  readonly rollWatch?: RollWatch;
  /** Left out where runs are not kept. */
  readonly runs?: Runs;
  /** Left out where nothing is counted. */
  readonly brakes?: Brakes;
  /** Left out where no PostgreSQL is. */
  readonly freezes?: Freezes;
  readonly maintenance?: Maintenance;
  readonly askedSilences?: AskedSilences;
  readonly reminders?: Reminders;
  readonly offers?: AlertOffers;
  /** Left out where no spool of the host is followed. */
  readonly breakGlass?: BreakGlass;
  /** Left out where nothing looks in the background. */
  readonly dependencies?: Dependencies;
  /** Left out where no Prometheus is named. */
  readonly figures?: Figures;
  /** Left out where PagerDuty is not asked. */
  readonly onCalls?: OnCalls;
  /** Left out where nobody can sign in. */
  readonly linking?: Linking;
  /** Left out where no Alertmanager is named. */
  readonly silences?: Silences;
  /** Left out like the figures. */
  readonly monitoring?: Monitoring;
}

/** What a command of kind `read` is given. `commands` lets `help` list what the actor may do. */
export interface ReadContext {
  readonly ports: Ports;
  readonly actor: Actor;
  readonly door: Door;
  readonly commands: readonly CommandDefinition[];
  /** Left out where it is asked for only to decide. */
  readonly requestId?: string;
  /** Says what is known before the answer is whole. Left out where nobody follows it. */
  tell?(soFar: Report): void;
}

/** What a command of kind `act` is given while its job runs. */
export interface ActContext {
  readonly ports: Ports;
  readonly operation: Operation;
  readonly commands: readonly CommandDefinition[];
  /** The stage was begun before, by this process or one that is gone: what it sends may have taken effect already. */
  readonly isRepeat?: boolean;
  /**
   * Since the stage was first begun, by whichever control service, ms. 0 at its first run, and again after something was away:
   * nobody could look meanwhile.
   */
  readonly begunMs?: number;
  /** Says beside the stage that runs how far it is: "3 items in hand". Left out where nobody follows it. */
  say?(detail: string): Promise<void>;
}

/** What one stage did: on with the next one, or ended for this target. */
export interface StageResult {
  readonly state: "done" | "failed" | "skipped";
  readonly detail?: string;
  readonly error?: string;
  /** Merged into the target's memory, stored with the stage. */
  readonly memory?: TargetProgress["memory"];
  /** Ends the target here; later stages become `skipped`. */
  readonly ending?: Ending;
}

/** What became of an agent of which it was not known. */
export type FoundOut = Omit<StageResult, "state" | "memory"> & {
  readonly state: "done" | "failed";
  readonly ending: Ending;
};

interface CommandBase {
  /** Bare verb, kebab-case, same as the file's name. */
  readonly name: string;
  readonly aliases: readonly string[];
  /** One sentence without a period, starting with a verb. */
  readonly summary: string;
  readonly role: Role | null;
  /** 0 look · 1 small and undoable · 2 up to three agents, confirmed · 3 plan and second person. */
  readonly danger: 0 | 1 | 2 | 3;
  /** Asks the source of the rights itself at every use, as what cannot be undone always does. */
  readonly live?: true;
  /** Its answer is for the asker alone: not given where others read along, nor to somebody whom the door does not vouch for. */
  readonly private?: true;
  /** Input of the command as a strict object; doors validate with it and make forms, help and API schema from it. */
  readonly input: z.ZodObject;
  /** How words map to input: `who` takes selector words, `text` the rest, a name takes one word. In order. */
  readonly words: readonly string[];
  readonly examples: readonly string[];
}

/** Looks only: runs inline, needs no PostgreSQL, audited only when refused. */
export interface ReadCommand extends CommandBase {
  readonly kind: "read";
  run(input: Record<string, unknown>, context: ReadContext): Promise<Report & { readonly data: unknown }>;
}

/** Changes something: row, audit and job in one transaction; the job runs the stages, each safe to repeat. */
export interface ActCommand extends CommandBase {
  readonly kind: "act";
  /** Agents it would touch. @throws Failure "unknown_agent", "invalid_input" */
  targets(input: Record<string, unknown>, context: ReadContext): Promise<readonly ExpectedAgent[]>;
  /** What it works on one after another if that is no agents: the checks of a suite. Locked like agents while it runs. */
  subjects?(input: Record<string, unknown>, context: ReadContext): readonly string[];
  /** What its plan says beside the state of its agents: "Mutes 2 alert names of 1 agent". @throws Failure "unavailable" */
  remarks?(targets: readonly ExpectedAgent[], context: ReadContext): Promise<readonly string[]>;
  /** Words of the input that say why, for what is asked without a reason of its own; null: none. */
  reason?(input: Record<string, unknown>): string | null;
  /** Incident it acts on, if it is not about agents: `ack`. */
  incidentId?(input: Record<string, unknown>): string | null;
  readonly stages: readonly {
    readonly name: Stage["name"];
    run(target: TargetProgress, context: ActContext): Promise<StageResult>;
    /** A stage that only waits says what it comes to if somebody cancels the operation; the others are run to their end. */
    whenCancelled?(by: string): StageResult;
  }[];
  /** Takes its agents out of their work for a while, so brakes count it: restart, stop. */
  readonly interrupts?: true;
  /** Of what interrupts: its agents are to work again at the end, so it takes no more at once than their group can do without. */
  readonly bringsBack?: true;
  /**
   * Finds out what became of an agent whose outcome is not known; it looks and asks, and does nothing to it. Left out where
   * nobody can tell.
   * @returns null: still not known
   * @throws Failure "unavailable"
   */
  findOut?(target: TargetProgress, context: ActContext): Promise<FoundOut | null>;
  /** Which rule of the command needs a second person for these targets, and why; null: none. */
  needsSecondPerson?(
    targets: readonly ExpectedAgent[],
    context: ReadContext,
    input: Record<string, unknown>,
  ): Promise<OwnRule | null>;
}

export type CommandDefinition = ReadCommand | ActCommand;

/** Declares a command; each is the default export of `commands/<name>.ts`. */
export const defineCommand = <Definition extends CommandDefinition>(definition: Definition): Definition => definition;
