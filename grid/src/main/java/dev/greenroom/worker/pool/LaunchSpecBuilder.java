package dev.greenroom.worker.pool;

import dev.greenroom.config.settings.WorkerSections.BrowserSettings;
import dev.greenroom.config.settings.WorkerSections.PoolSettings;
import dev.greenroom.config.settings.WorkerSections.SandboxSettings;
import dev.greenroom.session.BrowserType;
import dev.greenroom.worker.browser.BrowserSearch.BrowserBinary;
import dev.greenroom.worker.driver.LaunchSpec;

/// How a worker's browsers are launched.
public final class LaunchSpecBuilder {
    private LaunchSpecBuilder() {}

    /// From the settings and from what was found out.
    ///
    /// @param sandbox whether Chromium's own sandbox is on
    public static LaunchSpec of(
            BrowserSettings settings,
            PoolSettings pool,
            SandboxSettings fence,
            BrowserBinary browser,
            boolean sandbox) {
        var closed = fence.blockPrivateNetwork() && settings.type() == BrowserType.CHROMIUM;
        return new LaunchSpec(
                settings.type(),
                browser.path(),
                browser.channel(),
                settings.headless(),
                sandbox,
                closed ? PrivateNetworkRules.added(settings.args()) : settings.args(),
                pool.launchTimeout());
    }
}
