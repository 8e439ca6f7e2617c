export const join = ({ summaries }: { summaries: readonly string[] }) => summaries.join('\n');
