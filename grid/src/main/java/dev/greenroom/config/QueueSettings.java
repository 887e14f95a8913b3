package dev.greenroom.config;

import java.time.Duration;

/// How clients wait for a slot.
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
        int maxQueueSize) {}
