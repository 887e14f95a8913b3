package dev.greenroom.worker.pool;

import dev.greenroom.config.WorkerSections.PoolSettings;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.ClientProtocol;
import dev.greenroom.worker.driver.LaunchSpec;
import dev.greenroom.worker.driver.LaunchedBrowser;

/// Decides which browsers serve another session: those of Chromium with the usual launch options, whose
/// session ended in order and belongs to a known tenant, for `BROWSER_REUSE` sessions. What their sessions
/// did to them, the driver knows, which refuses to empty some.
final class BrowserReuse {
    private final int sessions;

    /// @param spec how browsers are launched by default
    BrowserReuse(PoolSettings settings, LaunchSpec spec) {
        this.sessions = spec.type() == BrowserType.CHROMIUM ? settings.sessionsPerBrowser() : 1;
    }

    /// Whether a browser may be emptied for its driver's owner, after a session that ended in order. What a
    /// client of CDP leaves in its browser is not known.
    boolean mayServeAgain(LaunchedBrowser browser, DriverOwner owner) {
        return owner instanceof DriverOwner.OfTenant
                && browser.protocol() == ClientProtocol.PLAYWRIGHT
                && browser.usable()
                && browser.emptied() + 1 < sessions;
    }
}
