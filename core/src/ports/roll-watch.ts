import type { RollNews } from "../roll-contract.ts";

/** Those who follow roll calls while they are taken. */
export interface RollWatch {
  /** Never fails: a roll call is taken whether or not anybody follows it. */
  tell(news: RollNews): void;
}
