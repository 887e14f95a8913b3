// One session after the other until the file `until` exists; answers with how many there were.
import { existsSync } from 'node:fs';
import { run } from './client.mjs';

await run(async (chromium, { connectString, until }) => {
  let sessions = 0;
  while (!existsSync(until)) {
    const browser = await chromium.connect(connectString);
    const page = await browser.newPage();
    await page.goto('data:text/html,<title>Green room</title>');
    await browser.close();
    sessions++;
  }
  return sessions;
});
