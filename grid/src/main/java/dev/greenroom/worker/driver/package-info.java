/// Playwright driver processes: a version comes in, browsers that listen on Unix sockets come out.
///
/// [DriverProcess] runs one version of playwright-core in a sandboxed child process (`host.js`,
/// `messages.js`, `refusals.js`, `cdp-scope.js`, `sandbox.js`, `peers.js`), started by `DriverCommandLine`;
/// [LaunchedBrowser] is what it
/// launches. A process has a spec, a state and an owner, and never outlives the worker. Nothing here knows
/// sessions or listens on TCP.
@NullMarked
package dev.greenroom.worker.driver;

import org.jspecify.annotations.NullMarked;
