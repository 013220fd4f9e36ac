// Query text -> its tree. Terms are [-][field sign]value; side by side all must hold; `or`, `-` and parentheses combine them.

export const TERM = /([()])|(-?)(?:([^\s:<>="()]+)(>=|<=|>|<|=|:))?((?:"(?:[^"\\]|\\.)*"|[^\s"()]|\((?=[^\s"]*\)))*)/g;

/**
 * The query's parts in order: terms, parentheses and the word `or`.
 * @param {string} text
 */
export function parts(text) {
  const found = [];
  for (const [whole, bracket, not, field, sign, raw] of text.matchAll(TERM)) {
    if (bracket) {
      found.push({ bracket, whole });
      continue;
    }
    if (!whole) continue;
    if (whole === "-") {
      found.push({ minus: true, whole });
      continue;
    }
    if (!field && /^or$/i.test(whole)) {
      found.push({ or: true, whole });
      continue;
    }
    const values = (raw.match(/(?:"(?:[^"\\]|\\.)*"|[^,"])+/g) ?? [""]).map((v) =>
      v.replace(/"((?:[^"\\]|\\.)*)"/g, (_, inner) => inner.replace(/\\(.)/g, "$1")),
    );
    found.push({ whole, not: not === "-", field, sign: sign === "=" ? ":" : sign, raw, values });
  }
  return found;
}

/**
 * Whether a query is terms side by side alone, which may be taken out one by one.
 * @param {string} text
 */
export function plain(text) {
  return parts(text).every((part) => !part.bracket && !part.or && !part.minus);
}

/**
 * What may be taken out: each term, or the whole where they are combined.
 * @param {string} text
 */
export function terms(text) {
  return plain(text) ? parts(text) : [{ whole: text.trim() }];
}

/**
 * parts -> a tree: {all: [...]}, {any: [...]}, {without: ...} or a term.
 * @param {string} text
 */
export function tree(text) {
  const left = parts(text);
  let at = 0;
  const any = () => {
    const sides = [all()];
    while (left[at]?.or) {
      at++;
      sides.push(all());
    }
    if (sides.length > 1 && sides.some((side) => !side.all.length)) throw new Error("“or” stands between two terms");
    return sides.length > 1 ? { any: sides } : sides[0];
  };
  const all = () => {
    const found = [];
    while (at < left.length && !left[at].or && left[at].bracket !== ")") found.push(one());
    return { all: found };
  };
  const one = () => {
    const part = left[at++];
    if (part?.minus) {
      if (left[at]?.bracket !== "(") throw new Error("“-” stands before a term");
      return { without: one() };
    }
    if (part?.bracket !== "(") return part;
    const inside = any();
    if (left[at++]?.bracket !== ")") throw new Error("a parenthesis is not closed");
    return inside;
  };
  const found = any();
  if (at < left.length) throw new Error("a parenthesis is closed that was not opened");
  return found;
}
