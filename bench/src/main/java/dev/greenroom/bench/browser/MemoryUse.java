package dev.greenroom.bench.browser;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

/// Memory of a target when idle, and how much each session adds. Each target is measured alone, since browsers
/// share pages.
///
/// @param readyNanos the time from its start until it is ready
record MemoryUse(long atRestMegabytes, long perSessionMegabytes, long readyNanos) {
    static final int SESSIONS = 8;
    private static final int FIRST_SESSIONS = 4;
    private static final long SETTLE_MILLIS = 1_500;

    private interface Starter {
        BenchProcess start() throws IOException;
    }

    static Map<String, MemoryUse> measure(BenchSetup setup, SessionClient client) throws IOException {
        var starters = new LinkedHashMap<String, Starter>();
        starters.put(BenchTarget.SESSION, () -> setup.up(Map.of()));
        starters.put(BenchTarget.SHARED, () -> setup.up(Map.of("ISOLATION", "shared")));
        starters.put(BenchTarget.BARE, setup::bare);
        var uses = new LinkedHashMap<String, MemoryUse>();
        for (var starter : starters.entrySet()) {
            try (var process = starter.getValue().start()) {
                uses.put(
                        starter.getKey(),
                        measure(client, BenchTarget.connect(starter.getKey(), process.said()), process));
            }
        }
        return uses;
    }

    private static MemoryUse measure(SessionClient client, BenchTarget target, BenchProcess process)
            throws IOException {
        client.run(target, new SessionClient.SessionLoad(1, FIRST_SESSIONS, Long.MAX_VALUE, 0));
        client.hold(target, 0, SETTLE_MILLIS);
        var atRest = process.megabytes();
        client.hold(target, SESSIONS, SETTLE_MILLIS);
        var used = process.megabytes();
        client.release();
        return new MemoryUse(atRest, (used - atRest) / SESSIONS, process.readyNanos());
    }
}
