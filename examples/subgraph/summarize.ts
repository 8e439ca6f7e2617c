/** Keeps the first words of a text. */
export function cut({ text, words }: { text: string; words: number }) {
  const all = text.split(/\s+/);
  return { summary: all.length <= words ? text : `${all.slice(0, words).join(' ')} …` };
}
