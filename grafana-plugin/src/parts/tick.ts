import { useEffect } from "react";
import { serviceNow } from "../api/clock.ts";
import { Store, useStore } from "../api/store.ts";

const now = new Store(serviceNow());
let users = 0;
let timer: ReturnType<typeof setInterval> | undefined;

/** The service's clock, moving once a second while anybody looks: one timer for all ages of a page. */
export function useNow(): number {
  useEffect(() => {
    users += 1;
    // While nobody looked it stood still.
    if (users === 1) now.set(serviceNow());
    timer ??= setInterval(() => now.set(serviceNow()), 1000);
    return () => {
      users -= 1;
      if (users > 0) return;
      clearInterval(timer);
      timer = undefined;
    };
  }, []);
  return useStore(now);
}
