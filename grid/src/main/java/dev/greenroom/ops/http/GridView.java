package dev.greenroom.ops.http;

import dev.greenroom.registry.Registry;
import dev.greenroom.session.BrowserType;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;
import java.util.function.ToIntFunction;

/// The sources of what the routes report: the registry, and the proxy of the same port. Called by many
/// threads.
///
/// @param registry of the whole grid
/// @param liveSessions sessions that this proxy relays
/// @param waiting queued clients of this proxy, by browser type
/// @param draining whether this proxy refuses new clients
/// @param limits settings of this proxy
public record GridView(
        Registry registry,
        IntSupplier liveSessions,
        ToIntFunction<BrowserType> waiting,
        BooleanSupplier draining,
        ProxyLimits limits) {

    /// Settings that are part of responses.
    ///
    /// @param maxQueue maximum of queued clients (`MAX_QUEUE_SIZE`)
    /// @param tokens whether clients need a token (`AUTH_TOKENS`)
    public record ProxyLimits(int maxQueue, boolean tokens) {}
}
