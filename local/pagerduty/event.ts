import { z } from "zod";

// Limits: PagerDuty's Events API v2 reference.
const link = z.strictObject({ href: z.url(), text: z.string().optional() });
const image = z.strictObject({ src: z.url(), href: z.url().optional(), alt: z.string().optional() });

const payload = z.strictObject({
  summary: z.string().min(1).max(1024),
  source: z.string().min(1),
  severity: z.enum(["critical", "error", "warning", "info"]),
  timestamp: z.iso.datetime({ offset: true }).optional(),
  component: z.string().optional(),
  group: z.string().optional(),
  class: z.string().optional(),
  custom_details: z.unknown().optional(),
});

const common = {
  routing_key: z.string().length(32),
  dedup_key: z.string().min(1).max(255).optional(),
  client: z.string().optional(),
  client_url: z.string().optional(),
  links: z.array(link).optional(),
  images: z.array(image).optional(),
};

const eventShape = z.discriminatedUnion("event_action", [
  z.strictObject({ event_action: z.literal("trigger"), payload, ...common }),
  // A payload is taken here too and not looked at.
  z.strictObject({
    event_action: z.enum(["acknowledge", "resolve"]),
    payload: z.unknown().optional(),
    ...common,
    dedup_key: z.string().min(1).max(255),
  }),
]);

export type PagerEvent = z.output<typeof eventShape>;

/** @returns the event, or PagerDuty's list of what is wrong with it */
export function readEvent(body: string): { event: PagerEvent } | { errors: string[] } {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return { errors: ["JSON parse error"] };
  }
  const parsed = eventShape.safeParse(value);
  if (parsed.success) return { event: parsed.data };
  return { errors: parsed.error.issues.map(({ path, message }) => `'${path.join(".") || "event"}' ${message}`) };
}
