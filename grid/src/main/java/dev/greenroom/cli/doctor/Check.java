package dev.greenroom.cli.doctor;

import java.util.List;

/// One point of the checklist.
///
/// @param name two words or three
/// @param need what has to be reachable for it
record Check(String name, Need need, Look look) {

    /// What a check cannot do without.
    enum Need {
        NOTHING,
        GRID,
        REDIS,
        WORKERS
    }

    /// Looks at the facts. May block; is interrupted at the deadline.
    @FunctionalInterface
    interface Look {
        List<Finding> at(Facts facts) throws InterruptedException;
    }

    /// All of them, in the order in which they are shown.
    static List<Check> all() {
        return List.of(
                new Check("settings", Need.NOTHING, SettingsChecks::settings),
                new Check("secret files", Need.NOTHING, FileChecks::secrets),
                new Check("certificate", Need.NOTHING, FileChecks::certificate),
                new Check("driver store", Need.NOTHING, FileChecks::driverStore),
                new Check("descriptors", Need.NOTHING, MachineChecks::descriptors),
                new Check("ports", Need.NOTHING, MachineChecks::ports),
                new Check("memory", Need.NOTHING, MachineChecks::memory),
                new Check("dead processes", Need.NOTHING, MachineChecks::zombies),
                new Check("video", Need.WORKERS, MachineChecks::video),
                new Check("redis reachable", Need.NOTHING, RedisChecks::reachable),
                new Check("redis server", Need.REDIS, RedisChecks::server),
                new Check("redis latency", Need.REDIS, RedisChecks::latency),
                new Check("redis rights", Need.REDIS, RedisChecks::rights),
                new Check("redis exposure", Need.REDIS, RedisChecks::exposure),
                new Check("redis memory", Need.REDIS, RedisChecks::memory),
                new Check("grid reachable", Need.NOTHING, GridChecks::reachable),
                new Check("grid ready", Need.GRID, GridChecks::ready),
                new Check("grid exposure", Need.GRID, GridChecks::exposure),
                new Check("one registry", Need.GRID, GridChecks::oneRegistry),
                new Check("token limits", Need.REDIS, SettingsChecks::tokenLimits),
                new Check("workers", Need.WORKERS, WorkerChecks::some),
                new Check("timing", Need.REDIS, WorkerChecks::timing),
                new Check("counters", Need.REDIS, WorkerChecks::counters),
                new Check("recycling", Need.WORKERS, WorkerChecks::recycling),
                new Check("suspects", Need.WORKERS, WorkerChecks::suspects),
                new Check("versions", Need.WORKERS, WorkerChecks::versions),
                new Check("addresses", Need.WORKERS, AddressChecks::unique),
                new Check("worker exposure", Need.WORKERS, AddressChecks::exposure),
                new Check("workers reachable", Need.WORKERS, AddressChecks::reachable),
                new Check("sessions", Need.GRID, SessionCheck::sessions));
    }
}
