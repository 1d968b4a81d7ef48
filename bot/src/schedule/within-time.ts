import { Failure } from "@rollcall/core/domain/failure.ts";

/** What the work gives, if it does so in time; the work itself goes on. @throws Failure "unavailable" if it does not */
export function withinTime<Value>(work: Promise<Value>, ms: number): Promise<Value> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Failure("unavailable", `no answer in ${ms / 1000} s`)), ms);
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
