// Runs sessions as a test suite does. Reads a plan per line from stdin, writes its result as a line. Ends with stdin.
//
// In:   {await: access}                                                 tries until a session works
//       {run: access, concurrency, sessions, millis, pauseMillis}         ends with so many sessions, or after that time
//       {hold: access, sessions, pauseMillis}   {release: true}           keeps sessions open until they are released
// Out:  {seconds, millis: {phase: [...]}, failures: [...]}
// Access: {connect: url}, {connect: [url, …]} in turn, or {launch: options}
'use strict';
const lines = require('node:readline').createInterface({ input: process.stdin });
const [core, target] = process.argv.slice(2);
const { chromium } = require(core);

const AWAIT_MILLIS = 30000;
const pause = millis => new Promise(resolve => setTimeout(resolve, millis));
let turn = 0;
const next = urls => Array.isArray(urls) ? urls[turn++ % urls.length] : urls;
const begin = access => access.connect ? chromium.connect(next(access.connect), { timeout: 30000 }) : chromium.launch(access.launch);
let held = [];

async function session(access) {
  const millis = {};
  const began = performance.now();
  const timed = async (phase, work) => {
    const from = performance.now();
    const result = await work();
    millis[phase] = performance.now() - from;
    return result;
  };
  const browser = await timed('connect', () => begin(access));
  try {
    const context = await timed('context', () => browser.newContext());
    const page = await timed('page', () => context.newPage());
    await timed('goto', () => page.goto(target));
    millis['to first page'] = performance.now() - began;
  } finally {
    await timed('close', () => browser.close());
  }
  millis.all = performance.now() - began;
  return millis;
}

async function run({ run: access, concurrency, sessions, millis: limit, pauseMillis }) {
  const outcome = { seconds: 0, millis: {}, failures: [] };
  const began = performance.now();
  let begun = 0;
  const oneAfterTheOther = async (_, client) => {
    await pause(pauseMillis * client / concurrency);    // clients that pause do not come at the same moment
    while (begun < sessions && performance.now() - began < limit) {
      begun++;
      try {
        for (const [phase, took] of Object.entries(await session(access)))
          (outcome.millis[phase] ??= []).push(took);
      } catch (error) {
        outcome.failures.push(String(error && error.message || error));
      }
      await pause(pauseMillis);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, oneAfterTheOther));
  outcome.seconds = (performance.now() - began) / 1000;
  return outcome;
}

async function untilItWorks({ await: access }) {
  for (const began = performance.now(); ;) {
    try {
      await session(access);
      return {};
    } catch (error) {
      if (performance.now() - began > AWAIT_MILLIS)
        return { failures: [String(error && error.message || error)] };
      await pause(100);
    }
  }
}

async function hold({ hold: access, sessions, pauseMillis }) {
  for (let i = 0; i < sessions; i++) {
    const browser = await begin(access);
    held.push(browser);
    await (await (await browser.newContext()).newPage()).goto(target);
  }
  await pause(pauseMillis);
  return {};
}

async function release() {
  await Promise.all(held.map(browser => browser.close()));
  held = [];
  return {};
}

async function execute(line) {
  const plan = JSON.parse(line);
  const work = plan.await ? untilItWorks : plan.run ? run : plan.hold ? hold : release;
  const outcome = await work(plan).catch(error => ({ failures: [String(error && error.stack || error)] }));
  console.log(JSON.stringify(outcome));
}

lines.on('line', line => void execute(line));
lines.on('close', () => process.exit(0));
