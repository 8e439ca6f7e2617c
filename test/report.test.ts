import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { plainText, readableText } from '../graphs/report/inline.ts';
import { readPage } from '../graphs/report/pages.ts';
import type { Doc, Finding } from '../graphs/report/types.ts';
import { sentencesOf, wordsOf } from '../graphs/report/wording.ts';
import { analysis, ingest, patterns, report, stats } from '../graphs/report.ts';
import { createRuntime, loadGraph, type RunResult } from '../src/index.ts';
import { type Script, type ScriptedModel, scriptedModel } from '../src/models/scripted.ts';

const graphs = path.resolve(import.meta.dirname, '../graphs');
const ctx = { signal: new AbortController().signal };
const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A folder with these files. */
function folderOf(files: Readonly<Record<string, string | Buffer>>): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'report-'));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), text);
  }
  return folder;
}

async function runReport(input: Record<string, unknown>): Promise<RunResult> {
  const graph = await loadGraph(path.join(graphs, 'report.yaml'));
  return createRuntime().thread(graph, 't').invoke(input);
}

async function find(files: Readonly<Record<string, string>>): Promise<string[]> {
  const docs = Object.entries(files).map(([file, text]): Doc => ({ file, text }));
  const found = await patterns({ docs, base: folderOf(files) }, ctx);
  return found.map(({ kind, file, line, text }: Finding) => `${kind} ${file}:${line} ${text}`);
}

const doc = (file: string, text: string): Doc => ({ file, text });

/** Paragraphs of their own, long enough to be compared. */
const FOX =
  'The quick brown fox jumps over the lazy dog while the cat sits on the mat and watches the birds outside all day.';
const OWL =
  'Owls hunt at night, and they hear a mouse below the snow long before anybody could see that it moves at all.';

describe('ingest', () => {
  it('reads the texts in order of name, the files of a folder before its subfolders', async () => {
    const folder = folderOf({
      'b.md': '# B\r\n',
      'a/c.rst': 'c',
      'a.txt': '\uFEFFa',
      'x.png': 'x',
      '.git/h.md': 'h',
      'node_modules/n.md': 'n',
    });
    const { docs, source } = await ingest({ path: folder }, ctx);
    expect(docs).toEqual([doc('a.txt', 'a'), doc('b.md', '# B\n'), doc('a/c.rst', 'c')]);
    expect(source).toMatchObject({ name: path.basename(folder), leftOut: [], limit: null });
  });

  it('says what it leaves out and why', async () => {
    const folder = folderOf({
      'a.md': '# A',
      'big.md': 'x'.repeat(1_000_001),
      'bin.txt': Buffer.from([97, 0, 98]),
      'latin.txt': Buffer.from([99, 0xe9]),
    });
    symlinkSync('a.md', path.join(folder, 'link.md'));
    const { docs, source } = await ingest({ path: folder }, ctx);
    expect(docs.map(d => d.file)).toEqual(['a.md']);
    expect(source.leftOut).toEqual([
      { file: 'big.md', why: 'over 1 MB' },
      { file: 'bin.txt', why: 'not text' },
      { file: 'latin.txt', why: 'not UTF-8' },
      { file: 'link.md', why: 'a symbolic link' },
    ]);
  });

  it('stops at its bounds and says so', async () => {
    const folder = folderOf({ 'a.md': 'aaaa', 'b.md': 'bbbb', 'c.md': 'cccc' });
    const few = await ingest({ path: folder }, ctx, { files: 2, fileSize: 100, totalSize: 100 });
    expect(few.docs.map(d => d.file)).toEqual(['a.md', 'b.md']);
    expect(few.source.limit).toBe('only the first 2 files were read, up to b.md');
    const small = await ingest({ path: folder }, ctx, { files: 9, fileSize: 100, totalSize: 6 });
    expect(small.docs.map(d => d.file)).toEqual(['a.md']);
    expect(small.source.limit).toContain('up to a.md');
  });

  it('takes one file, whatever its ending', async () => {
    const folder = folderOf({ 'notes.log': 'a note', 'b.md': '# B' });
    const { docs } = await ingest({ path: path.join(folder, 'notes.log') }, ctx);
    expect(docs).toEqual([doc('notes.log', 'a note')]);
  });

  it.each([
    ['a folder that does not exist', 'gone', 'no-path', /folder ".*gone" does not exist; give another one/],
    ['a folder without text', 'empty', 'no-text', /no text files in the folder ".*empty"; a report is made of \.md/],
    ['a file that is no text', 'bin.md', 'no-text', /file ".*bin\.md" cannot be used: not text/],
    ['a folder whose texts are all left out', 'binary', 'no-text', /1 was left out, such as b\.md \(not text\)/],
  ])('refuses %s', async (_, name, code, message) => {
    const zero = Buffer.from([0]);
    const folder = folderOf({ 'empty/x.png': 'x', 'bin.md': zero, 'binary/b.md': zero });
    const asked = ingest({ path: path.join(folder, name) }, ctx);
    await expect(asked).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it('refuses an empty path', async () => {
    await expect(ingest({ path: ' ' }, ctx)).rejects.toThrow('the path is empty');
  });
});

describe('reading documents', () => {
  const kinds = (file: string, text: string): string[] =>
    readPage(doc(file, text)).blocks.map(b => `${b.kind}:${b.text}`);

  it('tells the prose of Markdown from its code', () => {
    const text =
      '---\ntitle: "T"\n---\nTop\n===\n\n- one\n  more\n\n      still one\n\n- ```js\n  code()\n  ```\n\n> said\n\n    code\n\n| a | b |\n';
    const page = readPage(doc('a.md', text));
    expect(page.title).toBe('T');
    expect(page.codeLines).toBe(4);
    expect(page.blocks.map(b => `${b.kind}:${b.line}:${b.text}`)).toEqual([
      'heading:4:Top',
      'item:7:one\n  more',
      'text:10:      still one',
      'text:16:said',
      'row:20:| a | b |',
    ]);
  });

  it('reads a fence that is longer, quoted or never closed', () => {
    expect(readPage(doc('a.md', '````\n```\n````\ntext')).blocks).toHaveLength(1);
    expect(readPage(doc('a.md', '> ```\n> x\n> ```\n> text\n')).codeLines).toBe(3);
    expect(readPage(doc('a.md', 'a\n\n```\nb\n')).openFence).toBe(3);
  });

  it('reads reStructuredText, AsciiDoc and plain text', () => {
    const rst = 'Title\n=====\n\nText::\n\n  code\n\nPart\n----\n\n* one\n';
    expect(kinds('a.rst', rst)).toEqual(['heading:Title', 'text:Text::', 'heading:Part', 'item:one']);
    const adoc = '= Title\n:toc:\n\nText.\n\n----\ncode\n----\n\n== Part\n\n* one\n';
    expect(kinds('a.adoc', adoc)).toEqual(['heading:Title', 'text:Text.', 'heading:Part', 'item:one']);
    expect(kinds('a.txt', 'Title\n=====\nText.\n')).toEqual(['text:Title', 'text:Text.']);
    expect(kinds('a.txt', '# Title\n')).toEqual(['heading:Title']);
  });

  it('strips the markup and keeps the words', () => {
    const text = 'A **bold** [link `x`](y.md "t") ![img](i.png), `a b` &amp; snake_case, <b>tag</b>.';
    expect(readableText(text)).toBe('A bold link x , a b & snake_case, tag.');
    expect(wordsOf(plainText(text))).toHaveLength(8);
  });

  it('counts words and sentences in any script', () => {
    expect(sentencesOf('One, e.g. this. Two? "Three."').map(s => s.text)).toEqual([
      'One, e.g. this.',
      'Two?',
      '"Three."',
    ]);
    expect(wordsOf("don't stop-gap 3.5 naïve")).toHaveLength(4);
    expect(wordsOf('これは本です').length).toBeGreaterThan(1);
  });
});

describe('stats', () => {
  it('counts words, sentences, headings and code, and leaves code out of the words', async () => {
    const text = `# Two words\n\nThree short words. ${'word '.repeat(41)}.\n\n\`\`\`\nnot counted\n\`\`\`\n`;
    const [row] = await stats({ docs: [doc('a.md', text)] }, ctx);
    expect(row).toEqual({
      file: 'a.md',
      words: 46,
      sentences: 2,
      longWords: 0,
      longSentences: 1,
      headings: 1,
      lines: 5,
      codeLines: 3,
    });
  });

  it('stops between documents when the run is cancelled', async () => {
    const stopped = { signal: AbortSignal.abort(new Error('stopped')) };
    await expect(stats({ docs: [doc('a.md', 'a')] }, stopped)).rejects.toThrow('stopped');
  });
});

describe('patterns', () => {
  it('finds links to files and headings that are not there, and says what is', async () => {
    const found = await find({
      'a.md': '# A\n\n[x](gone.md) [y](b.md#part-two)\n[z](#top-of-a) [m](moved.md) ![i](i.png)\n\n[r]: lost.md\n',
      'b.md': '# B\n\n## Part two of b\n',
      'sub/moved.md': '# M\n',
    });
    expect(found).toEqual([
      'broken-link a.md:3 `gone.md`: there is no such file',
      'broken-link a.md:3 `b.md#part-two`: the file has no such heading; there is `#part-two-of-b`',
      'broken-link a.md:4 `#top-of-a`: there is no such heading',
      'broken-link a.md:4 `moved.md`: there is no such file; there is `sub/moved.md`',
      'broken-link a.md:4 `i.png`: there is no such file',
      'broken-link a.md:6 `lost.md`: there is no such file',
    ]);
  });

  it('takes links that lead somewhere, and does not judge those it cannot follow', async () => {
    const links = [
      '[a](#a-title-)',
      '[b](b.md#b)',
      '[b](./b.md#B-1)',
      '[b](b)',
      '[s](sub/)',
      '[d](data.json)',
      '[p](p_(1).md)',
      '[e](sub/a%20b.md)',
      '[e](<sub/a b.md>)',
      '[r](/b.md)',
      '[route](/guide/start)',
      '[w](https://x.test/y.md)',
      '[m](mailto:a@x.test)',
      '[v]({{ url }})',
      '`[c](code.md)`',
      '[own](#mine)',
    ].join(' ');
    const files = {
      'a.md': `# A *title*!\n\n<a id="mine"></a>${links}\n\n[^1]: Foot note.\n`,
      'b.md': '# B\n\n## B\n',
    };
    const others = { 'p_(1).md': '# P\n', 'sub/a b.md': '# S\n', 'data.json': '{}' };
    const folder = folderOf({ ...files, ...others });
    const { docs, source } = await ingest({ path: folder }, ctx);
    expect(await patterns({ docs, base: source.base }, ctx)).toEqual([]);
  });

  it('finds what the structure lacks', async () => {
    const found = await find({ 'a.md': '## Low\n\n#### Lower\n\n```\n', 'b.md': '', '_part.md': 'A part.\n' });
    expect(found).toEqual([
      'open-fence a.md:5 opened here and never closed',
      'empty b.md:1 nothing in it',
      'no-title a.md:1 the first heading is "Low"',
      'skipped-level a.md:3 "Lower" goes from level 2 to 4',
    ]);
    const titled = { 'a.md': '---\ntitle: A\n---\n\n## Part\n', 'b.md': '+++\ntitle = "B"\n+++\n\n## Part\n' };
    expect(await find(titled)).toEqual([]);
  });

  it('takes a link that no file system would for a broken one', async () => {
    const found = await find({ 'a.md': `# A\n\n[x](b%00.md) [y](%zz.md) [z](${'../'.repeat(40)}z.md)\n` });
    expect(found.filter(f => f.startsWith('broken-link a.md:3'))).toHaveLength(3);
  });

  it('finds marks, doubled words and long sentences, but not in code', async () => {
    const long = `It ${'goes on and '.repeat(14)}ends.`;
    const found = await find({
      'a.md': `# A\n\nThe the end\nend. It had had \`the the\`.\n\nTODO: write. The TODO list stays.\n<!-- FIXME now -->\n\n${long}\n\n\`\`\`\nTODO: not this\n\`\`\`\n`,
    });
    expect(found).toEqual([
      'mark a.md:6 "TODO: write. The TODO list stays."',
      'mark a.md:7 "FIXME now"',
      'doubled-word a.md:3 "The the"',
      'doubled-word a.md:3 "end end"',
      expect.stringMatching(/^long-sentence a\.md:9 44 words: "It goes on and .*…"$/),
    ]);
  });

  it('finds copies of a paragraph across files, exact and nearly so, and no others', async () => {
    const found = await find({
      'a.md': `# A\n\n${FOX}\n\n${OWL}\n`,
      'b.md': `# B\n\n- ${FOX}\n`,
      'c.md': `# C\n\n${FOX.replace('brown', 'red').toUpperCase()}\n\nToo short to be a copy.\n\nToo short to be a copy.\n`,
    });
    expect(found).toEqual([
      expect.stringMatching(/^duplicate a\.md:3 "The quick.*", again in b\.md:3 and c\.md:3 \(nearly\)$/),
    ]);
  });
});

describe('analysis', () => {
  it('gives the outline, shared terms, and what sets each file apart', async () => {
    const docs = [
      doc('owls.md', '# Owls\n\n## Food\n\nOwls eat mice at the farm. Owls eat at night. An owl sleeps.\n'),
      doc('cows.md', '# Cows\n\n### Milk\n\nCows eat grass at the farm. Cows give milk.\n'),
    ];
    const { outline, terms } = await analysis({ docs }, ctx);
    expect(outline.map(o => o.headings.map(h => `${h.level} ${h.text}`))).toEqual([
      ['1 Owls', '2 Food'],
      ['1 Cows', '3 Milk'],
    ]);
    expect(outline[0]?.terms).toEqual(['owl']);
    expect(outline[1]?.terms).toEqual(['Cows', 'milk']);
    expect(terms.find(t => t.term === 'eat')).toEqual({ term: 'eat', uses: 3, files: 2 });
  });

  it('counts who links to whom, once for each document, and the sites', async () => {
    const docs = [
      doc('a.md', '[b](b.md) [b](b.md#x) [self](a.md) <https://www.x.test/1> [w](https://x.test/2)'),
      doc('b.md', '[w](https://y.test)'),
    ];
    const { links, sites } = await analysis({ docs }, ctx);
    expect(links).toEqual([
      { file: 'a.md', from: 0, to: 1 },
      { file: 'b.md', from: 1, to: 0 },
    ]);
    expect(sites).toEqual([
      { site: 'x.test', links: 2 },
      { site: 'y.test', links: 1 },
    ]);
  });
});

describe('graphs/report.yaml', () => {
  const files = {
    'README.md': `# Farm\n\nSee [owls](owls.md) and [cows](cow.md).\n\n${FOX}\n`,
    'owls.md': `# Owls\n\n${OWL}\n\n${FOX}\n`,
    'guides/very-long-name-of-a-guide-to-keeping-animals-on-a-farm.md': `# Guide\n\nTODO: write\n\n${OWL} ${FOX}\n`,
    'big.txt': 'x'.repeat(1_000_001),
  };

  it('writes a report with a summary, what to look at, figures, outline, terms and links', async () => {
    const result = await runReport({ path: folderOf(files) });
    expect(result).toMatchObject({ status: 'done', metrics: { nodeRuns: 5 } });
    expect(Object.keys(result.output)).toEqual(['report']);
    const text = String(result.output.report);
    expect(text.match(/^##? .*/gm)?.map(line => line.replace(/ on .*/, ''))).toEqual([
      '# Report',
      '## To look at',
      '## Files',
      '## Outline',
      '## Terms',
      '## Links',
    ]);
    expect(text).toMatch(/There are 3 things to look at: 1 broken link, 1 repeated paragraph and 1 open TODO\s+mark\./);
    expect(text).toContain('Left out: big.txt (over 1 MB).');
    expect(text).toContain('- README.md:3: `cow.md`: there is no such file');
    expect(text).toMatch(/^\| README\.md {2,}\| +28 \|/m);
    expect(text).toContain('- owls.md: linked from 1 document');
  });

  it('keeps every line under 100 columns and names no absolute path', async () => {
    const folder = folderOf(files);
    const text = String((await runReport({ path: folder })).output.report);
    expect(text.split('\n').filter(line => line.length >= 100)).toEqual([]);
    expect(text).not.toContain(path.dirname(folder));
  });

  it('writes the same text for the same documents', async () => {
    const [one, two] = [folderOf({ 'x/a.md': FOX, 'x/b.md': OWL }), folderOf({ 'x/b.md': OWL, 'x/a.md': FOX })];
    const texts = await Promise.all([one, two].map(folder => runReport({ path: path.join(folder, 'x') })));
    expect(texts[0]?.output.report).toBe(texts[1]?.output.report);
  });

  it('says so when there is nothing to look at', async () => {
    const text = String((await runReport({ path: folderOf({ 'a.md': '# A\n\nFine.\n' }) })).output.report);
    expect(text).toContain('Nothing was found that needs attention.');
    expect(text).not.toContain('## To look at');
  });

  it('does not let a document write into the report', async () => {
    const text = '# <script> | *x* [y](z)\n\n- TODO: a | b <img src=x> [c](d.md)\n';
    const found = String((await runReport({ path: folderOf({ 'a.md': text, 'd.md': '# D\n' }) })).output.report);
    expect(found).toContain('- a.md:3: "TODO: a \\| b c"');
    expect(found).not.toMatch(/(?<!\\)<(script|img)/);
  });

  it('fails at ingest with a message that names the folder, and runs nothing after it', async () => {
    const result = await runReport({ path: path.join(folderOf({}), 'docs') });
    expect(result).toMatchObject({ status: 'failed', error: { node: 'ingest', name: 'IngestError', code: 'no-path' } });
    expect(result.error?.message).toContain('docs" does not exist');
    expect(result.metrics.nodeRuns).toBe(1);
  });

  it('stops between documents when it is cancelled', async () => {
    const docs = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`${i}.md`, `# ${i}\n`]));
    const graph = await loadGraph(path.join(graphs, 'report.yaml'));
    const controller = new AbortController();
    const result = await createRuntime()
      .thread(graph, 't')
      .invoke(
        { path: folderOf(docs) },
        {
          signal: controller.signal,
          onEvent: event => {
            if (event.type === 'node-started' && event.node === 'analysis') controller.abort();
          },
        },
      );
    expect(result).toMatchObject({ status: 'cancelled', output: { report: '' } });
  });

  it('is clean: no warnings, and its parts are the functions that the file names', async () => {
    const graph = await loadGraph(path.join(graphs, 'report.yaml'));
    expect(graph.warnings).toEqual([]);
    const named = [...graph.plan.nodes.values()].map(({ def }) => (def.kind === 'function' ? def.function : ''));
    const parts = { ingest, stats, patterns, analysis, report };
    expect(named.sort()).toEqual(
      Object.keys(parts)
        .map(name => `./report.ts#${name}`)
        .sort(),
    );
  });
});

/** A shipped graph with its own script, or another. */
async function scripted(
  name: string,
  script?: Script,
): Promise<{ thread: ReturnType<typeof threadOf>; model: ScriptedModel }> {
  const own: Script = parse(readFileSync(path.join(graphs, `${name}.script.yaml`), 'utf8'));
  const model = scriptedModel(script ?? own);
  const graph = await loadGraph(path.join(graphs, `${name}.yaml`));
  expect(graph.warnings).toEqual([]);
  return { thread: threadOf(graph, model), model };
}

function threadOf(graph: Awaited<ReturnType<typeof loadGraph>>, model: ScriptedModel) {
  return createRuntime({ models: { scripted: model } }).thread(graph, 't');
}

describe('graphs/hello.yaml', () => {
  it('greets with the reply of its script and uses it up', async () => {
    const { thread, model } = await scripted('hello');
    const result = await thread.invoke();
    expect(result).toMatchObject({ status: 'done', output: { greeting: expect.stringMatching(/^Hello!/) } });
    expect(model.leftovers()).toEqual([]);
  });
});

describe('graphs/interview.yaml', () => {
  /** Answers in turn; gives the result and the ids that asked. */
  async function interview(script: Script | undefined, answers: readonly unknown[]) {
    const { thread, model } = await scripted('interview', script);
    let result = await thread.invoke();
    const asked: (string | undefined)[] = [];
    for (const answer of answers) {
      asked.push(result.interrupts[0]?.id);
      result = await thread.resume(answer);
    }
    return { result, asked, model, thread };
  }
  const begin = ['Ada', 'research', 'Filling in forms.'];
  const revisions = (n: number): Script => ({
    followUp: ['What bores you?'],
    summarize: Array.from({ length: n }, (_, i) => `Summary ${i + 1}.`),
  });

  it('goes straight through with the replies of its script, each once', async () => {
    const { result, asked, model } = await interview(undefined, [...begin, true]);
    expect(asked).toEqual(['askName', 'askField', 'askFollowUp', 'confirm']);
    expect(result).toMatchObject({ status: 'done', output: { name: 'Ada', field: 'research', confirmed: true } });
    expect(result.output.response).toMatch(/^We know your name/);
    expect(model.leftovers()).toEqual([]);
  });

  it('asks what to change and sums up again, without asking anything else twice', async () => {
    const { result, asked, model } = await interview(revisions(2), [...begin, false, 'I also draw.', true]);
    expect(asked.slice(3)).toEqual(['confirm', 'askChange', 'confirm']);
    expect(result).toMatchObject({ status: 'done', output: { confirmed: true, response: 'Summary 2.' } });
    expect(result.metrics.visits).toMatchObject({ askName: 1, followUp: 1, summarize: 2 });
    expect(model.leftovers()).toEqual([]);
  });

  it('ends after three rounds of changes and says that it was not confirmed', async () => {
    const no = [false, 'Otherwise.', false, 'Otherwise.', false, 'Otherwise.', false];
    const { result, model } = await interview(revisions(4), [...begin, ...no]);
    expect(result).toMatchObject({
      status: 'done',
      output: { confirmed: false, response: 'Not confirmed: Summary 4.' },
    });
    expect(model.leftovers()).toEqual([]);
  });

  it('tells the model what was said and what is to change', async () => {
    const prompts: string[] = [];
    const model = scriptedModel(revisions(2));
    const spy = {
      stream: (request: Parameters<ScriptedModel['stream']>[0]) => {
        prompts.push(request.messages.map(m => m.content).join('\n'));
        return model.stream(request);
      },
    };
    const graph = await loadGraph(path.join(graphs, 'interview.yaml'));
    const thread = createRuntime({ models: { scripted: spy } }).thread(graph, 't');
    await thread.invoke({ input: 'Hi there' });
    for (const answer of [...begin, false, 'I also draw.']) await thread.resume(answer);
    expect(prompts[0]).toContain('Ada works in research. They began with: Hi there');
    expect(prompts[1]).toContain('Answer: Filling in forms.');
    expect(prompts[1]).not.toContain('To be changed');
    expect(prompts[2]).toContain('To be changed: I also draw.');
  });

  it('refuses an answer that is no choice, and still waits', async () => {
    const { thread } = await interview(undefined, ['Ada']);
    await expect(thread.resume('astrology')).rejects.toThrow('askField');
    expect((await thread.resume('design')).interrupts[0]?.id).toBe('askFollowUp');
  });
});
