// Numbers -> pictures: heat maps and histograms.

function numeric(value) {
  if (typeof value === "number") return value;
  if (typeof value === "boolean") return Number(value);
  const text = String(value).trim(), complex = text.match(/^\(?([-+]?[\d.einfa]+(?:e[-+]?\d+)?)([-+][\d.einfa]+(?:e[-+]?\d+)?)j\)?$/i);
  if (complex) return Math.hypot(Number(complex[1]), Number(complex[2]));
  return text === "inf" ? Infinity : text === "-inf" ? -Infinity : text === "" ? NaN : Number(text);
}

// Nested lists -> planes of rows of numbers, with the index that names each plane.
function planes(nested, prefix = []) {
  if (!Array.isArray(nested)) return [{ index: prefix, rows: [[nested]] }];
  if (!Array.isArray(nested[0])) return [{ index: prefix, rows: [nested] }];
  if (!Array.isArray(nested[0][0])) return [{ index: prefix, rows: nested }];
  return nested.flatMap((part, i) => planes(part, [...prefix, i]));
}

const ERROR_COLOURS = [[238, 246, 243], [223, 240, 234], [203, 231, 221], [176, 220, 205], [143, 205, 184], [255, 217, 168], [255, 180, 137], [249, 140, 118], [214, 60, 70]];

function errorColour(margin) {
  if (Number.isNaN(margin)) return [120, 120, 120];
  if (!(margin > 1e6)) return ERROR_COLOURS[LEVELS.filter((step) => margin > step).length];
  const beyond = Math.min(1, (Math.log10(margin) - 6) / 12);
  return ERROR_COLOURS.at(-1).map((part) => part * (1 - 0.6 * beyond));
}

function valueColour(value, largest) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? [120, 120, 120] : [40, 40, 40];
  const part = largest ? Math.min(1, Math.abs(value) / largest) : 0, [r, g, b] = value < 0 ? [33, 102, 172] : [178, 84, 26];
  return [255 - part * (255 - r), 255 - part * (255 - g), 255 - part * (255 - b)];
}

// Pictures of arrays of one shape, read together: what points at an entry of one points at it in all.
function heatMaps(shown, origin = [], worst = []) {
  const maps = shown.map((one) => heatMap(one, origin, worst, (plane, at) => maps.forEach((map) => map.read(plane, at))));
  return maps.map(({ node }) => node);
}

// Screen points a picture's longer side has at least, so that a mark around an entry can be thin.
const SIDE = 320;

function heatMap({ title, nested, colour }, origin, worst, point) {
  const placed = (index) => index.map((i, axis) => i + (origin[axis] ?? 0)).join(", ");
  const all = planes(nested), finite = all.flatMap(({ rows }) => rows.flat().map(numeric)).filter(Number.isFinite);
  const largest = finite.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const canvas = el("canvas", { tabindex: "0", role: "img" }), said = el("p", { class: "reading", "aria-live": "polite" });
  const axes = (part) => (Array.isArray(part) ? 1 + axes(part[0]) : 0), flat = axes(nested) < 2;
  const marked = worst.length === axes(nested) ? worst : [];
  const home = all.findIndex(({ index }) => marked.length && index.every((i, axis) => i === marked[axis]));
  const choose = all.length > 1 && el("select", { "aria-label": `Plane of ${title}`, onchange: () => point(Number(choose.value), at) }, all.map(({ index }, i) => el("option", { value: i }, `[${placed(index)}]`)));
  let shown = Math.max(0, home), at = marked.length ? [marked.at(-2) ?? 0, marked.at(-1)] : [0, 0];
  function draw() {
    const { rows } = all[shown], height = Math.max(1, rows.length), width = Math.max(1, rows[0]?.length ?? 0), picture = canvas.getContext("2d");
    const size = Math.max(1, Math.ceil(SIDE / Math.max(height, width)));
    [canvas.height, canvas.width] = [height * size, width * size];
    canvas.style.aspectRatio = `${width} / ${height}`;
    canvas.setAttribute("aria-label", `${title}, ${height} by ${width}; arrow keys read entries`);
    rows.forEach((row, y) => row.forEach((value, x) => { picture.fillStyle = `rgb(${colour(numeric(value), largest).map(Math.round).join(" ")})`; picture.fillRect(x * size, y * size, size, size); }));
    if (shown === home) outline(picture, [marked.at(-2) ?? 0, marked.at(-1)], size, "#000", "#fff");
    outline(picture, at, size, "#fff", "#3546b5");
  }
  // What it points at, and the other pictures do.
  function read(plane, [y, x]) {
    shown = plane;
    const { index, rows } = all[shown];
    at = [Math.max(0, Math.min(rows.length - 1, y)), Math.max(0, Math.min((rows[0]?.length ?? 1) - 1, x))];
    if (choose) choose.value = String(shown);
    draw();
    said.textContent = `[${placed(flat ? [at[1]] : [...index, ...at])}] ${rows[at[0]]?.[at[1]] ?? "no entries"}`;
  }
  canvas.addEventListener("pointermove", (event) => {
    const box = canvas.getBoundingClientRect(), { rows } = all[shown];
    const to = [Math.floor(((event.clientY - box.top) / box.height) * rows.length), Math.floor(((event.clientX - box.left) / box.width) * (rows[0]?.length ?? 1))];
    if (to[0] !== at[0] || to[1] !== at[1]) point(shown, to);
  });
  canvas.addEventListener("keydown", (event) => {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    point(shown, [at[0] + step[0], at[1] + step[1]]);
  });
  read(shown, at);
  const legend = el("p", { class: "ramp", "aria-hidden": "true" }, colour === errorColour ? ["0", "", "", "", "1", "", "10³", "10⁶", "∞"].map((text, i) => el("i", { style: `background: rgb(${ERROR_COLOURS[i].join(" ")})` }, text)) : [-1, 0, 1].map((part) => el("i", { style: `background: rgb(${valueColour(part, 1).join(" ")})` }, part ? short(part * largest) : "0")));
  return { read, node: el("figure", { class: "map" }, el("figcaption", {}, title, " ", choose), canvas, legend, said) };
}

function outline(picture, [y, x], size, outer, inner) {
  const wide = Math.max(1, Math.min(4, size / 8));
  for (const [colour, inset] of [[outer, wide / 2], [inner, 1.5 * wide]]) {
    picture.strokeStyle = colour;
    picture.lineWidth = wide;
    picture.strokeRect(x * size + inset, y * size + inset, size - 2 * inset, size - 2 * inset);
  }
}

// How many margins fall into each decade, this row's marked.
function histogram(margins, mine) {
  const steps = [-Infinity, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6], tallies = steps.map(() => 0);
  const place = (margin) => (margin === 0 ? 0 : Math.max(1, Math.min(steps.length - 1, Math.ceil(Math.log10(margin)) + 7)));
  for (const margin of margins) if (!Number.isNaN(margin)) tallies[place(margin)]++;
  const most = Math.max(1, ...tallies), here = Number.isNaN(mine) ? -1 : place(mine);
  const name = (i) => (i === 0 ? "exact" : i === steps.length - 1 ? `over 10^${steps[i] - 1}` : `up to 10^${steps[i]}`);
  const bars = tallies.map((n, i) => el("div", { class: `bin${i === here ? " here" : ""}${i > 7 ? " over" : ""}`, title: `${name(i)}: ${n}` },
    el("span", { class: "n" }, n ? n.toLocaleString("en") : ""), el("i", { style: `height: ${n ? Math.max(4, 100 * Math.sqrt(n / most)) : 0}%` }), el("small", {}, i === 0 ? "0" : i === 7 ? "1" : i === 8 ? "10" : i === steps.length - 1 ? ">10⁵" : `10${[...String(steps[i])].map((d) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[d] ?? "⁻").join("")}`)));
  return el("figure", { class: "histogram" }, el("figcaption", {}, "Margins of this candidate under this law, in powers of ten", here >= 0 && "; this one is marked"), el("div", { class: "bins", role: "img", "aria-label": tallies.map((n, i) => n && `${n} ${name(i)}`).filter(Boolean).join(", ") }, bars));
}
