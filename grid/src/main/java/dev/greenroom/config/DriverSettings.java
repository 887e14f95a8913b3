package dev.greenroom.config;

import dev.greenroom.session.VersionOffer;
import java.nio.file.Path;
import java.time.Duration;

/// Which versions of Playwright's driver a worker has.
@Section("Playwright drivers")
public record DriverSettings(
        @Setting(
                name = "PLAYWRIGHT_VERSIONS",
                fallback = "any",
                meaning = "any, or a list such as 1.62,1.65. What is not in DRIVER_STORE is fetched on first use from"
                        + " the npm registry that NPM_CONFIG_REGISTRY, .npmrc or npm itself names.")
        VersionOffer versions,

        @Setting(
                name = "DRIVER_STORE",
                fallback = "~/.cache/greenroom",
                meaning = "Folder where drivers are kept between starts.")
        Path store,

        @Setting(
                name = "DRIVER_FETCH_TIMEOUT",
                fallback = "60s",
                meaning = "How long fetching one driver version may take, over 0.")
        Duration fetchTimeout) {
    /// Every wait has an end.
    public DriverSettings {
        new Rules().positive("DRIVER_FETCH_TIMEOUT", fetchTimeout).check();
    }
}
