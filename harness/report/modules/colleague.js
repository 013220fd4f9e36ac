// A cause, its text and pictures -> a page of its own that needs nothing else.

import { thumbnails } from "./pictures.js";
import { visible } from "./words.js";

const MEANT = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

export function escaped(text) {
  return visible(text).replace(/[&<>"']/g, (sign) => MEANT[sign]);
}

export function colleaguePage(card, markdown, pictures) {
  const title = escaped(`${card.candidate} is not ${card.op}: ${card.title}`),
    figures = thumbnails(pictures).map((figure) => {
      const [canvas, caption] = figure.children;
      return `<figure><img src="${canvas.toDataURL()}" alt="${escaped(caption.textContent)}"><figcaption>${escaped(caption.textContent)}</figcaption></figure>`;
    });
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">`,
    `<title>${title}</title>`,
    "<style>body { max-width: 70em; margin: 2em auto; padding: 0 1em; font: 15px/1.5 system-ui, sans-serif } div { display: flex; gap: 1em } img { width: 240px; image-rendering: pixelated; border: 1px solid #ccc } figure { margin: 0 } pre { white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: isolate }</style>",
    `</head><body><h1>${title}</h1><div>${figures.join("")}</div><pre>${escaped(markdown)}</pre></body></html>`,
  ].join("\n");
}
