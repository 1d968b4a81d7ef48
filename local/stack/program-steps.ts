import { readFileSync, writeFileSync } from "node:fs";
import { startableAgents } from "@rollcall/core/fleet-file.ts";
import { parse } from "yaml";
import type { StackContext } from "./context.ts";
import { writeCollectorsFile } from "./exporter-files.ts";
import { placeOf, startAgents, startFleet } from "./fleet-start.ts";
import { keepProgram } from "./keep-until-ready.ts";
import {
  controlProgram,
  exporterProgram,
  googleProgram,
  grafanaProgram,
  keptProgram,
  pagerdutyProgram,
  slackProgram,
  supervisorProgram,
} from "./programs.ts";
import { directoryOf } from "./settings.ts";
import type { Step, StepsOptions } from "./step.ts";

export function standInsStep(context: StackContext, { keeper }: StepsOptions): Step {
  const { credentials } = context;
  const programs = [
    ...(credentials.slack === null ? [{ label: "Slack", program: slackProgram(context) }] : []),
    ...(credentials.google === null ? [{ label: "Google", program: googleProgram(context) }] : []),
    ...(credentials.pagerdutyRoutingKey === null ? [{ label: "PagerDuty", program: pagerdutyProgram(context) }] : []),
    ...(credentials.grafana === null ? [{ label: "Grafana", program: grafanaProgram(context) }] : []),
  ];
  const title =
    programs.length === 0
      ? "Slack, Google, PagerDuty, Grafana"
      : `${programs.map(({ label }) => label).join(", ")} stand-in${programs.length > 1 ? "s" : ""}`;
  return {
    title,
    async run() {
      await Promise.all(programs.map(({ program }) => keepProgram(context, keeper, { program, readyPath: "/health" })));
      const detail =
        programs.length === 4
          ? "no credentials in .env"
          : programs.length > 0
            ? "the others have credentials"
            : "the real ones, by the credentials in .env";
      return { title, detail };
    },
  };
}

export function controlStep(context: StackContext, { keeper }: StepsOptions): Step {
  const { ports } = context;
  return {
    title: "Control service",
    async run() {
      writeFileSync(context.layout.agentsFile, JSON.stringify(startableAgents(context.fleet)));
      await keeper.add(keptProgram(context, supervisorProgram(context)));
      await keepProgram(context, keeper, { program: controlProgram(context), readyPath: "/ready" });
      return {
        title: "Control service",
        address: `127.0.0.1:${ports.control}`,
        detail: `${whereRolesComeFrom(context)}, ${countPeople(context.accessFile)} people in access.yaml`,
      };
    },
  };
}

function whereRolesComeFrom({ credentials, settings }: StackContext): string {
  if (credentials.google !== null) return "roles from Google Workspace";
  return directoryOf(settings) === "google" ? "roles from the Google stand-in" : "roles from access.yaml";
}

const countPeople = (file: string): number =>
  (parse(readFileSync(file, "utf8")) as { people?: unknown[] } | null)?.people?.length ?? 0;

export function exporterStep(context: StackContext, { keeper }: StepsOptions): Step {
  return {
    title: "Exporter",
    async run() {
      const { agents } = context.fleet;
      writeCollectorsFile(context);
      await keepProgram(context, keeper, { program: exporterProgram(context), readyPath: "/metrics" });
      return {
        title: "Exporter",
        address: `127.0.0.1:${context.ports.exporter}`,
        detail: `measures ${agents.length} agents and their bus`,
      };
    },
  };
}

export function fleetStep(context: StackContext, { keeper }: StepsOptions): Step {
  return {
    title: "Fleet",
    async run(update) {
      const { expected, paused, off, slowest, rollCallSeconds } = await startFleet(context, {
        startId: `start-${Date.now()}`,
        update,
      });
      // A new supervisor ends the agents of the one before; they are to run again.
      keeper.onRestart("supervisor", async () => {
        await startAgents(placeOf(context), `restart-${Date.now()}`);
      });
      return {
        title: "Fleet",
        detail: [
          `${expected - paused} of ${expected} working`,
          ...(paused > 0 ? [`${paused} paused`] : []),
          ...(off > 0 ? [`${off} off`] : []),
          `roll call ${rollCallSeconds.toFixed(1)} s`,
          ...(slowest === null ? [] : [`slowest ${slowest}`]),
        ].join(", "),
      };
    },
  };
}
