// Runs sessions through a grid with a stock client. The plan is the first line on stdin; the outcome of each session is
// a line of JSON on stdout. Ends with the last session, or when stdin ends.
'use strict';

const lines = require('readline').createInterface({ input: process.stdin });
lines.once('line', text => run(JSON.parse(text)));
lines.on('close', () => process.exit(0));

async function run(plan) {
  const type = require(plan.core)[plan.browser];
  let begun = 0;
  const oneAfterTheOther = async () => {
    while (begun < plan.sessions) {
      begun++;
      say(await session(type, plan));
    }
  };
  await Promise.all(Array.from({ length: plan.concurrency }, oneAfterTheOther));
  process.stdout.write('', () => process.exit(0));
}

async function session(type, plan) {
  const millis = {};
  let phase = '';
  let browser;
  const timed = async (name, work) => {
    phase = name;
    const began = performance.now();
    const result = await within(plan.timeoutMillis, work());
    millis[name] = performance.now() - began;
    return result;
  };
  try {
    const options = { headers: plan.headers, timeout: plan.timeoutMillis };
    const overCdp = plan.protocol === 'cdp';
    browser = await timed('connect', () => overCdp ? type.connectOverCDP(plan.url, options) : type.connect(plan.url, options));
    const page = await timed('page', () => (overCdp ? browser.contexts()[0] : browser).newPage());
    const answer = await timed('goto', () => page.goto(plan.target, { timeout: plan.timeoutMillis }));
    if (answer && answer.status() >= 400)
      throw new Error(`the page answered ${answer.status()}`);
    if (plan.title && await within(plan.timeoutMillis, page.title()) !== plan.title)
      throw new Error('another page came than the one that was asked for');
    await new Promise(resolve => setTimeout(resolve, plan.holdMillis));
    await timed('close', () => browser.close());
    return { millis };
  } catch (error) {
    if (browser)
      browser.close().catch(() => {});
    return { millis, phase, error: String(error && error.message || error) };
  }
}

function within(millis, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done within ${millis} ms`)), millis);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

function say(outcome) {
  process.stdout.write(JSON.stringify(outcome) + '\n');
}
