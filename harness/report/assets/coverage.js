// Cases of an op -> which pairs of axis values some case holds, how often they are wrong, and which nobody judged.

// Each case once, by its worst row: 0 not judged, 1 right, 2 known, 3 wrong.
function casesOf(app, op) {
  const { columns, facts, rows } = app.table, wanted = columns.op.code(op), found = new Map();
  const rank = columns.status.words().map((status) => (facts.bad.includes(status) ? 3 : status === "known" ? 2 : status === "conforms" || status === "fixed" ? 1 : 0));
  const silent = columns.law.code("status");
  for (let row = 0; row < rows; row++) {
    if (columns.op.codes[row] !== wanted) continue;
    const code = columns.case.codes[row], state = rank[columns.status.codes[row]];
    const says = columns.law.codes[row] === silent && state === 1 ? 0 : state;
    if (!(found.get(code) >= says)) found.set(code, says);
  }
  const addresses = [...found].map(([code, state]) => ({ address: columns.case.word(code), state })).filter(({ address }) => !address.includes("/invalid:"));
  const axes = [...new Set([...Object.keys(facts.first[op] ?? {}), ...addresses.flatMap(({ address }) => address.split("/").slice(1).map((part) => part.split(":")[0]))])].filter((axis) => axis !== "grid");
  for (const one of addresses) one.at = Object.fromEntries(axes.map((axis) => [axis, axisOf(app.table, one.address, axis)]));
  const values = Object.fromEntries(axes.map((axis) => [axis, [...new Set(addresses.map(({ at }) => at[axis]))].sort((a, b) => Number(a) - Number(b) || (a < b ? -1 : 1))]));
  return { addresses, values, axes: axes.filter((axis) => values[axis].length > 1) };
}

function pairTable({ addresses }, one, other) {
  const cells = new Map();
  for (const { at, state } of addresses) {
    const key = `${at[one]}\t${at[other]}`, cell = cells.get(key) ?? cells.set(key, { cases: 0, judged: 0, wrong: 0, known: 0 }).get(key);
    cell.cases++;
    if (state) cell.judged++;
    if (state === 3) cell.wrong++;
    if (state === 2) cell.known++;
  }
  return cells;
}

function coverageMap(app, op) {
  const found = casesOf(app, op), { axes, values } = found;
  if (axes.length < 2) return null;
  const pairs = axes.flatMap((one, i) => axes.slice(i + 1).map((other) => { const cells = pairTable(found, one, other), all = values[one].length * values[other].length, judged = [...cells.values()].filter((cell) => cell.judged).length; return { one, other, cells, all, judged, wrong: [...cells.values()].reduce((n, cell) => n + cell.wrong, 0) }; }));
  const seen = pairs.reduce((n, pair) => n + pair.judged, 0), all = pairs.reduce((n, pair) => n + pair.all, 0);
  const shown = el("div", { class: "wide", tabindex: "0", role: "region", "aria-label": "Cases of two axes" });
  const choose = el("select", { "aria-label": "Two axes", onchange: () => draw(pairs[Number(choose.value)]) }, pairs.map((pair, i) => [pair, i]).sort(([a], [b]) => b.wrong - a.wrong || (b.all - b.judged) - (a.all - a.judged)).map(([pair, i]) => el("option", { value: i }, visible(`${pair.one} × ${pair.other}: ${pair.all - pair.judged} of ${pair.all} pairs judged by nobody`))));
  function draw(pair) {
    const head = el("tr", {}, el("th", { scope: "col" }, foreign(`${pair.one} \\ ${pair.other}`)), values[pair.other].map((value) => el("th", { scope: "col" }, foreign(value))));
    shown.replaceChildren(el("table", { class: "heat" }, el("thead", {}, head), el("tbody", {}, values[pair.one].map((row) => el("tr", {}, el("th", { scope: "row" }, foreign(row)), values[pair.other].map((column) => {
      const cell = pair.cells.get(`${row}\t${column}`), share = cell?.judged ? cell.wrong / cell.judged : 0;
      if (!cell?.judged) return el("td", { class: "nobody", title: cell ? `${counted(cell.cases, "case")}, none judged` : "no case holds both" }, cell ? "?" : "");
      const q = `op:${quoted(op)} ${pair.one}:${quoted(row)} ${pair.other}:${quoted(column)}`;
      return el("td", { class: cell.wrong ? (share > 0.5 ? "m8" : share > 0.1 ? "m7" : "m6") : cell.known ? "m5" : cell.judged > 9 ? "m3" : "m1" }, el("a", { href: app.fragment({ op, q, all: "1" }), title: `${cell.wrong} wrong and ${cell.known} known of ${counted(cell.judged, "case")} judged` }, cell.wrong ? `${cell.wrong}/${cell.judged}` : String(cell.judged)));
    }))))));
  }
  draw(pairs[Number(choose.value)]);
  return el("section", {}, el("h3", {}, "Coverage: pairs of axis values"), el("p", { class: "dim" }, `${seen.toLocaleString("en")} of ${all.toLocaleString("en")} pairs of values of ${axes.length} axes were judged together at some case. Each place: cases judged, or wrong/judged; hatched where nobody judged both values together.`), choose, shown);
}
