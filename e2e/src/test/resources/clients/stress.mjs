// The checklist's pre-flight test (section 7), in JavaScript.
import { run } from './client.mjs';

await run(async (chromium, { connectString, site }) => {
  async function session(i) {
    try {
      const browser = await chromium.connect(connectString, { timeout: 30000 });
      const page = await browser.newPage();
      await page.goto(site);
      await browser.close();
      return `Session ${i}: OK`;
    } catch (e) {
      return `Session ${i}: FAILED - ${e}`;
    }
  }

  // Run 20 concurrent sessions
  return Promise.all(Array.from({ length: 20 }, (_, i) => session(i)));
});
