// Every spelling of an address with every way that a session can ask for it. Answers which ones reached the canary.
import { run } from './client.mjs';

const PATIENCE = 4000;

// In a page: all the ways at once, each with a path of its own.
function loaders({ base, name, patience }) {
  const url = way => `${base}/${name}-${way}`;
  const settled = [];
  const element = (tag, set) => settled.push(new Promise(done => {
    const it = document.createElement(tag);
    it.onload = it.onerror = done;
    set(it);
    (tag === 'link' ? document.head : document.body).append(it);
  }));
  const attempt = way => settled.push(new Promise(done => {
    try {
      way(done);
    } catch {
      done();
    }
  }));
  element('img', it => { it.src = url('img'); });
  element('iframe', it => { it.src = url('iframe'); });
  element('link', it => { it.rel = 'prefetch'; it.href = url('prefetch'); });
  attempt(done => fetch(url('fetch'), { mode: 'no-cors' }).then(done, done));
  attempt(done => {
    const xhr = new XMLHttpRequest();
    xhr.onloadend = done;
    xhr.open('GET', url('xhr'));
    xhr.send();
  });
  attempt(done => {
    const socket = new WebSocket(url('websocket').replace('http', 'ws'));
    socket.onopen = socket.onclose = done;
  });
  return Promise.race([Promise.all(settled), new Promise(done => setTimeout(done, patience))]).then(() => null);
}

// In a page: what WebRTC asks its servers, for all addresses at once, since none of them answers.
function peers({ servers, patience }) {
  const one = server => new Promise(done => {
    try {
      const connection = new RTCPeerConnection({ iceServers: [
        { urls: `stun:${server}` }, { urls: `turn:${server}?transport=tcp`, username: 'u', credential: 'c' },
      ] });
      connection.createDataChannel('x');
      connection.onicegatheringstatechange = () => { if (connection.iceGatheringState === 'complete') done(); };
      connection.createOffer().then(offer => connection.setLocalDescription(offer)).catch(done);
    } catch {
      done();
    }
  });
  return Promise.race([Promise.all(servers.map(one)), new Promise(done => setTimeout(done, patience))]).then(() => null);
}

// In a page behind TLS, since no other has one: what its service worker asks for.
async function serviceWorker({ urls, patience }) {
  await navigator.serviceWorker.register('/worker.js');
  const { active } = await navigator.serviceWorker.ready;
  const over = new Promise(done => { navigator.serviceWorker.onmessage = done; });
  active.postMessage(urls);
  await Promise.race([over, new Promise(done => setTimeout(done, patience))]);
}

// A proxy on a machine that is busy with other tests may ask to be tried again.
async function connected(chromium, connectString, options = {}) {
  for (let tries = 1; ; tries++) {
    try {
      return await chromium.connect(connectString, { timeout: 30000, ...options });
    } catch (e) {
      if (tries === 20 || !/try again/.test(e.message)) throw e;
      await new Promise(done => setTimeout(done, 500));
    }
  }
}

await run(async (chromium, { connectString, site, secureSite, hitsOf, targets, atOnce, certificate, key }) => {
  const browser = await connected(chromium, connectString);
  const exposed = await connected(chromium, connectString, { exposeNetwork: 'nothing.example' });
  const refused = [];

  async function one({ name, base }) {
    const context = await browser.newContext();
    const open = async url => {
      const page = await context.newPage();
      await page.goto(url, { timeout: PATIENCE, waitUntil: 'commit' }).catch(() => {});
      return page;
    };
    const page = await open(`${site}/page`);
    const to = encodeURIComponent(`${base}/${name}-redirect`);
    await Promise.all([
      page.evaluate(loaders, { base, name, patience: PATIENCE }).catch(() => {}),
      open(`${base}/${name}-goto`),
      open(`${site}/redirect?to=${to}`),
      context.request.get(`${base}/${name}-request`, { timeout: PATIENCE })
        .catch(e => { if (/EACCES/.test(e.message)) refused.push(`${name}-request`); }),
    ]);
    await context.close();
  }

  // What pages, a page's `fetch` and `context.request` reach of a context whose traffic goes through the driver. Chromium
  // has 32 connections to a proxy, so not all at once.
  async function routed(way, context) {
    const left = [...targets];
    const page = await context.newPage();
    await page.goto(`${site}/page`, { timeout: PATIENCE });
    const fetched = ({ url, patience }) => Promise.race([
      fetch(url, { mode: 'no-cors' }).then(() => null, () => null), new Promise(done => setTimeout(done, patience)),
    ]).then(() => null);
    await Promise.all(Array.from({ length: atOnce }, async () => {
      const other = await context.newPage();
      for (let target = left.shift(); target; target = left.shift()) {
        const url = by => `${target.base}/${target.name}-${way}-${by}`;
        await Promise.all([
          page.evaluate(fetched, { url: url('fetch'), patience: PATIENCE }).catch(() => {}),
          other.goto(url('goto'), { timeout: PATIENCE, waitUntil: 'commit' }).catch(() => {}),
          context.request.get(url('request'), { timeout: PATIENCE }).catch(() => {}),
        ]);
      }
    }));
    await context.close();
  }

  const certified = { clientCertificates: [{ origin: 'https://intranet.example', certPath: certificate, keyPath: key }] };

  async function callPeers() {
    const page = await browser.newPage();
    await page.goto(`${site}/page`);
    await page.evaluate(peers, { servers: targets.map(target => target.server), patience: PATIENCE });
  }

  async function askServiceWorker() {
    const page = await browser.newPage();
    await page.goto(`${secureSite}/page`);
    const urls = targets.flatMap(({ base, secureBase, name }) => [base, secureBase].map(at => `${at}/${name}-serviceworker`));
    await page.evaluate(serviceWorker, { urls, patience: PATIENCE });
  }

  const left = [...targets];
  await Promise.all([callPeers(), askServiceWorker(), ...Array.from({ length: atOnce }, async () => {
    while (left.length) await one(left.shift());
  })]);
  await routed('certificate', await browser.newContext(certified));
  await routed('exposed', await exposed.newContext());
  await Promise.all([browser.close(), exposed.close()]);
  const hits = (await (await fetch(`${hitsOf}/hits`)).json()).map(path => path.slice(1));
  for (const { name, server } of targets) {
    const port = server.slice(server.lastIndexOf(':') + 1);
    if (hits.includes(`udp-${port}`)) hits.push(`${name}-stun`);
    if (hits.includes(`tcp-${port}`)) hits.push(`${name}-turn`);
  }
  return { hits, refused };
});
