import { closeUndos } from "@rollcall/core/adapters/postgres/undo.ts";
import { keepSilences } from "@rollcall/core/brakes/keep-silences.ts";
import { ringAgain } from "@rollcall/core/brakes/ring-again.ts";
import { endDueFreezes } from "@rollcall/core/brakes/run-freeze.ts";
import { endDueWindows, silencesOfWindows } from "@rollcall/core/brakes/run-maintenance.ts";
import { endDueSilences } from "@rollcall/core/brakes/run-silence.ts";
import { silencesOfAsked } from "@rollcall/core/domain/asked-silence.ts";
import { plannedWorkOf } from "@rollcall/core/domain/planned-work.ts";
import { remindTaken } from "@rollcall/core/remind-taken.ts";
import type { Adapters } from "../adapters.ts";
import type { BrakeMetrics } from "../metrics/brakes.ts";
import type { Loop, LoopOptions } from "./loop.ts";

// A silence of a restart holds for 60 s: several rounds may fail before it ends by itself.
const SILENCES_MS = 5_000;
// A freeze ends about when it should.
const ENDS_MS = 1_000;
// Reminders are minutes and hours apart.
const REMIND_MS = 5_000;
// Who is in maintenance is shown from memory.
const LOOK_MS = 2_000;
/** So long before its end it is said that it ends (ux section 7, touch 8). */
const SOON_MS = 5 * 60_000;

type Deps = Pick<Adapters, "ports" | "database"> & { readonly metrics: BrakeMetrics };

/** What keeps the brakes true while nobody asks. */
export function brakeLoops(
  { ports, database, metrics }: Deps,
  loop: (options: LoopOptions) => Loop,
  when: () => boolean,
): Loop[] {
  return [
    loop({ name: "maintenance", everyMs: LOOK_MS, run: () => lookWhatHolds({ ports, metrics }) }),
    loop({ name: "brakes-end", everyMs: ENDS_MS, when, run: () => endWhatIsDue({ ports, database }) }),
    loop({
      ...{ name: "silences-over", everyMs: ENDS_MS, when },
      run: () => ringAgain({ ...ports, publications: database.publications }),
    }),
    loop({ name: "reminders", everyMs: REMIND_MS, when, run: () => remindTaken(ports) }),
    loop({ name: "undo-end", everyMs: LOOK_MS, when, run: () => closeUndos(database.pool) }),
    ...(ports.silences === undefined
      ? []
      : [loop({ name: "silences", everyMs: SILENCES_MS, when, run: () => keepAllSilences({ ports }) })]),
  ];
}

async function lookWhatHolds({ ports, metrics }: Pick<Deps, "ports" | "metrics">): Promise<void> {
  const at = ports.clock.now();
  const [freezes, windows] = await Promise.all([ports.freezes?.active(), ports.maintenance?.open()]);
  metrics.seen({ freezes: freezes ?? [], windows: windows ?? [], at });
}

async function keepAllSilences({ ports }: Pick<Deps, "ports">): Promise<void> {
  const windows = (await ports.maintenance?.open()) ?? [];
  const asked = (await ports.askedSilences?.open()) ?? [];
  const open = new Set([...windows, ...asked].map(({ id }) => id));
  const wanted = await keepSilences(ports, {
    wanted: [...(await silencesOfWindows(windows, ports)), ...asked.flatMap(silencesOfAsked)],
    isOver: (key) => /^(mw|sil)-/.test(key) && !open.has(key),
  });
  // While it is under way: when its silence ends, whoever is told of the agent is told of it too.
  await ports.bus.markPlannedWork(plannedWorkOf(wanted));
}

/** Ends what is over, and says five minutes before what will be; wanting a message twice is wanting it once. */
async function endWhatIsDue({ ports, database }: Pick<Deps, "ports" | "database">): Promise<void> {
  await endDueFreezes(ports);
  await endDueWindows(ports);
  await endDueSilences(ports);
  const now = ports.clock.now();
  const [freezes = [], windows = [], silences = []] = await Promise.all([
    ports.freezes?.active(),
    ports.maintenance?.open(),
    ports.askedSilences?.open(),
  ]);
  for (const { id, startedAt, endsAt } of [...freezes, ...windows, ...silences]) {
    const isShort = endsAt - startedAt <= 2 * SOON_MS;
    if (!isShort && endsAt - now <= SOON_MS) await database.publications.want(`${id}:soon`, 1);
  }
}
