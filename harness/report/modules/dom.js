// Elements of the page, and what is said and copied.

import { visible } from "./words.js";

/** An element of the page, which is there. @param {string} id @returns {any} */
export function byId(id) {
  return document.getElementById(id);
}

/** The first element of a part of the page that a selector finds. @param {any} part @param {string} selector @returns {any} */
export function query(part, selector) {
  return part.querySelector(selector);
}

/** All that it finds. @param {any} part @param {string} selector @returns {any[]} */
export function queryAll(part, selector) {
  return [...part.querySelectorAll(selector)];
}

export const toast = () => byId("toast");

let sayTimer = 0;

/** @param {string} text */
export function say(text) {
  const node = toast();
  (query(document, "dialog[open]") ?? document.body).append(node);
  node.textContent = text;
  node.classList.add("on");
  clearTimeout(sayTimer);
  sayTimer = setTimeout(() => node.classList.remove("on"), 2200);
}

/** @param {string} text @param {string} name @param {any} [button] */
export async function copy(text, name, button) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = el("textarea", { "aria-hidden": "true" });
    area.value = text;
    (query(document, "dialog[open]") ?? document.body).append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  say(`Copied: ${name}`);
  if (!button || button.dataset.was) return;
  button.dataset.was = button.textContent;
  button.textContent = "Copied ✓";
  setTimeout(() => {
    button.textContent = button.dataset.was;
    delete button.dataset.was;
  }, 1600);
}

/**
 * Gives the reader a file of his own.
 * @param {string} text
 * @param {string} name
 * @param {string} type
 */
export function save(text, name, type) {
  const link = el("a", { href: URL.createObjectURL(new Blob([text], { type })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  say(`Saved: ${name}`);
}

/** @param {string} section */
export function goTo(section) {
  const node = byId(section),
    far = Math.abs(node.getBoundingClientRect().top) > 2 * innerHeight;
  if (!node.hidden)
    node.scrollIntoView({ behavior: far || matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth", block: "start" });
}

/**
 * Storage may be refused to a page that is opened from disk.
 * @param {(store: Storage) => any} act
 */
export function stored(act) {
  try {
    return act(localStorage);
  } catch {
    return null;
  }
}

// The other theme than the system's, and back to the system's.
export function otherTheme() {
  const root = document.documentElement,
    theme = matchMedia("(prefers-color-scheme: dark)").matches ? "light" : "dark";
  if (root.dataset.theme) delete root.dataset.theme;
  else root.dataset.theme = theme;
  stored((store) => (root.dataset.theme ? store.setItem("theme", theme) : store.removeItem("theme")));
}

/** Text that somebody else wrote, isolated. @param {any} text */
export const foreign = (text) => el("bdi", {}, visible(text));

/**
 * @param {string} tag
 * @param {Record<string, any>} attributes
 * @param {...any} children
 */
export function svg(tag, attributes, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

/**
 * @param {string} tag
 * @param {Record<string, any> | null} [attributes]
 * @param {...any} children
 * @returns {any}
 */
export function el(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(9).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}
