// What a client sees of a browser, in short: pictures, WebGL, PDF, video, downloads, service worker, proxy, authentication,
// certificates, WebSocket, server-sent events, cache, DevTools protocol. The same browser, launched in another way, must
// answer the same. `files`: of a certificate.
import { createHash } from 'node:crypto';
import { readFileSync, mkdtempSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { tmpdir } from 'node:os';
import { run } from './client.mjs';

const hash = bytes => createHash('sha256').update(bytes).digest('hex').slice(0, 16);
const DRAWN = `<!doctype html><title>Drawn</title><style>
  body { margin: 20px; font: 17px serif; background: linear-gradient(30deg, #fde, #adf 60%, #eee); height: 1500px }
  h1 { transform: rotate(-3deg) skew(8deg); text-shadow: 2px 3px 4px #0008 } p { columns: 2; filter: hue-rotate(70deg) blur(.6px) }
  i { display: block; width: 90px; height: 60px; border-radius: 30px; box-shadow: 4px 4px 9px #333; backdrop-filter: blur(3px); mix-blend-mode: multiply; background: #c84a }
</style><h1>Grün, 緑, зелёный, אָרֹק, 🎭</h1><p>Text in two columns that breaks where the fonts of this machine have it break, once more and again.</p>
<i></i><svg width=120 height=60><circle cx=40 cy=30 r=25 fill="url(#g)"/><defs><radialGradient id=g><stop stop-color=red /><stop offset=1 stop-color=blue /></radialGradient></defs></svg>
<canvas id=flat width=150 height=80></canvas><canvas id=deep width=150 height=80></canvas><input value=typed><button>Press</button><select><option>one</select>
<script>
  const flat = document.querySelector('#flat').getContext('2d');
  flat.fillStyle = '#383'; flat.arc(50, 40, 33, 0, 5); flat.fill(); flat.strokeText('canvas', 20, 60); flat.shadowBlur = 5; flat.fillRect(90, 10, 40, 40);
  window.draw = kind => {
    const gl = document.querySelector('#deep').getContext(kind, { preserveDrawingBuffer: true });
    if (!gl) return 'no ' + kind;
    const program = gl.createProgram();
    for (const [type, text] of [[gl.VERTEX_SHADER, 'attribute vec2 at; varying vec2 v; void main() { v = at; gl_Position = vec4(at, 0, 1); }'],
        [gl.FRAGMENT_SHADER, 'precision mediump float; varying vec2 v; void main() { gl_FragColor = vec4(abs(sin(v.x * 9.)), abs(v.y), .5, 1); }']]) {
      const shader = gl.createShader(type); gl.shaderSource(shader, text); gl.compileShader(shader); gl.attachShader(program, shader);
    }
    gl.linkProgram(program); gl.useProgram(program);
    gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer()); gl.bufferData(gl.ARRAY_BUFFER, new Float32Array([-1, -1, 1, -1, 0, 1]), gl.STATIC_DRAW);
    gl.enableVertexAttribArray(0); gl.vertexAttribPointer(0, 2, gl.FLOAT, false, 0, 0); gl.drawArrays(gl.TRIANGLES, 0, 3);
    const pixels = new Uint8Array(150 * 80 * 4); gl.readPixels(0, 0, 150, 80, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
    return gl.getParameter(gl.VERSION) + ' ' + pixels.reduce((sum, it, n) => (sum * 31 + it * (n + 1)) % 1000003, 7);
  };
</script>`;
const WORKER = `self.onactivate = e => e.waitUntil(clients.claim());
  self.onfetch = e => { if (e.request.url.endsWith('/asked')) e.respondWith(new Response('by the worker')); }`;

async function sites({ certificate, key }) {
  let cacheable = 0;
  const answer = (request, response) => {
    const path = new URL(request.url, 'http://any').pathname;
    const say = (status, type, body, more = {}) => { response.writeHead(status, { 'content-type': type, ...more }); response.end(body); };
    if (request.url.startsWith('http://proxied.test/'))
      return request.headers['proxy-authorization'] === 'Basic ' + btoa('pat:secret')
        ? say(200, 'text/html', 'through the proxy') : say(407, 'text/html', 'who?', { 'proxy-authenticate': 'Basic realm=proxy' });
    if (path === '/guarded')
      return request.headers.authorization === 'Basic ' + btoa('pat:secret')
        ? say(200, 'text/html', 'let in') : say(401, 'text/html', 'who?', { 'www-authenticate': 'Basic realm=site' });
    if (path === '/drawn') return say(200, 'text/html', DRAWN);
    if (path === '/worker.js') return say(200, 'text/javascript', WORKER);
    if (path === '/file') return say(200, 'application/octet-stream', Buffer.alloc(200_000, 'file'), { 'content-disposition': 'attachment; filename=a.bin' });
    if (path === '/kept') return say(200, 'text/plain', `kept ${++cacheable}`, { 'cache-control': 'max-age=600' });
    if (path === '/cookie') return say(200, 'text/plain', request.headers.cookie ?? 'none', { 'set-cookie': 'seen=1; HttpOnly; SameSite=Lax' });
    if (path === '/events') return say(200, 'text/event-stream', 'data: one\n\nevent: named\ndata: two\n\n');
    if (path === '/who') return say(200, 'text/html', request.socket.getPeerCertificate?.().subject?.CN ?? 'nobody');
    if (path === '/moved') return say(302, 'text/html', '', { location: '/page' });
    return say(200, 'text/html', '<title>page</title><a href=/file>file</a>');
  };
  const plain = createServer(answer);
  plain.on('upgrade', (request, socket) => {
    const accept = createHash('sha1').update(request.headers['sec-websocket-key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest('base64');
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
    socket.on('error', () => {}).on('data', frame => {    // short masked frames are sent back as they came
      const length = frame[1] & 0x7f;
      const text = frame.subarray(6, 6 + length).map((it, n) => it ^ frame[2 + n % 4]);
      socket.write(Buffer.concat([Buffer.from([frame[0], length]), text]));
    });
  });
  const secure = createSecureServer({ cert: readFileSync(certificate), key: readFileSync(key), ca: readFileSync(certificate), requestCert: true, rejectUnauthorized: false }, answer);
  for (const server of [plain, secure])
    await new Promise(listening => server.listen(0, '127.0.0.1', listening));
  return { plain, secure, http: `http://127.0.0.1:${plain.address().port}`, https: `https://localhost:${secure.address().port}` };
}

await run(async (chromium, { connectString, files }) => {
  const { plain, secure, http, https } = await sites(files);
  const browser = await chromium.connect(connectString, { timeout: 30000 });
  const seen = {};
  const dir = mkdtempSync(`${tmpdir()}/profile-`);
  const within = async (options, work) => {
    const context = await browser.newContext(options);
    try {
      return await work(await context.newPage(), context);
    } finally {
      await context.close();
    }
  };
  await within({ viewport: { width: 800, height: 600 } }, async (page, context) => {
    await page.goto(`${http}/drawn`);
    seen.webgl = await page.evaluate(() => draw('webgl'));
    seen.webgl2 = await page.evaluate(() => !!document.createElement('canvas').getContext('webgl2'));
    seen.screenshot = hash(await page.screenshot());
    seen.fullPage = hash(await page.screenshot({ fullPage: true }));
    seen.element = hash(await page.locator('h1').screenshot({ omitBackground: true }));
    seen.jpeg = hash(await page.screenshot({ type: 'jpeg', quality: 60 }));
    seen.pdf = hash((await page.pdf()).toString('latin1').replace(/\/(Creation|Mod)Date \([^)]*\)/g, ''));
    const cdp = await context.newCDPSession(page);
    await cdp.send('Network.enable');
    const requested = new Promise(said => cdp.on('Network.responseReceived', e => said(e.response.remoteIPAddress + ' ' + e.response.protocol)));
    await page.goto(`${http}/moved`);
    seen.devTools = [await requested, (await cdp.send('Browser.getVersion')).product, (await cdp.send('Page.captureScreenshot')).data.length > 1000].join(' ');
    seen.title = await page.title();
    await cdp.send('Network.emulateNetworkConditions', { offline: true, latency: 0, downloadThroughput: -1, uploadThroughput: -1 });
    seen.offline = await page.goto(`${http}/page`).then(() => 'reached', e => /ERR_\w+/.exec(e.message)[0]);
  });
  await within({}, async (page, context) => {
    await page.goto(`${http}/page`);
    await page.evaluate(async () => { await navigator.serviceWorker.register('/worker.js'); await navigator.serviceWorker.ready; });
    await page.waitForFunction(() => navigator.serviceWorker.controller);
    seen.serviceWorker = await page.evaluate(async () => (await fetch('/asked')).text());
    seen.serviceWorkers = context.serviceWorkers().length;
    seen.cache = await page.evaluate(async () => (await (await fetch('/kept')).text()) + ', ' + (await (await fetch('/kept')).text()));
    seen.cookies = await page.evaluate(async () => (await (await fetch('/cookie')).text()) + ', ' + (await (await fetch('/cookie')).text()));
    seen.socket = await page.evaluate(() => new Promise((said, failed) => {
      const socket = new WebSocket(location.origin.replace('http', 'ws') + '/socket');
      socket.onopen = () => socket.send('echo'); socket.onmessage = e => said(e.data); socket.onerror = failed;
    }));
    seen.events = await page.evaluate(() => new Promise(said => {
      const events = new EventSource('/events'); const all = [];
      events.onmessage = e => all.push(e.data); events.addEventListener('named', e => { events.close(); said([...all, e.data].join()); });
    }));
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('a')]);
    await download.saveAs(`${dir}/a.bin`);
    seen.download = `${download.suggestedFilename()} ${hash(readFileSync(`${dir}/a.bin`))}`;
    await page.route('**/routed', route => route.fulfill({ body: 'by the client' }));
    seen.routed = await page.evaluate(async () => (await fetch('/routed')).text());
    seen.itself = await page.evaluate(() => `${navigator.hardwareConcurrency > 0} ${navigator.language} ${navigator.userAgent}`);
    seen.refused = await page.goto('http://127.0.0.1:1/').catch(e => /ERR_\w+/.exec(e.message)[0]);
    seen.unknown = await page.goto('http://unknown.invalid/').catch(e => /ERR_\w+/.exec(e.message)[0]);
    seen.untrusted = await page.goto(`${https}/who`).catch(e => /ERR_\w+/.exec(e.message)[0]);
  });
  seen.guarded = await within({ httpCredentials: { username: 'pat', password: 'secret' } }, async page => {
    await page.goto(`${http}/guarded`);
    return page.textContent('body');
  });
  seen.proxied = await within({ proxy: { server: http, username: 'pat', password: 'secret' } }, async page => {
    await page.goto('http://proxied.test/');
    return page.textContent('body');
  });
  seen.certificate = await within({
    ignoreHTTPSErrors: true, clientCertificates: [{ origin: https, certPath: files.certificate, keyPath: files.key }],
  }, async page => {
    const response = await page.goto(`${https}/who`);
    return [await page.textContent('body'), response.status(), (await response.securityDetails())?.protocol].join(' ');
  });
  seen.video = await within({ recordVideo: { dir } }, async (page, context) => {
    await page.goto(`${http}/drawn`);
    const video = page.video();
    await context.close();
    await video.saveAs(`${dir}/video.webm`);
    return readFileSync(`${dir}/video.webm`).subarray(0, 4).toString('hex');
  });
  await browser.close();
  for (const server of [plain, secure]) {
    server.closeAllConnections();
    server.close();
  }
  return seen;
});
