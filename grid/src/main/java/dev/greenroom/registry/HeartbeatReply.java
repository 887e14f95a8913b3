package dev.greenroom.registry;

/// What a worker is told at its heartbeat.
public sealed interface HeartbeatReply {

    /// What the registry knows of a registered worker run.
    ///
    /// @param active leases on this run, those that are still on their way to it included
    /// @param lifetime leases since this run began
    /// @param slots sessions that it may serve at once: what its slot limit leaves beside its earlier runs;
    ///     may be 0
    /// @param lifetimeLimit sessions after which it is due to be recycled
    record Standing(int active, int lifetime, int slots, int lifetimeLimit) {}

    /// Go on.
    record Continue(Standing standing) implements HeartbeatReply {}

    /// It is this worker's turn to be recycled; no other one of its type is at it. One that renews itself starts its
    /// next run, and goes on serving until that one has registered. One that exits drains and exits with 0. Told at
    /// each heartbeat until then. A worker that is told to continue instead, after this, has lost its turn: because
    /// its next run did not come, or because the registry was emptied. It will be told again.
    record Recycle(Standing standing) implements HeartbeatReply {}

    /// A person, the API or the documented key says so: drain, finish, exit with 0.
    record Shutdown(Standing standing) implements HeartbeatReply {}

    /// Another live run has this id.
    record Duplicate() implements HeartbeatReply {}
}
