// A session that looks at its browser, one that leaves there what it can, and more that look: what do they see?
import { createServer } from 'node:http';
import { readdirSync, readFileSync } from 'node:fs';
import { run } from './client.mjs';

const SERVICE_WORKER = 'oninstall = () => skipWaiting(); onactivate = event => event.waitUntil(clients.claim());';
const CLIPBOARD = ['clipboard-read', 'clipboard-write'];

// A site that says how often it was asked for what the browser might have kept.
function serve() {
  const sockets = new Set();
  const hits = {};
  const server = createServer((request, response) => {
    hits[request.url] = (hits[request.url] ?? 0) + 1;
    const answer = (status, headers, text) => { response.writeHead(status, headers); response.end(text); };
    switch (request.url) {
      case '/auth':
        return request.headers.authorization ? answer(200, {}, 'in') : answer(401, { 'WWW-Authenticate': 'Basic realm=x' }, 'out');
      case '/cached':
        return answer(200, { 'Cache-Control': 'max-age=3600', 'Content-Type': 'text/plain' }, 'cached');
      case '/worker.js':
        return answer(200, { 'Content-Type': 'text/javascript' }, SERVICE_WORKER);
      case '/file':
        return answer(200, { 'Content-Disposition': 'attachment; filename=file.txt' }, 'file');
      case '/slow':
        return response.writeHead(200, { 'Content-Disposition': 'attachment; filename=slow.txt' }).write('slow');
      default:
        return answer(200, { 'Content-Type': 'text/html' }, `<title>${hits[request.url]}</title><textarea></textarea>`);
    }
  });
  server.keepAliveTimeout = 60_000;
  server.on('connection', socket => { sockets.add(socket); socket.on('close', () => sockets.delete(socket)); });
  server.on('upgrade', (request, socket) => socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
      + 'Sec-WebSocket-Accept: x\r\n\r\n'));
  const close = () => new Promise(closed => { server.close(closed); sockets.forEach(it => it.destroy()); });
  return new Promise(open => server.listen(0, '127.0.0.1', () => open({ url: `http://127.0.0.1:${server.address().port}`, hits, sockets, close })));
}

async function sight(browser, { url, hits }) {
  const context = await browser.newContext({ permissions: CLIPBOARD });
  const page = await context.newPage();
  const console = [];
  page.on('console', message => console.push(message.text()));
  await page.goto(url);
  const seen = await page.evaluate(async () => ({
    cookie: document.cookie,
    local: localStorage.length,
    databases: (await indexedDB.databases()).length,
    caches: (await caches.keys()).length,
    workers: (await navigator.serviceWorker.getRegistrations()).length,
    persisted: await navigator.storage.persisted(),
    geolocation: (await navigator.permissions.query({ name: 'geolocation' })).state,
    notifications: Notification.permission,
    history: history.length,
    clipboard: await navigator.clipboard.readText(),
    agent: navigator.userAgent,
    language: navigator.language,
    zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    online: navigator.onLine,
    size: [innerWidth, innerHeight, screen.width, screen.height, devicePixelRatio],
    dark: matchMedia('(prefers-color-scheme: dark)').matches,
    touch: navigator.maxTouchPoints,
    login: (await fetch('/auth')).status,
  }));
  await page.focus('textarea');
  await page.keyboard.press('Control+V');
  seen.pasted = await page.inputValue('textarea');
  const before = hits['/cached'] ?? 0;
  await page.evaluate(() => fetch('/cached').then(response => response.text()));
  seen.cached = hits['/cached'] === before;
  seen.console = console.filter(text => !text.includes('401'));
  seen.contexts = browser.contexts().length;
  return seen;
}

const ways = {
  async everything(browser, { url, hits }) {
    const context = await browser.newContext({
      httpCredentials: { username: 'one', password: 'secret' }, permissions: ['geolocation', 'notifications', ...CLIPBOARD],
      geolocation: { latitude: 1, longitude: 2 }, userAgent: 'mine', locale: 'de-DE', timezoneId: 'Asia/Tokyo', colorScheme: 'dark',
      viewport: { width: 300, height: 200 }, deviceScaleFactor: 2, hasTouch: true, acceptDownloads: true,
    });
    const page = await context.newPage();
    await page.goto(url);
    await page.evaluate(async () => {
      document.cookie = 'mine=1; max-age=9999';
      localStorage.setItem('mine', '1');
      await new Promise(opened => { indexedDB.open('mine').onsuccess = opened; });
      await caches.open('mine');
      await navigator.serviceWorker.register('/worker.js');
      await navigator.serviceWorker.ready;
      await navigator.clipboard.writeText('mine');
      history.pushState(1, '', '/mine');
      new WebSocket('ws://' + location.host + '/socket');
      new SharedWorker('data:text/javascript,onconnect=()=>{}');
      setInterval(() => console.log('mine'), 10);
      await fetch('/cached').then(response => response.text());
    });
    await page.goto(url + '/auth');
    await page.goto(url);
    const [download] = await Promise.all([page.waitForEvent('download'), page.evaluate(() => { location = '/file'; })]);
    await download.failure(); // waits for its end
    await context.setOffline(true);
    const proxied = await browser.newContext({ proxy: { server: 'http://127.0.0.1:9', bypass: 'nowhere.test' } });
    await (await proxied.newPage()).goto('http://proxied.test/').catch(() => {});
    await page.evaluate(() => { onbeforeunload = event => event.preventDefault(); });
  },

  // Nothing of this needs an input of Playwright.
  async copyingByItself(browser, { url }) {
    const context = await browser.newContext({ permissions: CLIPBOARD });
    const page = await context.newPage();
    await page.addInitScript(() => { addEventListener('load', () => navigator.clipboard.writeText('mine')); });
    await page.goto(url);
    await page.waitForTimeout(200);
  },

  // The page copies whenever it may; a picture is taken with a script, which counts as an input.
  async takingPictures(browser, { url }) {
    const page = await browser.newPage();
    await page.addInitScript(() => { addEventListener('load', () => setInterval(() => {
      const text = document.querySelector('textarea');
      text.value = 'mine';
      text.select();
      document.execCommand('copy');
    }, 20)); });
    await page.goto(url);
    await page.screenshot();
    await new Promise(over => setTimeout(over, 200));
  },

  async clicking(browser, { url }) {
    const page = await browser.newPage();
    await page.goto(url);
    await page.evaluate(() => { document.body.innerHTML = '<button onclick="navigator.clipboard.writeText(\'mine\')">Copy</button>'; });
    await page.click('button');
    await page.waitForTimeout(200);
  },

  async stoppedRenderer(browser, { url }, grid) {
    await (await browser.newPage()).goto(url);
    const stopped = renderersOf(grid);
    if (stopped.length === 0)
      throw new Error('no renderer was found');
    stopped.forEach(pid => process.kill(pid, 'SIGSTOP'));
  },

  async busyPage(browser, { url }) {
    const page = await browser.newPage();
    await page.goto(url);
    await page.evaluate(() => { setTimeout(() => { for (;;); }, 50); onbeforeunload = () => 'stay'; });
    await page.waitForTimeout(200);
  },

  async devTools(browser, { url }) {
    const page = await browser.newPage();
    await page.goto(url);
    await (await page.context().newCDPSession(page)).send('Runtime.evaluate', { expression: '1' });
  },

  async devToolsOfTheBrowser(browser) {
    await (await browser.newBrowserCDPSession()).send('Target.createBrowserContext');
  },

  async tracing(browser) {
    const page = await browser.newPage();
    await browser.startTracing(page);
    await browser.stopTracing();
  },

  async pagesOfTheBrowser(browser) {
    await (await browser.newPage()).goto('chrome://version').catch(() => {});
  },
};

function renderersOf(root) {
  const parents = new Map();
  for (const pid of readdirSync('/proc').filter(name => /^\d+$/.test(name))) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
      const isRenderer = readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('--type=renderer');
      parents.set(Number(pid), { parent: Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]), isRenderer });
    } catch {
      // it has ended
    }
  }
  const descends = pid => pid === root || parents.has(pid) && descends(parents.get(pid).parent);
  return [...parents].filter(([pid, { isRenderer }]) => isRenderer && descends(pid)).map(([pid]) => pid);
}

await run(async (browserType, { connectString, leave, looks, grid, token }) => {
  const site = await serve();
  const options = token ? { headers: { Authorization: `Bearer ${token}` } } : {};
  const session = async body => {
    const browser = await browserType.connect(connectString, { timeout: 30000, ...options });
    await body(browser);
    await browser.close();
  };
  const seen = [];
  const look = () => session(async browser => seen.push(await sight(browser, site)));
  await look();
  await session(browser => ways[leave](browser, site, grid));
  for (let n = 0; n < looks; n++)
    await look();
  const open = site.sockets.size;
  await site.close();
  return { seen, open };
});
