// Playwright's own browser server; prints its address. Ends with stdin.
'use strict';
const [core, options] = process.argv.slice(2);
process.stdin.on('end', () => process.exit(0)).resume();
void require(core).chromium.launchServer(JSON.parse(options)).then(server => console.log(server.wsEndpoint()));
