package dev.greenroom.registry;

/// What a worker is told at its heartbeat.
public sealed interface HeartbeatReply {

    /// Go on.
    ///
    /// @param active leases on this worker
    /// @param lifetime leases since this incarnation began
    record Carry(int active, int lifetime) implements HeartbeatReply {}

    /// Drain, finish, recycle.
    ///
    /// @param active leases on this worker, those that are still on their way to it included
    record Shutdown(int active) implements HeartbeatReply {}

    /// Another live incarnation has this id.
    record Duplicate() implements HeartbeatReply {}
}
