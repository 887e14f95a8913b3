package dev.greenroom.wire;

import com.sun.management.UnixOperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/// How many files and sockets this process may open.
public final class Descriptors {
    /// Kept for Redis, logs, jars and connections that are only accepted to be refused.
    private static final int RESERVE = 200;

    private static final int PER_SESSION = 2;

    private Descriptors() {}

    /// The connections that descriptors suffice for, both sides of a relay counted; at least 1.
    public static int connections() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
                ? Math.clamp((unix.getMaxFileDescriptorCount() - RESERVE) / PER_SESSION, 1, Integer.MAX_VALUE)
                : Integer.MAX_VALUE;
    }
}
