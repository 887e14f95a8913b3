// What a session notices of a viewer and of a recording: the same work with nobody looking (twice, which shows the noise), with
// a viewer, and recorded, one after the other; medians. `greenroom up` has to run, on a quiet machine:
//
//     node bench/view.mjs FOLDER_WITH_NODE_MODULES ws://localhost:8080 15
import { createRequire } from 'node:module';

const [modules, address = 'ws://localhost:8080', rounds = '15'] = process.argv.slice(2);
const require = createRequire(`${modules}/`);
const base = address.replace('ws', 'http');
const {chromium} = require('playwright-core');
async function session(kind, n) {
  const name = kind + n + '-' + process.pid;
  const began = performance.now();
  const browser = await chromium.connect(`${address}/?name=${name}${kind === 'recorded' ? '&record=video' : ''}`);
  let ctl;
  if (kind === 'viewed') {
    const id = (await (await fetch(base + '/v1/sessions?name=' + name)).json()).sessions[0].id;
    ctl = new AbortController();
    const r = await fetch(base + '/v1/sessions/' + id + '/view', {signal: ctl.signal});
    (async () => { for await (const _ of r.body); })().catch(() => {});
  }
  const at = performance.now();
  for (let i = 0; i < 4; i++) {
    const page = await browser.newPage();
    await page.setContent('<input><button>Go</button><ul></ul>' + '<p>Lorem ipsum dolor</p>'.repeat(200));
    await page.evaluate(() => document.querySelector('button').addEventListener('click', () => { const li = document.createElement('li'); li.textContent = document.querySelector('input').value; document.querySelector('ul').append(li); }));
    for (let k = 0; k < 15; k++) { await page.fill('input', 'value ' + k); await page.click('button'); }
    await page.screenshot();
    await page.close();
  }
  const took = performance.now() - at;
  await browser.close(); ctl?.abort();
  return took;
}
const all = {off: [], again: [], viewed: [], recorded: []};
for (let n = 0; n < 2; n++) for (const kind of Object.keys(all)) await session(kind, 'w' + n);
for (let n = 0; n < Number(rounds); n++) for (const kind of Object.keys(all)) all[kind].push(await session(kind, n));
const median = list => list.sort((a, b) => a - b)[list.length >> 1];
const off = median(all.off);
for (const [kind, list] of Object.entries(all)) console.log(kind, median(list).toFixed(0), 'ms', (median(list) / off).toFixed(3));
