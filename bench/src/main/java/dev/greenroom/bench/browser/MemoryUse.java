package dev.greenroom.bench.browser;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

/// What a side uses at rest, and how much more with sessions; each is measured alone, since browsers share
/// pages.
///
/// @param readyNanos from its start until it says that it is ready
record MemoryUse(long atRestMegabytes, long perSessionMegabytes, long readyNanos) {
    static final int SESSIONS = 8;
    private static final int FIRST_SESSIONS = 4;
    private static final long SETTLE_MILLIS = 1_500;

    private interface Starter {
        Child start() throws IOException;
    }

    static Map<String, MemoryUse> measure(Grounds grounds, Client client) throws IOException {
        var starters = new LinkedHashMap<String, Starter>();
        starters.put(Side.SESSION, () -> grounds.up(Map.of()));
        starters.put(Side.SHARED, () -> grounds.up(Map.of("ISOLATION", "shared")));
        starters.put(Side.BARE, grounds::bare);
        var uses = new LinkedHashMap<String, MemoryUse>();
        for (var starter : starters.entrySet()) {
            try (var child = starter.getValue().start()) {
                uses.put(starter.getKey(), measure(client, Side.connect(starter.getKey(), child.said()), child));
            }
        }
        return uses;
    }

    private static MemoryUse measure(Client client, Side side, Child child) throws IOException {
        client.run(side, new Client.Load(1, FIRST_SESSIONS, Long.MAX_VALUE, 0));
        client.hold(side, 0, SETTLE_MILLIS);
        var atRest = child.megabytes();
        client.hold(side, SESSIONS, SETTLE_MILLIS);
        var used = child.megabytes();
        client.release();
        return new MemoryUse(atRest, (used - atRest) / SESSIONS, child.readyNanos());
    }
}
