// A client that has its driver keep more than fits into its heap. Answers with the error that it gets when its session
// ends.
import { run } from './client.mjs';

await run(async (chromium, { connectString }) => {
  const browser = await chromium.connect(connectString);
  const gone = new Promise(over => browser.on('disconnected', over));
  const page = await browser.newPage();
  const asked = Array.from({ length: 4 }, () =>
    page.evaluate(() => Array.from({ length: 400_000 }, (_, n) => ({ n }))).then(() => 'answered', error => error.message));
  await gone;
  return Promise.all(asked);
});
