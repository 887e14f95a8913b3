/// Browsers for sessions: a Playwright version comes in, a running browser goes out, warm if possible.
///
/// [BrowserPool] is the way in. `BrowserQueue` hands browsers out first-in first-out and decides which is
/// launched next; `VersionDemand` says which versions to keep warm; `DriverSupervisors` keeps a driver
/// process for each version in use and restarts it when it dies; `SharedBrowsers` replaces the queue when
/// sessions share a browser. A browser is never given to two sessions in turn.
///
/// A session's thread only waits. Drivers start and browsers launch on threads of the pool, so a session
/// that leaves cancels nothing that another one waits for.
@NullMarked
package dev.greenroom.worker.pool;

import org.jspecify.annotations.NullMarked;
