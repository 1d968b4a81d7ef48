import type { Runtime } from "@rollcall/core/ports/runtime.ts";
import type { ProgramName } from "./kept-program.ts";

/** A runtime, real or a stand-in, with programs that it keeps under their names. */
export interface RuntimeStage {
  readonly kind: "pm2" | "systemd" | "docker" | "kubernetes";
  readonly runtime: Runtime;
  /** Registers it; it does not run yet. */
  add(name: string, program: ProgramName): Promise<void>;
  /** Whether a process of that number is there, or what stands for it. */
  isAlive(name: string): Promise<boolean>;
  /** Processes of that name that are not on their way out; left out where there is never more than one. */
  copies?(name: string): number;
  /** From now on it cannot be reached. */
  goAway(): Promise<void>;
  close(): Promise<void>;
}
