import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatRadvd } from '../../../agent/lab/radvd-config.ts';

test('options, blocks and empty blocks', () => {
  const options = {
    MaxRtrAdvInterval: 4,
    AdvDefaultPreference: 'high',
    'prefix 2001:db8:a::/64': { AdvOnLink: true, AdvAutonomous: false },
    'RDNSS 2001:db8:a::53': null,
  };
  assert.equal(
    formatRadvd('eth0', options),
    `interface eth0 {
  AdvSendAdvert on;
  MaxRtrAdvInterval 4;
  AdvDefaultPreference high;
  prefix 2001:db8:a::/64 {
    AdvOnLink on;
    AdvAutonomous off;
  };
  RDNSS 2001:db8:a::53 {
  };
};
`,
  );
});

test('AdvSendAdvert can be switched off, raw text stays as it is', () => {
  assert.match(formatRadvd('eth0', { AdvSendAdvert: false }), /^ {2}AdvSendAdvert off;$/m);
  assert.equal(formatRadvd('eth0', 'interface x { };\n'), 'interface x { };\n');
});
