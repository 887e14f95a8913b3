package dev.greenroom.registry;

import java.util.Locale;
import java.util.Optional;

/// Whether a worker takes new sessions.
public enum WorkerStatus {
    AVAILABLE,
    DRAINING;

    /// The word in the worker's record.
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }

    /// Reads the word in a worker's record; empty for every other.
    public static Optional<WorkerStatus> of(String wireName) {
        return switch (wireName) {
            case "available" -> Optional.of(AVAILABLE);
            case "draining" -> Optional.of(DRAINING);
            default -> Optional.empty();
        };
    }
}
