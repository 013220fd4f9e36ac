// The word that is being typed -> what it could become, in a list under the filter (ARIA's combobox).

import { quoted } from "./words.js";
import { el, foreign, byId } from "./dom.js";
import { CLOSED, IS, NUMBERS, TEXTS } from "./query.js";

const MOST_SUGGESTED = 10;

export class Suggestions {
  constructor(app) {
    this.app = app;
    this.input = app.query;
    this.list = byId("suggestions");
    this.at = -1;
    this.input.addEventListener("input", () => this.show());
    this.input.addEventListener("blur", () => setTimeout(() => this.hide(), 150));
    this.input.addEventListener("keydown", (event) => this.pressed(event), true);
  }

  // The part of the word before the cursor that is looked up: its field, and what is typed of the value.
  word() {
    const before = this.input.value.slice(0, this.input.selectionStart ?? undefined),
      [whole] = before.match(/[^\s()]*$/),
      typed = whole.replace(/^-/, "");
    const [, field, value] = typed.match(/^([^:<>=]+):(?:[^,]*,)*([^,]*)$/) ?? [];
    return {
      whole,
      start: before.length - (field ? value.length : typed.length),
      field,
      typed: (field ? value : typed).replace(/^"/, "").toLowerCase(),
    };
  }

  /** @param {any} it */
  found({ field, typed }) {
    const { columns, facts } = this.app.table,
      fields = [...TEXTS.filter((name) => columns[name]), ...Object.keys(facts.axes)]
        .map((name) => `${name}:`)
        .concat("is:", ...NUMBERS.map((name) => `${name}>`));
    const words =
      field === undefined
        ? fields
        : field === "is"
          ? [...Object.keys(IS), ...facts.kinds.map((kind) => kind.replaceAll(" ", "-"))]
          : CLOSED.has(field)
            ? columns[field].words().filter(Boolean)
            : (facts.axes[field] ?? (columns.candidate.code(field) >= 0 ? Object.keys(facts.signs) : []));
    const first = words.filter((word) => word.toLowerCase().startsWith(typed)),
      rest = words.filter((word) => !word.toLowerCase().startsWith(typed) && word.toLowerCase().includes(typed));
    return [...first, ...rest].slice(0, MOST_SUGGESTED);
  }

  show() {
    const word = this.word(),
      found = word.whole ? this.found(word).filter((one) => one.toLowerCase() !== word.typed) : [];
    this.at = -1;
    this.list.replaceChildren(
      ...found.map((one, i) =>
        el(
          "li",
          {
            role: "option",
            id: `suggestion-${i}`,
            "aria-selected": "false",
            onmousedown: (event) => {
              event.preventDefault();
              this.take(one);
            },
          },
          foreign(one),
        ),
      ),
    );
    this.list.hidden = !found.length;
    this.input.setAttribute("aria-expanded", String(found.length > 0));
    this.input.removeAttribute("aria-activedescendant");
  }

  hide() {
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
  }

  /** @param {string} one */
  take(one) {
    const { start, field } = this.word(),
      end = this.input.selectionStart ?? this.input.value.length,
      text = field === undefined ? one : `${quoted(one)} `;
    this.input.setRangeText(text, start, end, "end");
    this.input.dispatchEvent(new Event("input"));
    if (field !== undefined) this.hide();
  }

  /** @param {any} event */
  pressed(event) {
    if (this.list.hidden) return;
    const { children } = this.list,
      step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") this.hide();
    else if (event.key === "Tab" && !event.shiftKey) this.take(children[Math.max(0, this.at)].textContent);
    else if (event.key === "Enter" && this.at >= 0) this.take(children[this.at].textContent);
    else if (step && (this.at >= 0 || event.altKey || step > 0)) this.point((this.at + step + children.length) % children.length);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {any} at */
  point(at) {
    this.at = at;
    [...this.list.children].forEach((item, i) => item.setAttribute("aria-selected", String(i === at)));
    this.input.setAttribute("aria-activedescendant", `suggestion-${at}`);
  }
}
