/** What a router's configuration says, checked and with its defaults in place. */

import type { Preference } from '../../src/decode/nd/preference.ts';
import type { PvdLayout } from '../../src/decode/nd/pvd.ts';
import type { Addr6 } from '../../src/net/addr6.ts';
import type { Prefix6 } from '../../src/net/prefix6.ts';

/** Fields of an RA header; lifetime in seconds, reachable and retrans in ms. */
export interface HeaderConfig {
  readonly hopLimit: number;
  readonly managed: boolean;
  readonly other: boolean;
  readonly homeAgent: boolean;
  readonly preference: Preference;
  readonly proxy: boolean;
  readonly reserved: number;
  readonly lifetime: number;
  readonly reachable: number;
  readonly retrans: number;
  readonly code: number;
}

/** Exactly one is there. Lifetimes are in seconds, all ones means for ever. */
export interface PlainOptionConfig {
  readonly slla?: 'auto' | Uint8Array | undefined;
  readonly tlla?: Uint8Array | undefined;
  readonly pio?:
    | {
        readonly prefix: Prefix6;
        readonly addr?: Addr6 | undefined;
        readonly onLink: boolean;
        readonly autonomous: boolean;
        readonly routerAddress: boolean;
        readonly pdPreferred: boolean;
        readonly valid: number;
        readonly preferred: number;
        readonly reserved1: number;
        readonly reserved2: number;
      }
    | undefined;
  readonly rio?:
    | {
        readonly prefix: Prefix6;
        readonly addr?: Addr6 | undefined;
        readonly preference: Preference;
        readonly lifetime: number;
        readonly reserved: number;
        readonly lenUnits?: number | undefined;
      }
    | undefined;
  readonly mtu?: { readonly mtu: number; readonly reserved: number } | undefined;
  readonly rdnss?:
    | { readonly addrs: readonly Addr6[]; readonly lifetime: number; readonly reserved: number }
    | undefined;
  readonly dnssl?:
    | {
        readonly domains: readonly string[];
        readonly lifetime: number;
        readonly reserved: number;
        readonly lenUnits?: number | undefined;
      }
    | undefined;
  /** ms */
  readonly advertisementInterval?:
    | { readonly interval: number; readonly reserved: number }
    | undefined;
  readonly homeAgent?:
    | { readonly preference: number; readonly lifetime: number; readonly reserved: number }
    | undefined;
  readonly pref64?:
    | {
        readonly prefix: Prefix6;
        readonly addr?: Addr6 | undefined;
        readonly lifetime: number;
      }
    | undefined;
  readonly captivePortal?:
    | { readonly uri: string; readonly lenUnits?: number | undefined }
    | undefined;
  readonly encryptedDns?:
    | {
        readonly name: string;
        readonly priority: number;
        readonly lifetime: number;
        readonly addrs: readonly Addr6[];
        readonly params: readonly { readonly key: number; readonly value: Uint8Array }[];
        readonly lenUnits?: number | undefined;
      }
    | undefined;
  readonly raFlags?: Uint8Array | undefined;
  /** Any option: its type and what follows the length, padded to a whole unit. */
  readonly raw?: { readonly type: number; readonly data: Uint8Array } | undefined;
  /** Octets as they are, whatever they mean. */
  readonly hex?: Uint8Array | undefined;
}

/** A header that is sent as it is. */
export interface HeaderBytesConfig extends HeaderConfig {
  readonly type: number;
  readonly checksum: number;
}

export interface PvdConfig {
  readonly id: string;
  readonly http: boolean;
  readonly legacy: boolean;
  readonly delay: number;
  readonly sequence: number;
  readonly reserved: number;
  readonly type: number;
  readonly layout: PvdLayout;
  readonly lenUnits?: number | undefined;
  readonly ra?: HeaderBytesConfig | undefined;
  readonly options: readonly PlainOptionConfig[];
}

export interface OptionConfig extends PlainOptionConfig {
  readonly pvd?: PvdConfig | undefined;
}

/** One RA and the packet around it. */
export interface RaConfig extends HeaderConfig {
  readonly options: readonly OptionConfig[];
  readonly type: number;
  /** `auto`: the right one. */
  readonly checksum: 'auto' | number;
  /** The whole ICMPv6 message, instead of header and options. */
  readonly hex?: Uint8Array | undefined;
  readonly ipHopLimit: number;
  /** Source address; the interface's link-local one when it is not given. */
  readonly from?: Addr6 | undefined;
  readonly to: Addr6;
}

/** Times are in seconds. */
export interface RouterConfig extends RaConfig {
  readonly interface?: string | undefined;
  readonly interval: number;
  readonly jitter: number;
  readonly initialInterval: number;
  readonly solicited: boolean;
  readonly minDelay: number;
  readonly final: boolean;
  readonly ras?: readonly RaConfig[] | undefined;
}
