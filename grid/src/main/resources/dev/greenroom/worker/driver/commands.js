// Which commands of the Chrome DevTools Protocol a client of a grid may send, and which are changed on their way: those that
// name files, programs or ports of the worker. Others of its own browser are its own business.
'use strict';
const messages = require('./messages.js');
const refusals = require('./refusals.js');

const MAX_METHOD_CHARS = 200;
const MAX_NESTED = 4;    // messages in messages

const PROXY = /^(?:(?:https?|socks[45]?):\/\/)?([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d+)?\/?$/i;
const LOOPBACK = /^(?:localhost|.*\.localhost|127\.[\d.]+|0(?:\.0)*|::1?|::ffff:(?:127\.|7f).*)\.?$/i;

/** What a message consists of. */
exports.shape = {
  id: ['number'],
  method: ['string'],
  params: ['object', 'missing'],
  sessionId: ['string', 'missing'],
};

/** The message with the usual spelling of no parameters; nodriver writes a list. */
exports.usual = message =>
    Array.isArray(message?.params) && message.params.length === 0 ? {...message, params: {}} : message;

const closed = new Set(['Browser.crash', 'Browser.crashGpuProcess']);

/**
 * What happens with a command; a promise of it where an address has to be looked up. `{}`: the browser gets it.
 * `{params}`: the browser gets it with these. `{refused}`: the client gets an error with these words. `{answer, event}`: the
 * client gets this result, and then this event. `{closes}`: it ends the session.
 *
 * `rules` has `downloads()`, the folder for them, and `refusalOfProxy(proxy)`.
 */
exports.judge = (message, rules, depth = 0) => {
  const {method} = message;
  const params = message.params ?? {};
  if (method.length > MAX_METHOD_CHARS)
    return {refused: 'a method has at most ' + MAX_METHOD_CHARS + ' characters'};
  switch (method) {
    case 'Browser.close':
      return {closes: true};
    case 'Browser.setDownloadBehavior':
    case 'Page.setDownloadBehavior':
      return params.downloadPath === undefined ? {} : {params: {...params, downloadPath: rules.downloads()}};
    case 'Target.createTarget':
      return params.enableBeginFrameControl ? {params: {...params, enableBeginFrameControl: undefined}} : {};
    case 'Target.createBrowserContext':
      return params.proxyServer === undefined ? {} : ofProxy(params.proxyServer, rules);
    case 'DOM.setFileInputFiles':
      return Array.isArray(params.files) && params.files.length > 0 ? notHere('files', method) : {};
    case 'Target.sendMessageToTarget':
      return ofNested(params, rules, depth);
  }
  return closed.has(method) || refusals.isClosedCommand(message) ? {refused: method + ' is not for clients of a grid'} : {};
};

function notHere(field, method) {
  return {refused: `${method} is not for clients of a grid: its "${field}" name files of the machine on which the browser runs`};
}

async function ofProxy(server, rules) {
  const text = String(server);
  const host = PROXY.exec(text)?.[1];
  const named = 'the proxy ' + text.slice(0, MAX_METHOD_CHARS);
  if (host === undefined)
    return {refused: named + ' is not of the form <scheme>://<host>:<port>'};
  if (LOOPBACK.test(host.replace(/^\[|\]$/g, '')))
    return {refused: named + ' is on the machine of the client, which this browser cannot reach: it runs on another machine.'
        + ' Use a proxy with an address that the workers of the grid reach.'};
  const why = await rules.refusalOfProxy({server: text});
  return why ? {refused: why} : {};
}

// A message in a message, of clients that do not use flat sessions. Its answer is an event.
function ofNested(params, rules, depth) {
  if (typeof params.message !== 'string' || depth >= MAX_NESTED)
    return {refused: 'Target.sendMessageToTarget needs a "message" that is a text, at most ' + MAX_NESTED + ' in one another'};
  let inner;
  try {
    inner = exports.usual(JSON.parse(params.message));
  } catch {
    return {};    // the browser says so
  }
  const malformed = messages.malformed(inner, exports.shape);
  if (malformed)
    return {refused: 'the message in Target.sendMessageToTarget is malformed: ' + malformed};
  const verdict = exports.judge(inner, rules, depth + 1);
  return verdict instanceof Promise ? verdict.then(it => wrapped(params, inner, it)) : wrapped(params, inner, verdict);
}

function wrapped(params, inner, {refused, answer, event, params: changed, closes}) {
  if (closes)
    return {closes};
  if (changed)
    return {params: {...params, message: JSON.stringify({...inner, params: changed})}};
  if (refused === undefined && !answer)
    return {};
  const said = message => ({
    method: 'Target.receivedMessageFromTarget',
    params: {sessionId: params.sessionId, targetId: params.targetId, message: JSON.stringify(message)},
  });
  return refused === undefined
      ? {answer: {}, event: said(event ?? {id: inner.id, result: answer})}
      : {answer: {}, event: said({id: inner.id, error: {code: -32000, message: refused}})};
}
