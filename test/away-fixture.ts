import type { Ports } from "@rollcall/core/command.ts";
import { Failure } from "@rollcall/core/domain/failure.ts";

const away = async (): Promise<never> => {
  throw new Failure("unavailable", "it does not answer");
};

/** Neither the bus nor a supervisor can be asked whether an agent works. */
export const NOBODY_SEES = {
  bus: { now: away, readPresence: away, readCanaryRound: away, readMapped: away, readWaiting: away },
  supervisor: { list: away },
} as unknown as Pick<Ports, "bus" | "supervisor">;
