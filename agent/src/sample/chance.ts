import { pause } from "../persist.ts";

export const between = (low: number, high: number): number => low + Math.random() * (high - low);
export const whole = (low: number, high: number): number => Math.floor(between(low, high + 1));
/** True once in `times`. */
export const onceIn = (times: number): boolean => Math.random() * times < 1;
export const oneOf = <T>(values: readonly T[]): T => values[whole(0, values.length - 1)] as T;
/** Work that takes its time, somewhere else: a bank, a printer, a language model. */
export const takeTime = (lowMs: number, highMs: number): Promise<void> => pause(between(lowMs, highMs));
