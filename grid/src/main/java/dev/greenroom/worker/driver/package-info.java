/// Playwright drivers: a version comes in, browsers that listen on Unix sockets come out.
///
/// Read it in this order: `DriverStore` finds the package of a version (bundled, stored, or fetched with the help of
/// `NpmRegistry`); `DriverHost` runs it in a fenced child process (`host.js`, `refusals.js`, `fence.js`, `peers.js`,
/// started
/// by `HostCommand`); a [LaunchedBrowser] is what comes out. A process has a spec, a state and an owner; what it
/// prints is kept in a bounded ring; it never outlives the worker. No session is known here, and nothing here listens
/// on TCP.
@NullMarked
package dev.greenroom.worker.driver;

import org.jspecify.annotations.NullMarked;
