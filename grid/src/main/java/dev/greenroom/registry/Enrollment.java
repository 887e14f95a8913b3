package dev.greenroom.registry;

/// The answer to who wants to wait for a slot.
public sealed interface Enrollment {

    /// There is a place in line.
    ///
    /// @param ahead sessions that are served before this one
    record Waiting(int ahead) implements Enrollment {}

    /// So many wait already that no more can.
    ///
    /// @param limit how many that is, across all proxies
    record Full(int limit) implements Enrollment {}
}
