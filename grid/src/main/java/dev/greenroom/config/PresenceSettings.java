package dev.greenroom.config;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// How a worker is known to the grid.
@Section("Presence in the grid")
public record PresenceSettings(
        @Setting(
                name = "PORT",
                fallback = "3131",
                meaning = "TCP port that proxies connect to, 1 to 65535; 0 takes a free one.")
        int port,

        @Setting(
                name = "PRIVATE_HOSTNAME",
                meaning = "Name that proxies reach this worker under. Without it, the address that this machine uses"
                        + " towards Redis; a name that resolves to another machine is replaced by that address,"
                        + " with a warning.")
        Optional<String> privateHostname,

        @Setting(name = "HEARTBEAT_INTERVAL", fallback = "10", meaning = "Seconds between signs of life, over 0.")
        Duration heartbeatInterval,

        @Setting(
                name = "REDIS_KEY_TTL",
                fallback = "30",
                meaning = "Seconds that a worker counts as alive after a sign of life; over HEARTBEAT_INTERVAL,"
                        + " better 2 × it.")
        Duration keyTtl,

        @Setting(
                name = "REDIS_RETRY_ATTEMPTS",
                fallback = "5",
                meaning = "How often Redis is tried at start, 1 or more. Once running, a worker never exits because of"
                        + " Redis.")
        int redisRetryAttempts,

        @Setting(name = "REDIS_RETRY_DELAY", fallback = "3", meaning = "Seconds between these tries, 0 or more.")
        Duration redisRetryDelay) {
    /// A worker that is well is never taken for dead.
    public PresenceSettings {
        var rules = new Rules()
                .within("PORT", port, 0, 65_535)
                .positive("HEARTBEAT_INTERVAL", heartbeatInterval)
                .that(
                        keyTtl.compareTo(heartbeatInterval) > 0,
                        "must be over HEARTBEAT_INTERVAL (" + DurationText.show(heartbeatInterval)
                                + "), else healthy workers count as dead; 2 × it or more is safe",
                        "REDIS_KEY_TTL",
                        "HEARTBEAT_INTERVAL")
                .atLeast("REDIS_RETRY_ATTEMPTS", redisRetryAttempts, 1);
        privateHostname.ifPresent(host -> rules.host("PRIVATE_HOSTNAME", host));
        rules.check();
    }

    List<Finding> warnings() {
        return new Rules()
                .that(
                        keyTtl.compareTo(heartbeatInterval.multipliedBy(2)) >= 0,
                        "is under 2 × HEARTBEAT_INTERVAL (" + DurationText.show(heartbeatInterval)
                                + "), so one lost sign of life takes the worker out of the grid",
                        "REDIS_KEY_TTL",
                        "HEARTBEAT_INTERVAL")
                .findings();
    }

    /// For a worker in the process of its proxy.
    static PresenceSettings withinOneProcess() {
        return new PresenceSettings(
                0, Optional.of("127.0.0.1"), Duration.ofSeconds(10), Duration.ofSeconds(30), 1, Duration.ZERO);
    }
}
