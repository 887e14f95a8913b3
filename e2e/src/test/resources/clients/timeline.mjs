// A client that waits for something that never comes, and what people see of its calls by HTTP.
import { createRequire } from 'node:module';

const { modules, connectString, client, api } = JSON.parse(process.argv[2]);
const require = createRequire(`${modules}/`);
const SECRET = 'canary-of-the-page';

async function opened() {
  if (client === 'playwright')
    return require('playwright-core').chromium.connect(connectString);
  const loaded = await import(require.resolve('puppeteer-core'));
  const puppeteer = loaded.default?.connect ? loaded.default : loaded;
  return puppeteer.connect({ browserWSEndpoint: connectString });
}

try {
  const browser = await opened();
  const { sessions } = await (await fetch(api + '/v1/sessions?name=hangs')).json();
  const session = api + '/v1/sessions/' + sessions[0].id;
  const page = await browser.newPage();
  await page.goto('data:text/html,<title>' + SECRET);
  if (client === 'playwright') {
    await page.click('#' + SECRET, { timeout: 100 }).catch(() => {});
    await page.evaluate(text => { throw Object.assign(new Error(text), { name: text }); }, SECRET).catch(() => {});
    page.waitForEvent('popup').catch(() => {});
  } else {
    await page.evaluate(text => { throw new Error(text); }, SECRET).catch(() => {});
  }
  page.evaluate(() => new Promise(() => {})).catch(() => {});
  const wanted = client === 'playwright' ? 2 : 1;
  let timeline;
  do
    timeline = await (await fetch(session + '/timeline')).json();
  while (timeline.running.length < wanted);
  const { pages } = await (await fetch(session + '/pages')).json();
  const events = (await fetch(session + '/timeline', { headers: { Accept: 'text/event-stream' } })).body.getReader();
  let stream = Buffer.from((await events.read()).value).toString();
  await browser.close();
  for (let part = await events.read(); !part.done; part = await events.read())
    stream += Buffer.from(part.value).toString();
  const text = JSON.stringify(timeline) + stream;
  process.stdout.write(JSON.stringify({ result: {
    waiting: timeline.waiting,
    running: timeline.running.map(it => it.method),
    ended: timeline.ended.map(it => it.error ? it.method + ' ' + it.error : it.method),
    ids: timeline.ended.filter(it => it.id === '').length,
    page: timeline.running[0].page === pages.at(-1).id,
    stream: stream.split('\n').filter(it => it.startsWith('event: ')).map(it => it.slice(7)).filter((it, n, all) => it !== all[n - 1]),
    quotes: text.includes(SECRET),
    after: (await fetch(session + '/timeline')).status,
  } }) + '\n', () => process.exit(0));
} catch (error) {
  process.stdout.write(`${JSON.stringify({ error: error.stack })}\n`, () => process.exit(1));
}
