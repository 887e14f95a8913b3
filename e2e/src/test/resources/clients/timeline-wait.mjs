// A client that waits for the answer to one long call, and then says nothing more until it is disconnected.
import { createRequire } from 'node:module';

const { modules, connectString, client, millis } = JSON.parse(process.argv[2]);
const require = createRequire(`${modules}/`);

async function opened() {
  if (client === 'playwright')
    return require('playwright-core').chromium.connect(connectString);
  const loaded = await import(require.resolve('puppeteer-core'));
  const puppeteer = loaded.default?.connect ? loaded.default : loaded;
  return puppeteer.connect({ browserWSEndpoint: connectString });
}

try {
  const browser = await opened();
  const disconnected = new Promise(over => browser.on('disconnected', () => over(true)));
  const page = await browser.newPage();
  const answer = await page.evaluate(ms => new Promise(over => setTimeout(() => over(42), ms)), millis);
  const result = { answer, disconnected: await disconnected };
  process.stdout.write(JSON.stringify({ result }) + '\n', () => process.exit(0));
} catch (error) {
  process.stdout.write(`${JSON.stringify({ error: error.stack })}\n`, () => process.exit(1));
}
