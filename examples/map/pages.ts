const pages: Readonly<Record<string, string>> = {
  intro: 'Graphs are written in YAML and run as state machines.',
  setup: 'One command installs everything.',
  faq: 'Yes, it works without a key.',
};

/** Gives the text of a page, and fails for one that is not there. */
export function read({ page }: { page: string }): string {
  const text = pages[page];
  if (text === undefined) throw Object.assign(new Error(`there is no page "${page}"`), { code: 'no-page' });
  return text;
}
