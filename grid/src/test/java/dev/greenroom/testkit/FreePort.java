package dev.greenroom.testkit;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;

/// Ports for processes that are told theirs. Not of those that the system gives to outgoing connections, of
/// which other tests have thousands: one of them could take it before the process does.
public final class FreePort {
    private static final int FIRST = 12_000;
    private static final int LAST = 31_000;
    private static final int ATTEMPTS = 200;

    /// Whoever was told a port may not listen there yet.
    private static final Set<Integer> GIVEN = ConcurrentHashMap.newKeySet();

    private FreePort() {}

    /// One on which nobody listens on the loopback interface now, another one each time.
    public static int next() throws IOException {
        for (var attempt = 0; attempt < ATTEMPTS; attempt++) {
            var port = ThreadLocalRandom.current().nextInt(FIRST, LAST);
            if (!GIVEN.add(port)) {
                continue;
            }
            try (var free = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                return free.getLocalPort();
            } catch (IOException _) {
                // Somebody has it.
            }
        }
        throw new IOException("no port from " + FIRST + " to " + LAST + " is free");
    }
}
