// What Playwright brings along to be connected to: one browser server, its address on stdout. Ends with stdin.
'use strict';
const [core, options] = process.argv.slice(2);
process.stdin.on('end', () => process.exit(0)).resume();
void require(core).chromium.launchServer(JSON.parse(options)).then(server => console.log(server.wsEndpoint()));
