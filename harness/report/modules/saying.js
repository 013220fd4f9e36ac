// A row and its peers -> the sentences that are said of it, each made of what they hold.

import { short } from "./numbers.js";

/** @param {Table} table @param {{ status: string }} fact */
export function isWrong({ facts }, { status }) {
  return facts.bad.includes(status) || status === "known";
}

/**
 * How a wrong row is wrong: by its manner, which Python reads off the columns.
 *
 * @param {Table} table
 * @param {Fact} fact
 */
function manner(table, fact) {
  if (fact.manner === "number") return `by ${short(fact.margin)} times its bound`;
  if (fact.manner === "fact" && (fact.actual || fact.expected))
    return `it gives ${fact.actual || "nothing"} where ${fact.expected || "nothing"} is expected`;
  return table.facts.manners[fact.manner] ?? "";
}

/**
 * What is said of a row, each sentence made of what the row and its peers hold.
 *
 * @param {App} app
 * @param {number} row
 * @param {Fact} fact
 */
export function sentencesOf(app, row, fact) {
  const wrong = isWrong(app.table, fact),
    peers = app.peers(row).filter((other) => other !== row),
    { columns } = app.table;
  const named = (test) => [...new Set(peers.filter((other) => test(columns.status.at(other))).map((other) => columns.candidate.at(other)))];
  const right = named((status) => status === "conforms"),
    also = named((status) => isWrong(app.table, { status })),
    how = manner(app.table, fact),
    said = [];
  if (wrong) said.push(`${fact.candidate} is wrong here${how && `: ${how}`}.`);
  else if (fact.status === "conforms" && fact.bound && Number.isFinite(fact.margin))
    said.push(`${fact.candidate} uses ${short(fact.margin)} of its bound (${fact.grade || "conforms"}).`);
  else if (fact.status === "conforms") said.push(`${fact.candidate} keeps this law here.`);
  else if (fact.subject === app.table.facts.ledger) said.push("This row is of a known entry and of no case.");
  else if (fact.status === "fixed") said.push(`${fact.candidate} is right here, and a known entry says that it is wrong.`);
  else said.push(`This was not judged: it is ${fact.status}.`);
  if (wrong && fact.blame && fact.blame !== fact.candidate) said.push(`Blamed: ${fact.blame}.`);
  if (fact.since) said.push(`Red in every run remembered since ${fact.since}.`);
  if (right.length) said.push(`Under the same law at the same case ${right.join(", ")} ${right.length > 1 ? "conform" : "conforms"}.`);
  if (also.length) said.push(`${also.join(", ")} ${also.length > 1 ? "are" : "is"} wrong there too.`);
  if (fact.known) said.push(`Known: ${fact.known}.`);
  if (app.isConsequence(row)) said.push("The value at the same case is wrong too.");
  return said;
}

/**
 * A text for an issue: what is said of a row, its numbers, versions, command, script.
 *
 * @param {Facts} facts
 * @param {Fact} fact
 * @param {string} sentence
 * @param {string} command
 */
export function issueOf(facts, fact, sentence, command) {
  const fence = "```",
    lines = [`### ${fact.candidate} ${fact.status} at ${fact.case}`, "", sentence, "", "| | |", "| --- | --- |"];
  for (const name of ["law", "subject", "scenario", "actual", "expected", "bound", "margin", "ulps", "at", "message"])
    if (fact[name] !== "" && fact[name] === fact[name])
      lines.push(`| ${name} | ${String(fact[name]).replaceAll("|", "\\|").replaceAll("\n", " ")} |`);
  lines.push(
    "",
    `Versions: ${Object.entries(facts.versions)
      .map(([name, value]) => `${name} ${value}`)
      .join(", ")}; CPU ${facts.cpu} ${[facts.isa].flat().join(" ")}`,
    "",
    `Reproduce with \`${command}\`.`,
  );
  if (fact.evidence.shrunk?.includes("\n")) lines.push("", `Smallest case found: ${fact.evidence.shrunk.split("\n")[0]}`);
  const script = fact.evidence.smallest ?? fact.evidence.repro;
  if (script) lines.push("", `${fence}python`, script, fence);
  return lines.join("\n");
}
