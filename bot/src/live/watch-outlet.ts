import type { HubLimits, Outlet } from "./hub.ts";

type OutletLimits = Pick<HubLimits, "clientBytes" | "stallMs" | "heartbeatMs">;

/** Cuts a client off that takes nothing any more, and gives signs of life. */
export function watchOutlet(outlet: Outlet, { clientBytes, stallMs, heartbeatMs }: OutletLimits) {
  let fullSince: number | null = null;
  let beatAt = performance.now();
  const isFull = (): boolean => outlet.bufferedBytes() >= clientBytes;
  return {
    isFull,
    /** @returns false if it was cut off */
    look(): boolean {
      const now = performance.now();
      fullSince = isFull() ? (fullSince ?? now) : null;
      if (fullSince === null) {
        if (now - beatAt < heartbeatMs) return true;
        beatAt = now;
        outlet.beat();
      } else if (now - fullSince >= stallMs) {
        outlet.cut();
        return false;
      }
      return true;
    },
  };
}
