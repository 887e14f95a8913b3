// Sends what no client sends, each in a session of its own; answers how each of them ended.
import { run } from './client.mjs';
import { open } from './wire.mjs';

const call = (id, more) => ({ id, guid: 'x', method: 'y', params: {}, metadata: {}, ...more });
const nested = depth => '['.repeat(depth) + ']'.repeat(depth);
const attacks = {
  'null': c => { for (let n = 0; n < 25; n++) c.send('null'); },
  'no JSON': c => { for (let n = 0; n < 25; n++) c.send('{"id":'); },
  'no object': c => c.send('[1]'),
  'no guid': c => c.send(call(5, { guid: 7 })),
  'no method': c => c.send(call(5, { method: { toString: 1 } })),
  'no params': c => c.send(call(5, { params: [] })),
  'prototype': c => c.send('{"id":5,"guid":"x","method":"y","params":{"\\u005f_proto__":{"a":1}}}'),
  'deep': c => c.send(`{"id":5,"guid":"x","method":"y","params":{"a":${nested(5000)}}}`),
  'large': c => c.send(call(5, { params: { text: 'a'.repeat(9 << 20) } })),
  'flood': c => { for (let n = 5; n < 30_000; n++) c.send(call(n)); },
  'initialize': c => { for (let n = 5; n < 30; n++) void c.initialize(n); },
};

await run(async (_, input) => {
  const ends = {};
  for (const [name, attack] of Object.entries(attacks)) {
    const connection = open(input);
    await connection.opened;
    await connection.initialize(1);
    attack(connection);
    ends[name] = { ...await connection.closed, extensions: String(connection.extensions()) };
  }
  return ends;
});
