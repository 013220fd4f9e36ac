// A case's address -> the values of its axes.

/**
 * The value of an axis at a case: what the id says, else the op's first one, which ids leave out.
 * @param {Table} table
 * @param {string} address
 * @param {string} axis
 */
export function axisOf(table, address, axis) {
  const at = address.indexOf(`/${axis}:`);
  if (at < 0) {
    const op = address.split("/", 1)[0],
      first = Object.hasOwn(table.facts.first, op) ? table.facts.first[op] : {};
    return Object.hasOwn(first, axis) ? String(first[axis]) : "default";
  }
  const start = at + axis.length + 2,
    end = address.indexOf("/", start);
  return end < 0 ? address.slice(start) : address.slice(start, end);
}

/** @param {any} value */
export function axisNumber(value) {
  return Math.max(...value.split("x").filter(Boolean).map(Number));
}
