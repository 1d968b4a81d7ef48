import { createRequire } from "node:module";
import { renderAsync } from "@resvg/resvg-js";

const require = createRequire(import.meta.url);
// The fonts come with a package: a container has none, and words in a font that is not there are left out without an error.
const FONTS = [
  require.resolve("dejavu-fonts-ttf/ttf/DejaVuSans.ttf"),
  require.resolve("dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf"),
];
/** Twice as fine as it is drawn, for screens that are. */
const ZOOM = 2;

/**
 * A drawing as PNG. It is worked on beside the event loop, so that nothing waits for it.
 * @param svg its words in the font DejaVu Sans, with a size in pixels; fonts of the machine are not used
 */
export async function renderPng(svg: string): Promise<Buffer> {
  const image = await renderAsync(svg, {
    font: { loadSystemFonts: false, fontFiles: FONTS, defaultFontFamily: "DejaVu Sans" },
    fitTo: { mode: "zoom", value: ZOOM },
    logLevel: "off",
  });
  return image.asPng();
}
