/** Which addresses a request may go to when private ones are not allowed. */
import ipaddr from 'ipaddr.js';
import { ToolError } from './tool-error.ts';

/** Addresses outside the private ranges under which a cloud tells machines their secrets. */
const METADATA = new Set(['168.63.129.16']);

/** The addresses that are handed out on the public network. */
const PUBLIC_V6 = ipaddr.parseCIDR('2000::/3');

/** Whether an IP address is one of the public network: not of this machine, a private network, or a cloud's own. */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  if (parsed.range() !== 'unicast' || METADATA.has(parsed.toString())) return false;
  return parsed.kind() === 'ipv4' || parsed.match(PUBLIC_V6);
}

/** The IP address that a host of a URL is, without its brackets; undefined for a name. */
export function addressIn(host: string): string | undefined {
  const bare = host.replace(/^\[|\]$/g, '');
  return ipaddr.isValid(bare) ? bare : undefined;
}

export function privateAddress(host: string, address = host): ToolError {
  const where = host === address ? host : `${host} (${address})`;
  return new ToolError(
    'http-private',
    `${where} is an address of this machine or of a private network; set "allowPrivate: true" to allow it`,
    { retryable: false },
  );
}

/** Refuses a host that is private by what it is called. What names lead to is checked when a connection is made. */
export function refusePrivateHost(host: string): void {
  const address = addressIn(host);
  const isLocal = /^(.*\.)?localhost\.?$/i.test(host);
  if (isLocal || (address !== undefined && !isPublicAddress(address))) throw privateAddress(host);
}
