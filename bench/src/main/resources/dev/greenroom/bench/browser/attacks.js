// What a client or a page does to the sessions of others, each by its name, again and again until stdin ends.
//
// node attacks.js <playwright-core> <grid's address> <attack> [<JSON of what the attack needs>]
// Out, one line of JSON per try:  {tried, outcome}
'use strict';
const crypto = require('node:crypto');
const fs = require('node:fs');
const http = require('node:http');
const net = require('node:net');
const path = require('node:path');
const zlib = require('node:zlib');
const [core, grid, name, more] = process.argv.slice(2);
const { chromium } = require(core);
const given = JSON.parse(more || '{}');
const version = given.version || require(core + '/package.json').version;

const TRY_LIMIT = 30000;
const pause = ms => new Promise(resolve => setTimeout(resolve, ms));

// --- a WebSocket that sends what it is told ---

function raw(url, { userAgent = `Playwright/${version} (x64; debian 12) node/24.1`, extensions } = {}) {
  const at = new URL(url);
  const token = at.password || at.username || at.searchParams.get('token');
  return new Promise((resolve, reject) => {
    const socket = net.connect(at.port || 80, at.hostname);
    socket.setNoDelay(true);
    let head = '';
    socket.on('error', reject);
    socket.once('connect', () => socket.write(`GET ${at.pathname} HTTP/1.1\r\nHost: ${at.host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n`
        + `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${crypto.randomBytes(16).toString('base64')}\r\nUser-Agent: ${userAgent}\r\n`
        + (token ? `Authorization: Bearer ${token}\r\n` : '') + (extensions ? `Sec-WebSocket-Extensions: ${extensions}\r\n` : '') + '\r\n'));
    const heard = { bytes: 0, text: '', closed: '' };
    socket.on('data', data => {
      if (head === undefined) {
        heard.bytes += data.length;
        heard.text = (heard.text + data.toString('latin1')).slice(-4000);
        return;
      }
      head += data.toString('latin1');
      if (!head.includes('\r\n\r\n'))
        return;
      const status = head.split('\r\n')[0];
      if (!status.includes(' 101') && !status.includes(' 102'))
        return reject(new Error(head.slice(0, 300)));
      if (status.includes(' 102') && !head.includes(' 101'))
        return;
      const agreed = /permessage-deflate/i.test(head);
      head = undefined;
      resolve({
        socket, heard, agreed,
        send: (payload, { rsv1 = false, opcode = 1 } = {}) => new Promise(sent => socket.write(frame(Buffer.from(payload), opcode, rsv1), sent)),
        closed: () => new Promise(gone => socket.destroyed ? gone() : socket.once('close', gone)),
        end: () => socket.destroy(),
      });
    });
    socket.once('close', () => reject(new Error('hung up ' + (head || '').slice(0, 200))));
  });
}

function frame(payload, opcode, rsv1) {
  const length = payload.length;
  const head = Buffer.alloc(length < 126 ? 6 : length < 65536 ? 8 : 14);    // with a mask of zeros
  head[0] = 0x80 | (rsv1 ? 0x40 : 0) | opcode;
  head[1] = 0x80 | (length < 126 ? length : length < 65536 ? 126 : 127);
  if (length >= 65536)
    head.writeBigUInt64BE(BigInt(length), 2);
  else if (length >= 126)
    head.writeUInt16BE(length, 2);
  return Buffer.concat([head, payload]);
}

const initialize = id => JSON.stringify({ id, guid: '', method: 'initialize', params: { sdkLanguage: 'javascript' }, metadata: { wallTime: 0, apiName: '', internal: true } });

// Sends frames on a connection of its own, and says how that ended.
async function frames(texts, options) {
  const connection = await raw(grid, options);
  for (const text of texts)
    void connection.send(text);
  await Promise.race([connection.closed(), pause(1000)]);
  const end = connection.socket.destroyed ? 'closed: ' : 'open: ';
  connection.end();
  return end + connection.heard.text.slice(-200).replace(/[^\x20-\x7e]+/g, ' ');
}

// --- a stock client, and messages past its checks ---

async function withPage(work) {
  const browser = await chromium.connect(grid, { timeout: TRY_LIMIT });
  const gone = new Promise((_, fail) => browser.once('disconnected', () => fail(new Error('disconnected'))));
  gone.catch(() => {});
  try {
    const page = await (await browser.newContext({ acceptDownloads: true })).newPage();
    return await Promise.race([gone, work(page, browser), pause(TRY_LIMIT).then(() => 'still at it')]);
  } finally {
    await Promise.race([browser.close().catch(() => {}), pause(1000)]);
  }
}

let lastId = 1_000_000;
function ask(object, method, params, guid) {
  const connection = object._connection;
  const id = ++lastId;
  return new Promise(answered => {
    const dispatch = connection.dispatch;
    connection.dispatch = function(message) {
      if (message.id !== id)
        return dispatch.call(this, message);
      connection.dispatch = dispatch;
      answered(message.error ? 'error: ' + message.error.error?.message : message.result ?? {});
    };
    setTimeout(answered, 10000, 'no answer').unref();
    connection.onmessage({ id, guid: guid ?? object._guid, method, params: { timeout: 5000, ...params }, metadata: { wallTime: 0, apiName: 'raw', internal: false, stack: [] } });
  });
}

// --- what a page or the driver asks for ---

const ZEROS = Buffer.alloc(1 << 20);
let site;
function served() {
  site ??= new Promise(resolve => {
    const server = http.createServer((request, response) => {
      if (request.url.startsWith('/gzip')) {    // 10 MB that are 10 GB
        response.writeHead(200, { 'Content-Encoding': 'gzip' });
        return repeat(response, deflated(zlib.gzipSync), 10 * 1024);
      }
      if (request.url.startsWith('/endless'))
        return repeat(response.writeHead(200), ZEROS, given.megabytes || 3000);
      if (request.url.startsWith('/file')) {
        response.writeHead(200, { 'Content-Type': 'application/octet-stream', 'Content-Disposition': 'attachment; filename=x' });
        return repeat(response, ZEROS, given.megabytes || 3000);
      }
      response.writeHead(200, { 'Content-Type': 'text/html' }).end('<h1>attack</h1>');
    }).listen(0, '127.0.0.1', () => resolve('http://127.0.0.1:' + server.address().port));
  });
  return site;
}

function deflated(how) {
  return how(ZEROS, { level: 9 });
}

// Bytes come as fast as a network of 1 Gbit/s brings them: this server takes its time from the same processors as the grid,
// which that of an attacker does not.
const BYTES_PER_MILLI = 125_000;

function repeat(response, chunk, times) {
  const begin = performance.now();
  let sent = 0;
  const more = () => {
    while (sent < times * chunk.length) {
      const early = sent / BYTES_PER_MILLI - (performance.now() - begin);
      if (early > 5)
        return void setTimeout(more, early);
      sent += chunk.length;
      if (!response.write(chunk))
        return void response.once('drain', more);
    }
    response.end();
  };
  more();
}

// A PNG of one colour: half a megabyte that is four gigabytes once it is decoded.
function hugePng(side) {
  const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const whole = Buffer.alloc(body.length + 8);
    whole.writeUInt32BE(data.length, 0);
    body.copy(whole, 4);
    whole.writeUInt32BE(zlib.crc32(body), body.length + 4);
    return whole;
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(side, 0);
  head.writeUInt32BE(side, 4);
  head.set([1, 0, 0, 0, 0], 8);    // one bit of grey
  const rows = zlib.deflateSync(Buffer.alloc(side * (Math.ceil(side / 8) + 1)), { level: 9 });
  return Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), chunk('IHDR', head), chunk('IDAT', rows), chunk('IEND', Buffer.alloc(0))]);
}

async function ownDownload(page) {
  const [it] = await Promise.all([page.waitForEvent('download'),
    page.setContent('<a download=x href="data:text/plain,written by the attacker">x</a>').then(() => page.click('a'))]);
  return it._artifact;
}

// Every file below a folder that the attacker's browser lists, at most so many folders.
async function listed(page, folder) {
  const files = [];
  const folders = [folder];
  for (let i = 0; i < folders.length && i < 300; i++) {
    if (await page.goto('file://' + folders[i] + '/').catch(() => null) === null)
      continue;
    for (const [, entry, isFolder] of (await page.content().catch(() => '')).matchAll(/addRow\("([^"]*)","[^"]*",(\d)/g))
      if (!entry.startsWith('.'))
        (isFolder === '1' ? folders : files).push(path.join(folders[i], entry));
  }
  return files;
}

const attacks = {
  'console': () => withPage(async page => {
    await page.evaluate(() => { setTimeout(() => { for (let i = 0; ; i++) console.log('A'.repeat(40e6) + i); }, 0); });
    await pause(TRY_LIMIT);
  }),
  'console-small': () => withPage(async page => {
    await page.evaluate(() => { setTimeout(() => { for (let i = 0; ; i++) console.log(i); }, 0); });
    await pause(TRY_LIMIT);
  }),
  'null': () => frames(Array(25).fill('null')),
  'initialize': () => frames(Array.from({ length: 22 }, (_, i) => initialize(i + 1))),
  'bad-json': () => frames(Array(25).fill('{"id":')),
  'deep': () => frames([initialize(1), ...Array(25).fill('{"id":2,"guid":"","method":"x","params":' + '['.repeat(2e5) + ']'.repeat(2e5) + '}')]),
  'rate': async () => {
    const connection = await raw(grid);
    await connection.send(initialize(1));
    const text = JSON.stringify({ id: 2, guid: 'x', method: 'x', params: {} });
    const ended = Date.now() + 10000;
    while (Date.now() < ended && !connection.socket.destroyed)
      await Promise.race([connection.closed(), Promise.all(Array.from({ length: 500 }, () => connection.send(text)))]);
    connection.end();
    return connection.heard.bytes + ' bytes of answers';
  },
  'glob': () => withPage(async page => {
    await page.goto(await served());
    await page.route('**/' + '*a*'.repeat(12) + '.png', route => route.continue());
    await page.evaluate(() => fetch('/' + 'a'.repeat(120) + '.jpg')).catch(() => {});
    return 'passed';
  }),
  'regex': () => withPage(async page => {
    await page.goto(await served());
    await page.route(/\/(a+)+\.png$/, route => route.continue());
    await page.evaluate(() => fetch('/' + 'a'.repeat(60) + '.jpg')).catch(() => {});
    return 'passed';
  }),
  'regex-selector': () => withPage(async page => {
    await page.setContent(`<p>${'a'.repeat(60)}!</p>`);
    await page.locator('text=/(a+)+$/').count();
    return 'passed';
  }),
  'save-as': () => withPage(async page => {
    const artifact = await ownDownload(page);
    const own = (await ask(artifact, 'pathAfterFinished', {})).value;
    const root = given.root || own.split('/').slice(0, -3).join('/');
    const outcomes = {};
    for (const file of await listed(page, root)) {
      if (file === own)
        continue;
      const outcome = await ask(artifact, 'saveAs', { path: file });
      const seen = typeof outcome === 'string' ? outcome.slice(0, 80) : 'WRITTEN';
      outcomes[seen] = (outcomes[seen] || 0) + 1;
    }
    return { own, root, outcomes };
  }),
  'video-dir': () => withPage(async (page, browser) => {
    const outcome = await ask(browser, 'newContextForReuse', { recordVideo: { dir: given.outside, size: { width: 320, height: 240 } } });
    if (typeof outcome === 'string')
      return outcome;
    await ask(page, 'newPage', {}, outcome.context.guid);
    await pause(1500);
    await ask(page, 'close', {}, outcome.context.guid);
    return fs.readdirSync(given.outside).length + ' files outside';
  }),
  'deflate': async () => {
    const connection = await raw(grid, { extensions: 'permessage-deflate; client_max_window_bits' });
    const text = Buffer.from('{"id":1,"guid":"","method":"x","params":"' + 'A'.repeat(90e6) + '"}');
    const bomb = zlib.deflateRawSync(text, { level: 9, finishFlush: zlib.constants.Z_SYNC_FLUSH }).subarray(0, -4);
    for (let i = 0; i < 45; i++)
      void connection.send(bomb, { rsv1: true });
    await Promise.race([connection.closed(), pause(15000)]);
    connection.end();
    return (connection.agreed ? 'agreed, ' : 'not agreed, ') + (connection.socket.destroyed ? 'closed' : 'open');
  },
  'huge-message': () => frames([initialize(1), '{"id":2,"guid":"","method":"x","params":"' + 'A'.repeat(240e6) + '"}']),
  'png': () => withPage(async page => {
    const outcome = await ask(page, 'expectScreenshot', { expected: hugePng(60000).toString('base64'), isNot: false, type: 'png', timeout: 20000 });
    return typeof outcome === 'string' ? outcome : outcome.errorMessage || 'compared';
  }),
  'selector': () => withPage(async page => {
    for (const selector of ['a'.repeat(4e6), 'a '.repeat(2e6), ':is('.repeat(1e6), 'text=a >> '.repeat(4e5), '[a=' + '"'.repeat(4e6), '(' .repeat(4e6)])
      await page.locator(selector).count().catch(() => {});
    return 'passed';
  }),
  'gzip': () => withPage(async page => {
    const response = await page.context().request.get(await served() + '/gzip', { timeout: 25000 });
    return (await response.body()).length + ' bytes';
  }),
  'body': () => withPage(async page => {
    const response = await page.context().request.get(await served() + '/endless', { timeout: 25000 });
    return (await response.body()).length + ' bytes';
  }),
  'page-body': () => withPage(async page => {
    await page.goto(await served());
    const [response] = await Promise.all([page.waitForResponse('**/endless'), page.evaluate(() => void fetch('/endless').then(it => it.arrayBuffer()).catch(() => {}))]);
    return (await response.body()).length + ' bytes';
  }),
  'download': () => withPage(async page => {
    await page.goto(await served());
    for (let i = 0; i < 4; i++)
      await page.evaluate(i => { const a = document.body.appendChild(document.createElement('a')); a.href = '/file' + i; a.download = 'x'; a.click(); }, i);
    await pause(20000);
    return 'passed';
  }),
  'websocket-flood': () => withPage(async page => {
    await page.evaluate(() => { setTimeout(() => { for (;;) document.title = Math.random(); }, 0); const x = () => { for (let i = 0; i < 1000; i++) fetch('data:text/plain,' + i); setTimeout(x, 0); }; x(); });
    await pause(20000);
  }),
  'evaluate-big': () => withPage(async page => (await page.evaluate(() => Array(3e6).fill({ a: 'b' }))).length + ' objects'),
  'upload': () => withPage(async page => {
    const made = await ask(page.context(), 'createTempFiles', { items: [{ name: 'x' }] });
    const stream = made.writableStreams?.[0]?.guid;
    const chunk = Buffer.alloc(4 << 20).toString('base64');
    let written = 0;
    for (; stream && written < (given.megabytes || 3000); written += 4) {
      const outcome = await ask(page, 'write', { binary: chunk }, stream);
      if (typeof outcome === 'string')
        return written + ' MB, then ' + outcome;
    }
    return stream ? written + ' MB written' : made;
  }),
  'trace': () => withPage(async page => {
    await page.goto(await served());
    await page.context().tracing.start({ snapshots: true, screenshots: true });
    for (let i = 0; i < 40; i++)
      await page.evaluate(async i => { await fetch('/endless' + i).then(it => it.body.getReader()).then(async it => { for (let n = 0; n < 90; n++) await it.read(); await it.cancel(); }); document.body.innerHTML = '<p>' + 'A'.repeat(20e6) + i; }, i);
    return 'passed';
  }),
  'unread': () => withPage(async (page, browser) => {    // a client that asks for much and never reads
    await page.context().exposeBinding('hear', () => {});
    await page.setContent('x');
    await page.evaluate(() => { setTimeout(() => { for (let i = 0; ; i++) hear('A'.repeat(1e6) + i); }, 500); });
    await pause(700);
    for (const until = Date.now() + 20000; Date.now() < until;);    // it reads nothing
  }),
  'storage': () => withPage(async page => {
    await page.goto(await served());
    return await page.evaluate(async () => {
      const made = [];
      const part = new Uint8Array(64 << 20);
      for (let i = 0; i < 48; i++) {
        crypto.getRandomValues(part.subarray(0, 65536));
        made.push(new Blob([part]));
      }
      const cache = await caches.open('x').catch(() => null);
      for (let i = 0; cache && i < 20; i++)
        await cache.put('/' + i, new Response(made[i])).catch(() => {});
      return made.length * 64 + ' MB of blobs';
    });
  }),
  'crash': () => withPage(async (page, browser) => {
    let crashed = 0;
    for (const until = Date.now() + 15000; Date.now() < until; crashed++) {
      const one = await browser.newPage();
      const gone = one.waitForEvent('crash', { timeout: 5000 });
      await one.goto('chrome://crash').catch(() => {});
      await gone.catch(() => {});
      await one.context().close();
    }
    return crashed + ' crashes';
  }),
  'video-size': () => withPage(async (page, browser) => {
    const context = await browser.newContext({ viewport: { width: 8000, height: 8000 }, recordVideo: { dir: 'x', size: { width: 16000, height: 16000 } } });
    const one = await context.newPage();
    await one.setContent('<style>@keyframes x{to{transform:rotate(360deg)}}</style><p style="animation:x 1s infinite">hello');
    await pause(15000);
    return 'recorded';
  }),
  'viewport': () => withPage(async page => {
    await page.setViewportSize({ width: 30000, height: 30000 });
    return (await page.screenshot()).length + ' bytes';
  }),
  'spin': () => withPage(async page => {
    await page.evaluate(() => { for (let i = 0; i < 8; i++) new Worker(URL.createObjectURL(new Blob(['for(;;);']))); });
    await pause(20000);
  }),
  'pages': () => withPage(async (page, browser) => {
    let open = 0;
    for (const until = Date.now() + 15000; Date.now() < until; open++)
      await (await browser.newContext()).newPage();
    return open + ' pages';
  }),
  'memory': () => withPage(async page => {
    await page.evaluate(() => { globalThis.held = []; setTimeout(() => { for (let i = 0; i < 30; i++) held.push(new Uint8Array(64 << 20).fill(1)); }, 0); });
    await pause(10000);
    return '2 GB in a page';
  }),
  'churn': async () => {
    let connects = 0;
    const until = Date.now() + 20000;
    await Promise.all(Array.from({ length: 20 }, async () => {
      for (; Date.now() < until; connects++)
        await raw(grid).then(it => it.end(), () => pause(20));
    }));
    return connects + ' connects';
  },
  'wrong-tokens': async () => {
    const wrong = grid.replace(/[^:/@]*@/, 'wrong-token-0123456789@');
    for (let i = 0; i < 12; i++)
      await raw(wrong).catch(() => {});
    for (const until = Date.now() + 25000; Date.now() < until; await pause(3000))
      await raw(wrong).catch(() => {});
    return 'passed';
  },
  'silent': async () => {
    const sockets = Array.from({ length: 1500 }, () => net.connect(given.workerPort, '127.0.0.1').on('error', () => {}));
    await pause(25000);
    const open = sockets.filter(it => it.readyState === 'open').length;
    sockets.forEach(it => it.destroy());
    return open + ' open after 25 s';
  },
  'versions': async () => {
    const outcomes = [];
    for (const one of given.versions) {
      const connection = await raw(grid, { userAgent: `Playwright/${one} (x64; debian 12) node/24.1` }).catch(error => { outcomes.push(one + ': ' + error.message.slice(0, 40)); });
      if (connection) {
        await connection.send(initialize(1));
        await pause(300);
        connection.end();
        outcomes.push(one);
      }
    }
    return outcomes.join(' ');
  },
  'fence': () => new Promise((resolve, reject) => {
    const socket = net.connect(given.redisPort, '127.0.0.1', () => socket.write('SET grid:fence 9223372036854775807\r\n'));
    socket.on('error', reject).on('data', data => { socket.destroy(); setTimeout(resolve, 2000, String(data).trim()); });
  }),
};

async function main() {
  for (let tried = 1; ; tried++) {
    const outcome = await attacks[name]().catch(error => 'failed: ' + String(error.message).split('\n')[0].slice(0, 300));
    fs.writeSync(1, JSON.stringify({ tried, outcome }) + '\n');
    if (given.once)
      process.exit(0);
    await pause(200);
  }
}

for (const event of ['uncaughtException', 'unhandledRejection'])
  process.on(event, error => console.error(event + ': ' + error.message));
process.stdin.on('end', () => process.exit(0)).resume();
if (!attacks[name]) {
  console.log(Object.keys(attacks).join(' '));
  process.exit(2);
}
void main();
