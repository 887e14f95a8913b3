package dev.greenroom.net.relay;

import dev.greenroom.net.relay.Relay.RelayTraffic;
import java.util.concurrent.atomic.LongAdder;

/// What all relays of a process have moved, those that run included: each adds what is new some times a
/// minute and at its end, so that counting costs nothing per message. Safe for use by many threads.
public final class RelayTotals {
    private final LongAdder bytesFromClients = new LongAdder();
    private final LongAdder bytesFromWorkers = new LongAdder();
    private final LongAdder messages = new LongAdder();

    /// @param before what was added for this relay so far
    void add(RelayTraffic now, RelayTraffic before) {
        bytesFromClients.add(now.bytesFromClient() - before.bytesFromClient());
        bytesFromWorkers.add(now.bytesFromWorker() - before.bytesFromWorker());
        messages.add(now.messagesFromClient() - before.messagesFromClient());
        messages.add(now.messagesFromWorker() - before.messagesFromWorker());
    }

    /// Bytes that came from clients.
    public long bytesFromClients() {
        return bytesFromClients.sum();
    }

    /// Bytes that came from workers.
    public long bytesFromWorkers() {
        return bytesFromWorkers.sum();
    }

    /// Whole messages, both directions together.
    public long messages() {
        return messages.sum();
    }
}
