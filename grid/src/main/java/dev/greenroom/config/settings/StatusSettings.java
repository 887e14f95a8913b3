package dev.greenroom.config.settings;

import dev.greenroom.config.Setting;
import dev.greenroom.config.Setting.SettingsSection;
import dev.greenroom.config.SettingsRules;
import java.time.Duration;

/// Everything that `greenroom status` can be told.
public record StatusSettings(GridSettings grid, StatusView view) implements ToolSettings {

    /// How the state of the grid is shown.
    @SettingsSection("Output")
    public record StatusView(
            @Setting(
                    name = "--watch",
                    where = Setting.Where.FLAG,
                    fallback = "false",
                    meaning = "Show it again and again, until Ctrl-C.")
            boolean watch,

            @Setting(
                    name = "--interval",
                    where = Setting.Where.FLAG,
                    fallback = "1s",
                    meaning = "Time between two looks of --watch, 200ms or more.")
            Duration interval,

            @Setting(
                    name = "--sessions",
                    where = Setting.Where.FLAG,
                    fallback = "false",
                    meaning = "The sessions too, the 500 oldest at most; not in the lines of --watch into a pipe.")
            boolean sessions,

            @Setting(
                    name = "--json",
                    where = Setting.Where.FLAG,
                    fallback = "false",
                    meaning = "JSON instead of a table; one object on a line for each look.")
            boolean json) {
        private static final Duration SHORTEST = Duration.ofMillis(200);

        /// A look is not a load.
        public StatusView {
            new SettingsRules()
                    .that(interval.compareTo(SHORTEST) >= 0, "must be 200ms or more", "--interval")
                    .check();
        }
    }
}
