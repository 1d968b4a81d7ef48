import { inflateSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { renderPng } from "./render-png.ts";

const svg = (inside: string): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="200" height="40"><rect width="200" height="40" fill="#fbfbfa"/>${inside}</svg>`;
const words = (text: string, weight = "normal"): string =>
  `<text x="10" y="28" font-family="DejaVu Sans" font-size="20" font-weight="${weight}" fill="#1d1c1d">${text}</text>`;

/** How much of a PNG of 8 bits a channel is dark; filters of its rows are undone. */
function darkPixels(png: Buffer): number {
  const width = png.readUInt32BE(16);
  const rowBytes = width * 4 + 1;
  const rows = inflateSync(pixelBytes(png));
  let before = Buffer.alloc(rowBytes - 1);
  let dark = 0;
  for (let start = 0; start < rows.length; start += rowBytes) {
    const row = unfilter(rows[start] ?? 0, rows.subarray(start + 1, start + rowBytes), before);
    for (let x = 0; x < row.length; x += 4) if ((row[x] ?? 255) < 128) dark += 1;
    before = row;
  }
  return dark;
}

function pixelBytes(png: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 8; at < png.length; ) {
    const size = png.readUInt32BE(at);
    if (png.toString("latin1", at + 4, at + 8) === "IDAT") parts.push(png.subarray(at + 8, at + 8 + size));
    at += size + 12;
  }
  return Buffer.concat(parts);
}

function unfilter(kind: number, row: Buffer, above: Buffer): Buffer<ArrayBuffer> {
  const out = Buffer.alloc(row.length);
  for (let x = 0; x < row.length; x += 1) {
    const [left, up, corner] = [out[x - 4] ?? 0, above[x] ?? 0, x < 4 ? 0 : (above[x - 4] ?? 0)];
    const guess = [0, left, up, (left + up) >> 1, nearest({ left, up, corner })][kind] ?? 0;
    out[x] = ((row[x] ?? 0) + guess) & 255;
  }
  return out;
}

function nearest({ left, up, corner }: { left: number; up: number; corner: number }): number {
  const sum = left + up - corner;
  return [left, up, corner].reduce((best, each) => (Math.abs(sum - each) < Math.abs(sum - best) ? each : best));
}

describe("a drawing as PNG", () => {
  test("is twice as fine as it was drawn", async () => {
    const png = await renderPng(svg(""));
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([400, 80]);
    expect(darkPixels(png)).toBe(0);
  });

  // Fonts of the machine are never looked at, so this is what a container without any sees.
  test.each([
    ["plain", words("billing 64 MB"), 800],
    ["bold", words("billing 64 MB", "bold"), 1200],
    ["accents and Greek", words("Größe Ω čž"), 500],
  ])("shows %s words without a font on the machine", async (_, drawn, least) => {
    expect(darkPixels(await renderPng(svg(drawn)))).toBeGreaterThan(least);
  });

  test("loads nothing from elsewhere", async () => {
    const png = await renderPng(
      svg('<image href="/etc/hostname" width="9" height="9"/><image href="http://127.0.0.1:1/" width="9" height="9"/>'),
    );
    expect(darkPixels(png)).toBe(0);
  });
});
