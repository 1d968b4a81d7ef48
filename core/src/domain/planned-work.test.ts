import { expect, test } from "vitest";
import { PLANNED_WORK, plannedWorkOf } from "./planned-work.ts";

test("planned work is named for each agent whose end it mutes, and not where the agent was gone before", () => {
  const works = plannedWorkOf([
    { key: "op-490/billing", agents: ["billing"], alerts: { only: ["AgentGone", "AgentNotWorking"] } },
    { key: "op-491/invoices", agents: ["invoices"], alerts: { only: ["AgentNotWorking"] } },
    { key: "mw-3", agents: ["shipping", "crm-chat"], alerts: { except: [] } },
    { key: "mw-3", agents: ["archive-writer"], alerts: { except: ["AgentGone"] } },
  ]);
  expect(works).toEqual([
    { agent: "billing", work: "restart op-490" },
    { agent: "shipping", work: "maintenance mw-3" },
    { agent: "crm-chat", work: "maintenance mw-3" },
  ]);
  expect(works.every(({ work }) => PLANNED_WORK.test(work))).toBe(true);
});
