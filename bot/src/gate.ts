import { Failure } from "@rollcall/core/domain/failure.ts";

/** Keeps calls away from something that is not there yet. */
export interface Gate {
  readonly isOpen: () => boolean;
  open(): void;
  /** The same port; each call fails with "unavailable" until the gate is open. */
  guard<Port extends object>(port: Port): Port;
}

/** @param why what a caller is told until then: "the database is being prepared" */
export function createGate(why: string): Gate {
  let opened = false;
  return {
    isOpen: () => opened,
    open() {
      opened = true;
    },
    guard: (port) =>
      new Proxy(port, {
        get(target, name, receiver) {
          const value: unknown = Reflect.get(target, name, receiver);
          if (typeof value !== "function" || opened) return value;
          // Asked at the call, not before: who took the function while the gate was shut comes through once it is open.
          return async (...given: unknown[]) => {
            if (!opened) throw new Failure("unavailable", why);
            return await Reflect.apply(value, target, given);
          };
        },
      }),
  };
}
