package dev.greenroom.config.settings;

import dev.greenroom.config.Setting;
import dev.greenroom.config.Setting.SettingsSection;
import dev.greenroom.config.SettingsRules;
import java.time.Duration;

/// Everything that `greenroom drain` can be told.
public record DrainCommandSettings(GridSettings grid, DrainOrder order) implements ToolSettings {

    /// Which worker is to drain, and who waits for it.
    @SettingsSection("Order")
    public record DrainOrder(
            @Setting(
                    name = "WORKER",
                    where = Setting.Where.ARGUMENT,
                    meaning = "The worker, for example chromium:abc123, or the beginning of its name.")
            String worker,

            @Setting(
                    name = "--wait",
                    where = Setting.Where.FLAG,
                    fallback = "false",
                    meaning = "Wait until it is gone.")
            boolean await,

            @Setting(
                    name = "--timeout",
                    where = Setting.Where.FLAG,
                    fallback = "5m",
                    meaning = "How long --wait waits, over 0; then the exit code is 1.")
            Duration timeout) {
        /// Every wait has an end.
        public DrainOrder {
            new SettingsRules().positive("--timeout", timeout).check();
        }
    }
}
