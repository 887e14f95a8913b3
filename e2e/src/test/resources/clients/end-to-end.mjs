// The end-to-end step of the documents' health check, in JavaScript.
import { run } from './client.mjs';

await run(async (chromium, { connectString }) => {
  const browser = await chromium.connect(connectString, { timeout: 5000 });
  await browser.close();
  return 'OK';
});
