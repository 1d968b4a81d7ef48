import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Child } from "../tools/child.ts";
import type { StackContext } from "./context.ts";
import type { Keeper, KeptProcess } from "./keeper.ts";
import { REPOSITORY } from "./layout.ts";
import { keptProgram, logFileOf, type Program } from "./programs.ts";
import { waitForHttp } from "./wait-for.ts";

const READY_WITHIN_MS = 30_000;

interface ProgramStart {
  readonly program: Program;
  readonly readyPath: string;
}

/** Starts a program and waits until it says that it is ready. @throws Error */
export async function keepProgram(
  context: StackContext,
  keeper: Keeper,
  { program, readyPath }: ProgramStart,
): Promise<void> {
  if (!existsSync(join(REPOSITORY, program.file)))
    throw new Error(`${program.file} is missing in this copy of Rollcall`);
  await keepUntilReady(context, keeper, { ...keptProgram(context, program), readyPath });
}

/** The same for any process. @throws Error */
export async function keepUntilReady(
  context: StackContext,
  keeper: Keeper,
  process: KeptProcess & { readonly readyPath: string },
): Promise<void> {
  let first: Child | undefined;
  const start = async () => {
    const child = await process.start();
    first ??= child;
    return child;
  };
  await keeper.add({ ...process, start });
  await waitForHttp({
    name: process.name,
    url: `http://127.0.0.1:${process.port}${process.readyPath}`,
    child: first as unknown as Child,
    logFile: logFileOf(context, process.name),
    timeoutMs: READY_WITHIN_MS,
  });
}
