package dev.greenroom.bench.relay;

import java.util.Optional;

/// A relay between client and backend, or none.
///
/// @param name as in the tables
/// @param port that clients connect to
/// @param relay its process; empty for nothing in between
record Peer(String name, int port, Optional<PinnedProcess> relay) implements AutoCloseable {
    static final String NOTHING = "no proxy";
    static final String GREENROOM = "Greenroom";
    static final String UNMEASURED = "Greenroom, METRICS=off";
    static final String HAPROXY_HTTP = "HAProxy http";

    boolean isCompiledWhileItRuns() {
        return name.startsWith(GREENROOM);
    }

    String pids() {
        return relay.map(PinnedProcess::pids).orElse("");
    }

    @Override
    public void close() {
        relay.ifPresent(PinnedProcess::close);
    }
}
