// A client that asks its page for something again and again, until the file `until` exists. Answers with how often it was
// answered.
import { existsSync } from 'node:fs';
import { run } from './client.mjs';

await run(async (chromium, { connectString, until }) => {
  const browser = await chromium.connect(connectString);
  const page = await browser.newPage();
  let answers = 0;
  while (!existsSync(until)) {
    if (await page.evaluate('6 * 7') !== 42)
      throw new Error('a wrong answer');
    answers++;
    await page.waitForTimeout(20);
  }
  await browser.close();
  return answers;
});
