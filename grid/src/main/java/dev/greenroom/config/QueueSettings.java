package dev.greenroom.config;

import java.time.Duration;

/// How clients wait for a slot.
@Section("Waiting for a slot")
public record QueueSettings(
        @Setting(
                name = "WORKER_SELECT_TIMEOUT",
                fallback = "5",
                meaning = "Seconds that a client waits for a slot, 1 to 12: the answer must be out before the 15 s in"
                        + " which a request is answered.")
        Duration selectTimeout,

        @Setting(
                name = "MAX_QUEUE_SIZE",
                fallback = "1000",
                meaning = "Waiting clients per proxy, 0 or more; 0 refuses at once.")
        int maxQueueSize) {
    private static final Duration SHORTEST = Duration.ofSeconds(1);
    private static final Duration LONGEST = Duration.ofSeconds(12);

    /// The answer is out in time.
    public QueueSettings {
        new Rules()
                .within(
                        "WORKER_SELECT_TIMEOUT",
                        selectTimeout,
                        SHORTEST,
                        LONGEST,
                        "since a request is answered within 15s")
                .atLeast("MAX_QUEUE_SIZE", maxQueueSize, 0)
                .check();
    }
}
