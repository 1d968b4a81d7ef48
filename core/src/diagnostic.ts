import type { Ports, StageResult } from "./command.ts";
import { isFailure } from "./domain/failure.ts";
import type { Operation } from "./domain/operation.ts";

export const SUITES = ["smoke", "full"] as const;
/** `smoke` is whole in 20 s and runs every night; `full` adds what takes longer or reads much. */
export type Suite = (typeof SUITES)[number];

/** What a check found: facts it measured, and what to type next if it failed. */
export interface Finding {
  readonly state: "passed" | "failed" | "skipped";
  readonly evidence: readonly string[];
  /** "restart billing" */
  readonly next?: string;
}

export interface DiagnosticContext {
  readonly ports: Ports;
  /** The run itself. */
  readonly operation: Operation;
}

export interface Diagnostic {
  /** kebab-case, same as the file's name; what is true if it passes. */
  readonly name: string;
  /** One sentence without a period. */
  readonly summary: string;
  readonly suites: readonly Suite[];
  readonly timeoutSeconds: number;
  /** Safe to repeat: it changes nothing that anybody would notice. @throws Failure: counted as failed */
  run(context: DiagnosticContext): Promise<Finding>;
}

/** Declares a check; each is the default export of `diagnostics/<name>.ts`. */
export const defineDiagnostic = (diagnostic: Diagnostic): Diagnostic => diagnostic;

export const passed = (...evidence: string[]): Finding => ({ state: "passed", evidence });
export const skipped = (...evidence: string[]): Finding => ({ state: "skipped", evidence });
/** @param next what to type now */
export const failed = (next: string, ...evidence: string[]): Finding => ({ state: "failed", evidence, next });

/** Runs a check within its time. What does not answer has failed; only a bug of ours is thrown. */
export async function findOut(diagnostic: Diagnostic, context: DiagnosticContext): Promise<Finding> {
  const { timeoutSeconds } = diagnostic;
  const { promise: late, resolve } = Promise.withResolvers<Finding>();
  const timer = setTimeout(() => resolve(failed("status", `no answer in ${timeoutSeconds} s`)), timeoutSeconds * 1000);
  try {
    return await Promise.race([diagnostic.run(context), late]);
  } catch (error) {
    if (!isFailure(error)) throw error;
    return failed("status", error.message);
  } finally {
    clearTimeout(timer);
  }
}

const MOST_CHARACTERS = 1000;

/** A finding as the stage of an operation; `toRun` reads it again. */
export function toStage({ state, evidence, next }: Finding): StageResult {
  const lines = evidence.join("\n").slice(0, MOST_CHARACTERS);
  const memory = { evidence: lines, next: next ?? null };
  const words = lines.replaceAll("\n", " · ");
  if (state === "failed")
    return { state, error: next === undefined ? words : `${words} → ${next}`, memory, ending: "failed" };
  return { state: state === "passed" ? "done" : "skipped", detail: words, memory, ending: "done" };
}
