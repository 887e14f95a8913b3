// Clients of the Chrome DevTools Protocol that were given the address of a grid: what each hears. Ends by itself, as a
// program does whose connections are closed.
import { createRequire } from 'node:module';

const { modules, connectString, client } = JSON.parse(process.argv[2]);
const require = createRequire(`${modules}/`);
const http = connectString.replace('ws://', 'http://');
const calls = client === 'puppeteer'
    ? [{ browserWSEndpoint: connectString }, { browserURL: http }].map(options => () => require('puppeteer-core').connect(options))
    : [connectString, http].map(url => () => require('playwright-core').chromium.connectOverCDP(url, { timeout: 20000 }));

const heard = [];
for (const call of calls)
  heard.push(await call().then(() => 'connected', error => error.message));
console.log(JSON.stringify({ result: heard }));
