import { z } from "zod";

/** Settings of collecting and keeping logs, for the configuration of the control service. */
export const logSettings = {
  ROLLCALL_LOG_DIR: z
    .string()
    .min(1)
    .optional()
    .describe("Folder of log files NAME.log of services on this host, which are collected; none if not set"),
  ROLLCALL_LOG_LINES_PER_SECOND: z.coerce
    .number()
    .int()
    .min(1)
    .max(10_000)
    .default(100)
    .describe("How many lines a second are kept of each agent and service, averaged over 10 s"),
  ROLLCALL_LOG_DAYS: z.coerce
    .number()
    .int()
    .min(1)
    .max(90)
    .default(7)
    .describe("For how many days lines of logs are kept"),
};
