import assert from 'node:assert/strict';
import { test } from 'node:test';
import { editDistance, nearest } from '../../../agent/yaml/nearest.ts';

test('distances', () => {
  const table: [string, string, number][] = [
    ['', '', 0],
    ['', 'ab', 2],
    ['link', 'link', 0],
    ['lnik', 'link', 1],
    ['lnk', 'link', 1],
    ['adresses', 'addresses', 1],
    ['kitten', 'sitting', 3],
  ];
  for (const [a, b, distance] of table) {
    assert.equal(editDistance(a, b), distance, `${a} ${b}`);
    assert.equal(editDistance(b, a), distance, `${b} ${a}`);
  }
});

test('the nearest word, or none when all are far', () => {
  const known = ['link', 'type', 'master', 'addresses', 'sysctls'];
  assert.equal(nearest('adress', known), 'addresses');
  assert.equal(nearest('LINK', known), 'link');
  assert.equal(nearest('tpye', known), 'type');
  assert.equal(nearest('gateway', known), undefined);
  assert.equal(nearest('x', []), undefined);
});
