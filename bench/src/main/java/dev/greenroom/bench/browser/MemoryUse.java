package dev.greenroom.bench.browser;

import dev.greenroom.bench.browser.SessionClient.SessionLoad;
import java.io.IOException;

/// Memory of a target at rest, and how much each session with a page adds.
///
/// @param idleMillis for how long it had been idle, with its warm browsers
/// @param readyNanos the time from its start until it was ready
record MemoryUse(ProcessMemory.Split atRest, long perSessionMegabytes, long idleMillis, long readyNanos) {
    static final int SESSIONS = 8;
    private static final int FIRST_SESSIONS = 4;
    private static final long SETTLE_MILLIS = 2_000;

    /// Nothing else with browsers may run meanwhile, since browsers share pages.
    static MemoryUse of(BenchTarget target, BenchProcess process, SessionClient client, long idleMillis)
            throws IOException {
        client.await(target);
        client.run(target, new SessionLoad(1, FIRST_SESSIONS, Long.MAX_VALUE, 0));
        client.hold(target, 0, idleMillis);
        var atRest = ProcessMemory.split(process.process().toHandle());
        client.hold(target, SESSIONS, SETTLE_MILLIS);
        var used = process.megabytes();
        client.release();
        return new MemoryUse(atRest, (used - atRest.sum()) / SESSIONS, idleMillis, process.readyNanos());
    }
}
