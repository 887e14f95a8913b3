// Sends messages of Playwright's protocol with anything in them, for some seconds, in sessions side by side.
import { readFileSync, existsSync } from 'node:fs';
import { run } from './client.mjs';
import { open } from './wire.mjs';

const MESSAGES = 300;    // of a session, at most
const SESSIONS = 3;    // at once

await run(async (_, input) => {
  const random = generator(input.seed);
  const pick = list => list[Math.floor(random() * list.length)];
  const chance = of => random() < of;
  const { calls, fields } = protocol(`${input.modules}/node_modules/playwright-core/lib`);

  const texts = ['', 'a', 'input', 'css=a >> nth=0', '**/*', 'http://localhost:1/', 'data:text/html,a', '../../x', '\0', '__proto__',
    'constructor', 'a'.repeat(300), 'é漢\u{1f600}', '{"a":1}', '((((', '*'.repeat(20), '() => 1', 'load', 'png', 'left'];
  const numbers = [0, 1, -1, 2, 0.5, 30, 1000, 1e9, 1e300, -1e300, 2 ** 31, 2 ** 53];
  const value = (guids, depth) => {
    switch (Math.floor(random() * (depth > 4 ? 6 : 9))) {
      case 0: return null;
      case 1: return chance(0.5);
      case 2: return pick(numbers);
      case 3: return { guid: pick(guids) };
      case 4: case 5: return chance(0.02) ? 'a'.repeat(Math.floor(random() * 1e6)) : pick(texts);
      case 6: return Array.from({ length: Math.floor(random() * 4) }, () => value(guids, depth + 1));
      default: return record(guids, depth + 1);
    }
  };
  const record = (guids, depth) => Object.fromEntries(
      Array.from({ length: Math.floor(random() * 6) }, () => [chance(0.03) ? pick(texts.filter(it => it !== '__proto__')) : pick(fields), value(guids, depth)]));
  const serialized = guids => ({ value: pick([{ n: 1 }, { s: 'a' }, { v: 'undefined' }, { a: [], id: 1 }, { o: [{ k: 'a', v: { n: 1 } }], id: 1 }]), handles: [] });
  // The fields of this call, mostly; values of any kind.
  const params = (guids, own) => Object.fromEntries(own.filter(() => chance(0.8)).map(field => [
    field,
    /^arg$|eventInit/.test(field) ? serialized(guids) : /selector/i.test(field) ? pick(texts) : /timeout/.test(field) ? 50 : value(guids, 2),
  ]));

  const message = (id, objects) => {
    const guids = [...objects.keys(), 'nobody', ''];
    const guid = pick(guids);
    const fitting = calls.filter(call => call.type === objects.get(guid));
    const { method, own } = fitting.length && chance(0.95) ? pick(fitting) : { method: pick([...texts, ...calls.map(it => it.method)]), own: fields.slice(0, 5) };
    const good = { id, guid, method, params: params(guids, own), metadata: { wallTime: 0, internal: false } };
    if (chance(0.1))
      good.params = { ...good.params, ...record(guids, 1) };
    if (chance(0.003))
      return pick(['null', '[]', '', '{', JSON.stringify(good).slice(0, -3), JSON.stringify(good).replace('{', '{"__proto__":{},')]);
    if (chance(0.003))
      good[pick(['id', 'guid', 'method', 'params', 'metadata'])] = value(guids, 2);
    return JSON.stringify(good);
  };

  const until = performance.now() + input.seconds * 1000;
  const seen = { sessions: 0, messages: 0, answers: 0, ends: {} };
  const session = async () => {
    const connection = open(input);
    await connection.opened;
    let id = 1;
    await connection.initialize(id);
    const guid = type => [...connection.objects].find(it => it[1] === type)?.[0];
    const plain = (type, method) => connection.ask({ id: ++id, guid: guid(type), method, params: {}, metadata: { wallTime: 0, internal: false } });
    await plain('Browser', 'newContext');
    await plain('BrowserContext', 'newPage');
    connection.socket.on('message', () => seen.answers++);
    for (let n = 0; n < MESSAGES && connection.socket.readyState === 1; n++) {
      connection.send(message(++id, connection.objects));
      seen.messages++;
      if (chance(0.2))
        await new Promise(over => setTimeout(over, random() * 10));
    }
    const timer = setTimeout(() => connection.socket.close(1000), 300);
    const { code, reason } = await connection.closed;
    clearTimeout(timer);
    const end = `${code} ${reason}`.trim();
    seen.ends[end] = (seen.ends[end] ?? 0) + 1;
    seen.sessions++;
  };
  const one = async () => {
    while (performance.now() < until)
      await session();
  };
  await Promise.all(Array.from({ length: SESSIONS }, one));
  return seen;
});

// What the client's own validators know: each call with its fields.
function protocol(lib) {
  const file = [`${lib}/protocol/validator.js`, `${lib}/coreBundle.js`].find(existsSync);
  const text = readFileSync(file, 'utf8');
  const calls = [];
  const fields = new Set();
  for (const [, name, body] of text.matchAll(/scheme\.(\w+)Params = ([^]*?)(?=\n\s*scheme\.|\n}\n)/g)) {
    for (const type of types(name)) {
      const own = [...body.matchAll(/(\w+): /g)].map(it => it[1]);
      own.forEach(it => fields.add(it));
      const rest = name.slice(type.length);
      calls.push({ type, method: rest[0].toLowerCase() + rest.slice(1), own });
    }
  }
  return { calls, fields: [...fields] };
}

function types(name) {
  return ['APIRequestContext', 'Artifact', 'Stream', 'WritableStream', 'Browser', 'BrowserContext', 'BrowserType', 'Disposable', 'Frame', 'JSHandle',
    'ElementHandle', 'Request', 'Route', 'WebSocketRoute', 'Response', 'Page', 'Root', 'Playwright', 'SocksSupport', 'CDPSession',
    'BindingCall', 'Debugger', 'Dialog', 'Tracing', 'Worker', 'Selectors', 'EventTarget'].filter(type => name.startsWith(type) && name.length > type.length);
}

// The same numbers for the same seed (mulberry32).
function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = state + 0x6d2b79f5 >>> 0;
    let t = state;
    t = Math.imul(t ^ t >>> 15, t | 1);
    t ^= t + Math.imul(t ^ t >>> 7, t | 61);
    return ((t ^ t >>> 14) >>> 0) / 2 ** 32;
  };
}
