import type { apiRequest, apiRequests } from "@rollcall/core/approval-contract.ts";
import type {
  apiAgent,
  apiAgents,
  apiAnswer,
  apiAudit,
  apiCommands,
  apiDependency,
  apiDiagnosticRun,
  apiDiagnosticRuns,
  apiDiagnostics,
  apiGateway,
  apiIncident,
  apiIncidents,
  apiOfferedCommand,
} from "@rollcall/core/contract.ts";
import type { apiAccepted, apiOperation, apiOperations } from "@rollcall/core/operation-contract.ts";
import type { ApiPlanned } from "@rollcall/core/plan-contract.ts";
import type { z } from "zod";

// Types only: the schemas themselves would bring zod into every page.
export type Agent = z.infer<typeof apiAgent>;
export type AgentsAnswer = z.infer<typeof apiAgents>;
export type Incident = z.infer<typeof apiIncident>;
export type IncidentsAnswer = z.infer<typeof apiIncidents>;
export type Operation = z.infer<typeof apiOperation>;
export type OperationsAnswer = z.infer<typeof apiOperations>;
export type Request = z.infer<typeof apiRequest>;
export type RequestsAnswer = z.infer<typeof apiRequests>;
export type Command = z.infer<typeof apiOfferedCommand>;
export type CommandsAnswer = z.infer<typeof apiCommands>;
export type ReadAnswer = z.infer<typeof apiAnswer>;
export type Report = ReadAnswer["report"];
export type Action = Report["actions"][number];
export type Accepted = z.infer<typeof apiAccepted>;
export type Planned = ApiPlanned;
export type Gateway = z.infer<typeof apiGateway>;
export type Dependency = z.infer<typeof apiDependency>;
export type AuditAnswer = z.infer<typeof apiAudit>;
export type AuditRow = AuditAnswer["rows"][number];
export type DiagnosticsAnswer = z.infer<typeof apiDiagnostics>;
export type DiagnosticRun = z.infer<typeof apiDiagnosticRun>;
export type DiagnosticRunsAnswer = z.infer<typeof apiDiagnosticRuns>;
export type Health = Agent["health"];
export type Criticality = Agent["criticality"];
export type Stage = Operation["targets"][number]["stages"][number];
