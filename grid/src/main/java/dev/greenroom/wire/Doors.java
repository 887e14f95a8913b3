package dev.greenroom.wire;

import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/// Addresses that this process itself serves: who dials one of them from here comes in without a connection, and the
/// session is relayed once instead of twice. Safe for use by many threads.
public final class Doors {
    private final ConcurrentHashMap<InetSocketAddress, Function<InsideCall, Thread>> open = new ConcurrentHashMap<>();

    /// Opens one, until it is closed.
    ///
    /// @param serve begins to serve a caller, and answers the thread that does
    void open(InetSocketAddress at, Function<InsideCall, Thread> serve) {
        open.put(at, serve);
    }

    /// Lets nobody in there any more.
    void close(InetSocketAddress at) {
        open.remove(at);
    }

    Optional<Function<InsideCall, Thread>> at(InetSocketAddress address) {
        return Optional.ofNullable(open.get(address));
    }
}
