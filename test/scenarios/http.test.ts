import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createActor, waitFor } from 'xstate';
import { type CompileOptions, createRuntime, type Fetch, type RunEvent, type RunResult } from '../../src/index.ts';
import { simulatedClock } from '../../src/testing/index.ts';
import { createHttpClient } from '../../src/tools/http-client.ts';
import { build, refusals, settle } from '../helpers.ts';

/** A request as the server saw it. */
interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

let server: Server;
let base: string;
let seen: Seen[] = [];
/** Requests without an answer that were given up. */
let closed = 0;

type Answer = (response: ServerResponse, request: Seen) => void;

const json: (value: unknown) => Answer = value => response => {
  response.setHeader('content-type', 'application/json; charset=utf-8');
  response.end(JSON.stringify(value));
};

const redirect: (status: number, to: string) => Answer = (status, location) => response => {
  response.writeHead(status, { location });
  response.end();
};

const answers: Record<string, Answer> = {
  '/json': json({ ok: true }),
  '/echo': (response, request) => json(request)(response, request),
  '/text': response => response.end('plain'),
  '/broken': response => {
    response.setHeader('content-type', 'application/json');
    response.end('{ "a":');
  },
  '/large': response => response.end('x'.repeat(5_000)),
  '/silent': response => {
    response.on('close', () => closed++);
  },
  '/loop': response => redirect(302, '/loop')(response, undefined as never),
  '/there': redirect(302, '/json'),
  '/post-303': redirect(303, '/echo'),
  '/post-307': redirect(307, '/echo'),
  '/file': redirect(302, 'file:///etc/passwd'),
};

beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', chunk => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const one = { method, url, headers, body: Buffer.concat(chunks).toString() };
      seen.push(one);
      const path = url.split('?')[0] ?? '';
      const status = /^\/status\/(\d+)/.exec(path)?.[1];
      if (status !== undefined) {
        response.statusCode = Number(status);
        response.end(`no luck with ${status} ${'y'.repeat(5_000)}`);
      } else (answers[path] ?? answers['/echo'])?.(response, one);
    });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

beforeEach(() => {
  seen = [];
  closed = 0;
});

const STATE = 'state: { q: { type: string, default: "" }, out: any? }';

/** A graph of one `http` node with these keys. */
const one = (keys: string, more = ''): string =>
  `${STATE}\nnodes: { call: { type: http, output: out, ${keys}${more === '' ? '' : `, ${more}`} } }\nedges: ["START -> call -> END"]\n`;

const ofBase = (path: string, more = ''): string => one(`url: "${base}${path}", allowPrivate: true`, more);

async function run(
  text: string,
  input: Record<string, unknown> = {},
  options: CompileOptions = {},
  events: RunEvent[] = [],
): Promise<RunResult> {
  return createRuntime({ clock: simulatedClock() })
    .thread(build(text, options), 't')
    .invoke(input, { onEvent: e => events.push(e) });
}

describe('an http node', () => {
  it('gives the parsed body: JSON by its content type, else text', async () => {
    expect((await run(ofBase('/json'))).output.out).toEqual({ ok: true });
    expect((await run(ofBase('/text'))).output.out).toBe('plain');
    expect((await run(ofBase('/json', 'parse: text'))).output.out).toBe('{"ok":true}');
  });

  it('gives status, headers and body where all is asked for', async () => {
    const { output } = await run(ofBase('/json', 'parse: full'));
    expect(output.out).toMatchObject({ status: 200, body: { ok: true }, headers: { 'content-type': /json/ } });
  });

  it('sends query, headers and a body of expressions as JSON', async () => {
    const keys = `query: { q: "{{ q }}", page: "2" }, headers: { X-Kind: "a {{ q }}" }, body: { q: q, size: size(q) * 2, list: [1] }`;
    const { output } = await run(ofBase('/echo', keys), { q: 'ö & b' });
    const { method, url, headers, body } = output.out as Seen;
    expect([method, url]).toEqual(['POST', '/echo?q=%C3%B6+%26+b&page=2']);
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'x-kind': 'a ö & b' });
    expect(JSON.parse(body)).toEqual({ q: 'ö & b', size: 10, list: [1] });
  });

  it('an answer that is not JSON, though it says so, is an error', async () => {
    expect((await run(ofBase('/broken'))).error).toMatchObject({ node: 'call', code: 'http-parse' });
  });

  it('an answer beyond the limit is an error', async () => {
    const { error } = await run(ofBase('/large', 'maxBytes: 4999'));
    expect(error).toMatchObject({ code: 'http-too-large', retryable: false });
    expect((await run(ofBase('/large', 'maxBytes: 5000'))).status).toBe('done');
  });

  it('that has no answer after 30 s of its own, or after its timeout, is an error', async () => {
    for (const [keys, ms] of [
      ['tags: []', 30_000],
      ['timeout: 45s', 45_000],
    ] as const) {
      const clock = simulatedClock();
      const result = createRuntime({ clock })
        .thread(build(ofBase('/silent', keys)))
        .invoke();
      await until(() => seen.length > 0);
      await clock.advance(ms - 1);
      expect(await Promise.race([result, settle().then(() => 'running')])).toBe('running');
      await clock.advance(1);
      expect((await result).error).toMatchObject({ name: 'TimeoutError', code: 'timeout' });
      seen = [];
    }
  });

  it('is stopped by a cancel: the connection is closed', async () => {
    const thread = createRuntime().thread(build(ofBase('/silent')));
    const result = thread.invoke();
    await until(() => seen.length > 0);
    await thread.cancel();
    expect((await result).status).toBe('cancelled');
    await until(() => closed === 1);
  });
});

/** Waits for something that another process or the network brings about. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise<void>(resolve => setImmediate(resolve));
}

describe('S19 statuses that are errors', () => {
  const retries = 'retry: { attempts: 3, delay: 1ms }';

  async function tried(status: number, retry: string): Promise<{ calls: number; result: RunResult }> {
    const clock = simulatedClock();
    const thread = createRuntime({ clock }).thread(build(ofBase(`/status/${status}`, retry)));
    let result: RunResult | undefined;
    void thread.invoke().then(r => {
      result = r;
    });
    await until(async () => {
      await clock.advance(1_000);
      return result !== undefined;
    });
    return { calls: seen.length, result: result as RunResult };
  }

  it.each([400, 401, 403, 404, 409, 422])('S19 %d is not tried again', async status => {
    const { calls, result } = await tried(status, retries);
    expect(calls).toBe(1);
    expect(result.error).toMatchObject({ name: 'ToolError', code: `http-${status}`, retryable: false });
    expect(result.error?.message).toContain(`answered ${status}`);
    expect(result.error?.message).toContain(`no luck with ${status} yyy`);
    expect(result.error?.message.length).toBeLessThan(3_000);
  });

  it.each([408, 425, 429, 500, 503])('S19 %d is', async status => {
    expect((await tried(status, retries)).calls).toBe(3);
  });

  it('S19 404 is where "on" names its code, and not where it names the class of the error', async () => {
    expect((await tried(404, 'retry: { attempts: 3, delay: 1ms, on: [http-404] }')).calls).toBe(3);
    seen = [];
    expect((await tried(404, 'retry: { attempts: 3, delay: 1ms, on: [ToolError] }')).calls).toBe(1);
  });
});

describe('S43 addresses', () => {
  const hosts = [
    '127.0.0.1',
    '127.1',
    '0x7f000001',
    '2130706433',
    '[::1]',
    '[::ffff:127.0.0.1]',
    'localhost',
    '0.0.0.0',
  ];

  it.each(hosts)('S43 a request to %s is refused before anything is sent', async host => {
    const { port } = new URL(base);
    const { error } = await run(one(`url: "http://${host}:${port}/json"`));
    expect(error).toMatchObject({ code: 'http-private', retryable: false });
    expect(error?.message).toContain('allowPrivate');
    expect(seen).toEqual([]);
  });

  it.each([
    '10.0.0.1',
    '192.168.1.1',
    '172.16.0.1',
    '169.254.169.254',
    '100.64.0.1',
    '[fd00::1]',
    '[fe80::1]',
    '168.63.129.16',
    '[64:ff9b::7f00:1]',
  ])('S43 a request to %s is refused', async host => {
    expect((await run(one(`url: "http://${host}/"`))).error).toMatchObject({ code: 'http-private' });
  });

  it('S43 a name that leads to this machine is refused when the connection is made, each time anew', async () => {
    const asked: string[] = [];
    const client = createHttpClient((host, _, found) => {
      asked.push(host);
      found(null, [
        { address: '8.8.8.8', family: 4 },
        { address: '127.0.0.1', family: 4 },
      ]);
    });
    const url = `http://rebind.example:${new URL(base).port}/json`;
    for (let i = 0; i < 2; i++) {
      const refused = client.fetch(url, { method: 'GET', redirect: 'manual' }, false);
      await expect(refused).rejects.toMatchObject({ cause: { code: 'http-private' } });
    }
    expect(asked).toEqual(['rebind.example', 'rebind.example']);
    expect(seen).toEqual([]);
  });

  it('S43 a redirect to this machine is refused', async () => {
    const asked: string[] = [];
    const fetch: Fetch = async url => {
      asked.push(url);
      return new Response(null, { status: 302, headers: { location: `${base}/json` } });
    };
    const { error } = await run(one('url: "https://public.example/"'), {}, { fetch });
    expect(error).toMatchObject({ code: 'http-private' });
    expect(asked).toEqual(['https://public.example/']);
  });

  it('allowPrivate allows it, and its redirects', async () => {
    expect((await run(ofBase('/there'))).output.out).toEqual({ ok: true });
  });

  it('S43 no more than five redirects are followed, and none to another scheme', async () => {
    expect((await run(ofBase('/loop'))).error).toMatchObject({ code: 'http-redirect' });
    expect(seen).toHaveLength(6);
    expect((await run(ofBase('/file'))).error).toMatchObject({ code: 'http-redirect' });
  });

  it('303 makes a GET of a POST, 307 does not', async () => {
    const [get, post] = await Promise.all(
      ['/post-303', '/post-307'].map(path => run(ofBase(path, 'body: { a: 1 }')).then(r => r.output.out as Seen)),
    );
    expect(get).toMatchObject({ method: 'GET', body: '' });
    expect(post).toMatchObject({ method: 'POST', body: '{"a":1}' });
  });
});

describe('S43 values in a request', () => {
  it('S43 a value in the URL changes neither host nor path', async () => {
    const { output } = await run(ofBase('/users/{{ q }}/posts?x={{ q }}'), { q: '../../a?b#c/@evil' });
    const encoded = '..%2F..%2Fa%3Fb%23c%2F%40evil';
    expect((output.out as Seen).url).toBe(`/users/${encoded}/posts?x=${encoded}`);
  });

  it.each(['..', '.', '%2e%2e'])('S43 a value %s is no segment of a path', async q => {
    const result = await run(ofBase('/users/{{ q }}/posts'), { q });
    if (q === '%2e%2e') expect((result.output.out as Seen).url).toBe('/users/%252e%252e/posts');
    else expect(result.error).toMatchObject({ code: 'http-request' });
  });

  it('S43 two values do not make a step up together', async () => {
    expect((await run(ofBase('/users/{{ q }}{{ q }}/posts'), { q: '.' })).error).toMatchObject({
      code: 'http-request',
    });
  });

  it('S43 a header with a line break is refused', async () => {
    const { error } = await run(ofBase('/echo', 'headers: { X-Name: "{{ q }}" }'), { q: 'a\r\nX-Evil: 1' });
    expect(error).toMatchObject({ code: 'http-request', message: 'the header "X-Name" would contain a line break' });
    expect(seen).toEqual([]);
  });

  it.each([
    'https://{{ q }}.example.org/',
    'https://example.org{{ q }}',
    'https://user:{{ q }}@example.org/',
    '{{ q }}://example.org/',
    '{{ q }}/path',
    'ftp://example.org/',
    'example.org/x',
  ])('S43 the URL %s is refused', url => {
    expect(refusals(one(`url: "${url}"`))).toEqual(['wrong-value']);
  });

  it('a whole URL may be one value, of http or https', async () => {
    const text = one('url: "{{ q }}", allowPrivate: true');
    expect((await run(text, { q: `${base}/json?a=b` })).output.out).toEqual({ ok: true });
    expect((await run(text, { q: 'file:///etc/passwd' })).error).toMatchObject({ code: 'http-request' });
    expect((await run(one('url: "{{ q }}"'), { q: `${base}/json` })).error).toMatchObject({ code: 'http-private' });
  });

  it.each([
    ['body: { a: 1 }, method: GET', 'wrong-value'],
    ['headers: { "a b": x }', 'bad-name'],
    ['headers: { X: "{{ nope }}" }', 'text-name'],
    ['body: { a: nope }', 'expression-name'],
    ['methd: GET', 'unknown-key'],
  ])('the keys { %s } are refused', (keys, code) => {
    expect(refusals(one(`url: "https://example.org/", ${keys}`))).toEqual([code]);
  });
});

describe('secrets of the environment', () => {
  const env = { API_KEY: 's3cret/key+1', BASE: '' };
  const authorized = 'headers: { Authorization: "Bearer {{ env.API_KEY }}" }';

  it('reach the server and nothing else: no event, state, error or snapshot has them', async () => {
    const events: RunEvent[] = [];
    const keys = `${authorized}, query: { k: "{{ env.API_KEY }}" }, body: { k: env.API_KEY, b: '"x"' }`;
    const done = await run(ofBase('/echo', keys), {}, { env }, events);
    expect(seen[0]?.headers.authorization).toBe('Bearer s3cret/key+1');
    expect(JSON.parse(seen[0]?.body ?? '')).toEqual({ k: 's3cret/key+1', b: 'x' });
    expect(done.status).toBe('done');
    expect((done.output.out as Seen).headers.authorization).toBe('Bearer ***');
    const failed = await run(
      one(`url: "${base}/status/500?k={{ env.API_KEY }}", allowPrivate: true, ${authorized}`),
      {},
      { env },
      events,
    );
    expect(failed.status).toBe('failed');
    const actor = createActor(build(ofBase('/status/500', keys), { env }).machine, { input: {} }).start();
    await waitFor(actor, snapshot => snapshot.hasTag('failed'));
    const all = JSON.stringify([events, done, failed, actor.getPersistedSnapshot()]);
    for (const form of ['s3cret', encodeURIComponent(env.API_KEY), btoa(env.API_KEY)]) expect(all).not.toContain(form);
  });

  it('are masked in an error that quotes them', async () => {
    const fetch: Fetch = async (_, { headers }) => {
      throw new Error(`refused ${JSON.stringify(headers)}`, { cause: new Error(`because of ${env.API_KEY}`) });
    };
    const { error } = await run(one(`url: "https://example.org/", ${authorized}`), {}, { env, fetch });
    expect(error?.message).toContain('***');
    expect(JSON.stringify(error)).not.toContain('s3cret');
  });

  it('are not sent on to another host', async () => {
    const asked: { url: string; headers: Record<string, string> }[] = [];
    const fetch: Fetch = async (url, { headers }) => {
      asked.push({ url, headers: headers as Record<string, string> });
      if (url.startsWith('https://one')) {
        return new Response(null, { status: 302, headers: { location: 'https://two.example/' } });
      }
      return new Response('ok');
    };
    const keys = 'headers: { X-Key: "{{ env.API_KEY }}", Authorization: Basic abc, X-Plain: a }';
    await run(one(`url: "https://one.example/", ${keys}`), {}, { env, fetch });
    expect(asked[0]?.headers).toMatchObject({ 'x-key': env.API_KEY, authorization: 'Basic abc', 'x-plain': 'a' });
    expect(asked[1]).toEqual({ url: 'https://two.example/', headers: { 'x-plain': 'a' } });
  });

  it('that are missing are named before anything is sent', async () => {
    const keys = 'headers: { Authorization: "Bearer {{ env.NO_SUCH_KEY }}" }';
    const { error } = await run(ofBase('/echo', keys), {}, { env: {} });
    expect(error).toMatchObject({ code: 'missing-env', retryable: false });
    expect(error?.message).toBe('the environment variable NO_SUCH_KEY is not set; the header "Authorization" needs it');
    const inBody = await run(ofBase('/echo', 'body: { k: env.NO_SUCH_KEY }'), {}, { env: {} });
    expect(inBody.error).toMatchObject({ code: 'missing-env' });
    expect(seen).toEqual([]);
  });

  it('a default stands in for one that is missing; the host may be one', async () => {
    const text = one(
      'url: "{{ env.BASE }}/echo?x={{ q }}", allowPrivate: true, headers: { X: "{{ env.NO_SUCH | default: \'d\' }}" }',
    );
    const { output } = await run(text, { q: '/' }, { env: { BASE: base } });
    expect(output.out).toMatchObject({ url: '/echo?x=%2F', headers: { x: 'd' } });
  });

  it.each(['message: "{{ env.HOME }}", type: interrupt', 'set: { out: env.HOME }, type: set'])(
    'are in scope nowhere else: { %s }',
    keys => {
      const text = `${STATE}\nnodes: { a: { ${keys} } }\nedges: ["START -> a -> END"]\n`;
      expect(refusals(text)[0]).toMatch(/-name$/);
    },
  );

  it.each(['{{ env }}', '{% for e in env %}{{ e }}{% endfor %}', '{{ env.constructor }}', '{{ env.__proto__ }}'])(
    'the text %s gives none away',
    async text => {
      const result = await run(ofBase('/echo', `headers: { X: ${JSON.stringify(text)} }`), {}, { env });
      expect(JSON.stringify(seen)).not.toContain('s3cret');
      expect(JSON.stringify(result)).not.toContain('s3cret');
    },
  );
});
