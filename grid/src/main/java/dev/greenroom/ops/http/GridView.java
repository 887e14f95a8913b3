package dev.greenroom.ops.http;

import dev.greenroom.registry.Registry;
import dev.greenroom.session.BrowserType;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;
import java.util.function.ToIntFunction;

/// What the routes report on: the registry, and the proxy whose port they are on. Everything is asked from
/// many threads.
///
/// @param registry knows the whole grid
/// @param liveSessions sessions that this proxy relays now
/// @param waiting clients of this proxy that wait for a browser of a type
/// @param draining whether this proxy refuses newcomers
/// @param limits what it was told at its start
public record GridView(
        Registry registry,
        IntSupplier liveSessions,
        ToIntFunction<BrowserType> waiting,
        BooleanSupplier draining,
        ProxyLimits limits) {

    /// Settings that are shown beside what they limit.
    ///
    /// @param maxQueue waiting clients per proxy (`MAX_QUEUE_SIZE`)
    /// @param tokens whether clients need one (`AUTH_TOKENS`)
    public record ProxyLimits(int maxQueue, boolean tokens) {}
}
