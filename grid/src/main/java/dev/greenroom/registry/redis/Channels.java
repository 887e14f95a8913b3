package dev.greenroom.registry.redis;

import dev.greenroom.session.Browser;
import dev.greenroom.session.WorkerId;
import java.util.Optional;

/// The pub/sub channels. The scripts publish on them.
final class Channels {
    private static final String ORDERS = "worker:cmd:";
    private static final String FREED = "grid:freed:";

    private Channels() {}

    /// Matches the channels of orders to workers.
    static String orders() {
        return ORDERS + "*";
    }

    /// Matches the channels of freed slots.
    static String freed() {
        return FREED + "*";
    }

    /// The worker that an order is for; empty for another channel.
    static Optional<WorkerId> orderedWorker(String channel) {
        return channel.startsWith(ORDERS) ? WorkerId.of(channel.substring(ORDERS.length())) : Optional.empty();
    }

    /// The browser that a slot was freed of; empty for another channel.
    static Optional<Browser> freedBrowser(String channel) {
        return channel.startsWith(FREED) ? Browser.of(channel.substring(FREED.length())) : Optional.empty();
    }
}
