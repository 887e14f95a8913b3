package dev.greenroom.config;

import java.util.Optional;

/// What a worker may use, and when it does with less.
@Section("Memory")
public record MemorySettings(
        @Setting(
                name = "MAX_WORKER_MEMORY",
                meaning = "Memory that the drivers and browsers of a worker run may use, for example 2g; with"
                        + " RECYCLE=exit the program's counts too. One that has outgrown it is recycled, no two of a"
                        + " browser type at a time. Off when not set. Linux only.")
        Optional<ByteSize> maxWorkerMemory,

        @Setting(
                name = "MEMORY_PRESSURE_PERCENT",
                fallback = "90",
                meaning = "Share of the container's or the machine's memory in use above which fewer browsers are kept"
                        + " warm, 1 to 100; 100 keeps them in any case. Linux only.")
        int pressurePercent) {
    private static final long LEAST_MEMORY = 64L << 20;

    /// A worker that could not even start would be of no use.
    public MemorySettings {
        new Rules()
                .that(
                        maxWorkerMemory.isEmpty() || maxWorkerMemory.get().bytes() >= LEAST_MEMORY,
                        "must be 64m or more, a single browser needs about that; unset it for no limit",
                        "MAX_WORKER_MEMORY")
                .within("MEMORY_PRESSURE_PERCENT", pressurePercent, 1, 100)
                .check();
    }
}
