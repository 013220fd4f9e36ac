// A cause, its text and pictures -> a page of its own that needs nothing else.

import { el, foreign } from "./dom.js";
import { thumbnails } from "./pictures.js";
import { visible } from "./words.js";

const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

const STYLE = [
  "body { max-width: 70em; margin: 2em auto; padding: 0 1em; font: 15px/1.5 system-ui, sans-serif }",
  "div { display: flex; gap: 1em } img { width: 240px; border: 1px solid #ccc; image-rendering: pixelated } figure { margin: 0 }",
  "table { border-collapse: collapse; margin: 1em 0 } th, td { text-align: left; padding: 2px 12px 2px 0; vertical-align: top; overflow-wrap: anywhere }",
  "td, code, pre { font-family: ui-monospace, monospace; font-size: 13px } pre { background: #f4f4f1; padding: 1em; border-radius: 8px; white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: isolate }",
].join("\n");

/**
 * What a colleague needs of one cause: what, where, how far, the versions, the command, the script.
 *
 * @param {App} app
 * @param {Card} card
 * @param {Fact} fact
 */
export function partsOf(app, card, fact) {
  const { facts } = app.table,
    versions = Object.entries(facts.versions).map(([name, value]) => `${name} ${value}`),
    shrunk = !card.smallest && fact.evidence.shrunk?.includes("\n") ? fact.evidence.shrunk.split("\n")[0] : "";
  return {
    title: `${card.candidate} is not ${card.op}: ${card.title}`,
    said: [...card.said, ...(shrunk ? [`Smallest case found: ${shrunk}`] : [])],
    case: card.example.case,
    law: card.example.law,
    statement: facts.statements[card.example.law] ?? "",
    numbers: ["actual", "expected", "bound", "margin", "at", "message"]
      .filter((name) => fact[name] !== "" && fact[name] === fact[name])
      .map((name) => [name, String(fact[name])]),
    run: `Run with ${versions.join(", ")}; CPU ${facts.cpu} ${[facts.isa].flat().join(" ")}; seed ${facts.seed}.`,
    command: app.pane.command(fact),
    script: fact.evidence.repro ?? "",
  };
}

/** @typedef {ReturnType<typeof partsOf>} Parts */

/** The parts as Markdown. @param {Parts} parts */
export function markdownOf({ title, said, law, statement, numbers, run, command, script, ...parts }) {
  const fence = "```",
    lines = [`## ${title}`, "", ...said.map((line) => `- ${line}`), ""];
  lines.push(`At \`${parts.case}\`, under the law \`${law}\`${statement && ` (${statement})`}:`, "", "| | |", "| --- | --- |");
  for (const [name, value] of numbers) lines.push(`| ${name} | ${value.replaceAll("|", "\\|").replaceAll("\n", " ")} |`);
  lines.push("", run, "", `Reproduce: \`${command}\``);
  if (script) lines.push("", `${fence}python`, script, fence);
  return lines.join("\n");
}

/** The parts and pictures as a page of its own. @param {Parts} parts @param {any} pictures */
export function colleaguePage({ title, said, law, statement, numbers, run, command, script, ...parts }, pictures) {
  const page = document.implementation.createHTMLDocument(visible(title));
  page.documentElement.lang = "en";
  page.head.prepend(el("meta", { charset: "utf-8" }), el("meta", { "http-equiv": "Content-Security-Policy", content: POLICY }));
  page.head.append(el("style", {}, STYLE));
  const figures = thumbnails(pictures).map((figure) => {
    const [canvas, caption] = figure.children;
    canvas.replaceWith(el("img", { src: canvas.toDataURL(), alt: caption.textContent }));
    return figure;
  });
  page.body.append(
    el("h1", {}, foreign(title)),
    el(
      "ul",
      {},
      said.map((line) => el("li", {}, foreign(line))),
    ),
    el("p", {}, "At ", el("code", {}, foreign(parts.case)), ", under the law ", el("code", {}, law), statement && ` (${statement})`, ":"),
    el("div", {}, figures),
    el(
      "table",
      {},
      numbers.map(([name, value]) => el("tr", {}, el("th", { scope: "row" }, name), el("td", {}, foreign(value)))),
    ),
    el("p", {}, foreign(run)),
    el("p", {}, "Reproduce: ", el("code", {}, foreign(command))),
    script && el("pre", {}, foreign(script)),
  );
  return `<!doctype html>\n${page.documentElement.outerHTML}`;
}
