package dev.greenroom.config;

import java.time.Duration;

/// How a worker stops.
@Section("Draining")
public record DrainSettings(
        @Setting(
                name = "DRAIN_TIMEOUT",
                fallback = "30",
                meaning = "Seconds that running sessions get to finish before they are closed with 1001, 0 or more.")
        Duration drainTimeout) {}
