// What every script here does: take its input, get the Playwright it is to use, answer with one line of JSON.
import { createRequire } from 'node:module';

export async function run(body) {
  const input = JSON.parse(process.argv[2]);
  const playwright = createRequire(`${input.modules}/`)('playwright-core');
  try {
    console.log(JSON.stringify({ result: (await body(playwright[input.browser ?? 'chromium'], input)) ?? null }));
  } catch (e) {
    // A connection that the script left open would keep it going.
    process.stdout.write(`${JSON.stringify({ error: e.message })}\n`, () => process.exit(1));
  }
}
