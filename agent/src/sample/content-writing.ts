import type { Envelope } from "@rollcall/core/protocol.ts";
import type { WorkContext } from "../handler.ts";
import type { MakeBehaviour } from "./behaviour.ts";
import { BoundedMap } from "./bounded.ts";
import { callApi } from "./call-api.ts";
import { oneOf, takeTime, whole } from "./chance.ts";
import { number, text } from "./fields.ts";

const SUBJECTS = ["rates", "energy", "housing", "pensions", "travel", "chips", "health", "harvests"];
const ANGLES = ["what changed", "what it means", "three questions", "a look ahead", "the numbers", "a short history"];

/** Reads the news and proposes a topic; another one if the first was used lately. */
export const contentStrategist: MakeBehaviour = () => {
  const propose = async (event: Envelope, context: WorkContext) => {
    const tries = number(event, "tries");
    await takeTime(300, 900);
    await callApi("news", context);
    const subject = `${oneOf(SUBJECTS)}: ${oneOf(ANGLES)}, part ${whole(1, 9)}`;
    await context.publish("content.topic-proposed", { ...event.data, subject, tries: tries + 1 });
  };
  return { handle: { "content.requested": propose, "content.topic-repeated": propose } };
};

const REMEMBERED_MS = 30 * 24 * 60 * 60_000;
/** After this many tries a repeated topic is better than none. */
const MOST_TRIES = 3;

/** Refuses topics that the advisor had lately. */
export const fatigueChecker: MakeBehaviour = () => {
  const used = new BoundedMap<number>(5000);
  return {
    handle: {
      "content.topic-proposed": async (event, { publish, now }) => {
        const key = `${text(event, "advisor")} ${text(event, "subject")}`;
        await takeTime(20, 80);
        const lastUsed = used.get(key) ?? 0;
        if (now() - lastUsed < REMEMBERED_MS && number(event, "tries") < MOST_TRIES) {
          return publish("content.topic-repeated", event.data);
        }
        used.set(key, now());
        return publish("content.topic-accepted", event.data);
      },
    },
  };
};

/** Drafts the text: the slow one. */
export const contentGenerator: MakeBehaviour = () => ({
  handle: {
    "content.topic-accepted": async (event, context) => {
      await takeTime(2000, 4500);
      await callApi("language-model", context);
      await context.publish("content.drafted", { ...event.data, words: whole(180, 420) });
    },
  },
});

/** Draws the picture. */
export const imageCreator: MakeBehaviour = () => ({
  handle: {
    "content.drafted": async (event, context) => {
      await takeTime(800, 2500);
      await callApi("image-model", context);
      await context.publish("content.illustrated", { ...event.data, picture: `${text(event, "advisor")}.png` });
    },
  },
});
