/**
 * Where another dissector and ours part, each with an RA's options that show it and the text that
 * decides. What is not among them is the same in both.
 */

export interface Oddity {
  readonly what: string;
  readonly rfc: string;
  /** The options of an RA. */
  readonly octets: string;
  /** A field by its Wireshark name, or `LAYER.field` of Scapy. */
  readonly field: string;
  readonly theirs: string;
  readonly ours: string;
}

/** Of tshark 4.4, as `-T fields` prints it. */
export const TSHARK_ODDITIES: readonly Oddity[] = [
  {
    what: 'octets of a name are escaped as in C, and a dot within a label not at all',
    rfc: 'RFC 4343, 2.1',
    octets: '1f02 0000 00000e10 03 1b2e41 00 000000',
    field: 'icmpv6.opt.dnssl',
    theirs: '\\\\033.A',
    ours: '\\027\\.A',
  },
  {
    what: 'CGA is taken apart; when it does not fit, what follows is not read',
    rfc: 'RFC 3971, 5.1',
    octets: '0b01 ffffffffffff 0501 0000 00000514',
    field: 'icmpv6.opt.mtu',
    theirs: '',
    ours: '1300',
  },
  {
    what: 'the P flag is taken for a reserved bit',
    rfc: 'RFC 9762, 4',
    octets: '0304 40d5 00000e10 00000708 00000000 20010db8000100000000000000000000',
    field: 'icmpv6.opt.prefix.flag.reserved',
    theirs: '21',
    ours: '5',
  },
  {
    what: 'Encrypted DNS is not known',
    rfc: 'RFC 9463, 6.1',
    octets: '9002 0001 00000e10 0003 016100 000000',
    field: 'icmpv6.data',
    theirs: '000100000e100003016100000000',
    ours: '',
  },
  {
    what: 'flag bits 8 and on are shown as 64 bits',
    rfc: 'RFC 5175, 4',
    octets: '1a01 800000000001',
    field: 'icmpv6.opt.efo',
    theirs: '0x0000800000000001',
    ours: '800000000001',
  },
  {
    what: 'every PvD option is read, not only the first',
    rfc: 'RFC 8801, 3.4',
    octets: '1502 8000 0000 016100 00000000000000 1502 8000 0000 016200 00000000000000',
    field: 'icmpv6.opt.pvd_id.fqdn',
    theirs: 'a b',
    ours: 'a',
  },
  {
    what: 'a PvD option inside another is read',
    rfc: 'RFC 8801, 3.2',
    octets: '1504 8000 0000 016100 00000000000000 1502 8000 0000 016200 00000000000000',
    field: 'icmpv6.opt.pvd_id.fqdn',
    theirs: 'a b',
    ours: 'a',
  },
  {
    what: 'a compression pointer is followed',
    rfc: 'RFC 8801, 3.1',
    octets: '1502 8000 0000 0161 c000 000000000000',
    field: 'icmpv6.opt.pvd_id.fqdn',
    theirs: '<Name contains a pointer that loops>',
    ours: '',
  },
  {
    what: 'the root is taken for a PvD ID',
    rfc: 'RFC 8801, 3.1',
    octets: '1501 8000 0000 00 00',
    field: 'icmpv6.opt.pvd_id.fqdn',
    theirs: '<Root>',
    ours: '',
  },
  {
    what: 'an MTU option of another length than 1 is read',
    rfc: 'RFC 4861, 4.6.4',
    octets: '0502 0000 00000514 0000000000000000',
    field: 'icmpv6.opt.mtu',
    theirs: '1300',
    ours: '',
  },
  {
    what: 'a prefix length over 128 is taken as it is',
    rfc: 'RFC 4861, 4.6.2',
    octets: '0304 81c0 00000e10 00000708 00000000 20010db8000100000000000000000000',
    field: 'icmpv6.opt.prefix.length',
    theirs: '129',
    ours: '',
  },
  {
    what: 'a prefix that the length of the option has no room for is read from what is there',
    rfc: 'RFC 4191, 2.3',
    octets: '1802 8010 00000708 20010db800010000',
    field: 'icmpv6.opt.prefix',
    theirs: '2001:db8:1::',
    ours: '',
  },
  {
    what: 'a prefix length code without a meaning is shown',
    rfc: 'RFC 8781, 4',
    octets: '2602 070e 0064ff9b 00000000 00000000',
    field: 'icmpv6.opt.pref64.plc',
    theirs: '0x0006',
    ours: '',
  },
  {
    what: 'a URI ends at its first NUL, whatever follows',
    rfc: 'RFC 8910, 2.3',
    octets: '2501 61 00 62 000000',
    field: 'icmpv6.opt.captive_portal',
    theirs: 'a',
    ours: '',
  },
  {
    what: 'a nested option that ends the packet leaves the PvD option in force',
    rfc: 'RFC 4861, 4.6',
    octets: '1503 8000 0000 016100 00000000000000 0300 000000000000',
    field: 'icmpv6.opt.pvd_id.fqdn',
    theirs: 'a',
    ours: '',
  },
];

/** Of Scapy 2.6, as its layers hold it in JSON. */
export const SCAPY_ODDITIES: readonly Oddity[] = [
  {
    what: 'a name ends with a dot, and its octets are not escaped',
    rfc: 'RFC 4343, 2.1',
    octets: '1f02 0000 00000e10 03 612e41 00 000000',
    field: 'ICMPv6NDOptDNSSL.searchlist',
    theirs: '["a.A."]',
    ours: '["a\\\\.A"]',
  },
  {
    what: 'the PvD option is not known',
    rfc: 'RFC 8801, 3.1',
    octets: '1502 8000 0000 016100 00000000000000',
    field: 'ICMPv6NDOptUnknown.type',
    theirs: '21',
    ours: '',
  },
  {
    what: 'Encrypted DNS is not known',
    rfc: 'RFC 9463, 6.1',
    octets: '9002 0001 00000e10 0003 016100 000000',
    field: 'ICMPv6NDOptUnknown.type',
    theirs: '144',
    ours: '',
  },
];
