package dev.greenroom.registry.redis;

import java.time.Duration;
import java.util.List;

/// What a look at a Redis found.
///
/// @param complaints what is wrong with the server itself, a sentence each: the fault, a semicolon, the remedy
/// @param replica whether it is one, and refuses writes
/// @param slowest the 99th percentile of the time for an empty command
/// @param refused commands that this user may not run, with the reason
/// @param openToAll whether it listens on every interface without protection; false also when it does not say
/// @param anybodyMayWrite whether a connection without a password may change keys
/// @param memoryPercent how much of its limit is used; 0 without a limit
/// @param proxies that listen now; 0 when this user may not ask
/// @param workers every worker that is registered
public record RedisCondition(
        List<String> complaints,
        boolean replica,
        Duration slowest,
        List<String> refused,
        boolean openToAll,
        boolean anybodyMayWrite,
        int memoryPercent,
        int proxies,
        List<Registered> workers) {

    /// A worker as it is registered.
    ///
    /// @param id `<browser>:<name>`
    /// @param url where it takes sessions; holds a secret path
    /// @param heartbeat the interval that it promised; zero where it promised none
    /// @param ttl how long its record lives after a sign of life, to the second; zero where it never expires
    /// @param ownCap zero where it says none
    /// @param counter `cluster:active_connections`
    /// @param leases that are held on it
    /// @param nativeWorker whether it is one of ours, whose counters are kept by the registry
    public record Registered(
            String id,
            String url,
            String status,
            String software,
            Duration heartbeat,
            Duration ttl,
            int ownCap,
            int counter,
            int lifetime,
            int leases,
            boolean suspect,
            boolean nativeWorker) {}
}
