package dev.greenroom.config.settings;

import dev.greenroom.config.Setting;
import dev.greenroom.config.Setting.SettingsSection;
import dev.greenroom.config.SettingsRules;
import dev.greenroom.config.settings.WorkerSections.DriverSettings;
import dev.greenroom.session.BrowserType;
import java.time.Duration;
import java.util.Optional;

/// All settings of `greenroom stress`.
public record StressSettings(GridSettings grid, StressLoad load, DriverSettings driver) implements ToolSettings {

    /// The load on the grid.
    @SettingsSection("Load")
    public record StressLoad(
            @Setting(
                    name = "--sessions",
                    where = Setting.Where.FLAG,
                    fallback = "20",
                    meaning = "Total sessions, 1 to 100000.")
            int sessions,

            @Setting(
                    name = "--concurrency",
                    where = Setting.Where.FLAG,
                    fallback = "20",
                    fallbackAtMost = "--sessions",
                    meaning = "Concurrent sessions, 1 to 1000.")
            int concurrency,

            @Setting(
                    name = "--browser",
                    where = Setting.Where.FLAG,
                    fallback = "chromium",
                    meaning = "chromium, firefox or webkit.")
            BrowserType browser,

            @Setting(
                    name = "--target-url",
                    where = Setting.Where.FLAG,
                    meaning = "Page that each session opens. By default, a small built-in page that needs no "
                            + "network.")
            Optional<String> targetUrl,

            @Setting(
                    name = "--hold",
                    where = Setting.Where.FLAG,
                    fallback = "0",
                    meaning = "How long each session stays on its page.")
            Duration hold,

            @Setting(
                    name = "--timeout",
                    where = Setting.Where.FLAG,
                    fallback = "30s",
                    meaning = "Time limit for connecting, for opening a page and for loading it, each, over " + "0.")
            Duration timeout,

            @Setting(
                    name = "--json",
                    where = Setting.Where.FLAG,
                    fallback = "false",
                    meaning = "Print the result as JSON.")
            boolean json) {
        private static final int MOST_SESSIONS = 100_000;
        private static final int MOST_AT_ONCE = 1_000;

        /// Checks that the test ends, and that one client process can run it.
        public StressLoad {
            new SettingsRules()
                    .within("--sessions", sessions, 1, MOST_SESSIONS)
                    .within("--concurrency", concurrency, 1, MOST_AT_ONCE)
                    .that(
                            targetUrl.isEmpty() || targetUrl.get().matches("(?:https?|data|about|file):\\S+"),
                            "must be a URL, for example https://example.com",
                            "--target-url")
                    .positive("--timeout", timeout)
                    .check();
        }
    }
}
