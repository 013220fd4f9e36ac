// What changed -> the section that says so.

import { MEANINGS } from "./shared.js";
import { counted, kind } from "./words.js";
import { byId, el, foreign, query } from "./dom.js";

/** @param {App} app */
export function drawChanges(app) {
  const { table } = app,
    section = byId("changed"),
    tallies = Object.fromEntries(table.facts.kinds.map((name) => [name, 0]));
  const known = table.facts.baseline,
    history = query(section, "details");
  section.hidden = !known && !history;
  query(document, 'nav [data-section="changed"]').hidden = section.hidden;
  if (!known) return;
  const { change } = table.columns,
    words = change.words();
  for (let row = 0; row < table.rows; row++) if (words[change.codes[row]]) tallies[words[change.codes[row]]]++;
  tallies["no longer run"] += table.facts.gone_count ?? 0;
  const any = Object.values(tallies).some(Boolean);
  const cards = table.facts.kinds
    .filter((name) => tallies[name])
    .map((name) =>
      el(
        "li",
        {},
        el(
          "a",
          { class: `change ${kind(name)}`, href: app.fragment({ q: `is:${name.replaceAll(" ", "-")}` }), "data-go": true },
          el("b", { class: "nums" }, tallies[name].toLocaleString("en")),
          " ",
          name,
          el("small", {}, MEANINGS[name]),
        ),
      ),
    );
  const gone = table.facts.gone.length
    ? el(
        "details",
        {},
        el("summary", {}, `${counted(table.facts.gone_count ?? 0, "row")} not here any more`),
        el(
          "ul",
          { class: "gone" },
          table.facts.gone
            .slice(0, 200)
            .map(([address, candidate, law, subject, scenario, status]) =>
              el("li", {}, el("code", {}, foreign(address)), " ", foreign(`${candidate}: ${law} ${subject} ${scenario} (was ${status})`)),
            ),
        ),
      )
    : "";
  byId("changes").replaceChildren(any ? el("ul", { class: "kinds" }, cards) : el("p", {}, "Nothing, against the run compared with."), gone);
}
