package dev.greenroom.config;

import java.time.Duration;

/// How a proxy stops.
@Section("Shutting down")
public record ShutdownSettings(
        @Setting(
                name = "SHUTDOWN_GRACE_PERIOD",
                fallback = "30s",
                meaning = "How long running sessions may go on after SIGTERM before they are closed with 1001;"
                        + " a second SIGTERM forces.")
        Duration gracePeriod) {}
