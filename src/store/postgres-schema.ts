/**
 * The tables of a store in Postgres, and the functions by which it is written: a commit is one round trip.
 *
 * - Writers hold a weak lock on `texts` for the length of their transaction, and `prune` a strong one: it finds no
 *   checkpoint half written, and nobody counts on a text that it removes.
 * - Locks are taken in one order, the table `texts`, thread, texts, tasks, worker, so that nobody waits in a circle.
 */
import type { Migration } from './migrations.ts';

/** Stands for the name of the schema. */
const S = '{schema}';

/** The digest of a row, as `rows.ts` makes it: of its columns with null characters between, and U+001A for nothing. */
const DIGEST = `
CREATE FUNCTION ${S}.digest(VARIADIC parts text[]) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$
  SELECT left(translate(encode(sha256(string_agg(convert_to(coalesce(part, chr(26)), 'UTF8'), '\\x00'::bytea ORDER BY place)),
    'base64'), '+/', '-_'), 32) FROM unnest(parts) WITH ORDINALITY AS p (part, place)
$body$;
CREATE FUNCTION ${S}.thread_digest(t ${S}.threads) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$
  SELECT ${S}.digest(t.id, t.key::text, t.graph, t.file, t.seq::text, t.status, t.created::text, t.updated::text,
    t.due::text, t.origin_thread, t.origin_seq::text)
$body$;`;

const TABLES = `
CREATE SEQUENCE ${S}.thread_keys;
CREATE TABLE ${S}.threads (
  key bigint PRIMARY KEY, id text COLLATE "C" NOT NULL UNIQUE, graph text NOT NULL, file text NOT NULL,
  seq bigint NOT NULL, status text NOT NULL, created bigint NOT NULL, updated bigint NOT NULL, due bigint,
  origin_thread text COLLATE "C", origin_seq bigint, digest text NOT NULL
);
CREATE INDEX threads_by_time ON ${S}.threads (updated);
CREATE INDEX threads_by_due ON ${S}.threads (due) WHERE due IS NOT NULL;
CREATE INDEX threads_by_origin ON ${S}.threads (origin_thread) WHERE origin_thread IS NOT NULL;
CREATE TABLE ${S}.checkpoints (
  thread bigint NOT NULL REFERENCES ${S}.threads (key) ON DELETE CASCADE, seq bigint NOT NULL, at bigint NOT NULL,
  status text NOT NULL, label text NOT NULL, root text NOT NULL, digest text NOT NULL, PRIMARY KEY (thread, seq)
);
CREATE TABLE ${S}.texts (digest text COLLATE "C" PRIMARY KEY, body text NOT NULL);
CREATE TABLE ${S}.tasks (
  thread bigint NOT NULL REFERENCES ${S}.threads (key) ON DELETE CASCADE, task text COLLATE "C" NOT NULL, worker text,
  digest text NOT NULL, PRIMARY KEY (thread, task)
);
CREATE TABLE ${S}.workers (
  id text COLLATE "C" PRIMARY KEY, host text NOT NULL, pid bigint NOT NULL, until bigint NOT NULL, digest text NOT NULL
);`;

/** Gives the key of the thread, or what is the matter: `stale`, `origin` or `damaged`. Changes nothing then. */
const COMMIT = `
CREATE FUNCTION ${S}.commit(step jsonb, text_digests text[], bodies text[], OUT key bigint, OUT problem text)
LANGUAGE plpgsql AS $body$
DECLARE
  own ${S}.threads;
BEGIN
  LOCK TABLE ${S}.texts IN ROW EXCLUSIVE MODE;
  SELECT t.* INTO own FROM ${S}.threads t WHERE t.id = step->>'thread' FOR NO KEY UPDATE;
  IF coalesce(own.seq, 0) <> (step->>'before')::bigint OR own.key::text IS DISTINCT FROM step->>'key' THEN
    problem := 'stale';
    RETURN;
  ELSIF own.key IS NOT NULL AND own.digest <> ${S}.thread_digest(own) THEN
    problem := 'damaged';
    RETURN;
  ELSIF own.key IS NULL AND step ? 'origin' THEN
    PERFORM FROM ${S}.threads t JOIN ${S}.checkpoints c ON c.thread = t.key
      WHERE t.id = step->'origin'->>'thread' AND c.seq = (step->'origin'->>'seq')::bigint FOR KEY SHARE;
    IF NOT FOUND THEN
      problem := 'origin';
      RETURN;
    END IF;
  END IF;
  key := coalesce(own.key, nextval('${S}.thread_keys'));
  own := ROW(key, step->>'thread', step->>'graph', step->>'file', (step->>'seq')::bigint, step->>'status',
    coalesce(own.created, (step->>'created')::bigint), (step->>'updated')::bigint, (step->>'due')::bigint,
    CASE WHEN own.key IS NULL THEN step->'origin'->>'thread' ELSE own.origin_thread END,
    CASE WHEN own.key IS NULL THEN (step->'origin'->>'seq')::bigint ELSE own.origin_seq END, '');
  own.digest := ${S}.thread_digest(own);
  IF step ? 'key' THEN
    UPDATE ${S}.threads t SET graph = own.graph, file = own.file, seq = own.seq, status = own.status,
      updated = own.updated, due = own.due, digest = own.digest WHERE t.key = own.key;
  ELSE
    INSERT INTO ${S}.threads VALUES (own.*) ON CONFLICT (id) DO NOTHING;
    IF NOT FOUND THEN
      problem := 'stale';
      RETURN;
    END IF;
  END IF;
  INSERT INTO ${S}.texts SELECT digest, body FROM unnest(text_digests, bodies) AS x (digest, body)
    ORDER BY digest COLLATE "C" ON CONFLICT DO NOTHING;
  INSERT INTO ${S}.checkpoints SELECT own.key, c.seq, c.at, c.status, c.label, c.root, c.digest
    FROM jsonb_to_recordset(step->'checkpoints')
      AS c (seq bigint, at bigint, status text, label text, root text, digest text);
  IF jsonb_array_length(step->'ended') > 0 THEN
    DELETE FROM ${S}.tasks WHERE thread = own.key AND task IN (SELECT jsonb_array_elements_text(step->'ended'));
  END IF;
  IF jsonb_array_length(step->'started') > 0 THEN
    INSERT INTO ${S}.tasks SELECT own.key, s.task, s.worker, s.digest
      FROM jsonb_to_recordset(step->'started') AS s (task text, worker text, digest text)
      ON CONFLICT (thread, task) DO UPDATE SET worker = excluded.worker, digest = excluded.digest;
  END IF;
  IF step ? 'worker' THEN
    PERFORM ${S}.put(step->'worker');
  END IF;
  PERFORM pg_notify('{channel}', own.id);
END $body$;`;

const WORK = `
CREATE FUNCTION ${S}.put(worker jsonb) RETURNS void LANGUAGE sql AS $body$
  INSERT INTO ${S}.workers
    SELECT w.* FROM jsonb_to_record(worker) AS w (id text, host text, pid bigint, until bigint, digest text)
    ON CONFLICT (id) DO UPDATE
      SET host = excluded.host, pid = excluded.pid, until = excluded.until, digest = excluded.digest
$body$;
CREATE FUNCTION ${S}.is_free(worker text, ended text[], now bigint) RETURNS boolean LANGUAGE sql STABLE AS $body$
  SELECT worker IS NULL OR worker = ANY (ended)
    OR NOT EXISTS (SELECT FROM ${S}.workers w WHERE w.id = worker AND w.until > now)
$body$;
CREATE FUNCTION ${S}.claim(thread_id text, worker jsonb, ended text[], now bigint, most bigint)
RETURNS SETOF ${S}.tasks LANGUAGE plpgsql AS $body$
DECLARE
  own text := worker->>'id';
  found_key bigint;
BEGIN
  -- The second of two that claim at once waits here; its next statement then knows the worker of the first.
  SELECT t.key INTO found_key FROM ${S}.threads t WHERE t.id = thread_id FOR NO KEY UPDATE;
  WITH free AS MATERIALIZED (
    SELECT t.task FROM ${S}.tasks t
    WHERE t.thread = found_key AND t.worker IS DISTINCT FROM own AND ${S}.is_free(t.worker, ended, now)
    LIMIT most FOR UPDATE SKIP LOCKED)
  UPDATE ${S}.tasks t SET worker = own, digest = ${S}.digest(thread_id, t.task, own)
    FROM free WHERE t.thread = found_key AND t.task = free.task;
  PERFORM ${S}.put(worker);
  RETURN QUERY SELECT t.* FROM ${S}.tasks t WHERE t.thread = found_key AND t.worker = own;
END $body$;
CREATE FUNCTION ${S}.give_back(own text) RETURNS void LANGUAGE sql AS $body$
  WITH held AS MATERIALIZED (
    SELECT k.thread, k.task FROM ${S}.tasks k WHERE k.worker = own FOR UPDATE SKIP LOCKED)
  UPDATE ${S}.tasks k SET worker = NULL, digest = ${S}.digest(t.id, k.task, NULL)
    FROM held JOIN ${S}.threads t ON t.key = held.thread WHERE k.thread = held.thread AND k.task = held.task;
  DELETE FROM ${S}.workers WHERE id = own
$body$;`;

const PRUNE = `
CREATE FUNCTION ${S}.references_in(known text, body text) RETURNS SETOF text LANGUAGE plpgsql ROWS 1 AS $body$
BEGIN
  IF body IS NULL OR left(translate(encode(sha256(convert_to(body, 'UTF8')), 'base64'), '+/', '-_'), 32) <> known THEN
    RAISE data_corrupted USING MESSAGE = format('the text %s is missing, or is not what was stored', known);
  END IF;
  RETURN QUERY SELECT m[1] FROM regexp_matches(body, '\\{"\\$":"([A-Za-z0-9_-]{32})"\\}', 'g') AS m;
END $body$;
CREATE FUNCTION ${S}.sweep() RETURNS bigint LANGUAGE plpgsql AS $body$
DECLARE
  swept bigint;
BEGIN
  IF EXISTS (SELECT FROM ${S}.checkpoints c JOIN ${S}.threads t ON t.key = c.thread
      WHERE c.digest <> ${S}.digest(t.id, c.seq::text, c.at::text, c.status, c.label, c.root)) THEN
    RAISE data_corrupted USING MESSAGE = 'a checkpoint is not what was stored';
  END IF;
  WITH RECURSIVE live (digest) AS (
    SELECT r FROM ${S}.checkpoints c, ${S}.references_in(NULL, c.root) AS r
    UNION
    SELECT r FROM live l LEFT JOIN ${S}.texts t ON t.digest = l.digest, ${S}.references_in(l.digest, t.body) AS r)
  DELETE FROM ${S}.texts t WHERE NOT EXISTS (SELECT FROM live l WHERE l.digest = t.digest);
  GET DIAGNOSTICS swept = ROW_COUNT;
  RETURN swept;
END $body$;
CREATE FUNCTION ${S}.prune(keep bigint, before bigint, finished text[], finished_before bigint, only_thread text,
  OUT threads bigint, OUT checkpoints bigint, OUT texts bigint)
LANGUAGE plpgsql SET jit = off AS $body$
DECLARE
  gone bigint[];
  more bigint;
BEGIN
  LOCK TABLE ${S}.texts IN EXCLUSIVE MODE;
  gone := ARRAY(SELECT t.key FROM ${S}.threads t WHERE t.status = ANY (finished) AND t.updated < finished_before
    AND (only_thread IS NULL OR t.id = only_thread) ORDER BY t.key FOR UPDATE);
  DELETE FROM ${S}.checkpoints c WHERE c.thread = ANY (gone);
  GET DIAGNOSTICS checkpoints = ROW_COUNT;
  DELETE FROM ${S}.threads t WHERE t.key = ANY (gone);
  GET DIAGNOSTICS threads = ROW_COUNT;
  DELETE FROM ${S}.checkpoints c USING (
      SELECT p.thread, p.seq, p.at, row_number() OVER (PARTITION BY p.thread ORDER BY p.seq DESC) AS place
      FROM ${S}.checkpoints p JOIN ${S}.threads t ON t.key = p.thread
      WHERE only_thread IS NULL OR t.id = only_thread) old
    WHERE c.thread = old.thread AND c.seq = old.seq AND old.place > 1 AND (old.place > keep OR old.at < before);
  GET DIAGNOSTICS more = ROW_COUNT;
  checkpoints := checkpoints + more;
  DELETE FROM ${S}.workers w WHERE w.until < greatest(before, finished_before)
    AND NOT EXISTS (SELECT FROM ${S}.tasks t WHERE t.worker = w.id);
  texts := ${S}.sweep();
END $body$;`;

/** Is there in a schema that is a store, and says of which version. */
export const VERSIONS = 'statewright_versions';

const VERSION_TABLE = `
CREATE TABLE ${S}.${VERSIONS} (version integer PRIMARY KEY, made timestamptz NOT NULL DEFAULT now());`;

export const MIGRATIONS: readonly Migration[] = [
  { from: 0, to: 1, sql: [VERSION_TABLE, TABLES, DIGEST, WORK, COMMIT, PRUNE].join('\n') },
];

/** An identifier as SQL has it. */
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** The statements of a migration, for a schema. */
export function statementsFor({ sql, to }: Migration, schema: string): string {
  const inText = (text: string): string => text.replaceAll("'", "''");
  const name = quoted(schema);
  const filled = sql.replaceAll(/('?)\{(schema|channel)\}/g, (_, quote: string, what: string) => {
    if (what === 'channel') return quote + inText(schema);
    return quote + (quote ? inText(name) : name);
  });
  return `${filled}
    INSERT INTO ${name}.${VERSIONS} (version) VALUES (${to});`;
}
