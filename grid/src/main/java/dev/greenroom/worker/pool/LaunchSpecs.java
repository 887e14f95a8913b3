package dev.greenroom.worker.pool;

import dev.greenroom.config.BrowserSettings;
import dev.greenroom.config.FenceSettings;
import dev.greenroom.config.PoolSettings;
import dev.greenroom.session.Browser;
import dev.greenroom.worker.browser.BrowserBinary;
import dev.greenroom.worker.driver.LaunchSpec;

/// How a worker's browsers are launched.
public final class LaunchSpecs {
    private LaunchSpecs() {}

    /// From the settings and from what was found out.
    ///
    /// @param sandbox whether Chromium's own sandbox is on
    public static LaunchSpec of(
            BrowserSettings settings, PoolSettings pool, FenceSettings fence, BrowserBinary browser, boolean sandbox) {
        var closed = fence.blockPrivateNetwork() && settings.type() == Browser.CHROMIUM;
        return new LaunchSpec(
                settings.type(),
                browser.path(),
                browser.channel(),
                settings.headless(),
                sandbox,
                closed ? PrivatePages.added(settings.args()) : settings.args(),
                pool.launchTimeout());
    }
}
