package dev.greenroom.config;

import java.time.Duration;

/// How clients wait for a slot.
@Section("Waiting for a slot")
public record QueueSettings(
        @Setting(
                name = "WORKER_SELECT_TIMEOUT",
                fallback = "5",
                meaning = "Seconds that a client waits for a slot, 1s to 1h. An answer may take"
                        + " WORKER_HANDSHAKE_TIMEOUT + 3s more, so clients and load balancers must be more patient"
                        + " than that.")
        Duration selectTimeout,

        @Setting(
                name = "MAX_QUEUE_SIZE",
                fallback = "1000",
                meaning = "Waiting clients per proxy, 0 or more; 0 refuses at once.")
        int maxQueueSize) {
    private static final Duration SHORTEST = Duration.ofSeconds(1);
    private static final Duration LONGEST = Duration.ofHours(1);

    /// Nobody waits for ever.
    public QueueSettings {
        new Rules()
                .within(
                        "WORKER_SELECT_TIMEOUT",
                        selectTimeout,
                        SHORTEST,
                        LONGEST,
                        "for clients that shall not wait at all set MAX_QUEUE_SIZE=0")
                .atLeast("MAX_QUEUE_SIZE", maxQueueSize, 0)
                .check();
    }
}
