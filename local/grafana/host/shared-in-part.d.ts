declare module "#shared-in-part" {
  /** By the names of the modules: what the plugin uses of each. */
  export const sharedInPart: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}
