package dev.greenroom.config;

import java.time.Duration;

/// How a proxy stops.
@Section("Shutting down")
public record ShutdownSettings(
        @Setting(
                name = "SHUTDOWN_DELAY",
                fallback = "0s",
                meaning = "How long newcomers are still served after SIGTERM, while `/health/ready` already says 503,"
                        + " so that a load balancer turns away first; then they are refused.")
        Duration delay,

        @Setting(
                name = "SHUTDOWN_GRACE_PERIOD",
                fallback = "30s",
                meaning = "How long running sessions may go on after that before they are closed with 1001;"
                        + " a second SIGTERM forces.")
        Duration gracePeriod) {}
