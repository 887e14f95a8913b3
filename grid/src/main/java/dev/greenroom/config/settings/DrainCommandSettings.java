package dev.greenroom.config.settings;

import dev.greenroom.config.Setting;
import dev.greenroom.config.Setting.SettingsSection;
import dev.greenroom.config.SettingsRules;
import java.time.Duration;

/// All settings of `greenroom drain`.
public record DrainCommandSettings(GridSettings grid, DrainOrder order) implements ToolSettings {

    /// Which worker to drain, and whether to wait for it.
    @SettingsSection("Drain")
    public record DrainOrder(
            @Setting(
                    name = "WORKER",
                    where = Setting.Where.ARGUMENT,
                    meaning = "Id of the worker, for example chromium:abc123, or the beginning of its id or " + "name.")
            String worker,

            @Setting(
                    name = "--wait",
                    where = Setting.Where.FLAG,
                    fallback = "false",
                    meaning = "Wait until the worker is gone.")
            boolean await,

            @Setting(
                    name = "--timeout",
                    where = Setting.Where.FLAG,
                    fallback = "5m",
                    meaning = "Time limit for --wait, over 0; the exit code is 1 when it is exceeded.")
            Duration timeout) {
        /// Checks that the wait is bounded.
        public DrainOrder {
            new SettingsRules().positive("--timeout", timeout).check();
        }
    }
}
