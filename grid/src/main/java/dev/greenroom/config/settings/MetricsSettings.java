package dev.greenroom.config.settings;

import dev.greenroom.config.Setting;
import dev.greenroom.config.Setting.SettingsSection;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Whether the process is measured.
@SettingsSection("Metrics")
public record MetricsSettings(
        @Setting(
                name = "METRICS",
                fallback = "on",
                meaning = "on, or off: nothing is measured, and there is no text for Prometheus.")
        MetricsSwitch metrics) {

    /// On or off.
    public enum MetricsSwitch {
        ON,
        OFF
    }

    /// Whether there are metrics.
    public boolean on() {
        return metrics == MetricsSwitch.ON;
    }

    /// What was removed, and is still accepted.
    @SettingsSection("Removed")
    public record WarmUpSettings(
            @Setting(
                    name = "WARM_UP",
                    meaning =
                            "Has no effect: nothing is warmed up any more. It is accepted, with a warning, and will be"
                                    + " refused in a later release.")
            Optional<String> warmUp) {
        private static final Logger LOG = LoggerFactory.getLogger(WarmUpSettings.class);

        /// Says that it has no effect, where somebody has set it.
        public void warnIfSet() {
            warmUp.ifPresent(_ -> LOG.atWarn()
                    .addKeyValue("code", "WARM_UP_IGNORED")
                    .log("WARM_UP has no effect any more; remove it, since a later release will refuse it"));
        }
    }
}
