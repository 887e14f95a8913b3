/// Browsers for sessions: a Playwright version comes in, a running browser goes out, warm where that can be.
///
/// [BrowserPool] is the way in. `Keepers` keeps a driver for each version that is in use, and starts it again when
/// it died; `Launcher` launches browsers on them, sessions first; `WarmShelf` holds those that wait, `Demand` says
/// which should, `Refill` sees to it; `SharedBrowsers` is what there is instead when sessions share. A browser is never
/// given to two sessions in turn, and nobody here knows what a session does with one.
@NullMarked
package dev.greenroom.worker.pool;

import org.jspecify.annotations.NullMarked;
