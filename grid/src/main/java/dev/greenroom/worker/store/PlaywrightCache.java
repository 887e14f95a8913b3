package dev.greenroom.worker.store;

import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;

/// The folder in which Playwright keeps the browsers that it installs.
public final class PlaywrightCache {
    private PlaywrightCache() {}

    /// `PLAYWRIGHT_BROWSERS_PATH`, or Playwright's default on this system.
    public static Path folder(Map<String, String> environment) {
        var explicit = environment.getOrDefault("PLAYWRIGHT_BROWSERS_PATH", "");
        if (!explicit.isBlank() && !explicit.equals("0")) {
            return Path.of(explicit).toAbsolutePath();
        }
        var home = Path.of(environment.getOrDefault("HOME", System.getProperty("user.home", "/")));
        var system = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
        if (system.startsWith("mac")) {
            return home.resolve("Library", "Caches", "ms-playwright");
        }
        if (system.startsWith("windows")) {
            return Path.of(environment.getOrDefault(
                            "LOCALAPPDATA", home.resolve("AppData", "Local").toString()))
                    .resolve("ms-playwright");
        }
        var cache = environment.getOrDefault("XDG_CACHE_HOME", "");
        return (cache.isBlank() ? home.resolve(".cache") : Path.of(cache)).resolve("ms-playwright");
    }
}
