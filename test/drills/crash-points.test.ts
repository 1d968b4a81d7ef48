import { expect, test } from "vitest";
import { crashPointsDrill } from "./crash-points.ts";

test("at 25 points at which control service and agents die, with Redis and PostgreSQL killed meanwhile, every order has one effect and none is lost", async () => {
  const agents = ["shipping", "customer-notifier", "image-creator", "crm-chat", "fatigue-checker", "revision-handler"];
  const outcomes = await crashPointsDrill({ points: 25, agents, minutes: 10 }).run(() => undefined);
  expect(outcomes.filter(({ passed }) => !passed)).toEqual([]);
}, 900_000);
