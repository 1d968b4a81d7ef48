/** What an `import()` brings, once its texts can be found; the two are read at the same time. */
export async function translated<Part>(part: Promise<Part>): Promise<Part> {
  const [loaded] = await Promise.all([part, import("./translate.ts").then(({ prepareTexts }) => prepareTexts())]);
  return loaded;
}
