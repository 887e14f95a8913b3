package dev.greenroom.cli.doctor;

import dev.greenroom.cli.doctor.Diagnosis.DoctorFinding;
import dev.greenroom.cli.doctor.GridChecks.SessionCheck;
import java.util.List;

/// One check.
///
/// @param name for the output
/// @param need what must be reachable for it
record DoctorCheck(String name, Need need, Look look) {

    /// What must be reachable for a check.
    enum Need {
        NOTHING,
        GRID,
        REDIS,
        WORKERS
    }

    /// Runs the check. May block; is interrupted at the deadline.
    @FunctionalInterface
    interface Look {
        List<DoctorFinding> at(DoctorFacts facts) throws InterruptedException;
    }

    /// All checks, in the order of the output.
    static List<DoctorCheck> all() {
        return List.of(
                new DoctorCheck("settings", Need.NOTHING, SettingsChecks::settings),
                new DoctorCheck("secret files", Need.NOTHING, FileChecks::secrets),
                new DoctorCheck("certificate", Need.NOTHING, FileChecks::certificate),
                new DoctorCheck("driver store", Need.NOTHING, FileChecks::driverStore),
                new DoctorCheck("descriptors", Need.NOTHING, MachineChecks::descriptors),
                new DoctorCheck("ports", Need.NOTHING, MachineChecks::ports),
                new DoctorCheck("memory", Need.NOTHING, MachineChecks::memory),
                new DoctorCheck("dead processes", Need.NOTHING, MachineChecks::zombies),
                new DoctorCheck("video", Need.WORKERS, MachineChecks::video),
                new DoctorCheck("redis reachable", Need.NOTHING, RedisChecks::reachable),
                new DoctorCheck("redis server", Need.REDIS, RedisChecks::server),
                new DoctorCheck("redis latency", Need.REDIS, RedisChecks::latency),
                new DoctorCheck("redis rights", Need.REDIS, RedisChecks::rights),
                new DoctorCheck("redis exposure", Need.REDIS, RedisChecks::exposure),
                new DoctorCheck("redis memory", Need.REDIS, RedisChecks::memory),
                new DoctorCheck("grid reachable", Need.NOTHING, GridChecks::reachable),
                new DoctorCheck("grid ready", Need.GRID, GridChecks::ready),
                new DoctorCheck("grid exposure", Need.GRID, GridChecks::exposure),
                new DoctorCheck("one registry", Need.GRID, GridChecks::oneRegistry),
                new DoctorCheck("token limits", Need.REDIS, SettingsChecks::tokenLimits),
                new DoctorCheck("workers", Need.WORKERS, WorkerChecks::sample),
                new DoctorCheck("timing", Need.REDIS, WorkerChecks::timing),
                new DoctorCheck("counters", Need.REDIS, WorkerChecks::counters),
                new DoctorCheck("recycling", Need.WORKERS, WorkerChecks::recycling),
                new DoctorCheck("suspects", Need.WORKERS, WorkerChecks::suspects),
                new DoctorCheck("versions", Need.WORKERS, WorkerChecks::versions),
                new DoctorCheck("addresses", Need.WORKERS, AddressChecks::unique),
                new DoctorCheck("worker exposure", Need.WORKERS, AddressChecks::exposure),
                new DoctorCheck("workers reachable", Need.WORKERS, AddressChecks::reachable),
                new DoctorCheck("sessions", Need.GRID, SessionCheck::sessions));
    }
}
