package dev.greenroom.wire;

/// What came of dialling a peer.
public sealed interface Dialled {

    /// The peer answered 101 and waits to be joined. Whoever gets this joins it or closes it.
    record Upgraded(OutboundConnection connection) implements Dialled {}

    /// The peer answered something else; the connection is closed.
    ///
    /// @param body at most 16 KiB of it, read as UTF-8
    record Answered(ResponseHead head, String body) implements Dialled {}

    /// The peer is there and was still preparing its answer when the time was up; the connection is closed.
    record Preparing() implements Dialled {}

    /// There was no connection, or no sign of life in time.
    ///
    /// @param why for the log
    record Failed(String why) implements Dialled {}
}
