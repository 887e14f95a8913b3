// Somebody who works in peace while another tenant attacks: what each of its steps took, and what went wrong.
//
// node victim.js <playwright-core> <grid's address> <page> <seconds>    with 0 seconds, until a session works
// Out, one line of JSON at the end:  {millis: {step: [...], newcomer: [...], download: [...]}, errors: [...]}
'use strict';
const fs = require('node:fs');
const [core, grid, target, seconds] = process.argv.slice(2);
const { chromium } = require(core);

const STEP_LIMIT = 20000;
const NEWCOMER_EVERY = 2000;
const MINE = 'written by the victim';
const millis = { step: [], newcomer: [], download: [] };
const errors = [];
const until = performance.now() + seconds * 1000;
const pause = ms => new Promise(resolve => setTimeout(resolve, ms));
let working = 0;

// A step that fails or is late is an error; it counts with the time that it took.
async function timed(what, work) {
  const began = performance.now();
  let timer;
  try {
    return await Promise.race([work(), new Promise((_, fail) => { timer = setTimeout(() => fail(new Error('no answer in ' + STEP_LIMIT + ' ms')), STEP_LIMIT); })]);
  } catch (error) {
    errors.push(what + ': ' + String(error.message).split('\n')[0]);
    throw error;
  } finally {
    clearTimeout(timer);
    millis[what].push(Math.round((performance.now() - began) * 10) / 10);
  }
}

async function open() {
  const browser = await chromium.connect(grid, { timeout: STEP_LIMIT });
  const page = await (await browser.newContext()).newPage();
  await page.goto(target);
  return { browser, page };
}

async function download(page) {
  const [it] = await Promise.all([page.waitForEvent('download', { timeout: STEP_LIMIT }),
    page.setContent(`<a download=mine href="data:text/plain,${MINE}">x</a>`).then(() => page.click('a'))]);
  await it.path().catch(() => {});
  await pause(1500);    // time for others to find it
  const chunks = [];
  for await (const chunk of await it.createReadStream())
    chunks.push(chunk);
  if (Buffer.concat(chunks).toString() !== MINE)
    throw new Error('its download was changed');
}

async function session() {
  const { browser, page } = await open();
  try {
    let asked = false;
    while (performance.now() < until) {
      await timed('step', async () => {
        await page.evaluate(() => [...document.querySelectorAll('*')].length);
        await page.goto(target);
      });
      if (!asked) {
        asked = true;
        await timed('download', () => download(page));
      }
      await pause(50);
    }
  } finally {
    await Promise.race([browser.close().catch(() => {}), pause(1000)]);
  }
}

async function repeat(work, every) {
  while (performance.now() < until) {
    await work().catch(error => errors.push('again: ' + String(error.message).split('\n')[0]));
    await pause(every);
  }
}

async function newcomer() {
  const opened = {};
  try {
    await timed('newcomer', async () => Object.assign(opened, await open()));
  } finally {
    if (opened.browser)
      await Promise.race([opened.browser.close().catch(() => {}), pause(1000)]);
  }
}

for (const event of ['uncaughtException', 'unhandledRejection'])
  process.on(event, error => errors.push(event + ': ' + error.message));
async function untilItWorks() {
  for (const began = performance.now(); performance.now() - began < 90000; await pause(500)) {
    try {
      await (await open()).browser.close();
      return;
    } catch (error) {
      errors.splice(0, 1, error.message);
    }
  }
}

void (seconds === '0' ? untilItWorks() : Promise.all([repeat(session, 200), repeat(newcomer, NEWCOMER_EVERY)])).then(() => {
  fs.writeSync(1, JSON.stringify({ millis, errors: [...new Set(errors)] }) + '\n');
  process.exit(0);
});
