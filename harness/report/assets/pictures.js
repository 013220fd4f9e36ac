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
  return Number.isNaN(margin) ? [120, 120, 120] : ERROR_COLOURS[LEVELS.filter((step) => margin > step).length];
}

function valueColour(value, largest) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? [120, 120, 120] : [40, 40, 40];
  const part = largest ? Math.min(1, Math.abs(value) / largest) : 0, [r, g, b] = value < 0 ? [33, 102, 172] : [178, 84, 26];
  return [255 - part * (255 - r), 255 - part * (255 - g), 255 - part * (255 - b)];
}

function heatMap(title, nested, colour, origin = [], worst = []) {
  const placed = (index) => index.map((i, axis) => i + (origin[axis] ?? 0)).join(", ");
  const all = planes(nested), finite = all.flatMap(({ rows }) => rows.flat().map(numeric)).filter(Number.isFinite);
  const largest = finite.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const canvas = el("canvas", { tabindex: "0", role: "img" }), said = el("p", { class: "reading", "aria-live": "polite" });
  const choose = all.length > 1 && el("select", { "aria-label": `Plane of ${title}`, onchange: () => draw() }, all.map(({ index }, i) => el("option", { value: i }, `[${placed(index)}]`)));
  let plane = all[0], at = [0, 0];
  function draw() {
    plane = all[choose ? Number(choose.value) : 0];
    const height = plane.rows.length, width = plane.rows[0]?.length ?? 0, picture = canvas.getContext("2d");
    canvas.width = Math.max(1, width);
    canvas.height = Math.max(1, height);
    canvas.style.aspectRatio = `${canvas.width} / ${canvas.height}`;
    canvas.setAttribute("aria-label", `${title}, ${height} by ${width}; arrow keys read entries`);
    const image = picture.createImageData(canvas.width, canvas.height);
    plane.rows.forEach((row, y) => row.forEach((value, x) => image.data.set([...colour(numeric(value), largest), 255], 4 * (y * width + x))));
    picture.putImageData(image, 0, 0);
    read(0, 0);
  }
  function read(y, x) {
    at = [Math.max(0, Math.min(canvas.height - 1, y)), Math.max(0, Math.min(canvas.width - 1, x))];
    said.textContent = `[${placed(nested.length !== undefined && !Array.isArray(nested[0]) ? [at[1]] : [...plane.index, ...at])}] ${plane.rows[at[0]]?.[at[1]] ?? "no entries"}`;
  }
  canvas.addEventListener("pointermove", (event) => {
    const box = canvas.getBoundingClientRect();
    read(Math.floor(((event.clientY - box.top) / box.height) * canvas.height), Math.floor(((event.clientX - box.left) / box.width) * canvas.width));
  });
  canvas.addEventListener("keydown", (event) => {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    read(at[0] + step[0], at[1] + step[1]);
  });
  const first = all.findIndex(({ index }) => index.every((i, axis) => i === worst[axis]));
  if (choose && first >= 0) choose.value = String(first);
  draw();
  const axes = (part) => (Array.isArray(part) ? 1 + axes(part[0]) : 0);
  if (worst.length && worst.length === axes(nested)) read(worst.at(-2) ?? 0, worst.at(-1));
  return el("figure", { class: "map" }, el("figcaption", {}, title, " ", choose), canvas, said);
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
