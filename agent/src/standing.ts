import type { Keys } from "@rollcall/core/protocol/keys.ts";
import { desiredState } from "@rollcall/core/protocol.ts";
import type { Redis } from "ioredis";
import { messageOf } from "./log.ts";

interface Asking {
  readonly control: Redis;
  readonly keys: Keys;
  readonly agent: string;
}

/**
 * Whether the fleet's list wants this agent paused, so that a process that starts while it is paused takes no work either.
 * Who is not on the list, or finds none, works: the control service tells it once it looks.
 * @throws what Redis answers while it is away
 */
export async function isWantedPaused({ control, keys, agent }: Asking): Promise<boolean> {
  try {
    // The whole list is not checked: at the start of a large fleet each of many agents reads all of it.
    const list = JSON.parse((await control.get(keys.fleet)) ?? "{}") as {
      agents?: { id?: unknown; desired?: unknown }[];
    };
    const own = list.agents?.find(({ id }) => id === agent);
    return desiredState.safeParse(own?.desired).data?.state === "paused";
  } catch (error) {
    if (error instanceof SyntaxError || /^NOPERM/.test(messageOf(error))) return false;
    throw error;
  }
}
