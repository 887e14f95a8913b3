package dev.greenroom.config.settings;

import dev.greenroom.config.Setting;
import dev.greenroom.config.Setting.SettingsSection;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Whether the process collects metrics.
@SettingsSection("Metrics")
public record MetricsSettings(
        @Setting(
                name = "METRICS",
                fallback = "on",
                meaning = "on, or off: no metrics are collected or exposed to Prometheus.")
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

    /// Settings that were removed and are still accepted.
    @SettingsSection("Removed")
    public record WarmUpSettings(
            @Setting(
                    name = "WARM_UP",
                    meaning = "Has no effect any more. It is accepted with a warning, and will be rejected in "
                            + "a later release.")
            Optional<String> warmUp) {
        private static final Logger LOG = LoggerFactory.getLogger(WarmUpSettings.class);

        /// Logs a warning if it is set.
        public void warnIfSet() {
            warmUp.ifPresent(_ -> LOG.atWarn()
                    .addKeyValue("code", "WARM_UP_IGNORED")
                    .log("WARM_UP has no effect any more; remove it, a later release will reject it"));
        }
    }
}
