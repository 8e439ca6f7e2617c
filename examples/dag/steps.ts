/** Each step takes its time, as a request would. */
const later = <T>(value: T): Promise<T> => new Promise(resolve => setTimeout(resolve, 100, value));

type Words = { words: readonly string[] };

export const ingest = ({ text }: { text: string }) => text.split(' ');
export const stats = ({ words }: Words) => later({ words: words.length });
export const patterns = ({ words }: Words) => later({ longest: words.toSorted((a, b) => b.length - a.length)[0] });
export const analysis = ({ words }: Words) => later({ letters: new Set(words.join('')).size });
export const report = ({ found }: { found: Record<string, unknown> }) =>
  `${found.words} words of ${found.letters} letters, the longest is "${found.longest}"`;
