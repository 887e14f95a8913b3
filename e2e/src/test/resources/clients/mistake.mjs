// Throws while something keeps it going, as an open connection does.
import { run } from './client.mjs';

await run(async () => {
  setInterval(() => {}, 1000);
  throw new Error('a mistake');
});
