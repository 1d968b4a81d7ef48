import { createHash, randomBytes } from "node:crypto";
import { boundTo, type Plan } from "./domain/plan.ts";
import { sortedFields } from "./sorted-fields.ts";

/** SHA-256, hex, over what the plan is bound to, however its fields are ordered. */
export const hashOfPlan = (plan: Plan): string =>
  createHash("sha256")
    .update(JSON.stringify(sortedFields(boundTo(plan))))
    .digest("hex");

/** A new token that confirms one plan once; only its hash is stored. */
export const newPlanToken = (): string => `plan_${randomBytes(24).toString("base64url")}`;

/** SHA-256 of a token, hex, as it is stored and looked up. */
export const hashOfToken = (token: string): string => createHash("sha256").update(token).digest("hex");
