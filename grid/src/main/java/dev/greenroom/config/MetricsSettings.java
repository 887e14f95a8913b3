package dev.greenroom.config;

/// Whether the process is measured.
@Section("Metrics")
public record MetricsSettings(
        @Setting(
                name = "METRICS",
                fallback = "on",
                meaning = "on, or off: nothing is measured, and there is no text for Prometheus.")
        Switch metrics) {

    /// On or off.
    public enum Switch {
        ON,
        OFF
    }

    /// Whether there are metrics.
    public boolean on() {
        return metrics == Switch.ON;
    }
}
