// What a reader does with pointer, keys and files -> what the page does.

import { byId, copy, el, goTo, otherTheme, query } from "./dom.js";
import { lawTable } from "./laws.js";
import { compare } from "./taking.js";

/** @param {App} app */
export function listen(app) {
  addEventListener("hashchange", () => app.follow());
  addEventListener("popstate", () => app.follow());
  app.query.addEventListener("focus", () => {
    if (app.query.value && !app.query.value.endsWith(" ")) app.query.value += " ";
  });
  app.query.addEventListener("blur", () => {
    app.query.value = app.query.value.trimEnd();
  });
  app.query.addEventListener("input", () => {
    history.replaceState(null, "", app.fragment({ ...app.state(), q: app.query.value.trimEnd() }));
    app.refresh();
  });
  byId("unfold").addEventListener("change", (/** @type {any} */ event) =>
    app.set({ q: app.query.value, all: event.target.checked ? "1" : "" }),
  );
  byId("clear").addEventListener("click", () => app.set({ q: "" }));
  byId("help").addEventListener("click", (event) => {
    const box = byId("language");
    box.hidden = !box.hidden;
    event.target.setAttribute("aria-expanded", String(!box.hidden));
  });
  for (const [button, dialog] of [
    ["keys", "keyboard"],
    ["words", "glossary"],
  ])
    byId(button).addEventListener("click", () => byId(dialog).showModal());
  byId("only-wrong")?.addEventListener("change", (/** @type {any} */ event) =>
    byId("matrix").classList.toggle("only-wrong", event.target.checked),
  );
  byId("theme").addEventListener("click", otherTheme);
  byId("file").addEventListener("change", (event) => event.target.files[0] && compare(app, event.target.files[0]));
  byId("all-clusters")?.addEventListener("click", (event) => {
    byId("patterns").classList.add("all");
    event.target.remove();
  });
  document.addEventListener("click", (event) => clicked(app, event));
  addEventListener("keydown", (event) => pressed(app, event));
  for (const name of ["dragover", "dragleave", "drop"]) addEventListener(name, (event) => dragged(app, event, name));
}

/** @param {App} app @param {any} event */
function clicked(app, event) {
  const button = event.target.closest("[data-take], [data-copy], [data-script], [data-close], .fold"),
    link = event.target.closest('a[href^="#"]');
  if (button?.dataset.take) app.take(button.dataset.take);
  else if (button?.dataset.copy) copy(button.dataset.copy, "command", button);
  else if (button?.dataset.script)
    app.coldRows.then(() => {
      const fact = app.pane.facts(app.find(Object.fromEntries(new URLSearchParams(button.dataset.script.slice(1)))));
      copy(app.pane.script(fact), fact.evidence.repro ? "repro script" : "command that writes the script", button);
    });
  else if (button && "close" in button.dataset) button.closest("dialog").close();
  else if (button?.classList.contains("fold")) fold(app, button);
  else if (link?.dataset.section) {
    event.preventDefault();
    if (byId(link.dataset.section).checkVisibility?.() === false) app.ops.leave();
    goTo(link.dataset.section);
    (link.classList.contains("skip") ? app.grid.node : byId(link.dataset.section)).focus({ preventScroll: true });
  } else if (link && new URLSearchParams(link.hash.slice(1)).has("q") && !link.hash.includes("case=")) goTo("verdicts");
}

/** @param {App} app @param {any} event */
function pressed(app, event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.matches("input, select, textarea")) {
    const leaves = event.key === "Escape" || (event.target === app.query && ["Enter", "ArrowDown"].includes(event.key));
    if (leaves) {
      event.preventDefault();
      app.grid.node.focus();
    }
    return;
  }
  const box = byId("language");
  if (event.key === "Escape" && !box.hidden) byId("help").click();
  const inCase = app.pane.node.open,
    walk = inCase ? (by) => app.step(by) : (by) => app.grid.move(by),
    onGrid = event.target === app.grid.node,
    opening = onGrid || event.target === document.body;
  const copyOf = (text, name) => {
    const row = inCase ? app.pane.row : app.grid.view[app.grid.current];
    if (row !== undefined) app.coldRows.then(() => copy(text(app.pane.facts(row)), name));
  };
  const keys = {
    "/": () => {
      goTo("verdicts");
      app.query.focus();
      app.query.select();
    },
    j: () => walk(1),
    k: () => walk(-1),
    t: otherTheme,
    "?": () => byId("keyboard").showModal(),
    c: () => copyOf((fact) => app.pane.command(fact), "command"),
    r: () => copyOf((fact) => app.pane.script(fact), "repro script"),
    ...(onGrid && { ArrowDown: () => walk(1), ArrowUp: () => walk(-1) }),
    ...(opening && { Enter: () => app.grid.view.length && app.open(app.grid.view[app.grid.current]) }),
  };
  if (!Object.hasOwn(keys, event.key) || query(document, "#keyboard[open], #glossary[open]")) return;
  event.preventDefault();
  keys[event.key]();
}

/** @param {App} app @param {any} event @param {string} name */
function dragged(app, event, name) {
  if (![...(event.dataTransfer?.types ?? [])].includes("Files")) return;
  event.preventDefault();
  byId("drop").hidden = name !== "dragover";
  if (name === "drop" && event.dataTransfer.files[0]) compare(app, event.dataTransfer.files[0]);
}

/**
 * An op's row of the matrix, folded out: law, subject, scenario x candidate.
 *
 * @param {App} app
 * @param {any} button
 */
function fold(app, button) {
  const line = button.closest("tr"),
    open = button.getAttribute("aria-expanded") === "true";
  button.setAttribute("aria-expanded", String(!open));
  if (open) {
    line.nextElementSibling.remove();
    return;
  }
  line.after(el("tr", { class: "laws" }, el("td", { colspan: line.children.length }, lawTable(app, button.dataset.op))));
}
