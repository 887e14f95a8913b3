/// Browsers for sessions: a Playwright version comes in, a running browser goes out, warm where that can be.
///
/// [BrowserPool] is the way in. `BrowserQueue` hands browsers out, first come, first served, and decides which one is
/// launched next; `Demand` says which versions should be kept warm; `Keepers` keeps a driver for each version that is
/// in
/// use, and starts it again when it died; `SharedBrowsers` is what there is instead when sessions share. A browser is
/// never given to two sessions in turn, and nobody here knows what a session does with one.
///
/// A session's thread only waits. Drivers are started and browsers launched on threads of the pool's own, so that a
/// session that leaves takes nothing with it that another one waits for.
@NullMarked
package dev.greenroom.worker.pool;

import org.jspecify.annotations.NullMarked;
