// Several connections of one program to one browser, and what is left when the first one has ended.
import { createRequire } from 'node:module';

// `other` may be the address of another proxy, which the later connections to that browser then go through.
const { modules, connectString, other, query = '' } = JSON.parse(process.argv[2]);
const require = createRequire(`${modules}/`);
const loaded = await import(require.resolve('puppeteer-core'));
const puppeteer = loaded.default?.connect ? loaded.default : loaded;

try {
  const { webSocketDebuggerUrl } = await (await fetch(connectString.replace('ws://', 'http://') + '/json/version' + query)).json();
  const connect = url => puppeteer.connect({ browserWSEndpoint: url });
  const first = await connect(webSocketDebuggerUrl);
  const page = await first.newPage();
  await page.goto('data:text/html,<title>shared</title>');
  const elsewhere = webSocketDebuggerUrl.replace(connectString, other ?? connectString);
  const second = await connect(elsewhere);
  const stranger = await connect(connectString + '/cdp' + query);
  const titles = async browser => Promise.all((await browser.pages()).map(it => it.title()));
  const seen = { second: await titles(second), stranger: await titles(stranger) };

  const { promise: gone, resolve } = Promise.withResolvers?.() ?? deferred();
  second.once('disconnected', resolve);
  await first.disconnect();
  await gone;
  const late = await connect(elsewhere).then(() => 'connected', error => String(error.message ?? error));
  const alive = await titles(stranger);
  await stranger.close();
  console.log(JSON.stringify({ result: { ...seen, late, alive } }));
} catch (e) {
  process.stdout.write(`${JSON.stringify({ error: e.stack })}\n`, () => process.exit(1));
}

function deferred() {
  const it = {};
  it.promise = new Promise(resolve => { it.resolve = resolve; });
  return it;
}
