import { z } from "zod";

// Google marks each kind of answer. An answer without its mark is somebody else's: an empty object is no empty group.
export const membersPage = z.object({
  kind: z.literal("admin#directory#members"),
  members: z
    .array(
      z.object({
        id: z.string().min(1),
        type: z.string(),
        email: z.string().optional(),
        status: z.string().optional(),
      }),
    )
    .optional(),
  nextPageToken: z.string().min(1).optional(),
});
export type GoogleMember = NonNullable<z.output<typeof membersPage>["members"]>[number];

export const membership = z.object({ isMember: z.boolean() });

export const user = z.object({
  kind: z.literal("admin#directory#user"),
  id: z.string().regex(/^\d{1,30}$/),
  primaryEmail: z.string().min(3),
  name: z.object({ fullName: z.string().min(1) }),
  aliases: z.array(z.string()).optional(),
  suspended: z.boolean(),
  archived: z.boolean(),
});
export type GoogleUser = z.output<typeof user>;
