// A cause, its text and pictures -> a page of its own that needs nothing else.

import { el, foreign } from "./dom.js";
import { thumbnails } from "./pictures.js";
import { visible } from "./words.js";

const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

const STYLE = [
  "body { max-width: 70em; margin: 2em auto; padding: 0 1em; font: 15px/1.5 system-ui, sans-serif }",
  "div { display: flex; gap: 1em } img { width: 240px; border: 1px solid #ccc; image-rendering: pixelated } figure { margin: 0 }",
  "pre { white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: isolate }",
].join("\n");

/** @param {Card} card @param {string} markdown @param {any} pictures */
export function colleaguePage(card, markdown, pictures) {
  const title = `${card.candidate} is not ${card.op}: ${card.title}`,
    page = document.implementation.createHTMLDocument(visible(title));
  page.documentElement.lang = "en";
  page.head.prepend(el("meta", { charset: "utf-8" }), el("meta", { "http-equiv": "Content-Security-Policy", content: POLICY }));
  page.head.append(el("style", {}, STYLE));
  const figures = thumbnails(pictures).map((figure) => {
    const [canvas, caption] = figure.children;
    canvas.replaceWith(el("img", { src: canvas.toDataURL(), alt: caption.textContent }));
    return figure;
  });
  page.body.append(el("h1", {}, foreign(title)), el("div", {}, figures), el("pre", {}, foreign(markdown)));
  return `<!doctype html>\n${page.documentElement.outerHTML}`;
}
