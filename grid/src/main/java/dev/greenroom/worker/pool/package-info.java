/// Browsers for sessions: a Playwright version comes in, a running browser goes out, warm if possible.
///
/// [BrowserPool] is the way in. `BrowserQueue` hands browsers out first-in first-out and decides which is
/// launched next; `WarmDemand` says what to keep warm, by version and tenant; `DriverSupervisors` keeps
/// driver processes for the versions and owners in use, and restarts those that die; `SharedBrowsers`
/// replaces the queue when the sessions of a tenant share a browser. A browser is never given to two
/// sessions in turn, and a driver process never serves two owners (`DriverOwner`).
///
/// A session's thread only waits. Drivers start and browsers launch on threads of the pool, so a session
/// that leaves cancels nothing that another one waits for.
@NullMarked
package dev.greenroom.worker.pool;

import org.jspecify.annotations.NullMarked;
