/**
 * Sends requests over the network. Where private addresses are refused, the check is made on the address that a
 * connection is opened to, so that neither a redirect nor a name that leads elsewhere the second time gets around it.
 */
import { type LookupAddress, type LookupOptions, lookup as systemLookup } from 'node:dns';
import { Agent, buildConnector, fetch as send } from 'undici';
import type { Fetch } from '../nodes/world.ts';
import { addressIn, isPublicAddress, privateAddress, refusePrivateHost } from './address.ts';

type LookupCallback = (error: Error | null, address: string | LookupAddress[], family?: number) => void;

/** Looks up all addresses of a name. */
export type Lookup = (
  host: string,
  options: LookupOptions & { readonly all: true },
  callback: (error: Error | null, found: LookupAddress[]) => void,
) => void;

/** Refuses a name when any of its addresses is not public. */
const publicOnly = (lookup: Lookup) => (host: string, options: LookupOptions, callback: LookupCallback) =>
  lookup(host, { ...options, all: true }, (error, found) => {
    if (error) return callback(error, []);
    const hidden = found.find(({ address }) => !isPublicAddress(address));
    const [first] = found;
    if (hidden || !first) return callback(privateAddress(host, hidden?.address), []);
    if (options.all === true) callback(null, found);
    else callback(null, first.address, first.family);
  });

// Limits of time are the caller's: these would only hide them.
const NO_LIMITS = { headersTimeout: 0, bodyTimeout: 0 } as const;

function publicAgent(lookup: Lookup): Agent {
  // The options are those of a socket of Node, which the library's types leave out.
  const open = buildConnector({ lookup: publicOnly(lookup) } as buildConnector.BuildOptions);
  return new Agent({
    ...NO_LIMITS,
    connect(options, callback) {
      // No name is looked up for a host that is an address.
      const address = addressIn(options.hostname);
      if (address === undefined || isPublicAddress(address)) open(options, callback);
      else callback(privateAddress(options.hostname), null);
    },
  });
}

export interface HttpClient {
  /** Sends one request and follows no redirect. Rejects with `ToolError` (`http-private`) for an address that is refused. */
  fetch(url: string, init: RequestInit, allowPrivate: boolean): Promise<Response>;
}

/** @param lookup default: that of the system */
export function createHttpClient(lookup: Lookup = systemLookup): HttpClient {
  let strict: Agent | undefined;
  let open: Agent | undefined;
  return {
    async fetch(url, init, allowPrivate) {
      if (!allowPrivate) {
        refusePrivateHost(new URL(url).hostname);
        strict ??= publicAgent(lookup);
      } else open ??= new Agent(NO_LIMITS);
      const dispatcher = allowPrivate ? open : strict;
      // The library's own types of the same shape stand in for the global ones.
      return send(url, { ...init, dispatcher } as Parameters<typeof send>[1]) as unknown as ReturnType<Fetch>;
    },
  };
}
