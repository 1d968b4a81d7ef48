import type { MakeBehaviour } from "./behaviour.ts";

/** How each agent of the sample fleet behaves; a process loads only its own. */
export const BEHAVIOURS: Readonly<Record<string, () => Promise<MakeBehaviour>>> = {
  "order-orchestrator": async () => (await import("./order-orchestrator.ts")).orderOrchestrator,
  "order-intake": async () => (await import("./shop.ts")).orderIntake,
  "order-validator": async () => (await import("./shop.ts")).orderValidator,
  "stock-keeper": async () => (await import("./stock.ts")).stockKeeper,
  billing: async () => (await import("./payments.ts")).billing,
  invoices: async () => (await import("./payments.ts")).invoices,
  shipping: async () => (await import("./delivery.ts")).shipping,
  "customer-notifier": async () => (await import("./delivery.ts")).customerNotifier,
  "content-orchestrator": async () => (await import("./content-run.ts")).contentOrchestrator,
  "content-strategist": async () => (await import("./content-writing.ts")).contentStrategist,
  "fatigue-checker": async () => (await import("./content-writing.ts")).fatigueChecker,
  "content-generator": async () => (await import("./content-writing.ts")).contentGenerator,
  "image-creator": async () => (await import("./content-writing.ts")).imageCreator,
  "compliance-validator": async () => (await import("./content-checks.ts")).complianceValidator,
  "distribution-manager": async () => (await import("./distribution.ts")).distributionManager,
  "approval-guardian": async () => (await import("./content-checks.ts")).approvalGuardian,
  "revision-handler": async () => (await import("./content-checks.ts")).revisionHandler,
  "analytics-tracker": async () => (await import("./analytics.ts")).analyticsTracker,
  "webhook-receiver": async () => (await import("./outside.ts")).webhookReceiver,
  "crm-chat": async () => (await import("./outside.ts")).crmChat,
  "api-budget-keeper": async () => (await import("./outside.ts")).apiBudgetKeeper,
  "archive-writer": async () => (await import("./archive.ts")).archiveWriter,
};
