package dev.greenroom.config.settings;

import dev.greenroom.config.Setting;
import dev.greenroom.config.Setting.SettingsSection;
import dev.greenroom.config.SettingsRules;
import java.time.Duration;

/// All settings of `greenroom status`.
public record StatusSettings(GridSettings grid, StatusView view) implements ToolSettings {

    /// How the state of the grid is shown.
    @SettingsSection("Output")
    public record StatusView(
            @Setting(
                    name = "--watch",
                    where = Setting.Where.FLAG,
                    fallback = "false",
                    meaning = "Refresh until Ctrl-C.")
            boolean watch,

            @Setting(
                    name = "--interval",
                    where = Setting.Where.FLAG,
                    fallback = "1s",
                    meaning = "Refresh interval of --watch, 200ms or more.")
            Duration interval,

            @Setting(
                    name = "--sessions",
                    where = Setting.Where.FLAG,
                    fallback = "false",
                    meaning = "Show the sessions too, at most the 500 oldest; not with --watch into a pipe.")
            boolean sessions,

            @Setting(
                    name = "--json",
                    where = Setting.Where.FLAG,
                    fallback = "false",
                    meaning = "Print JSON instead of a table, one object per line and refresh.")
            boolean json) {
        private static final Duration SHORTEST = Duration.ofMillis(200);

        /// Checks that refreshing puts no load on the grid.
        public StatusView {
            new SettingsRules()
                    .that(interval.compareTo(SHORTEST) >= 0, "must be 200ms or more", "--interval")
                    .check();
        }
    }
}
