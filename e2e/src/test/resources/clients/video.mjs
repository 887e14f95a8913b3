// A client that records a video, and has it saved on its own machine. Answers what kind of file it got, or the error.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './client.mjs';

await run(async (chromium, { connectString }) => {
  const folder = mkdtempSync(join(tmpdir(), 'video-'));
  const browser = await chromium.connect(connectString, { timeout: 30000 });
  try {
    const context = await browser.newContext({ recordVideo: { dir: folder } });
    const page = await context.newPage();
    await page.setContent('<h1>recorded</h1>');
    await page.screenshot();
    await context.close();
    await page.video().saveAs(join(folder, 'saved.webm'));
    const saved = readFileSync(join(folder, 'saved.webm'));
    return saved.subarray(0, 4).toString('hex') === '1a45dfa3' && saved.includes('webm') && saved.length > 500 ? 'a video' : `${saved.length} bytes`;
  } catch (e) {
    return e.message;
  } finally {
    await browser.close();
    rmSync(folder, { recursive: true });
  }
});
