// Launches browser servers of one playwright-core for a worker: `node … -r fence.js host.js <package>`.
//
// In, one JSON object a line:   {id, launch: {browser, socket, options}}   {id, close: true}
// Out, one JSON object a line:  {ready}   {id, launched: {wsPath, pid}}   {id, failed}   {id, died}   {id, closed}
//
// It ends when stdin does, and its browsers end with it: nothing outlives the worker.
'use strict';
const crypto = require('node:crypto');
const path = require('node:path');
const readline = require('node:readline');
const fence = require('./fence.js');

const MAX_MESSAGE_CHARS = 4000;
const MAX_ESCAPED_ERRORS = 20;

const write = process.stdout.write.bind(process.stdout);
process.stdout.write = process.stderr.write.bind(process.stderr);    // stdout carries the protocol and nothing else
const tell = message => write(JSON.stringify(message) + '\n');

const packageFolder = path.resolve(process.argv[2]);
const playwright = require(packageFolder);
const servers = new Map();

async function launch(id, {browser, socket, options}) {
  const wsPath = '/' + crypto.randomBytes(16).toString('hex');
  const server = await fence.withSocket(socket, () => playwright[browser].launchServer({
    ...options,
    host: '127.0.0.1', port: 0, wsPath,
    handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false,
  }));
  const endpoint = server.wsEndpoint();
  if (endpoint !== socket + wsPath) {
    await server.kill();
    throw new Error('the browser server does not listen where it should: ' + endpoint);
  }
  servers.set(id, server);
  const pid = server.process().pid;
  const gone = (code, signal) => {
    if (servers.delete(id))
      tell({id, died: 'exit code ' + code + ', signal ' + signal});
  };
  server.process().once('exit', gone);    // 'close' of the server comes later, after it cleaned up
  server.once('close', gone);
  tell({id, launched: {wsPath, pid}});
}

async function close(id) {
  const server = servers.get(id);
  servers.delete(id);
  if (server)
    await server.kill();
  tell({id, closed: true});
}

function brief(error) {
  return String(error && error.message || error).slice(0, MAX_MESSAGE_CHARS);
}

async function obey(line) {
  const message = JSON.parse(line);
  try {
    await (message.launch ? launch(message.id, message.launch) : close(message.id));
  } catch (error) {
    tell({id: message.id, failed: brief(error)});
  }
}

// What escapes playwright-core belongs to one session; the others go on. Many of them mean that the process is sick.
let escaped = 0;
for (const event of ['uncaughtException', 'unhandledRejection']) {
  process.on(event, error => {
    console.error(event + ': ' + (error && error.stack || error));
    if (++escaped > MAX_ESCAPED_ERRORS)
      process.exit(1);
  });
}
process.on('SIGINT', () => {});    // Ctrl-C reaches the whole terminal; the worker decides when to end
process.on('SIGHUP', () => {});
process.on('SIGTERM', () => process.exit(0));    // playwright-core kills its browsers on 'exit'
process.stdout.on('error', () => process.exit(0));

const lines = readline.createInterface({input: process.stdin});
lines.on('line', line => void obey(line));
lines.on('close', () => process.exit(0));
tell({ready: require(path.join(packageFolder, 'package.json')).version});
