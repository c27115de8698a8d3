/** The server's certificate: from files, or made on request and known by its fingerprint. */

import {
  createPrivateKey,
  generateKeyPairSync,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import { addr6Bytes, parseAddr6 } from '../../src/net/addr6.ts';
import { AgentError, EXIT } from '../error.ts';
import { bits, der, integer, octets, oid, sequence, set, time, truth, utf8 } from './der.ts';

export interface Certificate {
  /** PEM, the server's first. */
  readonly cert: string;
  readonly key: string;
  readonly leaf: X509Certificate;
}

/** @throws AgentError PVD_ERR_CERTIFICATE */
export function readCertificate(certFile: string, keyFile: string): Certificate {
  const cert = readPem(certFile);
  const key = readPem(keyFile);
  let leaf: X509Certificate;
  let fits: boolean;
  try {
    leaf = new X509Certificate(cert);
    fits = leaf.checkPrivateKey(createPrivateKey(key));
  } catch (cause) {
    throw unusable(`${certFile} and ${keyFile} are no PEM certificate and key`, cause);
  }
  if (!fits) throw unusable(`the key in ${keyFile} is not that of the certificate in ${certFile}`);
  return { cert, key, leaf };
}

function readPem(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw unusable(`cannot read ${file}: ${(cause as Error).message}`, cause);
  }
}

function unusable(message: string, cause?: unknown): AgentError {
  return new AgentError({
    code: 'PVD_ERR_CERTIFICATE',
    op: 'read the certificate',
    message,
    hint: 'give both as PEM with --tls-cert and --tls-key, or use --tls-self-signed',
    exitCode: EXIT.usage,
    ...(cause === undefined ? {} : { cause }),
  });
}

const VALID_DAYS = 30;
const DAY_MS = 86_400_000;
const ECDSA_SHA256 = '1.2.840.10045.4.3.2';
const COMMON_NAME = '2.5.4.3';
const BASIC_CONSTRAINTS = '2.5.29.19';
const EXT_KEY_USAGE = '2.5.29.37';
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const SUBJECT_ALT_NAME = '2.5.29.17';

/** A key that was never on a disk and its certificate (RFC 5280), good for 30 days. */
export function selfSigned(host: string, now: Date = new Date()): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = sequence(oid(ECDSA_SHA256));
  const name = sequence(set(sequence(oid(COMMON_NAME), utf8('pvdscope'))));
  const from = new Date(now.getTime() - DAY_MS);
  const until = new Date(now.getTime() + VALID_DAYS * DAY_MS);
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40;
  const extension = (id: string, value: Buffer, ...critical: Buffer[]): Buffer =>
    sequence(oid(id), ...critical, octets(value));
  const extensions = sequence(
    extension(BASIC_CONSTRAINTS, sequence(), truth()),
    extension(EXT_KEY_USAGE, sequence(oid(SERVER_AUTH))),
    extension(SUBJECT_ALT_NAME, sequence(...namesOf(host).map(generalName))),
  );
  const body = sequence(
    der(0xa0, integer(Buffer.from([2]))),
    integer(serial),
    algorithm,
    name,
    sequence(time(from), time(until)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, extensions),
  );
  const signed = sequence(body, algorithm, bits(sign('sha256', body, privateKey)));
  const leaf = new X509Certificate(signed);
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  return { cert: leaf.toString(), key, leaf };
}

/** What clients may call this server: the address it listens on, or all of this machine. */
function namesOf(host: string): string[] {
  if (host !== '0.0.0.0' && host !== '::') return [host];
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return [hostname(), 'localhost', ...addresses.map(({ address }) => address.replace(/%.*/, ''))];
}

function generalName(name: string): Buffer {
  if (isIP(name) === 4) return der(0x87, Buffer.from(name.split('.').map(Number)));
  const six = isIP(name) === 6 ? parseAddr6(name) : undefined;
  return six === undefined ? der(0x82, Buffer.from(name)) : der(0x87, addr6Bytes(six));
}
