import { Failure } from "@rollcall/core/domain/failure.ts";

/** No declared body is deeper than six; recursive validators run out of stack at some thousands. */
const MOST_LEVELS = 32;

/** @throws Failure "invalid_input" for a body of JSON inside JSON without end */
export function refuseDeepBody(body: unknown): void {
  let level = [body];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > MOST_LEVELS) {
      throw new Failure("invalid_input", `the body is nested deeper than ${MOST_LEVELS} levels`);
    }
    level = level.flatMap((value) =>
      typeof value === "object" && value !== null && !ArrayBuffer.isView(value)
        ? Object.values(value).filter((inner) => typeof inner === "object" && inner !== null)
        : [],
    );
  }
}
