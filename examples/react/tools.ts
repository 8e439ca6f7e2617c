/** Stands for a search of the web. */
export const search = ({ query }: { query: string }) => [`The answer to "${query}" lies within: it is sunny.`];
