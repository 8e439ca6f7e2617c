/** An element of a document, with its text and its children. */
export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: Element[];
  text: string;
}

const plainText = (text: string): string =>
  text.replace(/&(#?\w+);/g, (whole, name: string) => {
    const known = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }[name];
    if (known === undefined) throw new Error(`unknown entity ${whole}`);
    return known;
  });

function attributesOf(text: string): Record<string, string> {
  const found = [...text.matchAll(/\s+([\w:-]+)="([^"<]*)"/g)];
  const rest = text.replaceAll(/\s+[\w:-]+="[^"<]*"/g, '').trim();
  if (rest !== '') throw new Error(`not an attribute: ${rest}`);
  const names = found.map(m => m[1]);
  if (new Set(names).size < names.length) throw new Error(`an attribute twice: ${text}`);
  return Object.fromEntries(found.map(m => [m[1], plainText(m[2] ?? '')]));
}

/** Reads a document strictly: what is not well-formed is an error. Knows what a drawing needs and no more. */
export function parseXml(text: string): Element {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
  const forbidden = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/u.exec(text);
  if (forbidden || !text.isWellFormed()) throw new Error(`a character that XML cannot hold at ${forbidden?.index}`);
  const root: Element = { name: '', attributes: {}, children: [], text: '' };
  const open = [root];
  let end = 0;
  for (const tag of text.matchAll(/<(\/?)([A-Za-z]+)((?:\s+[\w:-]+="[^"]*")*)\s*(\/?)>/g)) {
    const [whole, closing, name = '', attributes = '', empty] = tag;
    const between = text.slice(end, tag.index);
    if (/[<>]|&(?!\w+;)/.test(between)) throw new Error(`loose markup: ${between}`);
    const top = open.at(-1);
    if (!top) throw new Error('more than one root');
    top.text += plainText(between);
    end = tag.index + whole.length;
    if (closing) {
      if (top.name !== name) throw new Error(`</${name}> closes <${top.name}>`);
      open.pop();
      continue;
    }
    const element: Element = { name, attributes: attributesOf(attributes), children: [], text: '' };
    top.children.push(element);
    if (!empty) open.push(element);
  }
  if (open.length !== 1 || text.slice(end).trim() !== '') throw new Error('something is left open');
  const [only] = root.children;
  if (!only || root.children.length !== 1) throw new Error('not one root');
  return only;
}

/** An element and all below it. */
export function* elementsOf(element: Element): Generator<Element> {
  yield element;
  for (const child of element.children) yield* elementsOf(child);
}
